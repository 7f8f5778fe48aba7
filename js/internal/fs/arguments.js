'use strict';

// Checks of what users hand to fs, and its translation for the natives.

const {
  DateNow, DatePrototypeGetTime, NumberIsFinite, StringPrototypeIncludes, TypedArrayPrototypeIncludes,
} = require('internal/primordials');
const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE }, hideStackFrames,
} = require('internal/errors');
const {
  parseFileMode, validateAbortSignal, validateBoolean, validateInt32, validateInteger, validateNumber,
  validateObject,
} = require('internal/validators');
const { isDate, isUint8Array } = require('internal/util/types');
const { FastBuffer } = require('internal/buffer');
const { constants } = require('internal/fs/constants');

const {
  F_OK, O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_SYNC, O_TRUNC, O_WRONLY, R_OK, W_OK, X_OK,
} = constants;

const FLAGS = {
  __proto__: null,
  'r': O_RDONLY,
  'rs': O_RDONLY | O_SYNC,
  'sr': O_RDONLY | O_SYNC,
  'r+': O_RDWR,
  'rs+': O_RDWR | O_SYNC,
  'sr+': O_RDWR | O_SYNC,
  'w': O_TRUNC | O_CREAT | O_WRONLY,
  'wx': O_TRUNC | O_CREAT | O_WRONLY | O_EXCL,
  'xw': O_TRUNC | O_CREAT | O_WRONLY | O_EXCL,
  'w+': O_TRUNC | O_CREAT | O_RDWR,
  'wx+': O_TRUNC | O_CREAT | O_RDWR | O_EXCL,
  'xw+': O_TRUNC | O_CREAT | O_RDWR | O_EXCL,
  'a': O_APPEND | O_CREAT | O_WRONLY,
  'ax': O_APPEND | O_CREAT | O_WRONLY | O_EXCL,
  'xa': O_APPEND | O_CREAT | O_WRONLY | O_EXCL,
  'as': O_APPEND | O_CREAT | O_WRONLY | O_SYNC,
  'sa': O_APPEND | O_CREAT | O_WRONLY | O_SYNC,
  'a+': O_APPEND | O_CREAT | O_RDWR,
  'ax+': O_APPEND | O_CREAT | O_RDWR | O_EXCL,
  'xa+': O_APPEND | O_CREAT | O_RDWR | O_EXCL,
  'as+': O_APPEND | O_CREAT | O_RDWR | O_SYNC,
  'sa+': O_APPEND | O_CREAT | O_RDWR | O_SYNC,
};

/** The number of an open flag given as a number, as text, or not at all. */
function parseFlags(flags, name = 'flags') {
  if (typeof flags === 'number') {
    validateInt32(flags, name);
    return flags;
  }
  if (flags === undefined || flags === null) return O_RDONLY;
  const number = FLAGS[flags];
  if (number === undefined) throw new ERR_INVALID_ARG_VALUE(name, flags);
  return number;
}

const isFileUrl = (value) => (
  value !== null && typeof value === 'object' && value.href && value.protocol && value.auth === undefined
);

/** Returns the path, a file URL as the path that it means. */
const checkPath = hideStackFrames((value, name = 'path') => {
  const path = isFileUrl(value) ? require('url').fileURLToPath(value) : value;
  if (typeof path === 'string') {
    if (!StringPrototypeIncludes(path, '\u0000')) return path;
  } else if (isUint8Array(path)) {
    if (!TypedArrayPrototypeIncludes(path, 0)) return path;
  } else {
    throw new ERR_INVALID_ARG_TYPE(name, ['string', 'Buffer', 'URL'], path);
  }
  throw new ERR_INVALID_ARG_VALUE(name, path, 'must be a string, Uint8Array, or URL without null bytes');
});

const checkFd = hideStackFrames((fd, name = 'fd') => {
  validateInt32(fd, name, 0, 2147483647);
  return fd === 0 ? 0 : fd; // -0 becomes 0
});

/** What a result's encoding means to a native: whether it wants bytes, and how they become a value. */
function nameForm(encoding) {
  if (encoding === undefined || encoding === null || encoding === 'utf8' || encoding === 'utf-8') {
    return { asBytes: false, convert: undefined };
  }
  if (encoding === 'buffer') return { asBytes: true, convert: (bytes) => new FastBuffer(bytes) };
  return { asBytes: true, convert: (bytes) => new FastBuffer(bytes).toString(encoding) };
}

function checkEncoding(encoding) {
  const { Buffer } = require('buffer');
  if (encoding && !Buffer.isEncoding(encoding)) {
    throw new ERR_INVALID_ARG_VALUE('encoding', encoding, 'is invalid encoding');
  }
}

