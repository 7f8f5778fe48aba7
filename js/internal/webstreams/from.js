'use strict';

// `ReadableStream.from`.

const {
  PromisePrototypeThen, PromiseReject, PromiseResolve, ReflectApply, SymbolAsyncIterator, SymbolIterator,
} = require('internal/primordials');
const { codes: { ERR_ARG_NOT_ITERABLE, ERR_INVALID_STATE } } = require('internal/errors');
const { kBare, kState, nothing, one } = require('internal/webstreams/util');
const {
  readableStreamDefaultControllerClose, readableStreamDefaultControllerEnqueue, setupReadableStreamDefaultController,
} = require('internal/webstreams/default_controller');

function isObject(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** The iterator of `iterable`, and whether its results are promised. */
function iteratorOf(iterable) {
  let method = iterable?.[SymbolAsyncIterator];
  const isAsync = method !== undefined && method !== null;
  if (!isAsync) method = iterable?.[SymbolIterator];
  if (typeof method !== 'function') throw new ERR_ARG_NOT_ITERABLE(iterable);
  const iterator = ReflectApply(method, iterable, []);
  if (!isObject(iterator)) throw new ERR_INVALID_STATE.TypeError('The iterator method must return an object');
  return { iterator, next: iterator.next, isAsync };
}

/** What a step of a synchronous iterator gives, with its value awaited. */
function awaitValue(result) {
  if (!isObject(result)) return result;
  const { done, value } = result;
  return PromisePrototypeThen(PromiseResolve(value), (settled) => ({ done, value: settled }));
}

function readableStreamFromIterable(iterable) {
  const { iterator, next, isAsync } = iteratorOf(iterable);
  const { ReadableStream } = require('internal/webstreams/readablestream');
  const stream = new ReadableStream(kBare);

  function step(fn, args) {
    try {
      const result = ReflectApply(fn, iterator, args);
      return PromiseResolve(isAsync ? result : awaitValue(result));
    } catch (error) {
      return PromiseReject(error);
    }
  }

  function pull() {
    return PromisePrototypeThen(step(next, []), (result) => {
      if (!isObject(result)) {
        throw new ERR_INVALID_STATE.TypeError(
          'The promise returned by the iterator.next() method must fulfill with an object');
      }
      if (result.done) readableStreamDefaultControllerClose(stream[kState].controller);
      else readableStreamDefaultControllerEnqueue(stream[kState].controller, result.value);
    });
  }

  function cancel(reason) {
    let method;
    try {
      method = iterator.return;
      if (method === undefined || method === null) return PromiseResolve();
    } catch (error) {
      return PromiseReject(error);
    }
    return PromisePrototypeThen(step(method, [reason]), (result) => {
      if (!isObject(result)) {
        throw new ERR_INVALID_STATE.TypeError(
          'The promise returned by the iterator.return() method must fulfill with an object');
      }
    });
  }

  setupReadableStreamDefaultController(stream, { start: nothing, pull, cancel }, 0, one);
  return stream;
}

module.exports = { readableStreamFromIterable };
