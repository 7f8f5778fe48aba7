'use strict';

// Duplex and Transform for the built-in modules that need them, where there is no `node:stream`: what
// their users can see of a stream. `bases()` gives the real ones once they are built in.

const {
  ArrayPrototypePush, ArrayPrototypeShift, Promise, ReflectApply, SymbolAsyncIterator,
} = require('internal/primordials');
const EventEmitter = require('events');
const {
  AbortError, codes: { ERR_INVALID_ARG_TYPE, ERR_STREAM_DESTROYED, ERR_STREAM_NULL_VALUES, ERR_STREAM_WRITE_AFTER_END },
} = require('internal/errors');

const HIGH_WATER_MARK = 65536;

class Duplex extends EventEmitter {
  #chunks = [];
  #length = 0;
  #decoder = null;
  #encoding = null;
  #flowing = null;
  #wantsReadable = false;
  #sawEnd = false;
  #endEmitted = false;
  #scheduled = false;
  #pipes = [];

  #writes = [];
  #writeLength = 0;
  #writing = false;
  #corked = 0;
  #needsDrain = false;
  #ending = false;
  #finished = false;
  #finalCalled = false;

  #destroyed = false;
  #closed = false;
  #errored = null;
  #options;

  constructor(options = undefined) {
    super();
    const { readable = true, writable = true, allowHalfOpen = true, emitClose = true, decodeStrings = true, signal } =
      options ?? {};
    this.allowHalfOpen = allowHalfOpen;
    this.#options = { readable, writable, emitClose, decodeStrings };
    for (const name of ['readable', 'writable']) {
      if (this.#options[name] !== false) continue;
      if (name === 'readable') this.#sawEnd = this.#endEmitted = true;
      else this.#ending = this.#finished = true;
    }
    if (signal) {
      const abort = () => this.destroy(new AbortError(undefined, { cause: signal.reason }));
      if (signal.aborted) process.nextTick(abort);
      else signal.addEventListener('abort', abort, { once: true });
    }
  }

  get readable() { return this.#options.readable && !this.#endEmitted && !this.#destroyed; }
  get writable() { return this.#options.writable && !this.#ending && !this.#destroyed; }
  get destroyed() { return this.#destroyed; }
  get closed() { return this.#closed; }
  get errored() { return this.#errored; }
  get readableFlowing() { return this.#flowing; }
  get readableEnded() { return this.#endEmitted; }
  get readableEncoding() { return this.#encoding; }
  get readableLength() { return this.#length; }
  get readableHighWaterMark() { return HIGH_WATER_MARK; }
  get readableObjectMode() { return false; }
  get writableLength() { return this.#writeLength; }
  get writableHighWaterMark() { return HIGH_WATER_MARK; }
  get writableNeedDrain() { return this.#needsDrain; }
  get writableEnded() { return this.#ending; }
  get writableFinished() { return this.#finished; }
  get writableCorked() { return this.#corked; }
  get writableObjectMode() { return false; }

  // ---- Reading ------------------------------------------------------------------------------

  on(name, listener) {
    ReflectApply(EventEmitter.prototype.on, this, [name, listener]);
    if (name === 'data') {
      if (this.#flowing !== false && !this.#wantsReadable) this.resume();
    } else if (name === 'readable') {
      this.#wantsReadable = true;
      this.#flowing = false;
      this.#schedule();
    }
    return this;
  }

  addListener(name, listener) {
    return this.on(name, listener);
  }

  off(name, listener) {
    return this.removeListener(name, listener);
  }

  removeListener(name, listener) {
    ReflectApply(EventEmitter.prototype.removeListener, this, [name, listener]);
    if (name === 'readable' && this.listenerCount('readable') === 0) {
      this.#wantsReadable = false;
      if (this.listenerCount('data') > 0) this.resume();
    }
    return this;
  }

  setEncoding(encoding = 'utf8') {
    const { StringDecoder } = require('string_decoder');
    this.#decoder = new StringDecoder(encoding);
    this.#encoding = this.#decoder.encoding;
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#length = 0;
    for (let i = 0; i < chunks.length; i++) this.#add(this.#decoder.write(chunks[i]));
    return this;
  }

  /** For subclasses: a chunk, or null at the end. Whether more is wanted. */
  push(chunk) {
    if (chunk === null) {
      if (this.#sawEnd) return false;
      this.#sawEnd = true;
      if (this.#decoder !== null) this.#add(this.#decoder.end());
    } else {
      this.#add(this.#decoder === null || typeof chunk === 'string' ? chunk : this.#decoder.write(chunk));
    }
    if (this.#flowing && !this.#scheduled) this.#deliver();
    else this.#schedule();
    return this.#length < HIGH_WATER_MARK;
  }

  #add(chunk) {
    if (chunk.length === 0) return;
    ArrayPrototypePush(this.#chunks, chunk);
    this.#length += chunk.length;
  }

  unshift(chunk) {
    this.#chunks.unshift(chunk);
    this.#length += chunk.length;
    this.#schedule();
  }

  /** All that is there, or `size` bytes or characters of it, or null. */
  read(size = undefined) {
    if (size === 0 || this.#length === 0 || (size !== undefined && size > this.#length && !this.#sawEnd)) {
      this.#schedule();
      return null;
    }
    let chunk = this.#chunks.length === 1 ? this.#chunks[0] : this.#joined();
    if (size === undefined || size >= this.#length) {
      this.#chunks = [];
      this.#length = 0;
    } else {
      const rest = chunk.slice(size);
      chunk = chunk.slice(0, size);
      this.#chunks = [rest];
      this.#length = rest.length;
    }
    this.#schedule();
    this.emit('data', chunk);
    return chunk;
  }

  #joined() {
    if (this.#encoding !== null) return this.#chunks.join('');
    return require('buffer').Buffer.concat(this.#chunks);
  }

  resume() {
    if (!this.#flowing) {
      this.#flowing = !this.#wantsReadable;
      process.nextTick(() => this.emit('resume'));
    }
    this.#schedule();
    return this;
  }

  pause() {
    if (this.#flowing !== false) {
      this.#flowing = false;
      this.emit('pause');
    }
    return this;
  }

  isPaused() {
    return this.#flowing === false && !this.#wantsReadable;
  }

  #schedule() {
    if (this.#scheduled || this.#destroyed) return;
    this.#scheduled = true;
    process.nextTick(() => {
      this.#scheduled = false;
      this.#deliver();
      if (!this.#sawEnd && !this.#destroyed && this.#length < HIGH_WATER_MARK &&
          (this.#flowing || this.#wantsReadable)) {
        this._read(HIGH_WATER_MARK);
      }
    });
  }

  #deliver() {
    while (this.#flowing && this.#chunks.length > 0 && !this.#destroyed) {
      const chunk = ArrayPrototypeShift(this.#chunks);
      this.#length -= chunk.length;
      this.emit('data', chunk);
    }
    if (this.#wantsReadable && !this.#endEmitted && (this.#length > 0 || this.#sawEnd)) this.emit('readable');
    if (this.#sawEnd && this.#length === 0 && !this.#endEmitted && !this.#destroyed &&
        (this.#flowing || this.#wantsReadable)) {
      this.#endEmitted = true;
      this.emit('end');
      if (!this.allowHalfOpen && !this.#ending) this.end();
      this.#destroyWhenDone();
    }
  }

  pipe(destination, options = undefined) {
    const ondata = (chunk) => {
      if (destination.write(chunk) === false && destination.writableNeedDrain !== false) {
        this.pause();
        destination.once('drain', () => this.resume());
      }
    };
    const ends = options?.end !== false && destination !== process.stdout && destination !== process.stderr;
    const onend = () => { if (ends) destination.end(); };
    ArrayPrototypePush(this.#pipes, { destination, ondata, onend });
    this.on('data', ondata);
    this.once('end', onend);
    destination.emit('pipe', this);
    return destination;
  }

  unpipe(destination = undefined) {
    const stays = [];
    for (const one of this.#pipes) {
      if (destination !== undefined && one.destination !== destination) {
        ArrayPrototypePush(stays, one);
        continue;
      }
      this.removeListener('data', one.ondata);
      this.removeListener('end', one.onend);
      one.destination.emit('unpipe', this);
    }
    this.#pipes = stays;
    if (stays.length === 0) this.pause();
    return this;
  }

  async* [SymbolAsyncIterator]() {
    let wake = () => {};
    const onEvent = () => wake();
    const events = ['readable', 'end', 'close', 'error'];
    for (const name of events) this.on(name, onEvent);
    try {
      while (true) {
        const chunk = this.#destroyed ? null : this.read();
        if (chunk !== null) yield chunk;
        else if (this.#errored !== null) throw this.#errored;
        else if (this.#endEmitted || this.#destroyed) return;
        else await new Promise((resolve) => { wake = resolve; });
      }
    } finally {
      for (const name of events) this.off(name, onEvent);
      this.destroy();
    }
  }

  // ---- Writing ------------------------------------------------------------------------------

  write(chunk, encoding, callback) {
    if (typeof encoding === 'function') {
      callback = encoding;
      encoding = undefined;
    }
    if (chunk === null) throw new ERR_STREAM_NULL_VALUES();
    if (typeof chunk === 'string' && this.#options.decodeStrings) {
      chunk = require('buffer').Buffer.from(chunk, encoding ?? 'utf8');
      encoding = 'buffer';
    } else if (typeof chunk !== 'string' && !ArrayBuffer.isView(chunk)) {
      throw new ERR_INVALID_ARG_TYPE('chunk', ['string', 'Buffer', 'TypedArray', 'DataView'], chunk);
    }
    let error;
    if (this.#ending) error = new ERR_STREAM_WRITE_AFTER_END();
    else if (this.#destroyed) error = new ERR_STREAM_DESTROYED('write');
    if (error !== undefined) {
      if (typeof callback === 'function') process.nextTick(callback, error);
      if (this.#ending) this.destroy(error);
      return false;
    }
    this.#writeLength += chunk.length;
    ArrayPrototypePush(this.#writes, { chunk, encoding, callback });
    const room = this.#writeLength < HIGH_WATER_MARK;
    if (!room) this.#needsDrain = true;
    this.#writeNext();
    return room;
  }

  #writeNext() {
    if (this.#writing || this.#corked > 0 || this.#destroyed) return;
    const next = this.#writes[0];
    if (next === undefined) {
      this.#finishWhenDone();
      return;
    }
    this.#writing = true;
    let isSync = true;
    this._write(next.chunk, next.encoding, (error) => {
      ArrayPrototypeShift(this.#writes);
      this.#writing = false;
      this.#writeLength -= next.chunk.length;
      const after = () => {
        if (typeof next.callback === 'function') next.callback(error ?? null);
        if (error) {
          this.destroy(error);
        } else if (this.#needsDrain && this.#writeLength === 0 && !this.#destroyed) {
          this.#needsDrain = false;
          this.emit('drain');
        }
        this.#writeNext();
      };
      if (isSync) process.nextTick(after);
      else after();
    });
    isSync = false;
  }

  end(chunk, encoding, callback) {
    if (typeof chunk === 'function') {
      callback = chunk;
      chunk = undefined;
    } else if (typeof encoding === 'function') {
      callback = encoding;
      encoding = undefined;
    }
    if (chunk !== undefined && chunk !== null) this.write(chunk, encoding);
    this.#corked = 0;
    if (typeof callback === 'function') {
      if (this.#finished) process.nextTick(callback);
      else this.once('finish', callback);
    }
    if (this.#ending) return this;
    this.#ending = true;
    this.#writeNext();
    return this;
  }

  #finishWhenDone() {
    if (!this.#ending || this.#finalCalled || this.#writeLength > 0 || this.#destroyed) return;
    this.#finalCalled = true;
    this._final((error) => {
      if (error) {
        this.destroy(error);
        return;
      }
      process.nextTick(() => {
        if (this.#destroyed) return;
        this.#finished = true;
        this.emit('finish');
        this.#destroyWhenDone();
      });
    });
  }

  cork() { this.#corked++; }

  uncork() {
    if (this.#corked > 0) this.#corked--;
    this.#writeNext();
  }

  setDefaultEncoding() { return this; }

  // ---- The end ------------------------------------------------------------------------------

  #destroyWhenDone() {
    if (this.#endEmitted && this.#finished) this.destroy();
  }

  destroy(error = undefined) {
    if (this.#destroyed) return this;
    this.#destroyed = true;
    if (error) this.#errored = error;
    this._destroy(error ?? null, (failure) => {
      process.nextTick(() => {
        if (failure) this.emit('error', failure);
        this.#closed = true;
        if (this.#options.emitClose) this.emit('close');
      });
    });
    return this;
  }

  _read() {}
  _write(chunk, encoding, callback) { callback(); }
  _final(callback) { callback(); }
  _destroy(error, callback) { callback(error); }
}

class Transform extends Duplex {
  _write(chunk, encoding, callback) {
    this._transform(chunk, encoding, (error, data) => {
      if (data !== undefined && data !== null) this.push(data);
      callback(error);
    });
  }

  _final(callback) {
    const done = (error, data) => {
      if (data !== undefined && data !== null) this.push(data);
      this.push(null);
      callback(error);
    };
    if (this._flush) this._flush(done);
    else done();
  }
}

/** `{ Duplex, Transform }`. */
exports.bases = function bases() {
  if (require('internal/modules/builtins').publicIds().has('stream')) return require('stream');
  return { Duplex, Transform };
};
