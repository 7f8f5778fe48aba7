'use strict';

// fs.ReadStream and fs.WriteStream, on a path, a descriptor or a FileHandle.

const { Buffer } = require('buffer');
const {
  codes: {
    ERR_INVALID_ARG_TYPE, ERR_INVALID_THIS, ERR_METHOD_NOT_IMPLEMENTED, ERR_OUT_OF_RANGE, ERR_STREAM_DESTROYED,
  },
} = require('internal/errors');
const { validateBoolean, validateFunction, validateInt32, validateInteger } = require('internal/validators');
const { deprecate } = require('internal/util');
const { Readable } = require('internal/streams/readable');
const { Writable } = require('internal/streams/writable');
const { finished } = require('internal/streams/finished');
const { errorOrDestroy } = require('internal/streams/destroy');
const { checkPath, getOptions } = require('internal/fs/arguments');

const kFs = Symbol('kFs');
const kIoDone = Symbol('kIoDone');
const kIsPerformingIO = Symbol('kIsPerformingIO');

/** A FileHandle behind the functions of `fs` that a stream calls. */
function handleOperations(handle) {
  const { kRef, kUnref } = require('internal/fs/file_handle');
  handle[kRef]();
  const settle = (promise, key, subject, callback) => {
    promise.then((result) => callback(null, result[key], subject), (error) => callback(error, 0, subject));
  };
  return {
    close(fd, callback) {
      handle[kUnref]();
      handle.close().then(() => callback(), callback);
    },
    fsync(fd, callback) {
      handle.sync().then(() => callback(), callback);
    },
    read(fd, buffer, offset, length, position, callback) {
      settle(handle.read(buffer, offset, length, position), 'bytesRead', buffer, callback);
    },
    write(fd, buffer, offset, length, position, callback) {
      settle(handle.write(buffer, offset, length, position), 'bytesWritten', buffer, callback);
    },
    writev(fd, buffers, position, callback) {
      settle(handle.writev(buffers, position), 'bytesWritten', buffers, callback);
    },
  };
}

/** Takes `path` or `options.fd` and the functions to work with. */
function takeFile(stream, path, options, needed, flags) {
  const { fd } = options;
  if (fd === undefined || fd === null) {
    stream.fd = null;
    stream[kFs] = options.fs || require('fs');
    validateFunction(stream[kFs].open, 'options.fs.open');
    checkPath(path);
    stream.path = path instanceof URL ? require('url').fileURLToPath(path) : path;
    stream.flags = options.flags ?? flags;
    stream.mode = options.mode ?? 0o666;
  } else {
    takeDescriptor(stream, options);
  }
  if (options.autoDestroy === undefined) options.autoDestroy = options.autoClose ?? true;
  if (options.fs) {
    for (const name of needed) {
      if (name !== 'close' || options.autoDestroy) validateFunction(stream[kFs][name], `options.fs.${name}`);
    }
  }
}

function takeDescriptor(stream, options) {
  const { FileHandle } = require('internal/fs/file_handle');
  const { fd } = options;
  if (typeof fd === 'number') {
    validateInt32(fd, 'fd', 0);
    stream[kFs] = options.fs || require('fs');
    stream.fd = fd;
  } else if (typeof fd === 'object' && fd instanceof FileHandle) {
    if (options.fs) throw new ERR_METHOD_NOT_IMPLEMENTED('FileHandle with fs');
    stream[kFs] = handleOperations(fd);
    stream.fd = fd.fd;
    fd.on('close', () => stream.close());
  } else {
    throw new ERR_INVALID_ARG_TYPE('options.fd', ['number', 'FileHandle'], fd);
  }
}

