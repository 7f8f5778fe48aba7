'use strict';

// A compressor or decompressor of `src/builtins/zlib`, with the methods of Node's handles: some
// packages reach for a stream's `_handle`.

const { Float64Array } = require('internal/primordials');
const { genericNodeError, codes: { ERR_INTERNAL_ASSERTION } } = require('internal/errors');
const { initAsyncResource, runInResource } = require('internal/async_hooks');

const zlibBinding = binding.zlib;

/** The error that a native function has returned. */
function errorOf({ 0: message, 1: errno, 2: code }) {
  return genericNodeError(message, { errno, code });
}

class Handle {
  /** The native side's number for it; 0 when it is closed. */
  #number;
  #working = false;
  #onwritten;
  /** `[availOutAfter, availInAfter]` of the last write. */
  #rest = new Float64Array(2);

  /**
   * `open(handle)` asks the native side for a codec that goes with the handle. `onwritten(error)` is
   * called, with the handle as `this`, when an asynchronous write is done.
   */
  constructor(open, onwritten) {
    const opened = open(this);
    if (typeof opened !== 'number') {
      const { 0: message, 2: code } = opened;
      throw genericNodeError(message, { code });
    }
    this.#number = opened;
    this.#onwritten = onwritten;
    initAsyncResource(this, 'ZLIB');
  }

  /** Room that the last write has left. */
  get availOutAfter() { return this.#rest[0]; }

  /** Bytes that the last write has not read. */
  get availInAfter() { return this.#rest[1]; }

  #check() {
    if (this.#working) throw new ERR_INTERNAL_ASSERTION('write already in progress');
  }

  /** A step on a thread of the pool. */
  write(flush, input, inOffset, inLength, output, outOffset, outLength) {
    this.#check();
    this.#working = true;
    zlibBinding.write(
      this.#number, flush, input, inOffset, inLength, output, outOffset, outLength, this.#rest,
      (failure) => {
        this.#working = false;
        const error = failure === undefined ? undefined : errorOf(failure);
        runInResource(this, this.#onwritten, this, [error]);
      });
  }

  /** A step. Returns the error, if there is one. */
  writeSync(flush, input, inOffset, inLength, output, outOffset, outLength) {
    this.#check();
    const failure = zlibBinding.writeSync(
      this.#number, flush, input, inOffset, inLength, output, outOffset, outLength, this.#rest);
    return failure === undefined ? undefined : errorOf(failure);
  }

  /** Returns the error, if there is one. */
  params(level, strategy) {
    this.#check();
    const failure = zlibBinding.params(this.#number, level, strategy);
    return failure === undefined ? undefined : errorOf(failure);
  }

  /** Returns the error, if there is one. */
  reset() {
    this.#check();
    const failure = zlibBinding.reset(this.#number);
    return failure === undefined ? undefined : errorOf(failure);
  }

  /** Frees the memory, after the write that is under way. */
  close() {
    if (this.#number === 0) return;
    zlibBinding.close(this.#number);
    this.#number = 0;
  }
}

module.exports = { Handle };
