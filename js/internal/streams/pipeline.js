'use strict';

// `stream.pipeline`: streams, iterables and functions one after the other, all ended together.

const {
  AbortError, aggregateTwoErrors,
  codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_RETURN_VALUE, ERR_MISSING_ARGS, ERR_STREAM_DESTROYED, ERR_STREAM_PREMATURE_CLOSE },
} = require('internal/errors');
const { validateAbortSignal, validateFunction } = require('internal/validators');
const { destroyer: destroyStream } = require('internal/streams/destroy');
const { finished } = require('internal/streams/finished');
const { Duplex, PassThrough } = require('internal/streams/duplex');
const { Readable } = require('internal/streams/readable');
const {
  isIterable, isNodeStream, isReadable, isReadableFinished, isReadableNodeStream, isReadableStream, isTransformStream,
  isWebStream,
} = require('internal/streams/kinds');

function once(callback) {
  let called = false;
  return (...args) => {
    if (called) return;
    called = true;
    callback(...args);
  };
}

function endOf(stream, reading, writing) {
  let isFinished = false;
  stream.on('close', () => { isFinished = true; });
  const cleanup = finished(stream, { readable: reading, writable: writing }, (error) => { isFinished = !error; });
  return {
    destroy(error) {
      if (isFinished) return;
      isFinished = true;
      destroyStream(stream, error || new ERR_STREAM_DESTROYED('pipe'));
    },
    cleanup,
  };
}

function makeIterable(value) {
  if (isIterable(value)) return value;
  if (isReadableNodeStream(value)) return Readable.prototype[Symbol.asyncIterator].call(value);
  throw new ERR_INVALID_ARG_TYPE('val', ['Readable', 'Iterable', 'AsyncIterable'], value);
}

async function pumpToNode(iterable, writable, finish, { end }) {
  let error;
  let onresolve = null;
  const resume = (failure) => {
    if (failure) error = failure;
    if (onresolve) {
      const callback = onresolve;
      onresolve = null;
      callback();
    }
  };
  const wait = () => new Promise((resolve, reject) => {
    if (error) {
      reject(error);
    } else {
      onresolve = () => {
        if (error) reject(error);
        else resolve();
      };
    }
  });
  writable.on('drain', resume);
  const cleanup = finished(writable, { readable: false }, resume);
  try {
    if (writable.writableNeedDrain) await wait();
    for await (const chunk of iterable) {
      if (!writable.write(chunk)) await wait();
    }
    if (end) {
      writable.end();
      await wait();
    }
    finish();
  } catch (failure) {
    finish(error !== failure ? aggregateTwoErrors(error, failure) : failure);
  } finally {
    cleanup();
    writable.off('drain', resume);
  }
}

async function pumpToWeb(readable, writable, finish, { end }) {
  if (isTransformStream(writable)) writable = writable.writable;
  const writer = writable.getWriter();
  try {
    for await (const chunk of readable) {
      await writer.ready;
      writer.write(chunk).catch(() => {});
    }
    await writer.ready;
    if (end) await writer.close();
    finish();
  } catch (error) {
    try {
      await writer.abort(error);
      finish(error);
    } catch (failure) {
      finish(failure);
    }
  }
}

function pipeline(...streams) {
  const callback = streams.pop();
  validateFunction(callback, 'streams[stream.length - 1]');
  return run(streams, once(callback));
}

