'use strict';

const {
  AbortError,
  codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_THIS },
} = require('internal/errors');
const {
  validateAbortSignal,
  validateBoolean,
  validateNumber,
  validateObject,
} = require('internal/validators');
const { kResistStopPropagation } = require('internal/event_target');
const timers = require('timers');

function aborted(signal) {
  return new AbortError(undefined, { cause: signal.reason });
}

function checkOptions(options) {
  validateObject(options, 'options');
  const { signal, ref = true } = options;
  if (signal !== undefined) validateAbortSignal(signal, 'options.signal');
  validateBoolean(ref, 'options.ref');
  return { signal, ref };
}

/** Settles as `begin`'s timer fires or `signal` aborts, whichever is first. */
function waitFor(signal, begin, clear) {
  if (signal?.aborted) return Promise.reject(aborted(signal));
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clear(timer);
      reject(aborted(signal));
    };
    const timer = begin((value) => {
      signal?.removeEventListener('abort', onAbort);
      resolve(value);
    });
    signal?.addEventListener('abort', onAbort, {
      __proto__: null,
      once: true,
      [kResistStopPropagation]: true,
    });
  });
}

function setTimeout(after, value, options = {}) {
  let checked;
  try {
    if (after !== undefined) validateNumber(after, 'delay');
    checked = checkOptions(options);
  } catch (err) {
    return Promise.reject(err);
  }
  const { signal, ref } = checked;
  return waitFor(signal, (done) => {
    const timer = timers.setTimeout(done, after, value);
    if (!ref) timer.unref();
    return timer;
  }, timers.clearTimeout);
}

function setImmediate(value, options = {}) {
  let checked;
  try {
    checked = checkOptions(options);
  } catch (err) {
    return Promise.reject(err);
  }
  const { signal, ref } = checked;
  return waitFor(signal, (done) => {
    const immediate = timers.setImmediate(done, value);
    if (!ref) immediate.unref();
    return immediate;
  }, timers.clearImmediate);
}

async function* setInterval(after, value, options = {}) {
  if (after !== undefined) validateNumber(after, 'delay');
  const { signal, ref } = checkOptions(options);
  if (signal?.aborted) throw aborted(signal);

  let passed = 0;
  let wake;
  const notify = () => {
    wake?.();
    wake = undefined;
  };
  const timer = timers.setInterval(() => {
    ++passed;
    notify();
  }, after);
  if (!ref) timer.unref();
  const onAbort = () => {
    // What has passed by now is still given out, but no more comes.
    timers.clearInterval(timer);
    notify();
  };
  signal?.addEventListener('abort', onAbort, {
    __proto__: null,
    once: true,
    [kResistStopPropagation]: true,
  });
  try {
    for (;;) {
      if (passed === 0 && !signal?.aborted) {
        await new Promise((resolve) => {
          wake = resolve;
        });
      }
      for (; passed > 0; --passed) yield value;
      if (signal?.aborted) throw aborted(signal);
    }
  } finally {
    timers.clearInterval(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

const kCreate = Symbol('kCreate');

class Scheduler {
  #created = true;

  constructor(token) {
    if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  yield() {
    if (!(#created in this)) throw new ERR_INVALID_THIS('Scheduler');
    return setImmediate();
  }

  wait(delay, options) {
    if (!(#created in this)) throw new ERR_INVALID_THIS('Scheduler');
    return setTimeout(delay, undefined, options);
  }
}

module.exports = {
  setTimeout,
  setImmediate,
  setInterval,
  scheduler: new Scheduler(kCreate),
};
