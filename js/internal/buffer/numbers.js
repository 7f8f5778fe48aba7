'use strict';
// Reading and writing of numbers in buffers: the methods `read*` and `write*`
// of `Buffer.prototype`. Written out, one by one, because each is a hot path.

const {
  codes: { ERR_BUFFER_OUT_OF_BOUNDS, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE },
} = require('internal/errors');
const { validateNumber } = require('internal/validators');

const floats = new Float32Array(1);
const floatBytes = new Uint8Array(floats.buffer);
const doubles = new Float64Array(1);
const doubleBytes = new Uint8Array(doubles.buffer);

function boundsError(value, length, type) {
  if (Math.floor(value) !== value) {
    validateNumber(value, type);
    throw new ERR_OUT_OF_RANGE(type || 'offset', 'an integer', value);
  }
  if (length < 0) throw new ERR_BUFFER_OUT_OF_BOUNDS();
  throw new ERR_OUT_OF_RANGE(
    type || 'offset', `>= ${type ? 1 : 0} and <= ${length}`, value);
}

/** Checks that `last + 1` bytes lie behind `offset`. */
function checkBounds(buffer, offset, last) {
  validateNumber(offset, 'offset');
  if (buffer[offset] === undefined || buffer[offset + last] === undefined) {
    boundsError(offset, buffer.length - (last + 1));
  }
}

function checkRange(value, min, max, last) {
  // What compares with nothing (NaN) is in range, as in Node.
  if (!(value > max || value < min)) return;
  const n = typeof min === 'bigint' ? 'n' : '';
  const bits = (last + 1) * 8;
  let range;
  if (last <= 3) {
    range = `>= ${min}${n} and <= ${max}${n}`;
  } else if (min === 0 || min === 0n) {
    range = `>= 0${n} and < 2${n} ** ${bits}${n}`;
  } else {
    range = `>= -(2${n} ** ${bits - 1}${n}) and < 2${n} ** ${bits - 1}${n}`;
  }
  throw new ERR_OUT_OF_RANGE('value', range, value);
}

function checkByteLength(byteLength) {
  if (byteLength === undefined) {
    throw new ERR_INVALID_ARG_TYPE('byteLength', 'number', byteLength);
  }
  if (typeof byteLength !== 'number') validateNumber(byteLength, 'byteLength');
  if (!(byteLength >= 1 && byteLength <= 6) ||
      Math.floor(byteLength) !== byteLength) {
    boundsError(byteLength, 6, 'byteLength');
  }
}

// ---- Reading -------------------------------------------------------------

function readUInt8(offset = 0) {
  validateNumber(offset, 'offset');
  const value = this[offset];
  if (value === undefined) boundsError(offset, this.length - 1);
  return value;
}

function readInt8(offset = 0) {
  validateNumber(offset, 'offset');
  const value = this[offset];
  if (value === undefined) boundsError(offset, this.length - 1);
  return value << 24 >> 24;
}

function readUInt16LE(offset = 0) {
  const low = this[offset];
  const high = this[offset + 1];
  if (low === undefined || high === undefined) checkBounds(this, offset, 1);
  return low | high << 8;
}

function readUInt16BE(offset = 0) {
  const high = this[offset];
  const low = this[offset + 1];
  if (low === undefined || high === undefined) checkBounds(this, offset, 1);
  return low | high << 8;
}

function readInt16LE(offset = 0) {
  const low = this[offset];
  const high = this[offset + 1];
  if (low === undefined || high === undefined) checkBounds(this, offset, 1);
  return (low | high << 8) << 16 >> 16;
}

function readInt16BE(offset = 0) {
  const high = this[offset];
  const low = this[offset + 1];
  if (low === undefined || high === undefined) checkBounds(this, offset, 1);
  return (low | high << 8) << 16 >> 16;
}

function readInt32LE(offset = 0) {
  const first = this[offset];
  const last = this[offset + 3];
  if (first === undefined || last === undefined) checkBounds(this, offset, 3);
  return first | this[offset + 1] << 8 | this[offset + 2] << 16 | last << 24;
}

function readInt32BE(offset = 0) {
  const first = this[offset];
  const last = this[offset + 3];
  if (first === undefined || last === undefined) checkBounds(this, offset, 3);
  return first << 24 | this[offset + 1] << 16 | this[offset + 2] << 8 | last;
}

