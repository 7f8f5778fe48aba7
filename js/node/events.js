'use strict';
// The EventEmitter. Property names and their order, messages and codes are
// those that Node documents or that `util.inspect` shows, because user code
// (and leak reports) look at them.

const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_UNHANDLED_ERROR },
  genericNodeError,
} = require('internal/errors');
const { validateBoolean, validateFunction, validateNumber } =
  require('internal/validators');
const { inspect } = require('internal/util/inspect');
const { addAbortListener, on, once } = require('internal/events/waiting');

const { apply, ownKeys } = Reflect;

const { kCapture } = require('internal/events/capture');
const kShapeMode = Symbol('shapeMode');
const kErrorMonitor = Symbol('events.errorMonitor');
const kRejection = Symbol.for('nodejs.rejection');
const kMaxEventTargetListeners = Symbol('events.maxEventTargetListeners');
const kMaxEventTargetListenersWarned =
  Symbol('events.maxEventTargetListenersWarned');
const kEnhanceStack = Symbol.for('nodejs.internal.enhanceStackBeforeInspector');

let defaultMaxListeners = 10;

// Loaded when first needed: it depends on this module.
let eventTarget;
function lazyEventTarget() {
  return eventTarget ??= require('internal/event_target');
}

function checkListener(listener) {
  validateFunction(listener, 'listener');
}

function EventEmitter(opts) {
  EventEmitter.init.call(this, opts);
}

EventEmitter.prototype._events = undefined;
EventEmitter.prototype._eventsCount = 0;
EventEmitter.prototype._maxListeners = undefined;

EventEmitter.usingDomains = false;
EventEmitter.captureRejectionSymbol = kRejection;
EventEmitter.errorMonitor = kErrorMonitor;

Object.defineProperties(EventEmitter, {
  captureRejections: {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() {
      return EventEmitter.prototype[kCapture];
    },
    set(value) {
      validateBoolean(value, 'EventEmitter.captureRejections');
      EventEmitter.prototype[kCapture] = value;
    },
  },
  defaultMaxListeners: {
    __proto__: null,
    enumerable: true,
    get() {
      return defaultMaxListeners;
    },
    set(value) {
      validateNumber(value, 'defaultMaxListeners', 0);
      defaultMaxListeners = value;
    },
  },
  kMaxEventTargetListeners: {
    __proto__: null,
    value: kMaxEventTargetListeners,
  },
  kMaxEventTargetListenersWarned: {
    __proto__: null,
    value: kMaxEventTargetListenersWarned,
  },
});

Object.defineProperty(EventEmitter.prototype, kCapture, {
  __proto__: null,
  value: false,
  writable: true,
  enumerable: false,
});

EventEmitter.init = function(opts) {
  if (this._events === undefined ||
      this._events === Object.getPrototypeOf(this)._events) {
    this._events = { __proto__: null };
    this._eventsCount = 0;
    this[kShapeMode] = false;
  } else {
    // A subclass laid its listeners' slots out beforehand: keep that shape.
    this[kShapeMode] = true;
  }
  this._maxListeners ||= undefined;
  if (opts?.captureRejections) {
    validateBoolean(opts.captureRejections, 'options.captureRejections');
    this[kCapture] = Boolean(opts.captureRejections);
  } else {
    this[kCapture] = EventEmitter.prototype[kCapture];
  }
};

EventEmitter.setMaxListeners = function(n = defaultMaxListeners,
                                        ...eventTargets) {
  validateNumber(n, 'setMaxListeners', 0);
  if (eventTargets.length === 0) {
    defaultMaxListeners = n;
    return;
  }
  for (const target of eventTargets) {
    if (lazyEventTarget().isEventTarget(target)) {
      target[kMaxEventTargetListeners] = n;
      target[kMaxEventTargetListenersWarned] = false;
    } else if (typeof target?.setMaxListeners === 'function') {
      target.setMaxListeners(n);
    } else {
      throw new ERR_INVALID_ARG_TYPE(
        'eventTargets', ['EventEmitter', 'EventTarget'], target);
    }
  }
};

