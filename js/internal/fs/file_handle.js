'use strict';

// FileHandle: what fs.promises.open gives.

const {
  Error, ErrorCaptureStackTrace, Promise, PromisePrototypeThen, PromiseResolve, SymbolAsyncDispose,
} = require('internal/primordials');
const EventEmitter = require('events');
const { codes: { ERR_INVALID_STATE, ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');
const { kEmptyObject } = require('internal/util');
const { validateBoolean, validateObject } = require('internal/validators');
const { TRANSFERABLE, dataCloneError, kDeserialize, kTransfer, setMode } = require('internal/worker/transfer');
const { drive, runPromise } = require('internal/fs/run');
const { operations } = require('internal/fs/operations');
const { checkData, getOptions } = require('internal/fs/arguments');
const { readRequest, vectorRequest, writeRequest } = require('internal/fs/read_write');
const wholeFiles = require('internal/fs/whole_files');

const { O_WRONLY } = require('internal/fs/constants').constants;

class FileHandle extends EventEmitter {
  #fd;
  #refs = 1;
  #closePromise = null;
  #closeWhenIdle = undefined;
  #isLocked = false;
  #isTransferred = false;

  constructor(fd) {
    super();
    this.#fd = fd;
  }

  /** -1 once it is closed. */
  get fd() {
    return this.#fd;
  }

  getAsyncId() {
    return 0;
  }

  /** Runs `work(fd)`, with the descriptor kept open until it is done. */
  async #use(syscall, work) {
    if (this.#fd === -1) {
      const error = new Error(this.#isTransferred ? 'The FileHandle has been transferred' : 'file closed');
      error.code = 'EBADF';
      error.syscall = syscall;
      ErrorCaptureStackTrace(error, this[syscall]);
      throw error;
    }
    this.#refs++;
    try {
      return await work(this.#fd);
    } finally {
      this.#unref();
    }
  }

  #unref() {
    this.#refs--;
    if (this.#refs === 0) this.#closeWhenIdle();
  }

  appendFile(data, options) {
    return this.writeFile(data, options);
  }

  chmod(mode) {
    return this.#use('fchmod', (fd) => operations.fchmod.promise(fd, mode));
  }

  chown(uid, gid) {
    return this.#use('fchown', (fd) => operations.fchown.promise(fd, uid, gid));
  }

  datasync() {
    return this.#use('fdatasync', (fd) => operations.fdatasync.promise(fd));
  }

  sync() {
    return this.#use('fsync', (fd) => operations.fsync.promise(fd));
  }

  read(buffer, offset, length, position) {
    return this.#use('read', async (fd) => {
      const { request, buffer: filled } = readRequest(fd, buffer, offset, length, position);
      const bytesRead = await runPromise(request);
      return { __proto__: null, bytesRead, buffer: filled };
    });
  }

  readv(buffers, position) {
    return this.#use('readv', async (fd) => {
      const bytesRead = await runPromise(vectorRequest('readv', fd, buffers, position));
      return { __proto__: null, bytesRead, buffers };
    });
  }

  readFile(options) {
    return this.#use('readFile', (fd) => {
      options = getOptions(options, { flag: 'r' });
      return drive(wholeFiles.abortable(wholeFiles.readRequest(fd, options), options.signal));
    });
  }

  readLines() {
    throw new ERR_METHOD_NOT_IMPLEMENTED('readLines() (needs the module readline)');
  }

  stat(options) {
    return this.#use('fstat', (fd) => operations.fstat.promise(fd, options));
  }

  truncate(length = 0) {
    return this.#use('ftruncate', (fd) => operations.ftruncate.promise(fd, length));
  }

  utimes(atime, mtime) {
    return this.#use('futimes', (fd) => operations.futimes.promise(fd, atime, mtime));
  }

  write(buffer, offset, length, position) {
    return this.#use('write', async (fd) => {
      if (buffer?.byteLength === 0) return { __proto__: null, bytesWritten: 0, buffer };
      const bytesWritten = await runPromise(writeRequest(fd, buffer, offset, length, position));
      return { __proto__: null, bytesWritten, buffer };
    });
  }

  writev(buffers, position) {
    return this.#use('writev', async (fd) => {
      const bytesWritten = buffers.length === 0 ? 0
        : await runPromise(vectorRequest('writev', fd, buffers, position));
      return { __proto__: null, bytesWritten, buffers };
    });
  }

  writeFile(data, options) {
    return this.#use('writeFile', (fd) => {
      options = getOptions(options, { encoding: 'utf8' });
      checkData(data, 'data');
      return drive(wholeFiles.abortable(wholeFiles.writeRequest(fd, data, options, O_WRONLY), options.signal));
    });
  }

  /** A byte stream of all that is left; one for each handle. */
  readableWebStream(options = kEmptyObject) {
    if (this.#fd === -1) throw new ERR_INVALID_STATE('The FileHandle is closed');
    if (this.#closePromise !== null) throw new ERR_INVALID_STATE('The FileHandle is closing');
    if (this.#isLocked) throw new ERR_INVALID_STATE('The FileHandle is locked');
    this.#isLocked = true;
    validateObject(options, 'options');
    const { type = 'bytes', autoClose = false } = options;
    validateBoolean(autoClose, 'options.autoClose');
    if (type !== 'bytes') {
      process.emitWarning(
        'A non-"bytes" options.type has no effect. A byte-oriented steam is always created.', 'ExperimentalWarning');
    }
    const { ReadableStream, readableStreamCancel } = require('internal/webstreams/readablestream');
    const done = async () => {
      this.#unref();
      if (autoClose) await this.close();
    };
    const readable = new ReadableStream({
      type: 'bytes',
      autoAllocateChunkSize: 16384,
      pull: async (controller) => {
        const { view } = controller.byobRequest;
        let bytesRead;
        try {
          ({ bytesRead } = await this.read(view, 0, view.byteLength));
        } catch (error) {
          await done();
          throw error;
        }
        if (bytesRead === 0) {
          controller.close();
          await done();
        }
        controller.byobRequest.respond(bytesRead);
      },
      cancel: done,
    });
    this.#refs++;
    this.once('close', () => { PromisePrototypeThen(readableStreamCancel(readable), undefined, () => {}); });
    return readable;
  }

  createReadStream(options = undefined) {
    const { ReadStream } = require('internal/fs/streams');
    return new ReadStream(undefined, { ...options, fd: this });
  }

  createWriteStream(options = undefined) {
    const { WriteStream } = require('internal/fs/streams');
    return new WriteStream(undefined, { ...options, fd: this });
  }

  close = () => {
    if (this.#fd === -1) return PromiseResolve();
    if (this.#closePromise !== null) return this.#closePromise;
    this.#refs--;
    this.#closePromise = PromisePrototypeThen(
      this.#refs === 0 ? this.#closeNow() : new Promise((resolve, reject) => {
        this.#closeWhenIdle = () => PromisePrototypeThen(this.#closeNow(), resolve, reject);
      }),
      () => { this.#closePromise = null; },
      (error) => {
        this.#closePromise = null;
        throw error;
      });
    this.emit('close');
    return this.#closePromise;
  };

  #closeNow() {
    const fd = this.#fd;
    this.#fd = -1;
    return operations.close.promise(fd);
  }

  [kTransfer]() {
    if (this.#closePromise !== null || this.#refs > 1) {
      throw dataCloneError('Cannot transfer FileHandle while in use');
    }
    const fd = this.#fd;
    this.#fd = -1;
    this.#isTransferred = true;
    return { data: { fd }, deserializeInfo: 'internal/fs/file_handle:FileHandle' };
  }

  [kDeserialize]({ fd }) {
    this.#fd = fd;
  }

  async [SymbolAsyncDispose]() {
    return this.close();
  }
}

setMode(FileHandle.prototype, TRANSFERABLE);

/** The descriptor of a FileHandle of the script's, which must be open. */
function fdOf(handle) {
  if (handle.fd === -1) throw new ERR_INVALID_STATE('The FileHandle is closed');
  return handle.fd;
}

module.exports = { FileHandle, fdOf };
