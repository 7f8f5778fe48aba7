'use strict';

// A duplex stream over a `Pipe`: what a child's stdin, stdout and stderr are in its parent.

const { ObjectDefineProperty } = require('internal/primordials');
const { Duplex } = require('internal/streams/duplex');
const {
  ErrnoException, codes: { ERR_INVALID_FD_TYPE, ERR_SOCKET_CLOSED },
} = require('internal/errors');
const { FastBuffer } = require('internal/buffer');
const { validateFunction, validateNumber } = require('internal/validators');
const { Pipe, UV_EOF } = require('internal/net/pipe');

function handleOf(options) {
  if (options.handle) return options.handle;
  if (options.fd === undefined) return null;
  const handle = new Pipe();
  const status = handle.open(options.fd);
  if (status === -1) throw new ERR_INVALID_FD_TYPE('FILE');
  if (status < 0) throw new ErrnoException(status, 'open');
  return handle;
}

class Socket extends Duplex {
  #idle;
  #idleTime = 0;
  #reading = false;
  #bytesRead = 0;
  #bytesWritten = 0;

  constructor(options = {}) {
    const handle = handleOf(options);
    super({
      readable: options.readable ?? true,
      writable: options.writable ?? true,
      allowHalfOpen: Boolean(options.allowHalfOpen),
      highWaterMark: options.highWaterMark,
      signal: options.signal,
      emitClose: false,
      autoDestroy: true,
      decodeStrings: true,
    });
    this.connecting = false;
    this._hadError = false;
    this._parent = null;
    this._host = null;
    this._handle = handle;
    this._closeAfterHandlingError = false;
    if (handle !== null) handle.onread = (result) => this.#onRead(result);
    this.on('end', () => {
      // Nobody reads what would still be written.
      if (!this.allowHalfOpen) this.write = writeAfterEnd;
    });
  }

  get fd() { return this._handle?.fd; }
  get pending() { return this._handle === null || this.connecting; }
  get bytesRead() { return this._handle?.bytesRead ?? this.#bytesRead; }
  get bytesWritten() { return (this._handle?.bytesWritten ?? this.#bytesWritten) + this.writableLength; }
  get bufferSize() { return this._handle ? this.writableLength : undefined; }
  get timeout() { return this.#idleTime === 0 ? undefined : this.#idleTime; }

  get readyState() {
    if (this.readable && this.writable) return 'open';
    if (this.readable) return 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  }

  address() { return {}; }

  #onRead(result) {
    this.#touch();
    if (typeof result !== 'number') {
      if (!this.push(new FastBuffer(result))) {
        this.#reading = false;
        this._handle?.readStop();
      }
      return;
    }
    this.#reading = false;
    if (result !== UV_EOF) {
      this.destroy(new ErrnoException(result, 'read'));
      return;
    }
    // Only now: destroyed earlier, it would emit 'end' no more.
    this.push(null);
    this.read(0);
  }

  _read() {
    if (this._handle === null) return;
    if (this.#reading) return;
    this.#reading = true;
    const status = this._handle.readStart();
    if (status < 0) this.destroy(new ErrnoException(status, 'read'));
  }

  _write(chunk, encoding, callback) {
    this.#touch();
    if (!this._handle) {
      callback(new ERR_SOCKET_CLOSED());
      return;
    }
    const status = this._handle.write(chunk, (result) => {
      this.#touch();
      if (result < 0) callback(this.destroyed ? null : new ErrnoException(result, 'write'));
      else callback();
    });
    if (status < 0) callback(new ErrnoException(status, 'write'));
    else if (status === 0) callback();
  }

  _final(callback) {
    if (!this._handle) {
      callback();
      return;
    }
    // The other end may have closed first, or it is a pipe of one direction.
    const status = this._handle.shutdown(() => callback());
    if (status < 0) callback();
  }

  _destroy(error, callback) {
    this.#clearIdle();
    const handle = this._handle;
    if (handle === null || handle === undefined) {
      callback(error);
      process.nextTick(() => this.emit('close', false));
      return;
    }
    const hadError = Boolean(error);
    this.#bytesRead = handle.bytesRead;
    this.#bytesWritten = handle.bytesWritten;
    this._handle = null;
    handle.onread = null;
    handle.close(() => this.emit('close', hadError));
    callback(error);
  }

  destroySoon() {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', this.destroy);
  }

  pause() {
    if (this._handle && this.#reading && !this.destroyed) {
      this.#reading = false;
      this._handle.readStop();
    }
    return super.pause();
  }

  ref() {
    this._handle?.ref();
    return this;
  }

  unref() {
    this._handle?.unref();
    return this;
  }

  setNoDelay() { return this; }
  setKeepAlive() { return this; }

  setTimeout(milliseconds, callback = undefined) {
    validateNumber(milliseconds, 'msecs', 0);
    if (callback !== undefined) validateFunction(callback, 'callback');
    this.#idleTime = milliseconds;
    this.#touch();
    if (callback !== undefined) {
      if (milliseconds === 0) this.removeListener('timeout', callback);
      else this.once('timeout', callback);
    }
    return this;
  }

  #clearIdle() {
    if (this.#idle !== undefined) require('timers').clearTimeout(this.#idle);
    this.#idle = undefined;
  }

  #touch() {
    if (this.#idle === undefined && this.#idleTime === 0) return;
    this.#clearIdle();
    if (this.#idleTime === 0 || this.destroyed) return;
    this.#idle = require('timers').setTimeout(() => this.emit('timeout'), this.#idleTime);
    this.#idle.unref();
  }
}
ObjectDefineProperty(Socket.prototype, '_handle', {
  __proto__: null, value: null, configurable: true, enumerable: false, writable: true,
});

function writeAfterEnd(chunk, encoding, callback) {
  if (typeof encoding === 'function') callback = encoding;
  const { genericNodeError } = require('internal/errors');
  const error = genericNodeError('This socket has been ended by the other party', { code: 'EPIPE' });
  if (typeof callback === 'function') process.nextTick(callback, error);
  this.destroy(error);
  return false;
}

exports.Socket = Socket;