// A listener's promise that is rejected becomes the emitter's rejection
// event, outside the promise's own tick, so that it cannot be swallowed.
function captureRejection(emitter, promise, type, args) {
  let then;
  try {
    then = promise.then;
  } catch (err) {
    emitter.emit('error', err);
    return;
  }
  if (typeof then !== 'function') return;
  try {
    apply(then, promise, [undefined, (err) => {
      process.nextTick(deliverRejection, emitter, err, type, args);
    }]);
  } catch (err) {
    emitter.emit('error', err);
  }
}

function deliverRejection(emitter, err, type, args) {
  if (typeof emitter[kRejection] === 'function') {
    emitter[kRejection](err, type, ...args);
    return;
  }
  // Capturing is off while 'error' is emitted, or a rejecting error listener
  // would go round for ever.
  const before = emitter[kCapture];
  try {
    emitter[kCapture] = false;
    emitter.emit('error', err);
  } finally {
    emitter[kCapture] = before;
  }
}

EventEmitter.prototype.setMaxListeners = function setMaxListeners(n) {
  validateNumber(n, 'setMaxListeners', 0);
  this._maxListeners = n;
  return this;
};

function maxListenersOf(emitter) {
  return emitter._maxListeners === undefined ?
    defaultMaxListeners : emitter._maxListeners;
}

EventEmitter.prototype.getMaxListeners = function getMaxListeners() {
  return maxListenersOf(this);
};

/** The error's stack, and where it was emitted. */
function enhanceStack(err, emitTrace) {
  let owner = '';
  const { name } = this.constructor ?? {};
  if (typeof name === 'string' && name !== 'EventEmitter') {
    owner = ` on ${name} instance`;
  }
  const frames = emitTrace.split('\n').slice(1);
  return `${err.stack}\nEmitted 'error' event${owner} at:\n` +
    `${frames.join('\n')}`;
}

function throwUnhandled(emitter, args) {
  const er = args.length > 0 ? args[0] : undefined;
  if (er instanceof Error) {
    try {
      const trace = {};
      Error.captureStackTrace(trace, EventEmitter.prototype.emit);
      Object.defineProperty(er, kEnhanceStack, {
        __proto__: null,
        value: enhanceStack.bind(emitter, er, trace.stack),
        configurable: true,
      });
    } catch {
      // A frozen error: it is thrown as it is.
    }
    throw er; // Unhandled 'error' event
  }
  let stringified;
  try {
    stringified = inspect(er);
  } catch {
    stringified = er;
  }
  const err = new ERR_UNHANDLED_ERROR(stringified);
  err.context = er;
  throw err; // Unhandled 'error' event
}

EventEmitter.prototype.emit = function emit(type, ...args) {
  const events = this._events;
  if (type === 'error') {
    let handled = false;
    if (events !== undefined) {
      if (events[kErrorMonitor] !== undefined) {
        this.emit(kErrorMonitor, ...args);
      }
      handled = events.error !== undefined;
    }
    if (!handled) throwUnhandled(this, args);
  } else if (events === undefined) {
    return false;
  }

  const handler = events[type];
  if (handler === undefined) return false;

  if (typeof handler === 'function') {
    const result = apply(handler, this, args);
    if (result !== undefined && result !== null && this[kCapture]) {
      captureRejection(this, result, type, args);
    }
    return true;
  }
  // Listeners added or removed meanwhile do not change this round.
  const listeners = handler.slice();
  for (let i = 0; i < listeners.length; ++i) {
    const result = apply(listeners[i], this, args);
    if (result !== undefined && result !== null && this[kCapture]) {
      captureRejection(this, result, type, args);
    }
  }
  return true;
};

