'use strict';

// What all streams of zlib have in common: a Transform over a handle, one write at a time.

const {
  ArrayPrototypePush, FunctionPrototypeCall, ObjectDefineProperty, ObjectSetPrototypeOf, Symbol,
} = require('internal/primordials');
const { Buffer, kMaxLength } = require('buffer');
const { FastBuffer } = require('internal/buffer');
const { Transform } = require('internal/streams/duplex');
const { finished } = require('internal/streams/finished');
const {
  codes: { ERR_BUFFER_TOO_LARGE, ERR_INTERNAL_ASSERTION, ERR_OUT_OF_RANGE, ERR_TRAILING_JUNK_AFTER_STREAM_END },
} = require('internal/errors');
const { checkRangesOrGetDefault, validateBoolean, validateFiniteNumber } = require('internal/validators');
const {
  constants: {
    BROTLI_OPERATION_EMIT_METADATA, BROTLI_OPERATION_FINISH, BROTLI_OPERATION_FLUSH, BROTLI_OPERATION_PROCESS,
    Z_BLOCK, Z_DEFAULT_CHUNK, Z_FINISH, Z_FULL_FLUSH, Z_MIN_CHUNK, Z_NO_FLUSH,
    ZSTD_e_continue, ZSTD_e_end, ZSTD_e_flush,
  },
} = require('internal/zlib_constants');

const kOwner = Symbol('owner_symbol');
const kFlushFlag = Symbol('kFlushFlag');
const kResume = Symbol('kResume');

/** The flushes of each family of formats: what is taken for them unless told, and the highest. */
const ZLIB = { flush: Z_NO_FLUSH, finishFlush: Z_FINISH, fullFlush: Z_FULL_FLUSH, highest: Z_BLOCK };
const BROTLI = {
  flush: BROTLI_OPERATION_PROCESS, finishFlush: BROTLI_OPERATION_FINISH, fullFlush: BROTLI_OPERATION_FLUSH,
  highest: BROTLI_OPERATION_EMIT_METADATA,
};
const ZSTD = { flush: ZSTD_e_continue, finishFlush: ZSTD_e_end, fullFlush: ZSTD_e_flush, highest: ZSTD_e_end };

/** How much each flush does, by its number: Z_BLOCK does more than Z_NO_FLUSH only. */
const STRENGTH = [0, 2, 3, 4, 5, 1];

const stronger = (a, b) => (STRENGTH[a] > STRENGTH[b] ? a : b);

/** Chunks without bytes that carry a flush through the queue of writes, by its number. */
const FLUSHES = [];
for (let flush = Z_NO_FLUSH; flush <= Z_BLOCK; flush++) {
  const chunk = Buffer.alloc(0);
  chunk[kFlushFlag] = flush;
  ArrayPrototypePush(FLUSHES, chunk);
}

const checkedFlush = (value, name, family, fallback) =>
  checkRangesOrGetDefault(value, name, Z_NO_FLUSH, family.highest, fallback);

function checkedChunkSize(size) {
  if (!validateFiniteNumber(size, 'options.chunkSize')) return Z_DEFAULT_CHUNK;
  if (size < Z_MIN_CHUNK) throw new ERR_OUT_OF_RANGE('options.chunkSize', `>= ${Z_MIN_CHUNK}`, size);
  return size;
}

/** The options for Transform: bytes on both sides. */
function streamOptions(options) {
  const { encoding, objectMode, writableObjectMode, decodeStrings } = options;
  if (!encoding && !objectMode && !writableObjectMode && decodeStrings !== false) return options;
  return { ...options, encoding: null, objectMode: false, writableObjectMode: false, decodeStrings: true };
}

function ZlibBase(options, handle, family) {
  const given = options ?? {};
  const chunkSize = checkedChunkSize(given.chunkSize);
  const flush = checkedFlush(given.flush, 'options.flush', family, family.flush);
  const finishFlush = checkedFlush(given.finishFlush, 'options.finishFlush', family, family.finishFlush);
  const maxOutputLength = checkRangesOrGetDefault(
    given.maxOutputLength, 'options.maxOutputLength', 1, kMaxLength, kMaxLength);
  const { rejectGarbageAfterEnd } = given;
  if (rejectGarbageAfterEnd !== undefined) {
    validateBoolean(rejectGarbageAfterEnd, 'options.rejectGarbageAfterEnd');
  }
  FunctionPrototypeCall(Transform, this, { autoDestroy: true, ...streamOptions(given) });
  this.bytesWritten = 0;
  this._handle = handle;
  handle[kOwner] = this;
  this._outBuffer = Buffer.allocUnsafe(chunkSize);
  this._outOffset = 0;
  this._chunkSize = chunkSize;
  this._defaultFlushFlag = flush;
  this._finishFlushFlag = finishFlush;
  this._defaultFullFlushFlag = family.fullFlush;
  this._family = family;
  this._info = given.info;
  this._maxOutputLength = maxOutputLength;
  this._rejectGarbageAfterEnd = rejectGarbageAfterEnd === true;
}
ObjectSetPrototypeOf(ZlibBase.prototype, Transform.prototype);
ObjectSetPrototypeOf(ZlibBase, Transform);

const { prototype } = ZlibBase;

ObjectDefineProperty(prototype, '_closed', {
  __proto__: null, configurable: true, enumerable: true, get() { return !this._handle; },
});

function openHandle(stream) {
  if (!stream._handle) throw new ERR_INTERNAL_ASSERTION('zlib binding closed');
  return stream._handle;
}

function closeHandle(stream) {
  // Null before the constructor is through, and after the end.
  stream._handle?.close();
  stream._handle = null;
}

