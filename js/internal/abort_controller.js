'use strict';

const {
  codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_ARG_TYPE, ERR_INVALID_THIS },
} = require('internal/errors');
const { validateUint32 } = require('internal/validators');
const { inspect } = require('internal/util/inspect');
const { kMaxEventTargetListeners } = require('events');
const { DOMException } = require('internal/domexception');
const {
  Event,
  EventTarget,
  defineEventHandler,
  kGetListeners,
  kNewListener,
  kRemoveListener,
  kTrustEvent,
} = require('internal/event_target');
const { setUnrefTimeout } = require('internal/timers');

const kInspect = Symbol.for('nodejs.util.inspect.custom');
const kCreate = Symbol('kCreate');
const kAborted = Symbol('kAborted');
const kReason = Symbol('kReason');

// Timeouts that somebody listens to, directly or through a composed signal:
// they abort by themselves, and their timer holds them weakly.
const kept = new Set();

// Takes a collected signal off those that it was composed of. Made when first
// needed: the startup blob holds no registry.
let collected;
let forgetDependant;

function abortError(message = 'This operation was aborted') {
  return new DOMException(message, 'AbortError');
}

function inspectFields(object, depth, options, fields) {
  const { name } = object.constructor;
  if (depth < 0) return `[${name}]`;
  return `${name} ${inspect(fields, {
    ...options,
    depth: options.depth == null ? null : options.depth - 1,
  })}`;
}

let isAbortSignal;
let abortSignal;

class AbortSignal extends EventTarget {
  [kAborted] = false;
  [kReason] = undefined;
  #timeout = false;
  #composite = false;
  /** WeakRefs to the signals that were composed of this one, and back. */
  #dependants = undefined;
  #sources = undefined;
  /** The composed signals that somebody listens to: they live as this does. */
  #heard = undefined;

  constructor(token, init = undefined) {
    if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
    super();
    // Many may listen to one signal: no warning, unless a limit is set.
    this[kMaxEventTargetListeners] = 0;
    if (init?.aborted) {
      this[kAborted] = true;
      this[kReason] = init.reason;
    }
    this.#timeout = init?.timeout === true;
    this.#composite = init?.composite === true;
  }

  get aborted() {
    AbortSignal.#check(this);
    return this[kAborted];
  }

  get reason() {
    AbortSignal.#check(this);
    return this[kReason];
  }

  throwIfAborted() {
    AbortSignal.#check(this);
    if (this[kAborted]) throw this[kReason];
  }

  [kInspect](depth, options) {
    return inspectFields(this, depth, options, { aborted: this.aborted });
  }

  static abort(reason = abortError()) {
    return new AbortSignal(kCreate, { aborted: true, reason });
  }

  static timeout(delay) {
    validateUint32(delay, 'delay', false);
    const signal = new AbortSignal(kCreate, { timeout: true });
    const reference = new WeakRef(signal);
    setUnrefTimeout(() => {
      const alive = reference.deref();
      if (alive === undefined) return;
      kept.delete(alive);
      abortSignal(alive, new DOMException(
        'The operation was aborted due to timeout', 'TimeoutError'));
    }, delay);
    return signal;
  }

