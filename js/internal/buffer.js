'use strict';
// What `Buffer.prototype` is made of, apart from construction: slices and
// writes by encoding, searching, filling, swapping, and the numbers.

const {
  codes: {
    ERR_BUFFER_OUT_OF_BOUNDS,
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_BUFFER_SIZE,
    ERR_OUT_OF_RANGE,
    ERR_UNKNOWN_ENCODING,
  },
} = require('internal/errors');
const {
  validateInteger,
  validateNumber,
  validateString,
} = require('internal/validators');
const { addNumberMethods } = require('internal/buffer/numbers');
const { encodings, findEncoding } = require('internal/buffer/encodings');
const { isArrayBufferView, isUint8Array } = require('internal/util/types');

const bufferBinding = binding.buffer;
const { fill: fillBytes, set: setBytes, copyWithin } = Uint8Array.prototype;
const { apply } = Reflect;
const getByteLength = Reflect.getOwnPropertyDescriptor(
  Reflect.getPrototypeOf(Uint8Array.prototype), 'byteLength').get;

class FastBuffer extends Uint8Array {
  // Written out: the implicit one would go through the array iterator, which
  // scripts can replace.
  constructor(bufferOrLength, byteOffset, length) {
    super(bufferOrLength, byteOffset, length);
  }
}

const { prototype } = FastBuffer;