prototype.reset = function reset() {
  const error = openHandle(this).reset();
  if (error !== undefined) this.destroy(error);
};

prototype._flush = function(callback) {
  this._transform(new FastBuffer(), '', callback);
};

// There is nothing to do before `_flush`, which does the same.
prototype._final = function(callback) {
  callback();
};

prototype.flush = function flush(kind, callback) {
  if (typeof kind === 'function' || (kind === undefined && !callback)) {
    callback = kind;
    kind = this._defaultFullFlushFlag;
  }
  kind = checkedFlush(kind, 'kind', this._family, this._defaultFullFlushFlag);
  if (this.writableFinished) {
    if (callback) process.nextTick(callback);
  } else if (this.writableEnded) {
    if (callback) this.once('end', callback);
  } else {
    this.write(FLUSHES[kind], '', callback);
  }
};

prototype.close = function close(callback) {
  if (callback) finished(this, callback);
  this.destroy();
};

prototype._destroy = function(error, callback) {
  closeHandle(this);
  callback(error);
};

prototype._transform = function(chunk, encoding, callback) {
  let flush = chunk[kFlushFlag] ?? this._defaultFlushFlag;
  // The last one.
  if (this.writableEnded && this.writableLength === chunk.byteLength) {
    flush = stronger(flush, this._finishFlushFlag);
  }
  writeChunk(this, chunk, flush, callback);
};

// Packages call it, too: without a callback it does all at once and returns what came out.
prototype._processChunk = function(chunk, flush, callback) {
  if (typeof callback !== 'function') return processSync(this, chunk, flush);
  writeChunk(this, chunk, flush, callback);
};

prototype._read = function(size) {
  const resume = this[kResume];
  if (resume !== undefined) {
    this[kResume] = undefined;
    resume();
  }
  FunctionPrototypeCall(Transform.prototype._read, this, size);
};

/** Takes what was written into the stream's buffer; undefined if nothing was. */
function takeOutput(stream, length, full) {
  const start = stream._outOffset;
  const output = length > 0 ? stream._outBuffer.slice(start, start + length) : undefined;
  stream._outOffset += length;
  if (full || stream._outOffset >= stream._chunkSize) {
    stream._outOffset = 0;
    stream._outBuffer = Buffer.allocUnsafe(stream._chunkSize);
  }
  return output;
}

function nextStep(handle) {
  const { [kOwner]: stream, chunk, position } = handle;
  handle.room = stream._chunkSize - stream._outOffset;
  handle.write(handle.flush, chunk, position, chunk.byteLength - position,
               stream._outBuffer, stream._outOffset, handle.room);
}

function writeChunk(stream, chunk, flush, callback) {
  const handle = stream._handle;
  if (!handle) {
    process.nextTick(callback);
    return;
  }
  handle.callback = callback;
  handle.chunk = chunk;
  handle.flush = flush;
  handle.position = 0;
  nextStep(handle);
}

function chunkDone(handle, error) {
  const { callback } = handle;
  handle.chunk = undefined;
  handle.callback = undefined;
  callback(error);
}

/** A handle has done a step: `this` is the handle. */
function onwritten(error) {
  const { [kOwner]: stream } = this;
  if (stream.destroyed) {
    chunkDone(this);
    return;
  }
  if (error !== undefined) {
    // The codec cannot go on from here.
    this.chunk = undefined;
    stream.destroy(error);
    return;
  }
  const { availInAfter, availOutAfter, chunk } = this;
  const read = chunk.byteLength - this.position - availInAfter;
  stream.bytesWritten += read;
  this.position += read;
  const output = takeOutput(stream, this.room - availOutAfter, availOutAfter === 0);
  const wanted = output === undefined || stream.push(output);
  if (stream.destroyed) {
    chunkDone(this);
    return;
  }
  if (availOutAfter === 0) {
    // There may be more, for which somebody must have room.
    if (wanted) nextStep(this);
    else stream[kResume] = () => { if (!stream.destroyed) nextStep(this); else chunkDone(this); };
    return;
  }
  if (availInAfter > 0) {
    // The compressed data is over, and this is none.
    if (stream._rejectGarbageAfterEnd) {
      const junk = new ERR_TRAILING_JUNK_AFTER_STREAM_END();
      stream.destroy(junk);
      chunkDone(this, junk);
      return;
    }
    stream.push(null);
  }
  chunkDone(this);
}

/** All of `chunk` now: what comes out. Closes the stream. */
function processSync(stream, chunk, flush) {
  const handle = openHandle(stream);
  const outputs = [];
  let length = 0;
  let position = 0;
  try {
    for (;;) {
      const left = chunk.byteLength - position;
      const room = stream._chunkSize - stream._outOffset;
      const error = handle.writeSync(flush, chunk, position, left, stream._outBuffer, stream._outOffset, room);
      if (error !== undefined) throw error;
      const { availInAfter, availOutAfter } = handle;
      position += left - availInAfter;
      const output = takeOutput(stream, room - availOutAfter, availOutAfter === 0);
      if (output !== undefined) {
        ArrayPrototypePush(outputs, output);
        length += output.byteLength;
        if (length > stream._maxOutputLength) throw new ERR_BUFFER_TOO_LARGE(stream._maxOutputLength);
      }
      if (availOutAfter === 0) continue;
      if (availInAfter > 0 && stream._rejectGarbageAfterEnd) throw new ERR_TRAILING_JUNK_AFTER_STREAM_END();
      break;
    }
  } finally {
    stream.bytesWritten = position;
    closeHandle(stream);
  }
  return outputs.length === 1 ? outputs[0] : Buffer.concat(outputs, length);
}

module.exports = { BROTLI, ZLIB, ZSTD, ZlibBase, onwritten, openHandle, processSync };
