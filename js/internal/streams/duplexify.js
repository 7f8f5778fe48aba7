'use strict';

// `Duplex.from`: a Duplex over what somebody has.

const {
  AbortError, codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_RETURN_VALUE },
} = require('internal/errors');
const { Duplex } = require('internal/streams/duplex');
const { Readable } = require('internal/streams/readable');
const { destroyer } = require('internal/streams/destroy');
const { forgetAll, forwardReads, forwardWrites, newWaits, wake } = require('internal/streams/forward');
const { finished } = require('internal/streams/finished');
const {
  isDuplexNodeStream, isIterable, isNodeStream, isReadable, isReadableNodeStream, isReadableStream, isWritable,
  isWritableNodeStream, isWritableStream,
} = require('internal/streams/kinds');

function duplexify(body, name) {
  if (isDuplexNodeStream(body)) return body;
  if (isReadableNodeStream(body)) return pair({ readable: body });
  if (isWritableNodeStream(body)) return pair({ writable: body });
  if (isNodeStream(body)) return pair({ writable: false, readable: false });
  if (isReadableStream(body)) return pair({ readable: Readable.fromWeb(body) });
  if (isWritableStream(body)) return pair({ writable: require('internal/streams/writable').Writable.fromWeb(body) });
  if (typeof body === 'function') return fromFunction(body, name);
  if (require('buffer').isBlob?.(body) || body instanceof Blob) return duplexify(body.arrayBuffer());
  if (isIterable(body)) return require('internal/streams/from').from(Duplex, body, { objectMode: true, writable: false });
  if (isReadableStream(body?.readable) && isWritableStream(body?.writable)) return Duplex.fromWeb(body);
  if (typeof body?.writable === 'object' || typeof body?.readable === 'object') {
    return pair({
      readable: body.readable ? isReadableNodeStream(body.readable) ? body.readable : duplexify(body.readable) : undefined,
      writable: body.writable ? isWritableNodeStream(body.writable) ? body.writable : duplexify(body.writable) : undefined,
    });
  }
  if (typeof body?.then === 'function') {
    let duplex;
    Promise.resolve(body).then((value) => {
      if (value != null) duplex.push(value);
      duplex.push(null);
    }, (error) => { destroyer(duplex, error); });
    return duplex = new Duplex({ objectMode: true, writable: false, read() {} });
  }
  throw new ERR_INVALID_ARG_TYPE(name, [
    'Blob', 'ReadableStream', 'WritableStream', 'Stream', 'Iterable', 'AsyncIterable', 'Function',
    '{ readable, writable } pair', 'Promise',
  ], body);
}

function fromFunction(body, name) {
  let { promise, resolve } = Promise.withResolvers();
  const controller = new AbortController();
  const { signal } = controller;
  const value = body((async function* () {
    while (true) {
      const current = promise;
      promise = null;
      const { chunk, done, callback } = await current;
      process.nextTick(callback);
      if (done) return;
      if (signal.aborted) throw new AbortError(undefined, { cause: signal.reason });
      ({ promise, resolve } = Promise.withResolvers());
      yield chunk;
    }
  })(), { signal });
  const write = (chunk, encoding, callback) => {
    const give = resolve;
    resolve = null;
    give({ chunk, done: false, callback });
  };
  const final = (callback) => {
    const give = resolve;
    resolve = null;
    give({ done: true, callback });
  };
  const destroy = (error, callback) => {
    controller.abort();
    callback(error);
  };
  if (isIterable(value)) {
    const duplex = require('internal/streams/from').from(Duplex, value, { objectMode: true });
    const ofReader = duplex._destroy;
    duplex._write = write;
    duplex._final = final;
    duplex._destroy = (error, callback) => {
      controller.abort();
      ofReader.call(duplex, error, callback);
    };
    return duplex;
  }
  if (typeof value?.then === 'function') {
    let duplex;
    const done = Promise.resolve(value).then((last) => {
      if (last != null) throw new ERR_INVALID_RETURN_VALUE('nully', 'body', last);
    }, (error) => { destroyer(duplex, error); });
    return duplex = new Duplex({
      objectMode: true,
      readable: false,
      write,
      final(callback) {
        final(async () => {
          try {
            await done;
            process.nextTick(callback, null);
          } catch (error) {
            process.nextTick(callback, error);
          }
        });
      },
      destroy,
    });
  }
  throw new ERR_INVALID_RETURN_VALUE('Iterable, AsyncIterable or AsyncFunction', name, value);
}

// Two streams as one.
function pair({ readable: source, writable: sink }) {
  const readableSide = source && typeof source.read !== 'function' ? Readable.wrap(source) : source;
  const writableSide = sink;
  let readable = !!(readableSide && isReadable(readableSide) !== false);
  let writable = !!(writableSide && isWritable(writableSide) !== false);
  const waits = newWaits();
  let onclose;
  const duplex = new Duplex({
    readableObjectMode: !!readableSide?.readableObjectMode,
    writableObjectMode: !!writableSide?.writableObjectMode,
    readable,
    writable,
  });
  function ondone(error) {
    const callback = onclose;
    onclose = null;
    // Without an error it ends by itself, when all of it was read.
    if (callback) callback(error);
    else if (error) duplex.destroy(error);
  }
  if (writable) {
    finished(writableSide, (error) => {
      writable = false;
      if (error) destroyer(readableSide, error);
      ondone(error);
    });
    forwardWrites(duplex, writableSide, waits);
    writableSide.on('finish', () => { wake(waits, 'finish'); });
  }
  if (readable) {
    finished(readableSide, (error) => {
      readable = false;
      if (error) destroyer(writableSide, error);
      ondone(error);
    });
    forwardReads(duplex, readableSide, waits);
  }
  duplex._destroy = (error, callback) => {
    if (!error && onclose !== null && (readable || writable)) error = new AbortError();
    forgetAll(waits);
    if (onclose === null) {
      callback(error);
    } else {
      onclose = callback;
      if (writableSide) destroyer(writableSide, error);
      if (readableSide) destroyer(readableSide, error);
      if (!readable && !writable) callback(error);
    }
  };
  return duplex;
}

module.exports = { duplexify };
