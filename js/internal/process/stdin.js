'use strict';

// process.stdin: a Readable that reads only while somebody wants it to, and keeps the program alive
// only then.

const { Readable } = require('internal/streams/readable');
const { UVException, codes: { ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');
const { FastBuffer } = require('internal/buffer');

const fsBinding = binding.fs;
const processBinding = binding.process;

/** Bytes asked for at once, as Node reads from pipes and terminals. */
const CHUNK = 65536;
const EBADF = -9;

class InputStream extends Readable {
  /** The read in progress, or 0. */
  #reading = 0;
  #referenced = true;

  constructor(fd) {
    super({ highWaterMark: CHUNK });
    this.fd = fd;
    this.isTTY = processBinding.isatty(fd) ? true : undefined;
    this.isRaw = this.isTTY ? false : undefined;
    this.on('pause', () => this.#updateRef());
    this.on('resume', () => this.#updateRef());
  }

  on(name, listener) {
    super.on(name, listener);
    if (name === 'readable') this.#updateRef();
    return this;
  }

  addListener(name, listener) {
    return this.on(name, listener);
  }

  removeListener(name, listener) {
    super.removeListener(name, listener);
    // After the stream itself has seen who still listens.
    if (name === 'readable') process.nextTick(() => this.#updateRef());
    return this;
  }

  off(name, listener) {
    return this.removeListener(name, listener);
  }

  _read() {
    if (this.#reading !== 0) return;
    const id = fsBinding.readInput(this.fd, CHUNK, (result) => this.#onRead(result));
    if (id < 0) {
      this.#fail(id);
      return;
    }
    this.#reading = id;
    this.#updateRef();
  }

  #fail(errno) {
    // A descriptor that the program was started without has nothing to say.
    if (errno === EBADF) this.push(null);
    else this.destroy(new UVException({ errno, syscall: 'read' }));
  }

  #onRead(result) {
    this.#reading = 0;
    if (this.destroyed) return;
    if (typeof result === 'number') this.#fail(result);
    else if (result.byteLength === 0) this.push(null);
    else this.push(new FastBuffer(result));
  }

  _destroy(error, callback) {
    if (this.#reading !== 0) fsBinding.setInputRef(this.#reading, false);
    callback(error);
  }

  #updateRef() {
    if (this.#reading === 0) return;
    const { flowing, readableListening } = this._readableState;
    const isWanted = (flowing !== false || readableListening) && !this.destroyed;
    fsBinding.setInputRef(this.#reading, this.#referenced && isWanted);
  }

  setRawMode() {
    throw new ERR_METHOD_NOT_IMPLEMENTED('process.stdin.setRawMode()');
  }

  ref() {
    this.#referenced = true;
    this.#updateRef();
    return this;
  }

  unref() {
    this.#referenced = false;
    this.#updateRef();
    return this;
  }
}

module.exports = { InputStream };
