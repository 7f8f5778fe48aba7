'use strict';

// read, readv, write, writev: on a descriptor, with the argument forms that Node has.

const {
  ArrayBufferIsView, ArrayIsArray, ObjectDefineProperty,
} = require('internal/primordials');
const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } } = require('internal/errors');
const {
  kValidateObjectAllowNullable, validateBuffer, validateEncoding, validateInteger, validateObject,
} = require('internal/validators');
const { customPromisifyArgs } = require('internal/util');
const { Request, runCallback, runSync, validateCallback, named } = require('internal/fs/run');
const {
  checkData, checkFd, checkOffsetLengthRead, checkOffsetLengthWrite, checkPosition, toBytes,
} = require('internal/fs/arguments');

/** The request that fills `buffer`; `length` is what is left of it where nobody says. */
function fillRequest(fd, buffer, offset, length, position) {
  validateBuffer(buffer);
  if (offset === undefined || offset === null) offset = 0;
  else validateInteger(offset, 'offset', 0);
  length ??= buffer.byteLength - offset;
  validateInteger(length, 'length');
  if (length !== 0) {
    if (buffer.byteLength === 0) {
      throw new ERR_INVALID_ARG_VALUE('buffer', buffer, 'is empty and cannot be written');
    }
    checkOffsetLengthRead(offset, length, buffer.byteLength);
  }
  const at = checkPosition(position, length);
  return { request: new Request('read', [fd, buffer, offset, length, at], 'read'), buffer };
}

const newBuffer = () => require('buffer').Buffer.alloc(16384);

function validateReadOptions(options) {
  if (options !== undefined) validateObject(options, 'options', kValidateObjectAllowNullable);
}

/**
 * The request for `(buffer, offset, length, position)`, `(buffer, options)` or `(options)`, and the
 * buffer that it fills.
 */
function readRequest(fd, buffer, offsetOrOptions, length, position) {
  checkFd(fd);
  if (ArrayBufferIsView(buffer)) {
    if (offsetOrOptions === null || typeof offsetOrOptions !== 'object') {
      return fillRequest(fd, buffer, offsetOrOptions, length, position);
    }
    return fillRequest(fd, buffer, offsetOrOptions.offset, offsetOrOptions.length, offsetOrOptions.position);
  }
  validateReadOptions(buffer);
  const options = buffer ?? { __proto__: null };
  return fillRequest(fd, options.buffer === undefined ? newBuffer() : options.buffer,
                     options.offset, options.length, options.position);
}

/** The request for `(buffer, offset, length, position)`, `(buffer, options)` or `(string, position, encoding)`. */
function writeRequest(fd, data, offsetOrOptions, length, position) {
  checkFd(fd);
  if (!ArrayBufferIsView(data)) {
    checkData(data, 'buffer');
    const encoding = length;
    validateEncoding(data, encoding);
    const at = typeof offsetOrOptions === 'number' || typeof offsetOrOptions === 'bigint' ?
      checkPosition(offsetOrOptions, 0) : -1;
    const bytes = toBytes(data, encoding);
    return new Request('write', [fd, bytes, 0, bytes.byteLength, at], 'write');
  }
  let offset = offsetOrOptions;
  if (offset !== null && typeof offset === 'object') ({ offset, length, position } = offset);
  if (offset === undefined || offset === null || typeof offset === 'function') offset = 0;
  else validateInteger(offset, 'offset', 0);
  if (typeof length !== 'number') length = data.byteLength - offset;
  checkOffsetLengthWrite(offset, length, data.byteLength);
  const at = typeof position === 'number' || typeof position === 'bigint' ? checkPosition(position, length) : -1;
  return new Request('write', [fd, data, offset, length, at], 'write');
}

function vectorRequest(native, fd, buffers, position) {
  checkFd(fd);
  if (!ArrayIsArray(buffers) || !buffers.every(ArrayBufferIsView)) {
    throw new ERR_INVALID_ARG_TYPE('buffers', 'ArrayBufferView[]', buffers);
  }
  const at = typeof position === 'number' ? checkPosition(position, 0) : -1;
  return new Request(native, [fd, buffers, at], native === 'readv' ? 'read' : 'write');
}

/** The callback is the last argument; what it gets besides the count is what was read into or written. */
function withCallback(name, length, names, makeRequest) {
  const fn = named(name, length, (...args) => {
    const callback = args.at(-1);
    checkFd(args[0]);
    validateCallback(callback);
    args.pop();
    const [request, subject] = makeRequest(...args);
    runCallback(request, (error, count) => {
      if (error) callback(error, count || 0, subject);
      else callback(null, count, subject);
    });
  });
  ObjectDefineProperty(fn, customPromisifyArgs, { __proto__: null, value: names, enumerable: false });
  return fn;
}

const read = withCallback('read', 6, ['bytesRead', 'buffer'], (fd, ...rest) => {
  if (rest.length > 1) validateBuffer(rest[0]);
  if (rest.length === 2) validateReadOptions(rest[1]);
  const { request, buffer } = readRequest(fd, ...rest);
  return [request, buffer];
});

const write = withCallback('write', 6, ['bytesWritten', 'buffer'], (fd, data, ...rest) => (
  [writeRequest(fd, data, ...rest), data]
));

const readv = withCallback('readv', 4, ['bytesRead', 'buffers'], (fd, buffers, position) => (
  [vectorRequest('readv', fd, buffers, position), buffers]
));

const writev = withCallback('writev', 4, ['bytesWritten', 'buffers'], (fd, buffers, position) => (
  [vectorRequest('writev', fd, buffers, position), buffers]
));

function readSync(fd, buffer, offsetOrOptions, length, position) {
  checkFd(fd);
  validateBuffer(buffer);
  if (arguments.length <= 3) validateReadOptions(offsetOrOptions);
  return runSync(readRequest(fd, buffer, offsetOrOptions, length, position).request);
}

function writeSync(fd, buffer, offsetOrOptions, length, position) {
  return runSync(writeRequest(fd, buffer, offsetOrOptions, length, position));
}

function readvSync(fd, buffers, position) {
  return runSync(vectorRequest('readv', fd, buffers, position));
}

function writevSync(fd, buffers, position) {
  return runSync(vectorRequest('writev', fd, buffers, position));
}

module.exports = {
  read, readRequest, readSync, readv, readvSync, vectorRequest, write, writeRequest, writeSync, writev, writevSync,
};
