'use strict';
// Waiting for events of emitters and of event targets: `events.once`,
// `events.on` and `events.addAbortListener`.

const { codes: { ERR_INVALID_ARG_TYPE }, AbortError } =
  require('internal/errors');
const {
  validateAbortSignal,
  validateFunction,
  validateInteger,
  validateObject,
} = require('internal/validators');

// Loaded when first needed: it depends on `events`.
let eventTarget;
function resistStopPropagation() {
  eventTarget ??= require('internal/event_target');
  return eventTarget.kResistStopPropagation;
}

function addAgnostic(emitter, name, listener, flags) {
  if (typeof emitter.on === 'function') {
    if (flags?.once) {
      emitter.once(name, listener);
    } else {
      emitter.on(name, listener);
    }
  } else if (typeof emitter.addEventListener === 'function') {
    emitter.addEventListener(name, listener, flags);
  } else {
    throw new ERR_INVALID_ARG_TYPE('emitter', 'EventEmitter', emitter);
  }
}

function removeAgnostic(emitter, name, listener, flags) {
  if (typeof emitter.removeListener === 'function') {
    emitter.removeListener(name, listener);
  } else if (typeof emitter.removeEventListener === 'function') {
    emitter.removeEventListener(name, listener, flags);
  } else {
    throw new ERR_INVALID_ARG_TYPE('emitter', 'EventEmitter', emitter);
  }
}

async function once(emitter, name, options = {}) {
  validateObject(options, 'options');
  const { signal } = options;
  validateAbortSignal(signal, 'options.signal');
  if (signal?.aborted) {
    throw new AbortError(undefined, { cause: signal.reason });
  }
  return new Promise((resolve, reject) => {
    const onError = (err) => {
      emitter.removeListener(name, onEvent);
      signal?.removeEventListener('abort', onAbort);
      reject(err);
    };
    const onEvent = (...args) => {
      if (typeof emitter.removeListener === 'function') {
        emitter.removeListener('error', onError);
      }
      signal?.removeEventListener('abort', onAbort);
      resolve(args);
    };
    const onAbort = () => {
      removeAgnostic(emitter, name, onEvent);
      removeAgnostic(emitter, 'error', onError);
      reject(new AbortError(undefined, { cause: signal.reason }));
    };
    const flags = { __proto__: null, once: true };
    addAgnostic(emitter, name, onEvent, flags);
    if (name !== 'error' && typeof emitter.once === 'function') {
      // EventTargets have no `error` that means failure.
      emitter.once('error', onError);
    }
    signal?.addEventListener('abort', onAbort, {
      __proto__: null,
      once: true,
      [resistStopPropagation()]: true,
    });
  });
}

const AsyncIteratorPrototype = Object.getPrototypeOf(
  Object.getPrototypeOf(async function*() {}).prototype);

// What `for await (... of on(emitter, name))` walks: events that nobody waits
// for yet queue up, and so do `next()` calls without an event.
function on(emitter, event, options = {}) {
  validateObject(options, 'options');
  const { signal } = options;
  validateAbortSignal(signal, 'options.signal');
  if (signal?.aborted) {
    throw new AbortError(undefined, { cause: signal.reason });
  }
  const high = options.highWaterMark ?? options.highWatermark ??
    Number.MAX_SAFE_INTEGER;
  const low = options.lowWaterMark ?? options.lowWatermark ?? 1;
  validateInteger(high, 'options.highWaterMark', 1);
  validateInteger(low, 'options.lowWaterMark', 1);

  const queuedEvents = [];
  const waiting = [];
  const registered = [];
  let paused = false;
  let error = null;
  let finished = false;

  function listen(target, name, handler, flags) {
    addAgnostic(target, name, handler, flags);
    registered.push([target, name, handler, flags]);
  }

  function closeHandler() {
    abortable?.();
    for (const entry of registered.splice(0)) removeAgnostic(...entry);
    finished = true;
    const done = { value: undefined, done: true };
    for (const promise of waiting) promise.resolve(done);
    waiting.length = 0;
    return Promise.resolve(done);
  }

  function eventHandler(value) {
    if (waiting.length > 0) {
      waiting.shift().resolve({ value, done: false });
      return;
    }
    queuedEvents.push(value);
    if (!paused && queuedEvents.length > high) {
      paused = true;
      emitter.pause?.();
    }
  }

  function errorHandler(err) {
    if (waiting.length === 0) {
      error = err;
    } else {
      waiting.shift().reject(err);
    }
    closeHandler();
  }

  const collect = (...args) => eventHandler(args);
  let abortable;
  listen(emitter, event, collect);
  if (event !== 'error' && typeof emitter.on === 'function') {
    listen(emitter, 'error', errorHandler);
  }
  for (const name of options.close ?? []) {
    listen(emitter, name, closeHandler);
  }
  if (signal) {
    const onAbort = () => {
      errorHandler(new AbortError(undefined, { cause: signal.reason }));
    };
    signal.addEventListener('abort', onAbort, {
      __proto__: null,
      once: true,
      [resistStopPropagation()]: true,
    });
    abortable = () => signal.removeEventListener('abort', onAbort);
  }

  return Object.setPrototypeOf({
    next() {
      if (queuedEvents.length > 0) {
        const value = queuedEvents.shift();
        if (paused && queuedEvents.length < low) {
          emitter.resume?.();
          paused = false;
        }
        return Promise.resolve({ value, done: false });
      }
      if (error) {
        const rejection = Promise.reject(error);
        error = null;
        return rejection;
      }
      if (finished) return closeHandler();
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
      });
    },
    return() {
      return closeHandler();
    },
    throw(err) {
      if (!err || !(err instanceof Error)) {
        throw new ERR_INVALID_ARG_TYPE(
          'EventEmitter.AsyncIterator', 'Error', err);
      }
      errorHandler(err);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  }, AsyncIteratorPrototype);
}

function addAbortListener(signal, listener) {
  if (signal === undefined) {
    throw new ERR_INVALID_ARG_TYPE('signal', 'AbortSignal', signal);
  }
  validateAbortSignal(signal, 'signal');
  validateFunction(listener, 'listener');
  let remove;
  if (signal.aborted) {
    queueMicrotask(() => listener());
  } else {
    signal.addEventListener('abort', listener, {
      __proto__: null,
      once: true,
      [resistStopPropagation()]: true,
    });
    remove = () => signal.removeEventListener('abort', listener);
  }
  return {
    __proto__: null,
    [Symbol.dispose]() {
      remove?.();
    },
  };
}

module.exports = { addAbortListener, on, once };