/** `open(path)` as a stream does it first, or as a program has replaced it. */
function construct(callback) {
  if (typeof this.fd === 'number') {
    callback();
    return;
  }
  if (this.open !== openStream) {
    // A replaced `open` says by events how it went.
    const { emit } = this;
    this.emit = (...args) => {
      if (args[0] === 'open') {
        this.emit = emit;
        callback();
      } else if (args[0] === 'error') {
        this.emit = emit;
        callback(args[1]);
        return false;
      }
      return Reflect.apply(emit, this, args);
    };
    this.open();
    return;
  }
  this[kFs].open(this.path, this.flags, this.mode, (error, fd) => {
    if (error) {
      callback(error);
      return;
    }
    this.fd = fd;
    callback();
    this.emit('open', fd);
    this.emit('ready');
  });
}

const openStream = deprecate(
  function open() {}, 'ReadStream.prototype.open() and WriteStream.prototype.open() are deprecated', 'DEP0135');

function closeFile(stream, error, callback) {
  const { fd } = stream;
  if (fd === null || fd === undefined) {
    callback(error);
    return;
  }
  const close = (reason) => {
    stream[kFs].close(fd, (closeError) => callback(closeError || reason || error));
    stream.fd = null;
  };
  if (stream.flush) stream[kFs].fsync(fd, close);
  else close();
}

/** The descriptor stays until the operation that uses it is done. */
function destroyFile(error, callback) {
  if (this[kIsPerformingIO]) this.once(kIoDone, (ioError) => closeFile(this, error || ioError, callback));
  else closeFile(this, error, callback);
}

function doneWithIO(stream, error) {
  stream[kIsPerformingIO] = false;
  if (!stream.destroyed) return false;
  stream.emit(kIoDone, error);
  return true;
}

/** A copy of the options, with those that they inherit. */
function copyOptions(options) {
  const given = getOptions(options, { __proto__: null });
  const copy = { __proto__: null };
  for (const key in given) copy[key] = given[key];
  return copy;
}

function ReadStream(path, options) {
  if (!(this instanceof ReadStream)) return new ReadStream(path, options);
  options = copyOptions(options);
  options.highWaterMark ??= 64 * 1024;
  takeFile(this, path, options, ['read', 'close'], 'r');
  this.start = options.start;
  this.end = options.end ?? Infinity;
  this.pos = undefined;
  this.bytesRead = 0;
  this[kIsPerformingIO] = false;
  if (this.start !== undefined) {
    validateInteger(this.start, 'start', 0);
    this.pos = this.start;
  }
  if (this.end !== Infinity) {
    validateInteger(this.end, 'end', 0);
    if (this.start !== undefined && this.start > this.end) {
      throw new ERR_OUT_OF_RANGE('start', `<= "end" (here: ${this.end})`, this.start);
    }
  }
  Reflect.apply(Readable, this, [options]);
  if (options.encoding) this.setEncoding(options.encoding);
}
Object.setPrototypeOf(ReadStream.prototype, Readable.prototype);
Object.setPrototypeOf(ReadStream, Readable);

ReadStream.prototype.open = openStream;
ReadStream.prototype._construct = construct;
ReadStream.prototype._destroy = destroyFile;

ReadStream.prototype._read = function(n) {
  const done = this.pos !== undefined ? this.pos : this.bytesRead;
  n = Math.min(this.end - done + 1, n);
  if (n <= 0) {
    this.push(null);
    return;
  }
  const target = Buffer.allocUnsafeSlow(n);
  this[kIsPerformingIO] = true;
  this[kFs].read(this.fd, target, 0, n, this.pos, (error, bytesRead, buffer) => {
    if (doneWithIO(this, error)) return;
    if (error) {
      errorOrDestroy(this, error);
      return;
    }
    if (bytesRead <= 0) {
      this.push(null);
      return;
    }
    if (this.pos !== undefined) this.pos += bytesRead;
    this.bytesRead += bytesRead;
    // A short read does not hold the whole buffer.
    if (bytesRead !== buffer.length) buffer = Buffer.from(buffer.subarray(0, bytesRead));
    this.push(buffer);
  });
};

ReadStream.prototype.close = function(callback) {
  if (callback) finished(this, callback);
  this.destroy();
};

