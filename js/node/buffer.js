'use strict';

const {
  codes: {
    ERR_BUFFER_OUT_OF_BOUNDS,
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_STATE,
    ERR_MISSING_ARGS,
    ERR_UNKNOWN_ENCODING,
  },
  genericNodeError,
} = require('internal/errors');
const {
  validateArray,
  validateInteger,
  validateNumber,
  validateString,
} = require('internal/validators');
const { getOptionValue } = require('internal/options');
const { inspect: utilInspect } = require('internal/util/inspect');
const {
  isAnyArrayBuffer,
  isArrayBufferView,
  isTypedArray,
  isUint8Array,
} = require('internal/util/types');
const { DOMException } = require('internal/domexception');
const { Blob, File, resolveObjectURL } = require('internal/blob');
const { FastBuffer, bytesOf, copyBytes, fillBuffer, getByteLength } =
  require('internal/buffer');
const { encodings, findEncoding, kStringMaxLength } =
  require('internal/buffer/encodings');

const { untransferable } = require('internal/worker/transfer');

const bufferBinding = binding.buffer;
const utilBinding = binding.util;

/** V8's longest typed array, in bytes. */
const kMaxLength = Number.MAX_SAFE_INTEGER;
const kInspect = Symbol.for('nodejs.util.inspect.custom');
const { apply } = Reflect;
const { hexSlice } = FastBuffer.prototype;

let inspectMaxBytes = 50;

// Small buffers share slabs. The first is made when first needed, so that the
// startup blob holds none.
let pool;
let poolBytes;
let poolOffset = 0;

/** Strings shorter than this fit into any slab. */
const kShort = 256;

function createPool() {
  pool = new ArrayBuffer(Math.max(Buffer.poolSize, kShort * 3));
  poolBytes = new Uint8Array(pool);
  // Many buffers have their bytes in it: it can be given to nobody.
  untransferable.add(pool);
  bufferBinding.forbidTransfer(pool);
  poolOffset = 0;
}

/** The next slab position that suits every typed array. */
function alignPool() {
  poolOffset = (poolOffset + 7) & ~7;
}

/** The byte by which the allocator knows whether to clear memory. */
let clears;

function allocateUncleared(size) {
  clears ??= bufferBinding.clears();
  clears[0] = 0;
  try {
    return new FastBuffer(size);
  } finally {
    clears[0] = 1;
  }
}

/** A buffer of `size` bytes, not cleared: a part of the slab if it is small. */
function allocate(size) {
  if (size <= 0) return new FastBuffer();
  if (size >= Buffer.poolSize >>> 1) return allocateUncleared(size);
  if (pool === undefined || size > pool.byteLength - poolOffset) createPool();
  const buffer = new FastBuffer(pool, poolOffset, size);
  poolOffset += size;
  alignPool();
  return buffer;
}

const deprecation =
  'Buffer() is deprecated due to security and usability issues. ' +
  'Please use the Buffer.alloc(), Buffer.allocUnsafe(), or Buffer.from() ' +
  'methods instead.';
let warned = false;
let calls = 0;

/** Dependencies' use of `Buffer()` is not the user's to change. */
function warnOfConstructor() {
  if (warned || ++calls > 10000 ||
      (!getOptionValue('--pending-deprecation') &&
       utilBinding.isInsideNodeModules(100))) {
    return;
  }
  warned = true;
  process.emitWarning(deprecation, 'DeprecationWarning', 'DEP0005');
}

function Buffer(arg, encodingOrOffset, length) {
  warnOfConstructor();
  if (typeof arg === 'number') {
    if (typeof encodingOrOffset === 'string') {
      throw new ERR_INVALID_ARG_TYPE('string', 'string', arg);
    }
    return Buffer.alloc(arg);
  }
  return Buffer.from(arg, encodingOrOffset, length);
}

Object.defineProperty(Buffer, Symbol.species, {
  __proto__: null,
  configurable: true,
  enumerable: false,
  get() {
    return FastBuffer;
  },
});

Buffer.poolSize = 8 * 1024;

function fromString(string, encoding) {
  let found = encodings.utf8;
  if (typeof encoding === 'string' && encoding.length > 0) {
    found = findEncoding(encoding);
    if (found === undefined) throw new ERR_UNKNOWN_ENCODING(encoding);
  }
  if (string.length === 0) return new FastBuffer();
  if (string.length < kShort) return fromShortString(string, found);
  const length = found.byteLength(string);
  const buffer = allocate(length);
  const written = found.write(buffer, string, 0, length);
  return written === length ? buffer : buffer.subarray(0, written);
}