function run(streams, callback, options) {
  if (streams.length === 1 && Array.isArray(streams[0])) streams = streams[0];
  if (streams.length < 2) throw new ERR_MISSING_ARGS('streams');
  const controller = new AbortController();
  const { signal } = controller;
  const outer = options?.signal;
  const lastCleanups = [];
  validateAbortSignal(outer, 'options.signal');
  const abort = () => finishWith(new AbortError(undefined, { cause: outer?.reason }));
  if (outer && !outer.aborted) outer.addEventListener('abort', abort, { once: true });

  let error;
  let value;
  const destroys = [];
  let count = 0;
  function finish(failure) {
    finishWith(failure, --count === 0);
  }
  function finishOnlyOnError(failure) {
    if (failure) finishWith(failure, false);
  }
  function finishWith(failure, final = false) {
    if (failure && (!error || error.code === 'ERR_STREAM_PREMATURE_CLOSE')) error = failure;
    if (!error && !final) return;
    while (destroys.length) destroys.shift()(error);
    outer?.removeEventListener('abort', abort);
    controller.abort();
    if (final) {
      if (!error) for (const cleanup of lastCleanups) cleanup();
      process.nextTick(callback, error, value);
    }
  }

  let result;
  for (let i = 0; i < streams.length; i++) {
    const stream = streams[i];
    const reading = i < streams.length - 1;
    const writing = i > 0;
    const end = reading || options?.end !== false;
    const isLast = i === streams.length - 1;
    if (isNodeStream(stream)) {
      if (end) {
        const { destroy, cleanup } = endOf(stream, reading, writing);
        destroys.push(destroy);
        if (isReadable(stream) && isLast) lastCleanups.push(cleanup);
      }
      // What comes after its end is nobody's.
      const onError = (failure) => {
        if (failure && failure.name !== 'AbortError' && failure.code !== 'ERR_STREAM_PREMATURE_CLOSE') finishOnlyOnError(failure);
      };
      stream.on('error', onError);
      if (isReadable(stream) && isLast) lastCleanups.push(() => { stream.removeListener('error', onError); });
    }
    if (i === 0) {
      if (typeof stream === 'function') {
        result = stream({ signal });
        if (!isIterable(result)) {
          throw new ERR_INVALID_RETURN_VALUE('Iterable, AsyncIterable or Stream', 'source', result);
        }
      } else if (isIterable(stream) || isReadableNodeStream(stream) || isTransformStream(stream)) {
        result = stream;
      } else {
        result = Duplex.from(stream);
      }
    } else if (typeof stream === 'function') {
      result = isTransformStream(result) ? makeIterable(result.readable) : makeIterable(result);
      result = stream(result, { signal });
      if (reading) {
        if (!isIterable(result, true)) {
          throw new ERR_INVALID_RETURN_VALUE('AsyncIterable', `transform[${i - 1}]`, result);
        }
      } else {
        // What the last function gives, as a stream.
        const through = new PassThrough({ objectMode: true });
        const then = result?.then;
        if (typeof then === 'function') {
          count++;
          then.call(result, (last) => {
            value = last;
            if (last != null) through.write(last);
            if (end) through.end();
            process.nextTick(finish);
          }, (failure) => {
            through.destroy(failure);
            process.nextTick(finish, failure);
          });
        } else if (isIterable(result, true)) {
          count++;
          pumpToNode(result, through, finish, { end });
        } else if (isReadableStream(result) || isTransformStream(result)) {
          count++;
          pumpToNode(result.readable || result, through, finish, { end });
        } else {
          throw new ERR_INVALID_RETURN_VALUE('AsyncIterable or Promise', 'destination', result);
        }
        result = through;
        const { destroy, cleanup } = endOf(result, false, true);
        destroys.push(destroy);
        if (isLast) lastCleanups.push(cleanup);
      }
    } else if (isNodeStream(stream)) {
      if (isReadableNodeStream(result)) {
        count += 2;
        const cleanup = pipe(result, stream, finish, finishOnlyOnError, { end });
        if (isReadable(stream) && isLast) lastCleanups.push(cleanup);
      } else if (isTransformStream(result) || isReadableStream(result)) {
        count++;
        pumpToNode(result.readable || result, stream, finish, { end });
      } else if (isIterable(result)) {
        count++;
        pumpToNode(result, stream, finish, { end });
      } else {
        throw new ERR_INVALID_ARG_TYPE('val',
          ['Readable', 'Iterable', 'AsyncIterable', 'ReadableStream', 'TransformStream'], result);
      }
      result = stream;
    } else if (isWebStream(stream)) {
      if (isReadableNodeStream(result)) {
        count++;
        pumpToWeb(makeIterable(result), stream, finish, { end });
      } else if (isReadableStream(result) || isIterable(result)) {
        count++;
        pumpToWeb(result, stream, finish, { end });
      } else if (isTransformStream(result)) {
        count++;
        pumpToWeb(result.readable, stream, finish, { end });
      } else {
        throw new ERR_INVALID_ARG_TYPE('val',
          ['Readable', 'Iterable', 'AsyncIterable', 'ReadableStream', 'TransformStream'], result);
      }
      result = stream;
    } else {
      result = Duplex.from(stream);
    }
  }
  if (signal?.aborted || outer?.aborted) process.nextTick(abort);
  return result;
}

function pipe(source, destination, finish, finishOnlyOnError, { end }) {
  let ended = false;
  destination.on('close', () => { if (!ended) finishOnlyOnError(new ERR_STREAM_PREMATURE_CLOSE()); });
  source.pipe(destination, { end: false });
  if (end) {
    const endIt = () => {
      ended = true;
      destination.end();
    };
    if (isReadableFinished(source)) process.nextTick(endIt);
    else source.once('end', endIt);
  } else {
    finish();
  }
  finished(source, { readable: true, writable: false }, (error) => {
    const state = source._readableState;
    if (error && error.code === 'ERR_STREAM_PREMATURE_CLOSE' && state?.ended && !state.errored && !state.errorEmitted) {
      // It has said all; some close early.
      source.once('end', finish).once('error', finish);
    } else {
      finish(error);
    }
  });
  return finished(destination, { readable: false, writable: true }, finish);
}

function pipelinePromise(...streams) {
  return new Promise((resolve, reject) => {
    let signal;
    let end;
    const last = streams[streams.length - 1];
    if (last && typeof last === 'object' && !isNodeStream(last) && !isIterable(last) && !isWebStream(last)) {
      const options = streams.pop();
      signal = options.signal;
      end = options.end;
    }
    run(streams, (error, value) => {
      if (error) reject(error);
      else resolve(value);
    }, { signal, end });
  });
}

module.exports = { pipeline, pipelineImpl: run, pipelinePromise };
