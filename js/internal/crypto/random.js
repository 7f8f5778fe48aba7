'use strict';

// Random bytes, numbers and UUIDs.

const {
  ArrayBuffer, ArrayBufferIsView, DateNow, MathFloor, NumberIsSafeInteger,
} = require('internal/primordials');
const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_OPERATION_FAILED, ERR_OUT_OF_RANGE },
} = require('internal/errors');
const { validateBoolean, validateFunction, validateNumber, validateObject } = require('internal/validators');
const { isAnyArrayBuffer, isArrayBufferView, isFloat32Array, isFloat64Array } = require('internal/util/types');
const { FastBuffer } = require('internal/buffer');
const { kEmptyObject, lazyDOMException } = require('internal/util');

const cryptoBinding = binding.crypto;

const MAX_SIZE = 2 ** 31 - 1;
const ENTROPY_OF_A_CALL = 65536;

function checkOffset(offset, elementSize, length) {
  validateNumber(offset, 'offset');
  offset *= elementSize;
  const most = length < MAX_SIZE ? length : MAX_SIZE;
  if (Number.isNaN(offset) || offset > most || offset < 0) {
    throw new ERR_OUT_OF_RANGE('offset', `>= 0 && <= ${most}`, offset);
  }
  return offset >>> 0;
}

function checkSize(size, elementSize, offset, length) {
  validateNumber(size, 'size');
  size *= elementSize;
  if (Number.isNaN(size) || size > MAX_SIZE || size < 0) {
    throw new ERR_OUT_OF_RANGE('size', `>= 0 && <= ${MAX_SIZE}`, size);
  }
  if (size + offset > length) throw new ERR_OUT_OF_RANGE('size + offset', `<= ${length}`, size + offset);
  return size >>> 0;
}

function randomBytes(size, callback) {
  size = checkSize(size, 1, 0, Infinity);
  if (callback !== undefined) validateFunction(callback, 'callback');
  if (callback === undefined) {
    const buffer = new FastBuffer(new ArrayBuffer(size));
    fill(buffer, 0, size);
    return buffer;
  }
  fillLater(size, (error, bytes) => {
    if (error) callback(error);
    else callback(null, new FastBuffer(bytes));
  });
  return undefined;
}

function fill(view, offset, size) {
  if (!cryptoBinding.randomFill(view, offset, size)) throw new ERR_OPERATION_FAILED('no random bytes');
}

/** `callback(error, arrayBuffer)`. */
function fillLater(size, callback) {
  cryptoBinding.randomBytes(size, (bytes) => {
    if (bytes === undefined) callback(new ERR_OPERATION_FAILED('no random bytes'));
    else callback(null, bytes);
  });
}

function checkTarget(buffer) {
  if (!isAnyArrayBuffer(buffer) && !isArrayBufferView(buffer)) {
    throw new ERR_INVALID_ARG_TYPE('buf', ['ArrayBuffer', 'ArrayBufferView'], buffer);
  }
}

/** All bytes of a view or array buffer. */
const bytesOf = (buffer) => (ArrayBufferIsView(buffer) ?
  new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength) : new Uint8Array(buffer));

function randomFillSync(buffer, offset = 0, size = undefined) {
  checkTarget(buffer);
  const elementSize = buffer.BYTES_PER_ELEMENT || 1;
  offset = checkOffset(offset, elementSize, buffer.byteLength);
  if (size === undefined) size = buffer.byteLength - offset;
  else size = checkSize(size, elementSize, offset, buffer.byteLength);
  if (size === 0) return buffer;
  fill(bytesOf(buffer), offset, size);
  return buffer;
}

function randomFill(buffer, offset, size, callback) {
  checkTarget(buffer);
  const elementSize = buffer.BYTES_PER_ELEMENT || 1;
  if (typeof offset === 'function') {
    callback = offset;
    offset = 0;
    size = buffer.length; // As Node: elements, which become bytes below.
  } else if (typeof size === 'function') {
    callback = size;
    size = undefined;
  } else {
    validateFunction(callback, 'callback');
  }
  offset = checkOffset(offset, elementSize, buffer.byteLength);
  if (size === undefined) size = buffer.byteLength - offset;
  else size = checkSize(size, elementSize, offset, buffer.byteLength);
  if (size === 0) {
    callback(null, buffer);
    return;
  }
  fillLater(size, (error, bytes) => {
    if (error) {
      callback(error);
      return;
    }
    bytesOf(buffer).set(new Uint8Array(bytes), offset);
    callback(null, buffer);
  });
}