function warnOfLeak(emitter, type, existing, max) {
  existing.warned = true;
  const warning = genericNodeError(
    'Possible EventEmitter memory leak detected. ' +
    `${existing.length} ${String(type)} listeners ` +
    `added to ${inspect(emitter, { depth: -1 })}. ` +
    `MaxListeners is ${max}. Use emitter.setMaxListeners() to increase limit`,
    {
      name: 'MaxListenersExceededWarning',
      emitter,
      type,
      count: existing.length,
    });
  process.emitWarning(warning);
}

function addListenerTo(target, type, listener, prepend) {
  checkListener(listener);
  let events = target._events;
  let existing;
  if (events === undefined) {
    events = target._events = { __proto__: null };
    target._eventsCount = 0;
  } else {
    // 'newListener' comes first, so that its listener may add others before.
    if (events.newListener !== undefined) {
      target.emit('newListener', type, listener.listener ?? listener);
      events = target._events;
    }
    existing = events[type];
  }

  if (existing === undefined) {
    events[type] = listener;
    ++target._eventsCount;
    return target;
  }
  if (typeof existing === 'function') {
    existing = events[type] =
      prepend ? [listener, existing] : [existing, listener];
  } else if (prepend) {
    existing.unshift(listener);
  } else {
    existing.push(listener);
  }
  const max = maxListenersOf(target);
  if (max > 0 && existing.length > max && !existing.warned) {
    warnOfLeak(target, type, existing, max);
  }
  return target;
}

EventEmitter.prototype.addListener = function addListener(type, listener) {
  return addListenerTo(this, type, listener, false);
};

EventEmitter.prototype.on = EventEmitter.prototype.addListener;

EventEmitter.prototype.prependListener =
  function prependListener(type, listener) {
    return addListenerTo(this, type, listener, true);
  };

function onceWrapper() {
  if (this.fired) return undefined;
  this.target.removeListener(this.type, this.wrapFn);
  this.fired = true;
  return apply(this.listener, this.target, arguments);
}

function wrapOnce(target, type, listener) {
  const state = { fired: false, wrapFn: undefined, target, type, listener };
  const wrapped = onceWrapper.bind(state);
  wrapped.listener = listener;
  state.wrapFn = wrapped;
  return wrapped;
}

EventEmitter.prototype.once = function once(type, listener) {
  checkListener(listener);
  this.on(type, wrapOnce(this, type, listener));
  return this;
};

EventEmitter.prototype.prependOnceListener =
  function prependOnceListener(type, listener) {
    checkListener(listener);
    this.prependListener(type, wrapOnce(this, type, listener));
    return this;
  };

function dropType(emitter, events, type) {
  emitter._eventsCount -= 1;
  if (emitter[kShapeMode]) {
    events[type] = undefined;
  } else if (emitter._eventsCount === 0) {
    emitter._events = { __proto__: null };
  } else {
    delete events[type];
  }
}

EventEmitter.prototype.removeListener =
  function removeListener(type, listener) {
    checkListener(listener);
    const events = this._events;
    const list = events?.[type];
    if (list === undefined) return this;

    if (list === listener || list.listener === listener) {
      dropType(this, events, type);
      if (events.removeListener) {
        this.emit('removeListener', type, list.listener || listener);
      }
      return this;
    }
    if (typeof list === 'function') return this;

    const position = list.findLastIndex(
      (item) => item === listener || item.listener === listener);
    if (position < 0) return this;
    if (position === 0) {
      list.shift();
    } else {
      list.splice(position, 1);
    }
    if (list.length === 1) events[type] = list[0];
    if (events.removeListener !== undefined) {
      this.emit('removeListener', type, listener);
    }
    return this;
  };

EventEmitter.prototype.off = EventEmitter.prototype.removeListener;

