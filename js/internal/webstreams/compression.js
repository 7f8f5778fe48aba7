'use strict';

// CompressionStream and DecompressionStream: a TransformStream over a handle of zlib's.

const {
  ArrayPrototypeIncludes, ObjectDefineProperty, Promise, SymbolToStringTag, TypeError, TypedArrayPrototypeSubarray,
  Uint8Array,
} = require('internal/primordials');
const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_STREAM_NULL_VALUES, ERR_TRAILING_JUNK_AFTER_STREAM_END },
} = require('internal/errors');
const { customInspectSymbol: kInspect } = require('internal/util');
const { isArrayBuffer, isArrayBufferView } = require('internal/util/types');
const { TransformStream } = require('internal/webstreams/transformstream');
const { customInspect } = require('internal/webstreams/util');

const zlibBinding = binding.zlib;

const FORMATS = ['deflate', 'deflate-raw', 'gzip', 'brotli'];

/** Bytes of a chunk that comes out, at most. */
const CHUNK = 16 * 1024;

/** Bytes that may wait on either side. */
const STRATEGY = { highWaterMark: 64 * 1024, size: (chunk) => chunk?.byteLength ?? 1 };

function checkFormat(format, name) {
  if (ArrayPrototypeIncludes(FORMATS, format)) return;
  const error = new TypeError(
    `Failed to construct '${name}': 1st argument '${format}' is not a valid enum value of type CompressionFormat.`);
  error.code = 'ERR_INVALID_ARG_VALUE';
  throw error;
}

/** A chunk as bytes that nobody else's thread may change; text as UTF-8, which Node takes, too. */
function bytesOf(chunk) {
  if (typeof chunk === 'string') return require('buffer').Buffer.from(chunk);
  if (isArrayBuffer(chunk)) return new Uint8Array(chunk);
  if (isArrayBufferView(chunk) && isArrayBuffer(chunk.buffer)) return chunk;
  if (chunk === null) throw new ERR_STREAM_NULL_VALUES();
  throw new ERR_INVALID_ARG_TYPE('chunk', ['string', 'Buffer', 'TypedArray', 'DataView', 'ArrayBuffer'], chunk);
}

function openHandle(format, compresses, onwritten) {
  const { Handle } = require('internal/zlib/handle');
  if (format === 'brotli') {
    return new Handle((owner) => zlibBinding.newBrotli(owner, compresses, [], undefined), onwritten);
  }
  const { constants } = require('internal/zlib_constants');
  const mode = {
    'deflate': compresses ? constants.DEFLATE : constants.INFLATE,
    'deflate-raw': compresses ? constants.DEFLATERAW : constants.INFLATERAW,
    'gzip': compresses ? constants.GZIP : constants.GUNZIP,
  }[format];
  return new Handle((owner) => zlibBinding.newZlib(
    owner, mode, constants.Z_DEFAULT_WINDOWBITS, constants.Z_DEFAULT_COMPRESSION, constants.Z_DEFAULT_MEMLEVEL,
    constants.Z_DEFAULT_STRATEGY, undefined, true), onwritten);
}

/** The stream behind both. */
function transformOf(format, compresses) {
  let written;
  const handle = openHandle(format, compresses, (error) => written(error));

  const write = (...args) => new Promise((resolve, reject) => {
    written = (error) => {
      if (error === undefined) {
        resolve();
        return;
      }
      const failure = new TypeError(error.message, { cause: error });
      failure.code = error.code;
      reject(failure);
    };
    handle.write(...args);
  });

  async function process(bytes, flush, controller) {
    let position = 0;
    try {
      do {
        const output = new Uint8Array(CHUNK);
        await write(flush, bytes, position, bytes.byteLength - position, output, 0, CHUNK);
        position = bytes.byteLength - handle.availInAfter;
        const length = CHUNK - handle.availOutAfter;
        if (length > 0) controller.enqueue(TypedArrayPrototypeSubarray(output, 0, length));
      } while (handle.availOutAfter === 0);
      if (handle.availInAfter > 0) throw new ERR_TRAILING_JUNK_AFTER_STREAM_END();
    } catch (error) {
      handle.close();
      throw error;
    }
  }

  const { constants: { BROTLI_OPERATION_FINISH, BROTLI_OPERATION_PROCESS, Z_FINISH, Z_NO_FLUSH } } =
    require('internal/zlib_constants');
  const brotli = format === 'brotli';
  return new TransformStream({
    transform: (chunk, controller) =>
      process(bytesOf(chunk), brotli ? BROTLI_OPERATION_PROCESS : Z_NO_FLUSH, controller),
    async flush(controller) {
      await process(new Uint8Array(0), brotli ? BROTLI_OPERATION_FINISH : Z_FINISH, controller);
      handle.close();
    },
    cancel() {
      handle.close();
    },
  }, STRATEGY, STRATEGY);
}

class CompressionStream {
  #transform;

  constructor(format) {
    checkFormat(format, 'CompressionStream');
    this.#transform = transformOf(format, true);
  }

  get readable() {
    return this.#transform.readable;
  }

  get writable() {
    return this.#transform.writable;
  }

  [kInspect](depth, options) {
    const { readable, writable } = this;
    return customInspect(this, depth, options, 'CompressionStream', { readable, writable });
  }
}

class DecompressionStream {
  #transform;

  constructor(format) {
    checkFormat(format, 'DecompressionStream');
    this.#transform = transformOf(format, false);
  }

  get readable() {
    return this.#transform.readable;
  }

  get writable() {
    return this.#transform.writable;
  }

  [kInspect](depth, options) {
    const { readable, writable } = this;
    return customInspect(this, depth, options, 'DecompressionStream', { readable, writable });
  }
}

for (const { name, prototype } of [CompressionStream, DecompressionStream]) {
  for (const key of ['readable', 'writable']) {
    ObjectDefineProperty(prototype, key, { __proto__: null, enumerable: true });
  }
  ObjectDefineProperty(prototype, SymbolToStringTag, { __proto__: null, value: name, configurable: true });
}

module.exports = { CompressionStream, DecompressionStream };
