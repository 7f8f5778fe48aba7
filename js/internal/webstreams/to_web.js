'use strict';

// Node's streams as web streams: `Readable.toWeb`, `Writable.toWeb`, `Duplex.toWeb`.

const { PromisePrototypeThen, PromiseResolve, PromiseWithResolvers, Symbol, Uint8Array } = require('internal/primordials');
const { AbortError, codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { kEmptyObject } = require('internal/util');
const { isAnyArrayBuffer } = require('internal/util/types');
const { validateObject, validateOneOf } = require('internal/validators');
const { destroyer: destroy } = require('internal/streams/destroy');
const { finished } = require('internal/streams/finished');
const { isDestroyed, isReadable, isWritable, isWritableEnded } = require('internal/streams/kinds');
const { ReadableStream } = require('internal/webstreams/readablestream');
const { WritableStream } = require('internal/webstreams/writablestream');
const { ByteLengthQueuingStrategy, CountQueuingStrategy } = require('internal/webstreams/queuingstrategies');

/** On streams that have a listener for errors after their end. */
const kErrorSentinel = Symbol('kErrorSentinelAttached');

// Some streams of old say that they failed once more after `finished`.
function ignoreLaterErrors(stream) {
  if (kErrorSentinel in stream) return;
  stream.on('error', () => {});
  stream[kErrorSentinel] = true;
}

/** Calls `callback` once, when the stream is done, with why it failed. */
function whenFinished(stream, options, callback) {
  const cleanup = finished(stream, options, (error) => {
    cleanup();
    ignoreLaterErrors(stream);
    callback(error?.code === 'ERR_STREAM_PREMATURE_CLOSE' ? new AbortError(undefined, { cause: error }) : error);
  });
}

function closedWritable() {
  const stream = new WritableStream();
  stream.close();
  return stream;
}

function closedReadable(type) {
  const stream = new ReadableStream({ type });
  stream.cancel();
  return stream;
}

function chunkSize(chunk) {
  return chunk?.byteLength ?? chunk?.length ?? 1;
}

function newWritableStreamFromStreamWritable(streamWritable) {
  // A Duplex that is not writable, or an http.OutgoingMessage, is one here.
  if (typeof streamWritable?.write !== 'function' || typeof streamWritable.on !== 'function') {
    throw new ERR_INVALID_ARG_TYPE('streamWritable', 'stream.Writable', streamWritable);
  }
  if (isDestroyed(streamWritable) || !isWritable(streamWritable)) return closedWritable();

  const highWaterMark = streamWritable.writableHighWaterMark;
  const isObjectMode = streamWritable.writableObjectMode;
  let controller;
  // Of the write that waits for `drain`, and of `close`.
  let drained;
  let closed;

  whenFinished(streamWritable, {}, (error) => {
    if (error) drained?.reject(error);
    if (closed !== undefined) {
      if (error) closed.reject(error);
      else closed.resolve();
      closed = undefined;
      if (!error) return;
    }
    controller?.error(error ?? new AbortError());
    controller = undefined;
  });
  streamWritable.on('drain', () => { drained?.resolve(); });

  return new WritableStream({
    start(given) { controller = given; },

    write(chunk) {
      if (!isObjectMode && isAnyArrayBuffer(chunk)) chunk = new Uint8Array(chunk);
      if (!streamWritable.writableNeedDrain && streamWritable.write(chunk)) return undefined;
      drained = PromiseWithResolvers();
      if (!streamWritable.writableNeedDrain) drained.resolve();
      return PromisePrototypeThen(drained.promise, () => { drained = undefined; }, (error) => {
        drained = undefined;
        throw error;
      });
    },

    abort(reason) { destroy(streamWritable, reason); },

    close() {
      if (closed === undefined && !isWritableEnded(streamWritable)) {
        closed = PromiseWithResolvers();
        streamWritable.end();
        return closed.promise;
      }
      controller = undefined;
      return PromiseResolve();
    },
  }, isObjectMode ? new CountQueuingStrategy({ highWaterMark }) : { highWaterMark, size: chunkSize });
}

function strategyOf(streamReadable, { strategy, type }) {
  const highWaterMark = streamReadable.readableHighWaterMark;
  if (type === 'bytes') return { highWaterMark };
  if (strategy) return strategy;
  return streamReadable.readableObjectMode ?
    new CountQueuingStrategy({ highWaterMark }) : new ByteLengthQueuingStrategy({ highWaterMark });
}

function newReadableStreamFromStreamReadable(streamReadable, options = kEmptyObject) {
  // A Duplex that is not readable is one here.
  if (typeof streamReadable?._readableState !== 'object') {
    throw new ERR_INVALID_ARG_TYPE('streamReadable', 'stream.Readable', streamReadable);
  }
  validateObject(options, 'options');
  const { type } = options;
  if (type !== undefined) validateOneOf(type, 'options.type', ['bytes', undefined]);
  if (isDestroyed(streamReadable) || !isReadable(streamReadable)) return closedReadable(type);

  const isObjectMode = streamReadable.readableObjectMode;
  const { Buffer } = require('buffer');
  let controller;
  let isDone = false;

  streamReadable.pause();
  whenFinished(streamReadable, { __proto__: null, writable: false }, (error) => {
    if (isDone) return;
    isDone = true;
    if (error) {
      controller.error(error);
      return;
    }
    controller.close();
    if (type === 'bytes') controller.byobRequest?.respond(0);
  });
  streamReadable.on('data', (chunk) => {
    if (isDone) return;
    // A copy: a byte stream takes the memory, which may be a pool's.
    if (Buffer.isBuffer(chunk) && !isObjectMode) chunk = new Uint8Array(chunk);
    controller.enqueue(chunk);
    if (controller.desiredSize <= 0) streamReadable.pause();
  });

  return new ReadableStream({
    type,
    start(given) { controller = given; },
    pull() { streamReadable.resume(); },
    cancel(reason) {
      isDone = true;
      destroy(streamReadable, reason);
    },
  }, strategyOf(streamReadable, options));
}

function newReadableWritablePairFromDuplex(duplex, options = kEmptyObject) {
  // A side that is not there gives a closed stream.
  if (typeof duplex?._writableState !== 'object' || typeof duplex?._readableState !== 'object') {
    throw new ERR_INVALID_ARG_TYPE('duplex', 'stream.Duplex', duplex);
  }
  validateObject(options, 'options');
  const type = options.readableType ?? options.type;
  return {
    writable: newWritableStreamFromStreamWritable(duplex),
    readable: newReadableStreamFromStreamReadable(duplex, { __proto__: null, type }),
  };
}

module.exports = {
  newReadableStreamFromStreamReadable,
  newReadableWritablePairFromDuplex,
  newWritableStreamFromStreamWritable,
};