EventEmitter.prototype.removeAllListeners =
  function removeAllListeners(type) {
    const events = this._events;
    if (events === undefined) return this;

    if (events.removeListener === undefined) {
      // Nobody wants to hear of it: forget in one go.
      if (arguments.length === 0) {
        this._events = { __proto__: null };
        this._eventsCount = 0;
      } else if (events[type] !== undefined) {
        if (--this._eventsCount === 0) {
          this._events = { __proto__: null };
        } else {
          delete events[type];
        }
      }
      this[kShapeMode] = false;
      return this;
    }

    if (arguments.length === 0) {
      for (const key of ownKeys(events)) {
        if (key !== 'removeListener') this.removeAllListeners(key);
      }
      this.removeAllListeners('removeListener');
      this._events = { __proto__: null };
      this._eventsCount = 0;
      this[kShapeMode] = false;
      return this;
    }

    const listeners = events[type];
    if (typeof listeners === 'function') {
      this.removeListener(type, listeners);
    } else if (listeners !== undefined) {
      for (let i = listeners.length - 1; i >= 0; i--) {
        this.removeListener(type, listeners[i]);
      }
    }
    return this;
  };

function listenersOf(emitter, type, unwrap) {
  const list = emitter._events?.[type];
  if (list === undefined) return [];
  if (typeof list === 'function') {
    return unwrap ? [list.listener ?? list] : [list];
  }
  return unwrap ? list.map((item) => item.listener ?? item) : list.slice();
}

EventEmitter.prototype.listeners = function listeners(type) {
  return listenersOf(this, type, true);
};

EventEmitter.prototype.rawListeners = function rawListeners(type) {
  return listenersOf(this, type, false);
};

function listenerCount(type, listener) {
  const list = this._events?.[type];
  if (list === undefined) return 0;
  if (typeof list === 'function') {
    if (listener == null) return 1;
    return list === listener || list.listener === listener ? 1 : 0;
  }
  if (listener == null) return list.length;
  let matching = 0;
  for (const item of list) {
    if (item === listener || item.listener === listener) matching++;
  }
  return matching;
}

EventEmitter.prototype.listenerCount = listenerCount;

EventEmitter.listenerCount = (emitter, type) => {
  if (typeof emitter.listenerCount === 'function') {
    return emitter.listenerCount(type);
  }
  if (lazyEventTarget().isEventTarget(emitter)) {
    return getEventListeners(emitter, type).length;
  }
  return listenerCount.call(emitter, type);
};

EventEmitter.prototype.eventNames = function eventNames() {
  return this._eventsCount > 0 ? ownKeys(this._events) : [];
};

function getEventListeners(emitterOrTarget, type) {
  if (typeof emitterOrTarget.listeners === 'function') {
    return emitterOrTarget.listeners(type);
  }
  const { isEventTarget, kGetListeners } = lazyEventTarget();
  if (isEventTarget(emitterOrTarget)) {
    return emitterOrTarget[kGetListeners](type);
  }
  throw new ERR_INVALID_ARG_TYPE(
    'emitter', ['EventEmitter', 'EventTarget'], emitterOrTarget);
}

function getMaxListeners(emitterOrTarget) {
  if (typeof emitterOrTarget?.getMaxListeners === 'function') {
    return maxListenersOf(emitterOrTarget);
  }
  if (lazyEventTarget().isEventTarget(emitterOrTarget)) {
    return emitterOrTarget[kMaxEventTargetListeners] ?? defaultMaxListeners;
  }
  throw new ERR_INVALID_ARG_TYPE(
    'emitter', ['EventEmitter', 'EventTarget'], emitterOrTarget);
}

// Made when first asked for, since AsyncResource is loaded lazily.
let EventEmitterAsyncResource;

module.exports = EventEmitter;
EventEmitter.addAbortListener = addAbortListener;
EventEmitter.once = once;
EventEmitter.on = on;
EventEmitter.getEventListeners = getEventListeners;
EventEmitter.getMaxListeners = getMaxListeners;
EventEmitter.EventEmitter = EventEmitter;
Object.defineProperty(EventEmitter, 'EventEmitterAsyncResource', {
  __proto__: null,
  enumerable: true,
  configurable: true,
  get() {
    return EventEmitterAsyncResource ??=
      require('internal/events/async_resource').define(EventEmitter);
  },
  set: undefined,
});