/** Any view's bytes, as a Uint8Array. */
function bytesOf(view) {
  return isUint8Array(view) ? view :
    new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function isView(value) {
  return isArrayBufferView(value);
}

// ---- Encodings -----------------------------------------------------------

/** Node's own errors of these methods: the name has no code in it. */
function plainError(Class, code, message) {
  const error = new Class(message);
  error.code = code;
  return error;
}

function checkedIndex(value, fallback) {
  if (value === undefined) return fallback;
  const index = Math.trunc(value) || 0;
  if (index < 0) {
    throw plainError(RangeError, 'ERR_OUT_OF_RANGE', 'Index out of range');
  }
  return index;
}

/** `hexSlice(start, end)` and the like, for any bytes. */
function sliceWith(encoding, view, start, end) {
  const { byteLength } = view;
  start = checkedIndex(start, 0);
  end = checkedIndex(end, byteLength);
  if (start >= end) return '';
  if (end > byteLength) {
    throw plainError(RangeError, 'ERR_OUT_OF_RANGE', 'Index out of range');
  }
  return encoding.slice(view, start, end);
}

/** `asciiWrite`, `latin1Write` and `utf8Write`, which refuse a length that is too long. */
function writeExactly(encoding, view, string, offset, length) {
  validateString(string, 'argument');
  const { byteLength } = view;
  if (offset < 0 || offset > byteLength) {
    throw new ERR_BUFFER_OUT_OF_BOUNDS('offset');
  }
  if (length < 0 || length > byteLength - offset) {
    throw new ERR_BUFFER_OUT_OF_BOUNDS('length');
  }
  return encoding.write(view, string, offset, length);
}

/** The others, which take what there is room for. */
function writeAtMost(encoding, view, string, offset, length) {
  if (typeof string !== 'string') {
    throw plainError(
      TypeError, 'ERR_INVALID_ARG_TYPE', 'argument must be a string');
  }
  const { byteLength } = view;
  offset = checkedIndex(offset, 0);
  if (offset > byteLength) {
    throw plainError(RangeError, 'ERR_BUFFER_OUT_OF_BOUNDS',
                     '"offset" is outside of buffer bounds');
  }
  const room = byteLength - offset;
  length = Math.min(checkedIndex(length, room), room);
  return length === 0 ? 0 : encoding.write(view, string, offset, length);
}

function utf8Write(string, offset = 0, length = this.byteLength - offset) {
  return writeExactly(encodings.utf8, this, string, offset, length);
}

/** `hexSlice(start, end)`, `hexWrite(string, offset, length)` and the rest. */
function addEncodingMethods() {
  const methods = {
    ascii: encodings.ascii,
    base64: encodings.base64,
    base64url: encodings.base64url,
    latin1: encodings.latin1,
    hex: encodings.hex,
    ucs2: encodings.utf16le,
    utf8: encodings.utf8,
  };
  for (const [name, encoding] of Object.entries(methods)) {
    prototype[`${name}Slice`] = function(start, end) {
      return sliceWith(encoding, this, start, end);
    };
    prototype[`${name}Write`] = name === 'ascii' || name === 'latin1' ?
      function(string, offset = 0, length = this.byteLength - offset) {
        return writeExactly(encoding, this, string, offset, length);
      } :
      function(string, offset, length) {
        return writeAtMost(encoding, this, string, offset, length);
      };
  }
  prototype.utf8Write = utf8Write;
}

/** As `findEncoding`, but that null and '' are none. */
function knownEncoding(encoding) {
  return encoding === null || encoding === '' ?
    undefined : findEncoding(encoding);
}

prototype.toString = function toString(encoding, start, end) {
  if (arguments.length === 0) {
    return encodings.utf8.slice(this, 0, this.length);
  }
  const { length } = this;
  if (start <= 0) {
    start = 0;
  } else if (start >= length) {
    return '';
  } else {
    start = Math.trunc(start) || 0;
  }
  end = end === undefined || end > length ? length : Math.trunc(end) || 0;
  if (end <= start) return '';
  if (encoding === undefined) return encodings.utf8.slice(this, start, end);
  const found = knownEncoding(encoding);
  if (found === undefined) throw new ERR_UNKNOWN_ENCODING(encoding);
  return found.slice(this, start, end);
};

prototype.write = function write(string, offset, length, encoding) {
  // write(string), write(string, encoding), write(string, offset[, length]
  // [, encoding])
  if (typeof string !== 'string') {
    throw new ERR_INVALID_ARG_TYPE('argument', 'string', string);
  }
  if (offset === undefined) {
    return encodings.utf8.write(this, string, 0, this.length);
  }
  if (length === undefined && typeof offset === 'string') {
    encoding = offset;
    length = this.length;
    offset = 0;
  } else {
    validateInteger(offset, 'offset', 0, this.length);
    const remaining = this.length - offset;
    if (length === undefined) {
      length = remaining;
    } else if (typeof length === 'string') {
      encoding = length;
      length = remaining;
    } else {
      validateInteger(length, 'length', 0, this.length);
      if (length > remaining) length = remaining;
    }
  }
  if (!encoding || encoding === 'utf8') {
    return encodings.utf8.write(this, string, offset, length);
  }
  const found = findEncoding(encoding);
  if (found === undefined) throw new ERR_UNKNOWN_ENCODING(encoding);
  return found.write(this, string, offset, length);
};

prototype.toJSON = function toJSON() {
  return { type: 'Buffer', data: Array.from(this) };
};

// ---- Slices and copies ---------------------------------------------------

function adjustOffset(offset, length) {
  // Like `Math.trunc`, but undefined and NaN become 0.
  offset = Math.trunc(offset);
  if (offset === 0 || Number.isNaN(offset)) return 0;
  if (offset < 0) return Math.max(offset + length, 0);
  return Math.min(offset, length);
}

prototype.subarray = function subarray(start, end) {
  const { length } = this;
  start = adjustOffset(start, length);
  end = end === undefined ? length : adjustOffset(end, length);
  return new FastBuffer(
    this.buffer, this.byteOffset + start, end > start ? end - start : 0);
};

prototype.slice = function slice(start, end) {
  return this.subarray(start, end);
};

function toInteger(value, fallback) {
  value = +value;
  if (!Number.isNaN(value) && value >= Number.MIN_SAFE_INTEGER &&
      value <= Number.MAX_SAFE_INTEGER) {
    return value % 1 === 0 ? value : Math.floor(value);
  }
  return fallback;
}

function copyBytes(source, target, targetStart, sourceStart, sourceEnd) {
  if (!isView(source)) {
    throw new ERR_INVALID_ARG_TYPE('source', ['Buffer', 'Uint8Array'], source);
  }
  if (!isView(target)) {
    throw new ERR_INVALID_ARG_TYPE('target', ['Buffer', 'Uint8Array'], target);
  }
  if (targetStart === undefined) {
    targetStart = 0;
  } else {
    targetStart = Number.isInteger(targetStart) ?
      targetStart : toInteger(targetStart, 0);
    if (targetStart < 0) {
      throw new ERR_OUT_OF_RANGE('targetStart', '>= 0', targetStart);
    }
  }
  if (sourceStart === undefined) {
    sourceStart = 0;
  } else {
    sourceStart = Number.isInteger(sourceStart) ?
      sourceStart : toInteger(sourceStart, 0);
    if (sourceStart < 0 || sourceStart > source.byteLength) {
      throw new ERR_OUT_OF_RANGE(
        'sourceStart', `>= 0 && <= ${source.byteLength}`, sourceStart);
    }
  }
  if (sourceEnd === undefined) {
    sourceEnd = source.byteLength;
  } else {
    sourceEnd = Number.isInteger(sourceEnd) ?
      sourceEnd : toInteger(sourceEnd, 0);
    if (sourceEnd < 0) {
      throw new ERR_OUT_OF_RANGE('sourceEnd', '>= 0', sourceEnd);
    }
  }
  if (targetStart >= target.byteLength || sourceStart >= sourceEnd) return 0;
  const count = Math.min(
    sourceEnd - sourceStart,
    target.byteLength - targetStart,
    source.byteLength - sourceStart);
  if (count <= 0) return 0;
  const from = new Uint8Array(
    source.buffer, source.byteOffset + sourceStart, count);
  apply(setBytes, bytesOf(target), [from, targetStart]);
  return count;
}

prototype.copy = function copy(target, targetStart, sourceStart, sourceEnd) {
  return copyBytes(this, target, targetStart, sourceStart, sourceEnd);
};

// ---- Comparison and search -----------------------------------------------

prototype.equals = function equals(otherBuffer) {
  if (!isUint8Array(otherBuffer)) {
    throw new ERR_INVALID_ARG_TYPE(
      'otherBuffer', ['Buffer', 'Uint8Array'], otherBuffer);
  }
  if (this === otherBuffer) return true;
  if (this.byteLength !== otherBuffer.byteLength) return false;
  return bufferBinding.compare(this, otherBuffer) === 0;
};

function checkedOffset(value, name, max) {
  validateInteger(value, name, 0, max);
  return value;
}

prototype.compare = function compare(target, targetStart, targetEnd,
                                     sourceStart, sourceEnd) {
  if (!isUint8Array(target)) {
    throw new ERR_INVALID_ARG_TYPE('target', ['Buffer', 'Uint8Array'], target);
  }
  if (arguments.length === 1) return bufferBinding.compare(this, target);
  const max = Number.MAX_SAFE_INTEGER;
  targetStart = targetStart === undefined ?
    0 : checkedOffset(targetStart, 'targetStart', max);
  targetEnd = targetEnd === undefined ?
    target.length : checkedOffset(targetEnd, 'targetEnd', target.length);
  sourceStart = sourceStart === undefined ?
    0 : checkedOffset(sourceStart, 'sourceStart', max);
  sourceEnd = sourceEnd === undefined ?
    this.length : checkedOffset(sourceEnd, 'sourceEnd', this.length);
  if (sourceStart >= sourceEnd) return targetStart >= targetEnd ? 0 : -1;
  if (targetStart >= targetEnd) return 1;
  return bufferBinding.compare(
    prototype.subarray.call(this, sourceStart, sourceEnd),
    prototype.subarray.call(target, targetStart, targetEnd));
};

function search(buffer, value, byteOffset, encoding, forward) {
  if (!isView(buffer)) {
    throw new ERR_INVALID_ARG_TYPE(
      'buffer', ['Buffer', 'TypedArray', 'DataView'], buffer);
  }
  if (typeof byteOffset === 'string') {
    encoding = byteOffset;
    byteOffset = undefined;
  } else if (byteOffset > 0x7fffffff) {
    byteOffset = 0x7fffffff;
  } else if (byteOffset < -0x80000000) {
    byteOffset = -0x80000000;
  }
  byteOffset = +byteOffset;
  if (Number.isNaN(byteOffset)) byteOffset = forward ? 0 : buffer.length;
  byteOffset = Math.trunc(byteOffset);

  if (typeof value === 'number') {
    const byte = (value >>> 0) & 0xff;
    return bufferBinding.indexOf(
      buffer, Uint8Array.of(byte), byteOffset, forward, 1);
  }
  const found = encoding === undefined ?
    encodings.utf8 : knownEncoding(encoding);
  if (typeof value === 'string') {
    if (found === undefined) throw new ERR_UNKNOWN_ENCODING(encoding);
    const needle = new Uint8Array(found.byteLength(value));
    const length = found.write(needle, value, 0, needle.length);
    return bufferBinding.indexOf(
      buffer, needle.subarray(0, length), byteOffset, forward,
      found === encodings.utf16le ? 2 : 1);
  }
  if (isUint8Array(value)) {
    return bufferBinding.indexOf(
      buffer, value, byteOffset, forward, found === encodings.utf16le ? 2 : 1);
  }
  throw new ERR_INVALID_ARG_TYPE(
    'value', ['number', 'string', 'Buffer', 'Uint8Array'], value);
}

prototype.indexOf = function indexOf(value, byteOffset, encoding) {
  return search(this, value, byteOffset, encoding, true);
};

prototype.lastIndexOf = function lastIndexOf(value, byteOffset, encoding) {
  return search(this, value, byteOffset, encoding, false);
};

prototype.includes = function includes(value, byteOffset, encoding) {
  return search(this, value, byteOffset, encoding, true) !== -1;
};

// ---- Filling and swapping ------------------------------------------------

function fillBuffer(buffer, value, offset, end, encoding) {
  if (typeof value === 'string') {
    if (offset === undefined || typeof offset === 'string') {
      encoding = offset;
      offset = 0;
      end = buffer.length;
    } else if (typeof end === 'string') {
      encoding = end;
      end = buffer.length;
    }
    if (encoding != null) validateString(encoding, 'encoding');
    if (findEncoding(encoding) === undefined) {
      throw new ERR_UNKNOWN_ENCODING(encoding);
    }
    if (value.length === 0) {
      value = 0;
    } else if (value.length === 1 && value.charCodeAt(0) < 128 &&
               findEncoding(encoding) === encodings.utf8) {
      value = value.charCodeAt(0);
    }
  } else if (typeof value === 'boolean') {
    value = +value;
  }

  if (offset === undefined) {
    offset = 0;
    end = buffer.length;
  } else {
    validateNumber(offset, 'offset', 0);
    if (end === undefined) {
      end = buffer.length;
    } else {
      validateNumber(end, 'end', 0, buffer.length);
    }
    if (offset >= end) return buffer;
  }
  // `length` may be somebody's own.
  if (end > apply(getByteLength, buffer, [])) {
    throw new ERR_BUFFER_OUT_OF_BOUNDS();
  }

  if (typeof value === 'string' || isUint8Array(value)) {
    fillWithPattern(buffer, value, offset, end, encoding);
    return buffer;
  }
  if (typeof value === 'number') value = value & 255;
  apply(fillBytes, bytesOf(buffer), [value, offset, end]);
  return buffer;
}

function fillWithPattern(buffer, value, offset, end, encoding) {
  let pattern = value;
  if (typeof value === 'string') {
    const found = findEncoding(encoding);
    pattern = new Uint8Array(found.byteLength(value));
    pattern = pattern.subarray(
      0, found.write(pattern, value, 0, pattern.length));
  }
  if (pattern.length === 0) {
    throw new ERR_INVALID_ARG_VALUE('value', value);
  }
  const bytes = bytesOf(buffer);
  const room = end - offset;
  let filled = Math.min(pattern.length, room);
  apply(setBytes, bytes, [pattern.subarray(0, filled), offset]);
  // What is there is doubled until the room is full.
  while (filled < room) {
    const count = Math.min(filled, room - filled);
    apply(copyWithin, bytes, [offset + filled, offset, offset + count]);
    filled += count;
  }
}

prototype.fill = function fill(value, offset, end, encoding) {
  return fillBuffer(this, value, offset, end, encoding);
};

function swapper(bits) {
  const size = bits / 8;
  return function() {
    const { length } = this;
    if (length % size !== 0) throw new ERR_INVALID_BUFFER_SIZE(`${bits}-bits`);
    for (let i = 0; i < length; i += size) {
      for (let low = i, high = i + size - 1; low < high; ++low, --high) {
        const byte = this[low];
        this[low] = this[high];
        this[high] = byte;
      }
    }
    return this;
  };
}
for (const bits of [16, 32, 64]) {
  prototype[`swap${bits}`] = Object.defineProperty(
    swapper(bits), 'name', { __proto__: null, value: `swap${bits}` });
}

addEncodingMethods();
addNumberMethods(prototype);
prototype.toLocaleString = prototype.toString;

module.exports = {
  FastBuffer, bytesOf, copyBytes, fillBuffer, getByteLength, utf8Write,
};