/** Options as an object; a string is the encoding. */
function getOptions(options, defaults = {}) {
  if (options === null || options === undefined || typeof options === 'function') return defaults;
  let object = options;
  if (typeof options === 'string') object = { ...defaults, encoding: options };
  else if (typeof options !== 'object') throw new ERR_INVALID_ARG_TYPE('options', ['string', 'Object'], options);
  if (object.encoding !== 'buffer') checkEncoding(object.encoding);
  if (object.signal !== undefined) validateAbortSignal(object.signal, 'options.signal');
  return object;
}

/** Seconds since 1970 of a number, a numeric text or a Date. */
function toUnixTimestamp(time, name = 'time') {
  // eslint-disable-next-line eqeqeq
  if (typeof time === 'string' && +time == time) return +time;
  if (NumberIsFinite(time)) return time < 0 ? DateNow() / 1000 : time;
  if (isDate(time)) return DatePrototypeGetTime(time) / 1000;
  throw new ERR_INVALID_ARG_TYPE(name, ['Date', 'Time in seconds'], time);
}

/** An access mode: any of F_OK, R_OK, W_OK, X_OK. */
function accessMode(mode) {
  if (mode === undefined || mode === null) return F_OK;
  validateInteger(mode, 'mode', F_OK, R_OK | W_OK | X_OK);
  return mode;
}

/** A copyFile mode. */
function copyMode(mode) {
  if (mode === undefined || mode === null) return 0;
  validateInteger(mode, 'mode', 0, 7);
  return mode;
}

const checkId = (id, name) => validateInteger(id, name, -1, 4294967295);

const kMaxUserId = 2 ** 32 - 1;

const isAll = (value) => value === undefined || value === null;

/** Where reading or writing starts: -1 is the file's own position. */
function checkPosition(position, length) {
  if (isAll(position)) return -1;
  if (typeof position === 'number') {
    validateInteger(position, 'position', -1);
    return position;
  }
  if (typeof position === 'bigint') {
    const max = 2n ** 63n - 1n - BigInt(length);
    if (position < -1n || position > max) {
      throw new ERR_OUT_OF_RANGE('position', `>= -1 && <= ${max}`, position);
    }
    return position;
  }
  throw new ERR_INVALID_ARG_TYPE('position', ['integer', 'bigint'], position);
}

function checkOffsetLengthRead(offset, length, byteLength) {
  if (offset < 0) throw new ERR_OUT_OF_RANGE('offset', '>= 0', offset);
  if (length < 0) throw new ERR_OUT_OF_RANGE('length', '>= 0', length);
  if (offset + length > byteLength) throw new ERR_OUT_OF_RANGE('length', `<= ${byteLength - offset}`, length);
}

function checkOffsetLengthWrite(offset, length, byteLength) {
  if (offset > byteLength) throw new ERR_OUT_OF_RANGE('offset', `<= ${byteLength}`, offset);
  if (length > byteLength - offset) throw new ERR_OUT_OF_RANGE('length', `<= ${byteLength - offset}`, length);
  if (length < 0) throw new ERR_OUT_OF_RANGE('length', '>= 0', length);
  validateInt32(length, 'length', 0);
}

const checkData = hideStackFrames((data, name) => {
  if (typeof data !== 'string' && !ArrayBuffer.isView(data)) {
    throw new ERR_INVALID_ARG_TYPE(name, ['string', 'Buffer', 'TypedArray', 'DataView'], data);
  }
});

/** What a native writes: bytes, or a string that is UTF-8. */
function toBytes(data, encoding) {
  if (typeof data !== 'string' || encoding === undefined || encoding === null || encoding === 'utf8' ||
      encoding === 'utf-8' || encoding === 'buffer') {
    return data;
  }
  const { Buffer } = require('buffer');
  return Buffer.from(data, encoding);
}

/** The options of rm. */
function rmOptions(options) {
  const { validateUint32 } = require('internal/validators');
  const defaults = { force: false, maxRetries: 0, recursive: false, retryDelay: 100 };
  if (options === undefined) return defaults;
  validateObject(options, 'options');
  const all = { ...defaults, ...options };
  validateBoolean(all.force, 'options.force');
  validateBoolean(all.recursive, 'options.recursive');
  validateInt32(all.retryDelay, 'options.retryDelay', 0);
  validateUint32(all.maxRetries, 'options.maxRetries');
  return all;
}

/** The text of a path that may be bytes. */
const pathText = (path) => (typeof path === 'string' ? path : new FastBuffer(path.buffer, path.byteOffset, path.length).toString());

module.exports = {
  accessMode,
  checkData,
  checkEncoding,
  checkFd,
  checkId,
  checkOffsetLengthRead,
  checkOffsetLengthWrite,
  checkPath,
  checkPosition,
  copyMode,
  getOptions,
  isFileUrl,
  kMaxUserId,
  nameForm,
  parseFileMode,
  parseFlags,
  pathText,
  rmOptions,
  toBytes,
  toUnixTimestamp,
  validateNumber,
};