/** Straight into the slab, without asking for the length first. */
function fromShortString(string, encoding) {
  // No encoding takes more than three bytes a code unit.
  if (pool === undefined || string.length * 3 > pool.byteLength - poolOffset) {
    createPool();
  }
  const written = bufferBinding.writeToSlab(
    poolBytes, string, poolOffset, string.length * 3, encoding.code);
  const buffer = new FastBuffer(pool, poolOffset, written);
  poolOffset += written;
  alignPool();
  return buffer;
}

function fromArrayBuffer(arrayBuffer, byteOffset, length) {
  byteOffset = byteOffset === undefined ? 0 : +byteOffset;
  if (Number.isNaN(byteOffset)) byteOffset = 0;
  const max = arrayBuffer.byteLength - byteOffset;
  if (max < 0) throw new ERR_BUFFER_OUT_OF_BOUNDS('offset');
  if (length === undefined) {
    // Of one that grows, all that there is at any time.
    if (arrayBuffer.resizable || arrayBuffer.growable) {
      return new FastBuffer(arrayBuffer, byteOffset);
    }
    length = max;
  } else {
    length = +length;
    if (!(length > 0)) {
      length = 0;
    } else if (length > max) {
      throw new ERR_BUFFER_OUT_OF_BOUNDS('length');
    }
  }
  return new FastBuffer(arrayBuffer, byteOffset, length);
}

function fromArrayLike(list) {
  const buffer = allocate(list.length);
  if (buffer.length > 0) Uint8Array.prototype.set.call(buffer, list, 0);
  return buffer;
}

function fromObject(object) {
  if (object.length !== undefined || isAnyArrayBuffer(object.buffer)) {
    return typeof object.length === 'number' ?
      fromArrayLike(object) : new FastBuffer();
  }
  if (object.type === 'Buffer' && Array.isArray(object.data)) {
    return fromArrayLike(object.data);
  }
  return undefined;
}

Buffer.from = function from(value, encodingOrOffset, length) {
  if (typeof value === 'string') return fromString(value, encodingOrOffset);
  if (typeof value === 'object' && value !== null) {
    if (isAnyArrayBuffer(value)) {
      return fromArrayBuffer(value, encodingOrOffset, length);
    }
    const primitive = value.valueOf?.();
    if (primitive != null && primitive !== value &&
        (typeof primitive === 'string' || typeof primitive === 'object')) {
      return Buffer.from(primitive, encodingOrOffset, length);
    }
    const buffer = fromObject(value);
    if (buffer !== undefined) return buffer;
    if (typeof value[Symbol.toPrimitive] === 'function') {
      const text = value[Symbol.toPrimitive]('string');
      if (typeof text === 'string') return fromString(text, encodingOrOffset);
    }
  }
  throw new ERR_INVALID_ARG_TYPE(
    'first argument',
    ['string', 'Buffer', 'ArrayBuffer', 'Array', 'Array-like Object'],
    value);
};

Buffer.copyBytesFrom = function copyBytesFrom(view, offset, length) {
  if (!isTypedArray(view)) {
    throw new ERR_INVALID_ARG_TYPE('view', ['TypedArray'], view);
  }
  const viewLength = view.length;
  if (viewLength === 0) return Buffer.alloc(0);
  let start = 0;
  let end = viewLength;
  if (offset !== undefined || length !== undefined) {
    if (offset !== undefined) {
      validateInteger(offset, 'offset', 0);
      if (offset >= viewLength) return Buffer.alloc(0);
      start = offset;
    }
    if (length !== undefined) {
      validateInteger(length, 'length', 0);
      end = Math.min(start + length, viewLength);
    }
    view = view.slice(start, end);
  }
  return fromArrayLike(bytesOf(view));
};

// `Buffer` is a Uint8Array in all but the constructor.
Object.setPrototypeOf(Buffer, Uint8Array);

Buffer.of = function of(...items) {
  const buffer = allocate(items.length);
  for (let i = 0; i < items.length; ++i) buffer[i] = items[i];
  return buffer;
};

function checkSize(size) {
  validateNumber(size, 'size', 0, kMaxLength);
}

Buffer.alloc = function alloc(size, fill, encoding) {
  checkSize(size);
  const buffer = new FastBuffer(size);
  if (fill === undefined || fill === 0 || size <= 0) return buffer;
  return fillBuffer(buffer, fill, 0, size, encoding);
};

