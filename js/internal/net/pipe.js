'use strict';

// One open descriptor that is read and written as it becomes ready: what streams over pipes, sockets
// and terminals stand on, with the methods of Node's own handles. `onread` gets an ArrayBuffer or a
// negative errno, UV_EOF at the end.

const { ArrayPrototypePush, SafeSet } = require('internal/primordials');

const pipeBinding = binding.pipe;

const EBADF = -9;

/** Handles with a descriptor, for `process.getActiveResourcesInfo()`. */
const open = new SafeSet();

class Pipe {
  #id = 0;
  #fd = -1;
  #reading = false;
  #referenced = true;
  #pending = 0;
  onread = null;
  bytesRead = 0;
  bytesWritten = 0;

  /** Takes the descriptor over; 0 or a negative errno. */
  open(fd) {
    const id = pipeBinding.open(fd, (result) => this.#onRead(result));
    if (id < 0) return id;
    this.#id = id;
    this.#fd = fd;
    open.add(this);
    return 0;
  }

  get fd() {
    return this.#fd;
  }

  get writeQueueSize() {
    return pipeBinding.writeQueueSize(this.#id) ?? 0;
  }

  get resourceName() {
    return 'PipeWrap';
  }

  get isActive() {
    return this.#pending > 0 || (this.#referenced && this.#reading);
  }

  #onRead(result) {
    if (typeof result === 'number') this.#reading = false;
    else this.bytesRead += result.byteLength;
    this.deliver(result);
  }

  deliver(result) {
    this.onread?.(result);
  }

  readStart() {
    if (this.#id === 0) return EBADF;
    this.#reading = true;
    pipeBinding.readStart(this.#id);
    return 0;
  }

  readStop() {
    this.#reading = false;
    pipeBinding.readStop(this.#id);
    return 0;
  }

  /** 0: it is written; 1: `callback(status)` will tell; or a negative errno. */
  write(data, callback) {
    const size = typeof data === 'string' ? 0 : data.byteLength;
    const status = pipeBinding.write(this.#id, data, (result) => {
      this.#pending--;
      callback(result);
    });
    if (status === 1) this.#pending++;
    if (status >= 0) this.bytesWritten += size;
    return status;
  }

  /** Ends what is written; `callback(status)` comes later. */
  shutdown(callback) {
    if (this.#id === 0) return EBADF;
    this.#pending++;
    pipeBinding.shutdown(this.#id, (status) => {
      this.#pending--;
      callback(status);
    });
    return 0;
  }

  close(callback) {
    const id = this.#id;
    this.#id = 0;
    this.#fd = -1;
    open.delete(this);
    const unanswered = id === 0 ? [] : pipeBinding.close(id);
    if (callback === undefined && unanswered.length === 0) return;
    require('timers').setImmediate(() => {
      for (let i = 0; i < unanswered.length; i++) unanswered[i](-125 /* ECANCELED */);
      callback?.();
    });
  }

  ref() {
    this.#referenced = true;
    pipeBinding.setRef(this.#id, true);
  }

  unref() {
    this.#referenced = false;
    pipeBinding.setRef(this.#id, false);
  }

  hasRef() {
    return this.#referenced && this.#id !== 0;
  }

  getAsyncId() {
    return 0;
  }
}

exports.Pipe = Pipe;
exports.UV_EOF = -4095;
exports.openHandles = open;

/** Those that keep the program running, or the sockets and servers whose they are. */
exports.activeHandles = function activeHandles() {
  const handles = [];
  open.forEach((pipe) => {
    if (pipe.isActive && !pipe.isRequest) ArrayPrototypePush(handles, pipe.owner ?? pipe);
  });
  return handles;
};

/** Names of the open pipes and sockets that keep the program running. */
exports.activePipes = function activePipes() {
  const names = [];
  open.forEach((pipe) => {
    if (pipe.isActive) ArrayPrototypePush(names, pipe.resourceName);
  });
  return names;
};