function readUInt32LE(offset = 0) {
  const first = this[offset];
  const last = this[offset + 3];
  if (first === undefined || last === undefined) checkBounds(this, offset, 3);
  return (first | this[offset + 1] << 8 | this[offset + 2] << 16 |
    last << 24) >>> 0;
}

function readUInt32BE(offset = 0) {
  const first = this[offset];
  const last = this[offset + 3];
  if (first === undefined || last === undefined) checkBounds(this, offset, 3);
  return (first << 24 | this[offset + 1] << 16 | this[offset + 2] << 8 |
    last) >>> 0;
}

// Up to 48 bits: beyond 32, multiplication instead of shifts.
function readUIntLE(offset, byteLength) {
  if (offset === undefined) {
    throw new ERR_INVALID_ARG_TYPE('offset', 'number', offset);
  }
  checkByteLength(byteLength);
  checkBounds(this, offset, byteLength - 1);
  let value = 0;
  for (let i = byteLength - 1; i >= 0; --i) {
    value = value * 256 + this[offset + i];
  }
  return value;
}

function readUIntBE(offset, byteLength) {
  if (offset === undefined) {
    throw new ERR_INVALID_ARG_TYPE('offset', 'number', offset);
  }
  checkByteLength(byteLength);
  checkBounds(this, offset, byteLength - 1);
  let value = 0;
  for (let i = 0; i < byteLength; ++i) value = value * 256 + this[offset + i];
  return value;
}

function signed(value, byteLength) {
  return value >= 2 ** (8 * byteLength - 1) ?
    value - 2 ** (8 * byteLength) : value;
}

function readIntLE(offset, byteLength) {
  return signed(readUIntLE.call(this, offset, byteLength), byteLength);
}

function readIntBE(offset, byteLength) {
  return signed(readUIntBE.call(this, offset, byteLength), byteLength);
}

function readBigUInt64LE(offset = 0) {
  checkBounds(this, offset, 7);
  return BigInt(readUInt32LE.call(this, offset)) +
    (BigInt(readUInt32LE.call(this, offset + 4)) << 32n);
}

function readBigUInt64BE(offset = 0) {
  checkBounds(this, offset, 7);
  return (BigInt(readUInt32BE.call(this, offset)) << 32n) +
    BigInt(readUInt32BE.call(this, offset + 4));
}

function readBigInt64LE(offset = 0) {
  checkBounds(this, offset, 7);
  return BigInt(readUInt32LE.call(this, offset)) +
    (BigInt(readInt32LE.call(this, offset + 4)) << 32n);
}

function readBigInt64BE(offset = 0) {
  checkBounds(this, offset, 7);
  return (BigInt(readInt32BE.call(this, offset)) << 32n) +
    BigInt(readUInt32BE.call(this, offset + 4));
}

// The hosts are little-endian, so the scratch arrays' bytes are as well.
function readFloatLE(offset = 0) {
  checkBounds(this, offset, 3);
  for (let i = 0; i < 4; ++i) floatBytes[i] = this[offset + i];
  return floats[0];
}

function readFloatBE(offset = 0) {
  checkBounds(this, offset, 3);
  for (let i = 0; i < 4; ++i) floatBytes[3 - i] = this[offset + i];
  return floats[0];
}

function readDoubleLE(offset = 0) {
  checkBounds(this, offset, 7);
  for (let i = 0; i < 8; ++i) doubleBytes[i] = this[offset + i];
  return doubles[0];
}

function readDoubleBE(offset = 0) {
  checkBounds(this, offset, 7);
  for (let i = 0; i < 8; ++i) doubleBytes[7 - i] = this[offset + i];
  return doubles[0];
}

// ---- Writing: each returns the offset behind what it wrote ---------------

function write16LE(buffer, value, offset) {
  buffer[offset] = value;
  buffer[offset + 1] = value >>> 8;
  return offset + 2;
}

function write16BE(buffer, value, offset) {
  buffer[offset] = value >>> 8;
  buffer[offset + 1] = value;
  return offset + 2;
}

function write32LE(buffer, value, offset) {
  buffer[offset] = value;
  buffer[offset + 1] = value >>> 8;
  buffer[offset + 2] = value >>> 16;
  buffer[offset + 3] = value >>> 24;
  return offset + 4;
}