Buffer.allocUnsafe = function allocUnsafe(size) {
  checkSize(size);
  return allocate(size);
};

Buffer.allocUnsafeSlow = function allocUnsafeSlow(size) {
  checkSize(size);
  return new FastBuffer(size);
};

function SlowBuffer(size) {
  checkSize(size);
  return new FastBuffer(size);
}
Object.setPrototypeOf(SlowBuffer.prototype, Uint8Array.prototype);
Object.setPrototypeOf(SlowBuffer, Uint8Array);

Buffer.isBuffer = function isBuffer(value) {
  return value instanceof Buffer;
};

Buffer.compare = function compare(buf1, buf2) {
  if (!isUint8Array(buf1)) {
    throw new ERR_INVALID_ARG_TYPE('buf1', ['Buffer', 'Uint8Array'], buf1);
  }
  if (!isUint8Array(buf2)) {
    throw new ERR_INVALID_ARG_TYPE('buf2', ['Buffer', 'Uint8Array'], buf2);
  }
  return buf1 === buf2 ? 0 : bufferBinding.compare(buf1, buf2);
};

Buffer.isEncoding = function isEncoding(encoding) {
  return typeof encoding === 'string' && encoding.length !== 0 &&
    findEncoding(encoding) !== undefined;
};

Buffer.concat = function concat(list, length) {
  validateArray(list, 'list');
  if (list.length === 0) return new FastBuffer();
  for (let i = 0; i < list.length; ++i) {
    if (!isUint8Array(list[i])) {
      throw new ERR_INVALID_ARG_TYPE(
        `list[${i}]`, ['Buffer', 'Uint8Array'], list[i]);
    }
  }
  if (length === undefined) {
    length = 0;
    // `length` may be somebody's own.
    for (let i = 0; i < list.length; ++i) {
      length += apply(getByteLength, list[i], []);
    }
  } else {
    validateInteger(length, 'length', 0);
  }
  const buffer = allocate(length);
  let position = 0;
  for (let i = 0; i < list.length && position < length; ++i) {
    position += copyBytes(list[i], buffer, position);
  }
  // The list was shorter than announced; the slab may hold old bytes.
  if (position < length) {
    Uint8Array.prototype.fill.call(buffer, 0, position, length);
  }
  return buffer;
};

function byteLength(string, encoding) {
  if (typeof string !== 'string') {
    if (isArrayBufferView(string) || isAnyArrayBuffer(string)) {
      return string.byteLength;
    }
    throw new ERR_INVALID_ARG_TYPE(
      'string', ['string', 'Buffer', 'ArrayBuffer'], string);
  }
  if (string.length === 0) return 0;
  const found = encoding ? findEncoding(encoding) : undefined;
  return (found ?? encodings.utf8).byteLength(string);
}
Buffer.byteLength = byteLength;

Buffer.prototype = FastBuffer.prototype;
Object.defineProperty(FastBuffer.prototype, 'constructor', {
  __proto__: null,
  configurable: true,
  enumerable: false,
  value: Buffer,
  writable: true,
});
Object.defineProperties(Buffer.prototype, {
  parent: {
    __proto__: null,
    enumerable: true,
    get() {
      return this instanceof Buffer ? this.buffer : undefined;
    },
  },
  offset: {
    __proto__: null,
    enumerable: true,
    get() {
      return this instanceof Buffer ? this.byteOffset : undefined;
    },
  },
});

Buffer.prototype[kInspect] = function inspect(recurseTimes, ctx) {
  const max = inspectMaxBytes;
  const shown = Math.min(max, this.length);
  const remaining = this.length - max;
  let text = apply(hexSlice, this, [0, shown]).replace(/(.{2})/g, '$1 ').trim();
  if (remaining > 0) {
    text += ` ... ${remaining} more byte${remaining > 1 ? 's' : ''}`;
  }
  if (ctx) {
    // Properties that somebody put on the buffer.
    const isIndex = (key) => typeof key === 'string' && /^\d+$/.test(key);
    const extras = {};
    let has = false;
    for (const key of Reflect.ownKeys(this)) {
      if (isIndex(key)) continue;
      const descriptor = Object.getOwnPropertyDescriptor(this, key);
      if (!descriptor.enumerable && !ctx.showHidden) continue;
      has = true;
      extras[key] = this[key];
    }
    if (has) {
      if (this.length !== 0) text += ', ';
      // '{ a: 1 }' without its braces.
      text += utilInspect({ __proto__: null, ...extras }, {
        ...ctx,
        breakLength: Infinity,
        compact: true,
      }).slice('[Object: null prototype] { '.length, -2);
    }
  }
  let name = 'Buffer';
  try {
    ({ name } = this.constructor);
    name ||= 'Buffer';
  } catch {
    // A proxy or getter that throws: it is a Buffer all the same.
  }
  return `<${name} ${text}>`;
};
Buffer.prototype.inspect = Buffer.prototype[kInspect];

