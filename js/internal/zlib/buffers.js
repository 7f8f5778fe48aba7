'use strict';

// All of a buffer at once: `gzip(buffer, options, callback)`, `gzipSync(buffer, options)` and so on.

const { ArrayPrototypePush } = require('internal/primordials');
const { Buffer } = require('buffer');
const { codes: { ERR_BUFFER_TOO_LARGE, ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { isAnyArrayBuffer, isArrayBufferView } = require('internal/util/types');
const { validateFunction } = require('internal/validators');
const { processSync } = require('internal/zlib/base');
const { ZstdCompress } = require('internal/zlib/formats');

/** `data` as bytes. */
function bytesOf(data) {
  if (typeof data === 'string' || isAnyArrayBuffer(data)) return Buffer.from(data);
  if (isArrayBufferView(data)) return data;
  throw new ERR_INVALID_ARG_TYPE('buffer', ['string', 'Buffer', 'TypedArray', 'DataView', 'ArrayBuffer'], data);
}

const resultOf = (engine, buffer) => (engine._info ? { buffer, engine } : buffer);

/** Has a compressor write into the frame's header how long it is, as it does where it gets all at once. */
function withLength(Class, options, { byteLength: pledgedSrcSize }) {
  return Class === ZstdCompress ? { pledgedSrcSize, ...options } : options;
}

function collect(Class, data, options, callback) {
  validateFunction(callback, 'callback');
  const bytes = bytesOf(data);
  const engine = new Class(withLength(Class, options, bytes));
  const outputs = [];
  let length = 0;
  let failed = false;
  engine.on('data', (output) => {
    if (failed) return;
    length += output.byteLength;
    if (length > engine._maxOutputLength) {
      failed = true;
      engine.close();
      callback(new ERR_BUFFER_TOO_LARGE(engine._maxOutputLength));
      return;
    }
    ArrayPrototypePush(outputs, output);
  });
  engine.on('error', (error) => {
    failed = true;
    callback(error);
  });
  engine.on('end', () => {
    engine.close();
    callback(null, resultOf(engine, outputs.length === 1 ? outputs[0] : Buffer.concat(outputs, length)));
  });
  engine.end(bytes);
}

/** The function with a callback for a class. */
const asynchronous = (Class) => function asyncBufferWrapper(buffer, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = {};
  }
  return collect(Class, buffer, options, callback);
};

/** The synchronous function for a class. */
const synchronous = (Class) => function syncBufferWrapper(buffer, options) {
  const engine = new Class(options);
  return resultOf(engine, processSync(engine, bytesOf(buffer), engine._finishFlushFlag));
};

module.exports = { asynchronous, synchronous };