// Random integers below 2 ** 48, from a store of random bytes.
const RANGE = 0xFFFF_FFFF_FFFF;
const STORE = 6 * 1024;
let store;
let used = STORE;

function randomInt(min, max, callback) {
  // randomInt(max), randomInt(max, callback)
  const hasNoMin = typeof max === 'undefined' || typeof max === 'function';
  if (hasNoMin) {
    callback = max;
    max = min;
    min = 0;
  }
  if (callback !== undefined) validateFunction(callback, 'callback');
  if (!NumberIsSafeInteger(min)) throw new ERR_INVALID_ARG_TYPE('min', 'a safe integer', min);
  if (!NumberIsSafeInteger(max)) throw new ERR_INVALID_ARG_TYPE('max', 'a safe integer', max);
  if (max <= min) {
    throw new ERR_OUT_OF_RANGE('max', `greater than the value of "min" (${min})`, max);
  }
  const range = max - min;
  if (!(range <= RANGE)) {
    throw new ERR_OUT_OF_RANGE(hasNoMin ? 'max' : 'max - min', `<= ${RANGE}`, range);
  }
  // What lies above the last whole range would make small numbers likelier.
  const limit = RANGE - (RANGE % range);
  let number;
  do {
    if (used >= STORE) {
      store ??= new FastBuffer(new ArrayBuffer(STORE));
      fill(store, 0, STORE);
      used = 0;
    }
    number = store.readUIntBE(used, 6);
    used += 6;
  } while (number >= limit);
  number = number % range + min;
  if (callback === undefined) return number;
  process.nextTick(callback, undefined, number);
  return undefined;
}

const HEX = [];
for (let i = 0; i < 256; i++) HEX[i] = (i < 16 ? '0' : '') + i.toString(16);

const UUIDS = 128;
let uuidStore;
let uuidsUsed = UUIDS;

function formatUuid(bytes, at, version = 0x40) {
  const hex = (from, to) => {
    let text = '';
    for (let i = from; i < to; i++) text += HEX[bytes[at + i]];
    return text;
  };
  return `${hex(0, 4)}-${hex(4, 6)}-${HEX[(bytes[at + 6] & 0x0f) | version]}${hex(7, 8)}-` +
    `${HEX[(bytes[at + 8] & 0x3f) | 0x80]}${hex(9, 10)}-${hex(10, 16)}`;
}

function randomUUID(options) {
  if (options !== undefined) validateObject(options, 'options');
  const { disableEntropyCache = false } = options ?? kEmptyObject;
  validateBoolean(disableEntropyCache, 'options.disableEntropyCache');
  if (disableEntropyCache) return formatUuid(randomBytes(16), 0);
  const at = nextUuid();
  return formatUuid(uuidStore, at);
}

// Where 16 random bytes of the store lie that nobody has had.
function nextUuid() {
  if (uuidsUsed >= UUIDS) {
    uuidStore ??= new FastBuffer(new ArrayBuffer(16 * UUIDS));
    fill(uuidStore, 0, 16 * UUIDS);
    uuidsUsed = 0;
  }
  return 16 * uuidsUsed++;
}

/** With the time in ms in front, so that they sort by when they were made. */
function randomUUIDv7(options) {
  if (options !== undefined) validateObject(options, 'options');
  const { disableEntropyCache = false } = options ?? kEmptyObject;
  validateBoolean(disableEntropyCache, 'options.disableEntropyCache');
  const at = disableEntropyCache ? 0 : nextUuid();
  const bytes = disableEntropyCache ? randomBytes(16) : uuidStore;
  let time = DateNow();
  for (let i = 5; i >= 0; i--) {
    bytes[at + i] = time % 256;
    time = MathFloor(time / 256);
  }
  return formatUuid(bytes, at, 0x70);
}

/** `crypto.getRandomValues`: integers only, and not many at once. */
function getRandomValues(array) {
  if (!isArrayBufferView(array) || isFloat32Array(array) || isFloat64Array(array) || array instanceof DataView) {
    throw lazyDOMException(
      'The data argument must be an integer-type TypedArray', 'TypeMismatchError');
  }
  if (array.byteLength > ENTROPY_OF_A_CALL) {
    const { QuotaExceededError } = require('internal/quota_exceeded_error');
    throw new QuotaExceededError(`The requested length exceeds ${ENTROPY_OF_A_CALL} bytes`);
  }
  randomFillSync(array, 0);
  return array;
}

module.exports = { getRandomValues, randomBytes, randomFill, randomFillSync, randomInt, randomUUID, randomUUIDv7 };
