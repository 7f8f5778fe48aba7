'use strict';

// The methods that readable streams have in common with arrays.

const {
  AbortError, codes: { ERR_INVALID_ARG_VALUE, ERR_MISSING_ARGS, ERR_OUT_OF_RANGE },
} = require('internal/errors');
const { validateAbortSignal, validateFunction, validateInteger, validateObject } = require('internal/validators');
const { isNodeStream, isWritable } = require('internal/streams/kinds');

const kEmpty = Symbol('kEmpty');
const kEof = Symbol('kEof');

function checked(options) {
  if (options != null) validateObject(options, 'options');
  if (options?.signal != null) validateAbortSignal(options.signal, 'options.signal');
}

function throwIfAborted(options) {
  if (options?.signal?.aborted) throw new AbortError(undefined, { cause: options.signal.reason });
}

function map(fn, options) {
  validateFunction(fn, 'fn');
  checked(options);
  let concurrency = 1;
  if (options?.concurrency != null) concurrency = Math.floor(options.concurrency);
  let highWaterMark = concurrency - 1;
  if (options?.highWaterMark != null) highWaterMark = Math.floor(options.highWaterMark);
  validateInteger(concurrency, 'options.concurrency', 1);
  validateInteger(highWaterMark, 'options.highWaterMark', 0);
  highWaterMark += concurrency;
  return (async function* () {
    const signal = AbortSignal.any([options?.signal].filter(Boolean));
    const stream = this;
    const queue = [];
    const signalOptions = { signal };
    let wakeNext;
    let wakePump;
    let done = false;
    let running = 0;
    const onCatch = () => {
      done = true;
      afterItem();
    };
    function afterItem() {
      running--;
      maybeResume();
    }
    function maybeResume() {
      if (wakePump && !done && running < concurrency && queue.length < highWaterMark) {
        wakePump();
        wakePump = null;
      }
    }
    async function pump() {
      try {
        for await (let value of stream) {
          if (done) return;
          if (signal.aborted) throw new AbortError();
          try {
            value = fn(value, signalOptions);
            if (value === kEmpty) continue;
            value = Promise.resolve(value);
          } catch (error) {
            value = Promise.reject(error);
          }
          running++;
          value.then(afterItem, onCatch);
          queue.push(value);
          if (wakeNext) {
            wakeNext();
            wakeNext = null;
          }
          if (!done && (queue.length >= highWaterMark || running >= concurrency)) {
            await new Promise((resolve) => { wakePump = resolve; });
          }
        }
        queue.push(kEof);
      } catch (error) {
        const value = Promise.reject(error);
        value.then(afterItem, onCatch);
        queue.push(value);
      } finally {
        done = true;
        if (wakeNext) {
          wakeNext();
          wakeNext = null;
        }
      }
    }
    pump();
    try {
      while (true) {
        while (queue.length > 0) {
          const value = await queue[0];
          if (value === kEof) return;
          if (signal.aborted) throw new AbortError();
          if (value !== kEmpty) yield value;
          queue.shift();
          maybeResume();
        }
        await new Promise((resolve) => { wakeNext = resolve; });
      }
    } finally {
      done = true;
      if (wakePump) {
        wakePump();
        wakePump = null;
      }
    }
  }).call(this);
}

function filter(fn, options) {
  validateFunction(fn, 'fn');
  return map.call(this, async (value, given) => (await fn(value, given)) ? value : kEmpty, options);
}

async function some(fn, options = undefined) {
  for await (const unused of filter.call(this, fn, options)) {
    void unused;
    return true;
  }
  return false;
}

async function every(fn, options = undefined) {
  validateFunction(fn, 'fn');
  return !(await some.call(this, async (...args) => !(await fn(...args)), options));
}

async function find(fn, options) {
  for await (const value of filter.call(this, fn, options)) return value;
  return undefined;
}

async function forEach(fn, options) {
  validateFunction(fn, 'fn');
  for await (const unused of map.call(this, async (value, given) => {
    await fn(value, given);
    return kEmpty;
  }, options)) void unused;
}

class ReduceAwareErrMissingArgs extends ERR_MISSING_ARGS {
  constructor() {
    super('reduce');
    this.message = 'Reduce of an empty stream requires an initial value';
  }
}

async function reduce(reducer, initial, options) {
  validateFunction(reducer, 'reducer');
  checked(options);
  let hasInitial = arguments.length > 1;
  if (options?.signal?.aborted) {
    const error = new AbortError(undefined, { cause: options.signal.reason });
    this.once('error', () => {});
    await require('internal/streams/finished').finishedPromise(this.destroy(error));
    throw error;
  }
  const controller = new AbortController();
  const { signal } = controller;
  options?.signal?.addEventListener('abort', () => controller.abort(), { once: true });
  let gotAny = false;
  try {
    for await (const value of this) {
      gotAny = true;
      if (options?.signal?.aborted) throw new AbortError();
      if (!hasInitial) {
        initial = value;
        hasInitial = true;
      } else {
        initial = await reducer(initial, value, { signal });
      }
    }
    if (!gotAny && !hasInitial) throw new ReduceAwareErrMissingArgs();
  } finally {
    controller.abort();
  }
  return initial;
}

async function toArray(options) {
  checked(options);
  const result = [];
  for await (const value of this) {
    if (options?.signal?.aborted) throw new AbortError(undefined, { cause: options.signal.reason });
    result.push(value);
  }
  return result;
}

function flatMap(fn, options) {
  const values = map.call(this, fn, options);
  return (async function* () {
    for await (const value of values) yield* value;
  })();
}

function count(value) {
  const number = Number(value);
  if (Number.isNaN(number)) return 0;
  if (number < 0) throw new ERR_OUT_OF_RANGE('number', '>= 0', number);
  return number;
}

function drop(number, options = undefined) {
  checked(options);
  number = count(number);
  return (async function* () {
    throwIfAborted(options);
    for await (const value of this) {
      throwIfAborted(options);
      if (number-- <= 0) yield value;
    }
  }).call(this);
}

function take(number, options = undefined) {
  checked(options);
  number = count(number);
  return (async function* () {
    throwIfAborted(options);
    for await (const value of this) {
      throwIfAborted(options);
      if (number-- > 0) yield value;
      if (number <= 0) return;
    }
  }).call(this);
}

function compose(stream, options) {
  checked(options);
  if (isNodeStream(stream) && !isWritable(stream)) {
    throw new ERR_INVALID_ARG_VALUE('stream', stream, 'must be writable');
  }
  const composed = require('internal/streams/compose').compose(this, stream);
  if (options?.signal) require('internal/streams/add-abort-signal').addAbortSignal(options.signal, composed);
  return composed;
}

module.exports = {
  promises: { every, forEach, reduce, toArray, some, find },
  streams: { drop, filter, flatMap, map, take, compose },
};