  static any(signals) {
    if (signals === null || typeof signals !== 'object' ||
        typeof signals[Symbol.iterator] !== 'function') {
      throw new ERR_INVALID_ARG_TYPE('signals', 'iterable', signals);
    }
    const list = [...signals];
    for (let i = 0; i < list.length; ++i) {
      if (!isAbortSignal(list[i])) {
        throw new ERR_INVALID_ARG_TYPE(`signals[${i}]`, 'AbortSignal', list[i]);
      }
    }
    const aborted = list.find((signal) => signal[kAborted]);
    if (aborted) {
      return new AbortSignal(kCreate, { aborted: true, reason: aborted[kReason] });
    }
    const result = new AbortSignal(kCreate, { composite: true });
    const reference = new WeakRef(result);
    result.#sources = new Set();
    const follow = (source) => {
      source.#dependants ??= new Set();
      source.#dependants.add(reference);
      result.#sources.add(new WeakRef(source));
    };
    for (const signal of list) {
      if (!signal.#composite) {
        follow(signal);
        continue;
      }
      // Composed signals are taken apart, so that no chain has to stay alive.
      for (const weak of signal.#sources) {
        const source = weak.deref();
        if (source !== undefined) follow(source);
      }
    }
    collected ??= new FinalizationRegistry(forgetDependant);
    collected.register(result, { reference, sources: result.#sources });
    return result;
  }

  [kNewListener](size, type, listener, once, capture, passive, weak) {
    super[kNewListener](size, type, listener, once, capture, passive, weak);
    if (type !== 'abort' || this[kAborted] || weak) return;
    if (this.#timeout) kept.add(this);
    for (const weak of this.#sources ?? []) {
      const source = weak.deref();
      if (source === undefined) continue;
      source.#heard ??= new Set();
      source.#heard.add(this);
      if (source.#timeout) kept.add(source);
    }
  }

  [kRemoveListener](size, type, listener, capture) {
    super[kRemoveListener](size, type, listener, capture);
    if (type !== 'abort' || size > 0) return;
    this.#release();
    for (const weak of this.#sources ?? []) {
      const source = weak.deref();
      source?.#heard?.delete(this);
      source?.#release();
    }
  }

  #release() {
    if (!(this.#heard?.size > 0) && this[kGetListeners]('abort').length === 0) {
      kept.delete(this);
    }
  }

  // By a symbol, as in Node: a Proxy of a signal is as good.
  static #check(value) {
    if (value === null || typeof value !== 'object' || value[kAborted] === undefined) throw new ERR_INVALID_THIS('AbortSignal');
  }

  static {
    isAbortSignal = (value) =>
      typeof value === 'object' && value !== null && #composite in value;

    forgetDependant = ({ reference, sources }) => {
      for (const weak of sources) weak.deref()?.#dependants?.delete(reference);
    };

    abortSignal = (signal, reason) => {
      if (signal[kAborted]) return;
      // All dependants are aborted before any listener runs.
      const aborted = [signal];
      signal[kAborted] = true;
      signal[kReason] = reason;
      for (const weak of signal.#dependants ?? []) {
        const dependant = weak.deref();
        if (dependant === undefined || dependant[kAborted]) continue;
        dependant[kAborted] = true;
        dependant[kReason] = reason;
        aborted.push(dependant);
      }
      signal.#dependants = undefined;
      signal.#heard = undefined;
      for (const each of aborted) {
        kept.delete(each);
        each.dispatchEvent(new Event('abort', { [kTrustEvent]: true }));
      }
    };
  }
}

Object.defineProperties(AbortSignal.prototype, {
  aborted: { __proto__: null, enumerable: true },
  reason: { __proto__: null, enumerable: true },
  throwIfAborted: { __proto__: null, enumerable: true },
  [kInspect]: { __proto__: null, enumerable: false },
  [kNewListener]: { __proto__: null, enumerable: false },
  [kRemoveListener]: { __proto__: null, enumerable: false },
  [Symbol.toStringTag]: {
    __proto__: null,
    configurable: true,
    value: 'AbortSignal',
  },
});
for (const key of ['abort', 'timeout', 'any']) {
  Object.defineProperty(AbortSignal, key, { __proto__: null, enumerable: true });
}
defineEventHandler(AbortSignal.prototype, 'abort');

class AbortController {
  #signal;

  get signal() {
    return this.#signal ??= new AbortSignal(kCreate);
  }

  abort(reason = abortError()) {
    abortSignal(this.#signal ??= new AbortSignal(kCreate), reason);
  }

  [kInspect](depth, options) {
    return inspectFields(this, depth, options, { signal: this.signal });
  }
}
Object.defineProperties(AbortController.prototype, {
  signal: { __proto__: null, enumerable: true },
  abort: { __proto__: null, enumerable: true },
  [kInspect]: { __proto__: null, enumerable: false },
  [Symbol.toStringTag]: {
    __proto__: null,
    configurable: true,
    value: 'AbortController',
  },
});

module.exports = { AbortController, AbortSignal };