function write32BE(buffer, value, offset) {
  buffer[offset] = value >>> 24;
  buffer[offset + 1] = value >>> 16;
  buffer[offset + 2] = value >>> 8;
  buffer[offset + 3] = value;
  return offset + 4;
}

/** Up to four bytes. */
function writeLE(buffer, value, offset, count) {
  for (let i = 0; i < count; ++i) {
    buffer[offset + i] = value;
    value >>>= 8;
  }
  return offset + count;
}

function writeBE(buffer, value, offset, count) {
  for (let i = count - 1; i >= 0; --i) {
    buffer[offset + i] = value;
    value >>>= 8;
  }
  return offset + count;
}

function checkInteger(buffer, value, offset, min, max, last) {
  checkRange(value, min, max, last);
  checkBounds(buffer, offset, last);
}

function writeUInt8(value, offset = 0) {
  value = +value;
  validateNumber(offset, 'offset');
  checkRange(value, 0, 0xff, 0);
  if (this[offset] === undefined) boundsError(offset, this.length - 1);
  this[offset] = value;
  return offset + 1;
}

function writeInt8(value, offset = 0) {
  value = +value;
  validateNumber(offset, 'offset');
  checkRange(value, -0x80, 0x7f, 0);
  if (this[offset] === undefined) boundsError(offset, this.length - 1);
  this[offset] = value;
  return offset + 1;
}

function writeUInt16LE(value, offset = 0) {
  value = +value;
  checkInteger(this, value, offset, 0, 0xffff, 1);
  return write16LE(this, value, offset);
}

function writeUInt16BE(value, offset = 0) {
  value = +value;
  checkInteger(this, value, offset, 0, 0xffff, 1);
  return write16BE(this, value, offset);
}

function writeInt16LE(value, offset = 0) {
  value = +value;
  checkInteger(this, value, offset, -0x8000, 0x7fff, 1);
  return write16LE(this, value, offset);
}

function writeInt16BE(value, offset = 0) {
  value = +value;
  checkInteger(this, value, offset, -0x8000, 0x7fff, 1);
  return write16BE(this, value, offset);
}

function writeUInt32LE(value, offset = 0) {
  value = +value;
  checkInteger(this, value, offset, 0, 0xffffffff, 3);
  return write32LE(this, value, offset);
}

function writeUInt32BE(value, offset = 0) {
  value = +value;
  checkInteger(this, value, offset, 0, 0xffffffff, 3);
  return write32BE(this, value, offset);
}

function writeInt32LE(value, offset = 0) {
  value = +value;
  checkInteger(this, value, offset, -0x80000000, 0x7fffffff, 3);
  return write32LE(this, value, offset);
}

function writeInt32BE(value, offset = 0) {
  value = +value;
  checkInteger(this, value, offset, -0x80000000, 0x7fffffff, 3);
  return write32BE(this, value, offset);
}

/** Writes the low and the high part of up to 48 bits apart. */
function writeWideLE(buffer, value, offset, byteLength, min, max) {
  checkByteLength(byteLength);
  value = +value;
  // Node looks at a single byte's offset first, at wider ones' value first.
  if (byteLength === 1) validateNumber(offset, 'offset');
  checkInteger(buffer, value, offset, min, max, byteLength - 1);
  if (byteLength <= 4) return writeLE(buffer, value, offset, byteLength);
  writeLE(buffer, value, offset, 4);
  return writeLE(
    buffer, Math.floor(value / 2 ** 32), offset + 4, byteLength - 4);
}

function writeWideBE(buffer, value, offset, byteLength, min, max) {
  checkByteLength(byteLength);
  value = +value;
  // Node looks at a single byte's offset first, at wider ones' value first.
  if (byteLength === 1) validateNumber(offset, 'offset');
  checkInteger(buffer, value, offset, min, max, byteLength - 1);
  if (byteLength <= 4) return writeBE(buffer, value, offset, byteLength);
  writeBE(buffer, Math.floor(value / 2 ** 32), offset, byteLength - 4);
  return writeBE(buffer, value, offset + byteLength - 4, 4);
}

function writeUIntLE(value, offset, byteLength) {
  return writeWideLE(
    this, value, offset, byteLength, 0, 2 ** (8 * byteLength) - 1);
}