function WriteStream(path, options) {
  if (!(this instanceof WriteStream)) return new WriteStream(path, options);
  options = copyOptions(options);
  options.decodeStrings = true;
  takeFile(this, path, options, ['close'], 'w');
  if (options.fs) {
    if (!options.fs.write && !options.fs.writev) {
      throw new ERR_INVALID_ARG_TYPE('options.fs.write', 'Function', options.fs.write);
    }
    if (options.fs.write) validateFunction(options.fs.write, 'options.fs.write');
    if (options.fs.writev) validateFunction(options.fs.writev, 'options.fs.writev');
    if (!options.fs.write) this._write = null;
    if (!options.fs.writev) this._writev = null;
  }
  if (options.flush !== undefined && options.flush !== null) {
    validateBoolean(options.flush, 'options.flush');
    this.flush = options.flush;
    if (this.flush) validateFunction(this[kFs].fsync, 'options.fs.fsync');
  }
  this.start = options.start;
  this.pos = undefined;
  this.bytesWritten = 0;
  this[kIsPerformingIO] = false;
  if (this.start !== undefined) {
    validateInteger(this.start, 'start', 0);
    this.pos = this.start;
  }
  Reflect.apply(Writable, this, [options]);
  if (options.encoding) this.setDefaultEncoding(options.encoding);
}
Object.setPrototypeOf(WriteStream.prototype, Writable.prototype);
Object.setPrototypeOf(WriteStream, Writable);

WriteStream.prototype.open = openStream;
WriteStream.prototype._construct = construct;
WriteStream.prototype._destroy = destroyFile;

/** As often as the system refuses for now before it counts as an error. */
const RETRIES = 5;

/** Writes all of `chunks`, in as many calls as it takes. */
function writeAll(stream, chunks, position, callback, retries = 0) {
  const several = chunks.length > 1 || stream._write === null;
  stream[kIsPerformingIO] = true;
  const written = (error, count) => {
    if (error?.code === 'EAGAIN') {
      error = null;
      count = 0;
    }
    if (doneWithIO(stream, error) || error) {
      callback(error || new ERR_STREAM_DESTROYED('write'));
      return;
    }
    stream.bytesWritten += count;
    retries = count > 0 ? 0 : retries + 1;
    if (position !== undefined) position += count;
    const rest = [];
    for (const chunk of chunks) {
      if (count >= chunk.length) count -= chunk.length;
      else {
        rest.push(count > 0 ? chunk.subarray(count) : chunk);
        count = 0;
      }
    }
    if (rest.length === 0) callback();
    else if (retries > RETRIES) callback(new Error('write failed'));
    else writeAll(stream, rest, position, callback, retries);
  };
  if (several) stream[kFs].writev(stream.fd, chunks, position, written);
  else stream[kFs].write(stream.fd, chunks[0], 0, chunks[0].length, position, written);
}

WriteStream.prototype._write = function(chunk, encoding, callback) {
  writeAll(this, [chunk], this.pos, callback);
  if (this.pos !== undefined) this.pos += chunk.length;
};

WriteStream.prototype._writev = function(entries, callback) {
  const chunks = entries.map((entry) => entry.chunk);
  writeAll(this, chunks, this.pos, callback);
  if (this.pos !== undefined) {
    for (const chunk of chunks) this.pos += chunk.length;
  }
};

WriteStream.prototype.close = function(callback) {
  if (callback) {
    if (this.closed) {
      process.nextTick(callback);
      return;
    }
    this.on('close', callback);
  }
  if (!this.autoClose) this.on('finish', this.destroy);
  this.end();
};
WriteStream.prototype.destroySoon = WriteStream.prototype.end;

for (const [prototype, state] of [[ReadStream.prototype, '_readableState'], [WriteStream.prototype, '_writableState']]) {
  Object.defineProperties(prototype, {
    autoClose: {
      __proto__: null,
      get() {
        if (!this[state]) throw new ERR_INVALID_THIS(prototype.constructor.name);
        return this[state].autoDestroy;
      },
      set(value) { this[state].autoDestroy = value; },
    },
    pending: { __proto__: null, configurable: true, get() { return this.fd === null; } },
  });
}

module.exports = { ReadStream, WriteStream };