// ---- The module's own functions ------------------------------------------

function atob(input) {
  if (arguments.length === 0) throw new ERR_MISSING_ARGS('input');
  const decoded = bufferBinding.atob(`${input}`);
  if (typeof decoded === 'number') {
    throw new DOMException(
      decoded === -1 ? 'The string to be decoded is not correctly encoded.' :
        'Invalid character',
      'InvalidCharacterError');
  }
  return decoded;
}

function btoa(input) {
  if (arguments.length === 0) throw new ERR_MISSING_ARGS('input');
  const encoded = bufferBinding.btoa(`${input}`);
  if (encoded === undefined) {
    throw new DOMException('Invalid character', 'InvalidCharacterError');
  }
  return encoded;
}

function checkBytes(input) {
  const isView = isArrayBufferView(input);
  if (!isView && !isAnyArrayBuffer(input)) {
    throw new ERR_INVALID_ARG_TYPE(
      'input', ['ArrayBuffer', 'Buffer', 'TypedArray'], input);
  }
  if (input.byteLength === 0 && (isView ? input.buffer : input).detached) {
    throw new ERR_INVALID_STATE('Cannot validate on a detached buffer');
  }
  return isView ? bytesOf(input) : new Uint8Array(input);
}

function isUtf8(input) {
  return bufferBinding.isUtf8(checkBytes(input));
}

function isAscii(input) {
  return bufferBinding.isAscii(checkBytes(input));
}

function isLatin1(input) {
  validateString(input, 'input');
  return bufferBinding.isLatin1(input);
}

function transcode(source, fromEncoding, toEncoding) {
  if (!isUint8Array(source)) {
    throw new ERR_INVALID_ARG_TYPE(
      'source', ['Buffer', 'Uint8Array'], source);
  }
  if (source.length === 0) return Buffer.alloc(0);
  const convertible = new Set(['utf8', 'utf16le', 'latin1', 'ascii']);
  const from = findEncoding(fromEncoding);
  const to = findEncoding(toEncoding);
  if (!convertible.has(from?.name) || !convertible.has(to?.name)) {
    throw genericNodeError(
      'Unable to transcode Buffer [U_ILLEGAL_ARGUMENT_ERROR]',
      { code: 'U_ILLEGAL_ARGUMENT_ERROR', errno: 1 });
  }
  // What is no ASCII is not known.
  let text = from.name === 'ascii' ?
    encodings.latin1.slice(source, 0, source.length)
      .replace(/[\u0080-\u00ff]/g, '\ufffd') :
    from.slice(source, 0, source.length);
  const limit = { ascii: 0x7f, latin1: 0xff }[to.name];
  if (limit !== undefined) {
    text = Array.from(
      text, (char) => (char.codePointAt(0) > limit ? '?' : char)).join('');
  }
  return fromString(text, to.name);
}

const constants = Object.defineProperties({}, {
  MAX_LENGTH: {
    __proto__: null,
    configurable: false,
    enumerable: true,
    value: kMaxLength,
  },
  MAX_STRING_LENGTH: {
    __proto__: null,
    configurable: false,
    enumerable: true,
    value: kStringMaxLength,
  },
});

module.exports = {
  Buffer,
  SlowBuffer,
  transcode,
  isUtf8,
  isAscii,
  isLatin1,
  kMaxLength,
  kStringMaxLength,
  btoa,
  atob,
};

Object.defineProperties(module.exports, {
  constants: {
    __proto__: null,
    configurable: false,
    enumerable: true,
    value: constants,
  },
  INSPECT_MAX_BYTES: {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() {
      return inspectMaxBytes;
    },
    set(value) {
      validateNumber(value, 'INSPECT_MAX_BYTES', 0);
      inspectMaxBytes = value;
    },
  },
  Blob: { __proto__: null, enumerable: true, value: Blob },
  resolveObjectURL: {
    __proto__: null,
    configurable: true,
    enumerable: true,
    value: resolveObjectURL,
    writable: true,
  },
  File: { __proto__: null, enumerable: true, value: File },
});
