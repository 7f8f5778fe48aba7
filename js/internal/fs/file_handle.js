'use strict';

// FileHandle: what fs.promises.open gives.

const {
  ArrayBufferIsView, Error, ErrorCaptureStackTrace, Promise, PromisePrototypeThen, PromiseResolve,
  SafeFinalizationRegistry, Symbol, SymbolAsyncDispose, SymbolAsyncIterator, SymbolIterator,
} = require('internal/primordials');
const EventEmitter = require('events');
const { codes: { ERR_INVALID_STATE } } = require('internal/errors');
const { kEmptyObject } = require('internal/util');
const { validateBoolean, validateObject } = require('internal/validators');
const { drive, runPromise } = require('internal/fs/run');
const { operations } = require('internal/fs/operations');
const { checkData, getOptions } = require('internal/fs/arguments');
const { TRANSFERABLE, dataCloneError, kDeserialize, kTransfer, setMode } = require('internal/worker/transfer');
const { readRequest, vectorRequest, writeRequest } = require('internal/fs/read_write');
const wholeFiles = require('internal/fs/whole_files');

const { O_WRONLY } = require('internal/fs/constants').constants;

/** For streams over a handle: it is in use until they let it go. */
const kRef = Symbol('kRef');
const kUnref = Symbol('kUnref');

/** Knows which handles are gone; made when it is first needed, for the startup blob holds none. */
let registry;
let hasWarned = false;

function closeCollected(fd) {
  operations.close.sync(fd);
  process.emitWarning(`Closing file descriptor ${fd} on garbage collection`);
  if (hasWarned) return;
  hasWarned = true;
  process.emitWarning(
    'Closing a FileHandle object on garbage collection is deprecated. Please close FileHandle objects explicitly ' +
    'using FileHandle.prototype.close(). In the future, an error will be thrown if a file descriptor is closed ' +
    'during garbage collection.', 'DeprecationWarning', 'DEP0137');
}

/** Whether data to write comes in pieces. */
const isInPieces = (data) => data !== null && typeof data === 'object' && !ArrayBufferIsView(data) &&
  (data[SymbolAsyncIterator] !== undefined || data[SymbolIterator] !== undefined);

class FileHandle extends EventEmitter {
  #fd;
  #refs = 1;
  #closePromise = null;
  #closeWhenIdle = undefined;
  #isLocked = false;
  #isTransferred = false;

  constructor(fd) {
    super();
    if (fd !== undefined) this.#take(fd);
  }

  #take(fd) {
    this.#fd = fd;
    registry ??= new SafeFinalizationRegistry(closeCollected);
    registry.register(this, fd, this);
  }

  /** The descriptor, which is this handle's no longer. */
  #give() {
    const fd = this.#fd;
    this.#fd = -1;
    registry.unregister(this);
    return fd;
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
    this[kRef]();
    try {
      return await work(this.#fd);
    } finally {
      this[kUnref]();
    }
  }

  [kRef]() {
    this.#refs++;
  }

  [kUnref]() {
    this.#refs--;
    if (this.#refs === 0) this.#closeWhenIdle();
  }

  [kTransfer]() {
    if (this.#refs > 1 || this.#closePromise !== null) throw dataCloneError('Cannot transfer FileHandle while in use');
    this.#isTransferred = true;
    return { data: { fd: this.#give() }, deserializeInfo: 'internal/fs/file_handle:FileHandle' };
  }

  [kDeserialize]({ fd }) {
    this.#take(fd);
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

  readLines(options = undefined) {
    return require('readline').createInterface({ input: this.createReadStream(options), crlfDelay: Infinity });
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
    return this.#use('writeFile', async (fd) => {
      options = getOptions(options, { encoding: 'utf8' });
      const write = (piece, flush) => {
        checkData(piece, 'data');
        return drive(wholeFiles.abortable(
          wholeFiles.writeRequest(fd, piece, { ...options, flush }, O_WRONLY), options.signal));
      };
      if (!isInPieces(data)) {
        await write(data, options.flush);
        return;
      }
      wholeFiles.throwIfAborted(options.signal);
      for await (const piece of data) {
        wholeFiles.throwIfAborted(options.signal);
        await write(piece, false);
      }
      wholeFiles.throwIfAborted(options.signal);
      if (options.flush) await operations.fsync.promise(fd);
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
      this[kUnref]();
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
    this[kRef]();
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
    return operations.close.promise(this.#give());
  }

  async [SymbolAsyncDispose]() {
    return this.close();
  }
}

setMode(FileHandle.prototype, TRANSFERABLE);

module.exports = { FileHandle, isInPieces, kRef, kUnref };
