'use strict';

// `util.debounce()` and `util.throttle()`.

const {
  ArrayPrototypePush, ArrayPrototypeSlice, MathMax, Number, ObjectDefineProperty, PromisePrototypeThen, PromiseReject,
  PromiseResolve, PromiseWithResolvers, ReflectApply,
} = require('internal/primordials');
const { AbortError, codes: { ERR_THROTTLED } } = require('internal/errors');
const { addAbortListener } = require('internal/events/waiting');
const {
  validateAbortSignal, validateBoolean, validateFunction, validateInteger, validateObject, validateOneOf,
} = require('internal/validators');
const { kEmptyObject } = require('internal/util');
const { markPromiseAsHandled } = require('internal/process/promises');
const { clearTimeout, setTimeout } = require('timers');

const LONGEST = 2 ** 31 - 1;
// Of a queue, from which it is made anew without the calls that are gone.
const LARGEST_GAP = 1024;

function abortErrorOf(reason) {
  return reason === undefined ? new AbortError() : new AbortError(undefined, { __proto__: null, cause: reason });
}

// A timer that follows `ref()` and `unref()` of what it belongs to.
class Timer {
  #fire;
  #timeout;
  #keeps = true;

  constructor(fire) {
    this.#fire = () => {
      this.#timeout = undefined;
      fire();
    };
  }

  get runs() { return this.#timeout !== undefined; }

  start(delay) {
    this.#timeout = setTimeout(this.#fire, delay);
    if (!this.#keeps) this.#timeout.unref();
  }

  restart() { this.#timeout.refresh(); }

  stop() {
    if (this.#timeout !== undefined) clearTimeout(this.#timeout);
    this.#timeout = undefined;
  }

  keep(keeps) {
    this.#keeps = keeps;
    if (keeps) this.#timeout?.ref();
    else this.#timeout?.unref();
  }
}

// The calls that wait, { promise, resolve, reject, args }, in their order.
class Waiting {
  #calls = [];
  #first = 0;

  get count() { return this.#calls.length - this.#first; }
  get last() { return this.count === 0 ? undefined : this.#calls[this.#calls.length - 1]; }

  add(call) { ArrayPrototypePush(this.#calls, call); }

  shift() {
    const call = this.#calls[this.#first];
    this.#calls[this.#first++] = undefined;
    if (this.#first > LARGEST_GAP && this.#first * 2 >= this.#calls.length) {
      this.#calls = ArrayPrototypeSlice(this.#calls, this.#first);
      this.#first = 0;
    }
    return call;
  }

  takeAll() {
    const calls = ArrayPrototypeSlice(this.#calls, this.#first);
    this.#calls = [];
    this.#first = 0;
    return calls;
  }

  rejectAll(error) {
    const calls = this.takeAll();
    for (let i = 0; i < calls.length; i++) calls[i].reject(error);
  }
}

// Makes `limited` look like `fn`, with what controls it: methods and hidden getters.
function dress(limited, fn, methods, getters) {
  const define = (name, descriptor) => ObjectDefineProperty(limited, name, { __proto__: null, ...descriptor });
  for (const { 0: name, 1: value } of methods) define(name, { value, configurable: true, enumerable: true, writable: true });
  for (const { 0: name, 1: get } of getters) define(name, { get, enumerable: false });
  define('length', { value: fn.length, configurable: true });
  define('name', { value: fn.name, configurable: true });
  return limited;
}

// What both have: an abort by signal, which is for ever, `cancel`, `ref` and `unref`. `stop(error)` ends
// what waits.
function controls(signal, timer, stop) {
  let final;
  // The error of the abort, once there was one.
  const aborted = () => {
    if (signal?.aborted) {
      final ??= abortErrorOf(signal.reason);
      stop(final);
    }
    return final;
  };
  return {
    aborted,
    // Only when the function is made: a listener of a signal lives as long as that.
    listen() { if (signal !== undefined) addAbortListener(signal, aborted); },
    methods: (self) => [
      ['cancel', function cancel(reason) { stop(abortErrorOf(reason)); }],
      ['ref', function ref() { timer.keep(true); return self(); }],
      ['unref', function unref() { timer.keep(false); return self(); }],
    ],
  };
}

function throwIfAborted(signal) {
  validateAbortSignal(signal, 'options.signal');
  if (signal?.aborted) throw abortErrorOf(signal.reason);
}

function debounce(fn, wait, options = kEmptyObject) {
  validateFunction(fn, 'fn');
  validateInteger(wait, 'wait', 0, LONGEST);
  validateObject(options, 'options');
  const { leading = false, rejectOnCancel = false, signal } = options;
  validateBoolean(leading, 'options.leading');
  validateBoolean(rejectOnCancel, 'options.rejectOnCancel');
  throwIfAborted(signal);

  const waiting = new Waiting();
  // Of the last call.
  let args;
  const timer = new Timer(run);
  const control = controls(signal, timer, (error) => {
    if (!timer.runs) return;
    timer.stop();
    args = undefined;
    waiting.rejectAll(error);
  });

  // One call for all that wait.
  function settle(calls, callArgs) {
    let end = 'resolve';
    let result;
    const error = control.aborted();
    if (error !== undefined) {
      end = 'reject';
      result = error;
    } else {
      try {
        result = ReflectApply(fn, debounced, callArgs);
      } catch (thrown) {
        end = 'reject';
        result = thrown;
      }
    }
    for (let i = 0; i < calls.length; i++) calls[i][end](result);
  }

  function run() {
    const callArgs = args;
    args = undefined;
    const calls = waiting.takeAll();
    if (calls.length !== 0) settle(calls, callArgs);
  }

  function debounced(...callArgs) {
    const error = control.aborted();
    if (error !== undefined) return PromiseReject(error);
    const now = leading && !timer.runs;
    if (timer.runs) {
      const superseded = waiting.last;
      if (superseded !== undefined) {
        markPromiseAsHandled(superseded.promise);
        if (rejectOnCancel) waiting.rejectAll(new AbortError('The debounced call was superseded'));
      }
      timer.restart();
    } else {
      timer.start(wait);
    }
    const call = PromiseWithResolvers();
    if (now) {
      settle([call], callArgs);
    } else {
      waiting.add(call);
      args = callArgs;
    }
    return call.promise;
  }

  control.listen();
  return dress(debounced, fn, [
    ...control.methods(() => debounced),
    ['flush', function flush() {
      if (waiting.count === 0) return;
      timer.stop();
      run();
    }],
  ], [
    ['pending', () => waiting.last?.promise ?? null],
    ['pendingCount', () => waiting.count],
  ]);
}

const milliseconds = () => Number(binding.process.hrtime() / 1000n) / 1000;

// At most `limit` calls in each window of `interval` ms, which begins with the first of them.
class Windows {
  #start;
  #count = 0;

  constructor(limit, interval) {
    this.limit = limit;
    this.interval = interval;
  }

  wait(now) {
    if (this.#start === undefined || now - this.#start >= this.interval || this.#count < this.limit) return 0;
    return this.#start + this.interval - now;
  }

  take(now) {
    if (this.#start === undefined || now - this.#start >= this.interval) {
      this.#start = now;
      this.#count = 0;
    }
    this.#count++;
  }

  reset() { this.#start = undefined; }
}

// At most `limit` calls in any time of `interval` ms.
class Sliding {
  #times = [];
  // Where the oldest of the last `limit` times is.
  #oldest = 0;

  constructor(limit, interval) {
    this.limit = limit;
    this.interval = interval;
  }

  wait(now) {
    return this.#times.length < this.limit ? 0 : MathMax(0, this.#times[this.#oldest] + this.interval - now);
  }

  take(now) {
    if (this.#times.length < this.limit) {
      ArrayPrototypePush(this.#times, now);
      return;
    }
    this.#times[this.#oldest] = now;
    this.#oldest = (this.#oldest + 1) % this.limit;
  }

  reset() {
    this.#times = [];
    this.#oldest = 0;
  }
}

function throttle(fn, limit, interval, options = kEmptyObject) {
  validateFunction(fn, 'fn');
  validateInteger(limit, 'limit', 1);
  validateInteger(interval, 'interval', 0, LONGEST);
  validateObject(options, 'options');
  const { concurrency = Infinity, maxPending = Infinity, overflow = 'queue', signal, strict = false } = options;
  if (concurrency !== Infinity) validateInteger(concurrency, 'options.concurrency', 1);
  if (maxPending !== Infinity) validateInteger(maxPending, 'options.maxPending', 0);
  validateOneOf(overflow, 'options.overflow', ['queue', 'drop']);
  validateAbortSignal(signal, 'options.signal');
  validateBoolean(strict, 'options.strict');
  throwIfAborted(signal);

  const limiter = strict ? new Sliding(limit, interval) : new Windows(limit, interval);
  const waiting = new Waiting();
  let active = 0;
  const timer = new Timer(drain);
  const control = controls(signal, timer, (error) => {
    timer.stop();
    limiter.reset();
    waiting.rejectAll(error);
  });

  function settled() {
    active--;
    drain();
  }

  function start(call, now) {
    limiter.take(now);
    active++;
    let result;
    try {
      result = PromiseResolve(ReflectApply(fn, throttled, call.args));
    } catch (error) {
      result = PromiseReject(error);
    }
    call.resolve(result);
    PromisePrototypeThen(result, settled, settled);
  }

  // Starts what may start, and waits for the rest where time alone is in the way.
  function drain() {
    if (control.aborted() !== undefined) return;
    while (waiting.count !== 0 && active < concurrency) {
      const now = milliseconds();
      const wait = limiter.wait(now);
      if (wait > 0) {
        if (!timer.runs) timer.start(wait);
        return;
      }
      start(waiting.shift(), now);
    }
  }

  const canStart = (now) => waiting.count === 0 && active < concurrency && limiter.wait(now) === 0;

  function throttled(...args) {
    const error = control.aborted();
    if (error !== undefined) return PromiseReject(error);
    const now = milliseconds();
    const starts = canStart(now);
    if (!starts && (overflow === 'drop' || waiting.count >= maxPending)) {
      const dropped = PromiseReject(new ERR_THROTTLED());
      markPromiseAsHandled(dropped);
      return dropped;
    }
    const call = PromiseWithResolvers();
    call.args = args;
    if (starts) {
      start(call, now);
    } else {
      waiting.add(call);
      drain();
    }
    return call.promise;
  }

  control.listen();
  return dress(throttled, fn, [
    ...control.methods(() => throttled),
    ['hasImmediateCapacity', function hasImmediateCapacity() { return !signal?.aborted && canStart(milliseconds()); }],
  ], [
    ['pending', () => waiting.last?.promise ?? null],
    ['pendingCount', () => waiting.count],
    ['activeCount', () => active],
  ]);
}

module.exports = { debounce, throttle };