function writeUIntBE(value, offset, byteLength) {
  return writeWideBE(
    this, value, offset, byteLength, 0, 2 ** (8 * byteLength) - 1);
}

function writeIntLE(value, offset, byteLength) {
  const limit = 2 ** (8 * byteLength - 1);
  return writeWideLE(this, value, offset, byteLength, -limit, limit - 1);
}

function writeIntBE(value, offset, byteLength) {
  const limit = 2 ** (8 * byteLength - 1);
  return writeWideBE(this, value, offset, byteLength, -limit, limit - 1);
}

function writeBigLE(buffer, value, offset, min, max) {
  checkInteger(buffer, value, offset, min, max, 7);
  writeLE(buffer, Number(value & 0xffffffffn), offset, 4);
  return writeLE(buffer, Number(value >> 32n & 0xffffffffn), offset + 4, 4);
}

function writeBigBE(buffer, value, offset, min, max) {
  checkInteger(buffer, value, offset, min, max, 7);
  writeBE(buffer, Number(value >> 32n & 0xffffffffn), offset, 4);
  return writeBE(buffer, Number(value & 0xffffffffn), offset + 4, 4);
}

function writeBigUInt64LE(value, offset = 0) {
  return writeBigLE(this, value, offset, 0n, 0xffffffffffffffffn);
}

function writeBigUInt64BE(value, offset = 0) {
  return writeBigBE(this, value, offset, 0n, 0xffffffffffffffffn);
}

function writeBigInt64LE(value, offset = 0) {
  return writeBigLE(
    this, value, offset, -0x8000000000000000n, 0x7fffffffffffffffn);
}

function writeBigInt64BE(value, offset = 0) {
  return writeBigBE(
    this, value, offset, -0x8000000000000000n, 0x7fffffffffffffffn);
}

// `+undefined` has a bit pattern of its own in V8 15, so NaN is spelled out.
function writeFloatLE(value, offset = 0) {
  value = value === undefined ? NaN : +value;
  checkBounds(this, offset, 3);
  floats[0] = value;
  for (let i = 0; i < 4; ++i) this[offset + i] = floatBytes[i];
  return offset + 4;
}

function writeFloatBE(value, offset = 0) {
  value = value === undefined ? NaN : +value;
  checkBounds(this, offset, 3);
  floats[0] = value;
  for (let i = 0; i < 4; ++i) this[offset + i] = floatBytes[3 - i];
  return offset + 4;
}

function writeDoubleLE(value, offset = 0) {
  value = value === undefined ? NaN : +value;
  checkBounds(this, offset, 7);
  doubles[0] = value;
  for (let i = 0; i < 8; ++i) this[offset + i] = doubleBytes[i];
  return offset + 8;
}

function writeDoubleBE(value, offset = 0) {
  value = value === undefined ? NaN : +value;
  checkBounds(this, offset, 7);
  doubles[0] = value;
  for (let i = 0; i < 8; ++i) this[offset + i] = doubleBytes[7 - i];
  return offset + 8;
}

/** Under both spellings, as Node has them: `readUint8` is `readUInt8`. */
function addNumberMethods(prototype) {
  const methods = {
    readBigUInt64LE, readBigUInt64BE, readBigInt64LE, readBigInt64BE,
    writeBigUInt64LE, writeBigUInt64BE, writeBigInt64LE, writeBigInt64BE,
    readUIntLE, readUInt32LE, readUInt16LE, readUInt8,
    readUIntBE, readUInt32BE, readUInt16BE,
    readIntLE, readInt32LE, readInt16LE, readInt8,
    readIntBE, readInt32BE, readInt16BE,
    writeUIntLE, writeUInt32LE, writeUInt16LE, writeUInt8,
    writeUIntBE, writeUInt32BE, writeUInt16BE,
    writeIntLE, writeInt32LE, writeInt16LE, writeInt8,
    writeIntBE, writeInt32BE, writeInt16BE,
    readFloatLE, readFloatBE, readDoubleLE, readDoubleBE,
    writeFloatLE, writeFloatBE, writeDoubleLE, writeDoubleBE,
  };
  for (const [name, method] of Object.entries(methods)) {
    prototype[name] = method;
    const alias = name.replace('UInt', 'Uint');
    if (alias !== name) prototype[alias] = method;
  }
}

module.exports = { addNumberMethods };
