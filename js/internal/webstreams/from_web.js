'use strict';

// Web streams as Node's: `Readable.fromWeb`, `Writable.fromWeb`, `Duplex.fromWeb`.

const { ArrayPrototypeMap, PromiseAll, PromisePrototypeThen, SafeArrayIterator } = require('internal/primordials');
const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_STREAM_PREMATURE_CLOSE },
} = require('internal/errors');
const { kEmptyObject } = require('internal/util');
const { validateBoolean, validateObject } = require('internal/validators');
const { destroyer: destroy } = require('internal/streams/destroy');
const { Duplex } = require('internal/streams/duplex');
const { Readable } = require('internal/streams/readable');
const { Writable } = require('internal/streams/writable');
const { isWritableEnded } = require('internal/streams/kinds');
const { kResolvedPromise } = require('internal/webstreams/util');
const { isReadableStream, readableStreamDefaultReaderRead } = require('internal/webstreams/readablestream');
const { isWritableStream } = require('internal/webstreams/writablestream');

// Callbacks run where a throw would be an unhandled rejection; `onThrow` gets it on a tick of its own.
function whenSettled(promise, callback, onThrow) {
  const call = (error) => {
    try {
      callback(error);
    } catch (thrown) {
      process.nextTick(onThrow, thrown);
    }
  };
  PromisePrototypeThen(promise, () => { call(); }, call);
}

function rethrow(error) {
  throw error;
}

function checkEncoding(encoding) {
  const { Buffer } = require('buffer');
  if (encoding !== undefined && !Buffer.isEncoding(encoding)) throw new ERR_INVALID_ARG_VALUE('options.encoding', encoding);
}

/** The half of a stream's options that reads; `stream` is asked for when the first chunk is wanted. */
function reading(reader, stream) {
  return {
    read() {
      readableStreamDefaultReaderRead(reader, {
        // In a microtask: an error that comes meanwhile is first.
        chunk(value) { PromisePrototypeThen(kResolvedPromise, () => { stream().push(value); }); },
        close() { stream().push(null); },
        error(error) { destroy(stream(), error); },
      });
    },
  };
}

/** The half that writes; `isClosed` says whether the other end has gone. */
function writing(writer, stream, isClosed) {
  const fail = (error) => { destroy(stream(), error); };
  return {
    write(chunk, encoding, callback) {
      whenSettled(writer.write(chunk), callback, fail);
    },
    writev(chunks, callback) {
      const writes = ArrayPrototypeMap(chunks, ({ chunk }) => writer.write(chunk));
      whenSettled(PromiseAll(new SafeArrayIterator(writes)), callback, fail);
    },
    final(callback) {
      if (!isClosed()) whenSettled(writer.close(), callback, fail);
    },
  };
}

function newStreamWritableFromWritableStream(writableStream, options = kEmptyObject) {
  if (!isWritableStream(writableStream)) {
    throw new ERR_INVALID_ARG_TYPE('writableStream', 'WritableStream', writableStream);
  }
  validateObject(options, 'options');
  const { highWaterMark, decodeStrings = true, objectMode = false, signal } = options;
  validateBoolean(objectMode, 'options.objectMode');
  validateBoolean(decodeStrings, 'options.decodeStrings');

  const writer = writableStream.getWriter();
  let isClosed = false;
  const writable = new Writable({
    highWaterMark, objectMode, decodeStrings, signal,
    ...writing(writer, () => writable, () => isClosed),
    destroy(error, callback) {
      if (isClosed) callback(error);
      else whenSettled(error != null ? writer.abort(error) : writer.close(), () => callback(error), rethrow);
    },
  });
  PromisePrototypeThen(writer.closed, () => {
    isClosed = true;
    if (!isWritableEnded(writable)) destroy(writable, new ERR_STREAM_PREMATURE_CLOSE());
  }, (error) => {
    isClosed = true;
    destroy(writable, error);
  });
  return writable;
}

function newStreamReadableFromReadableStream(readableStream, options = kEmptyObject) {
  if (!isReadableStream(readableStream)) {
    throw new ERR_INVALID_ARG_TYPE('readableStream', 'ReadableStream', readableStream);
  }
  validateObject(options, 'options');
  const { highWaterMark, encoding, objectMode = false, signal } = options;
  checkEncoding(encoding);
  validateBoolean(objectMode, 'options.objectMode');

  const reader = readableStream.getReader();
  let isClosed = false;
  const readable = new Readable({
    highWaterMark, encoding, objectMode, signal,
    ...reading(reader, () => readable),
    destroy(error, callback) {
      if (isClosed) callback(error);
      else whenSettled(reader.cancel(error), () => callback(error), rethrow);
    },
  });
  PromisePrototypeThen(reader.closed, () => { isClosed = true; }, (error) => {
    isClosed = true;
    destroy(readable, error);
  });
  return readable;
}

function newStreamDuplexFromReadableWritablePair(pair = kEmptyObject, options = kEmptyObject) {
  validateObject(pair, 'pair');
  const { readable: readableStream, writable: writableStream } = pair;
  if (!isReadableStream(readableStream)) throw new ERR_INVALID_ARG_TYPE('pair.readable', 'ReadableStream', readableStream);
  if (!isWritableStream(writableStream)) throw new ERR_INVALID_ARG_TYPE('pair.writable', 'WritableStream', writableStream);
  validateObject(options, 'options');
  const { allowHalfOpen = false, objectMode = false, encoding, decodeStrings = true, highWaterMark, signal } = options;
  validateBoolean(objectMode, 'options.objectMode');
  checkEncoding(encoding);

  const writer = writableStream.getWriter();
  const reader = readableStream.getReader();
  let isWriterClosed = false;
  let isReaderClosed = false;
  const duplex = new Duplex({
    allowHalfOpen, highWaterMark, objectMode, encoding, decodeStrings, signal,
    ...reading(reader, () => duplex),
    ...writing(writer, () => duplex, () => isWriterClosed),
    destroy(error, callback) {
      if (isWriterClosed && isReaderClosed) {
        callback(error);
        return;
      }
      const ends = [
        isWriterClosed ? kResolvedPromise : writer.abort(error), isReaderClosed ? kResolvedPromise : reader.cancel(error),
      ];
      whenSettled(PromiseAll(new SafeArrayIterator(ends)), () => callback(error), rethrow);
    },
  });
  const onError = (error) => {
    isWriterClosed = true;
    isReaderClosed = true;
    destroy(duplex, error);
  };
  PromisePrototypeThen(writer.closed, () => {
    isWriterClosed = true;
    if (!isWritableEnded(duplex)) destroy(duplex, new ERR_STREAM_PREMATURE_CLOSE());
  }, onError);
  PromisePrototypeThen(reader.closed, () => { isReaderClosed = true; }, onError);
  return duplex;
}

module.exports = {
  newStreamDuplexFromReadableWritablePair,
  newStreamReadableFromReadableStream,
  newStreamWritableFromWritableStream,
};
