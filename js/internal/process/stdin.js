'use strict';

// process.stdin: what a Readable looks like to its user. It reads only while somebody listens, and
// keeps the program alive only then.

const {
  ArrayPrototypePush, ArrayPrototypeShift, ObjectDefineProperty, Promise, ReflectApply, SymbolAsyncIterator,
} = require('internal/primordials');
const EventEmitter = require('events');
const { UVException, codes: { ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');
const { FastBuffer } = require('internal/buffer');

const fsBinding = binding.fs;
const processBinding = binding.process;

/** Bytes asked for at once, as Node reads from pipes and terminals. */
const CHUNK = 65536;
const EBADF = -9;

class InputStream extends EventEmitter {
  #fd;
  #decoder = null;
  #encoding = null;
  /** Chunks read and not yet handed out. */
  #chunks = [];
  #length = 0;
  /** null until somebody says, then whether 'data' is emitted as it comes. */
  #flowing = null;
  /** The read in progress, or 0. */
  #reading = 0;
  #sawEnd = false;
  #ended = false;
  #destroyed = false;
  #referenced = true;
  #wantsReadable = false;
  #scheduled = false;
  #pipes = [];

  constructor(fd) {
    super();
    this.#fd = fd;
    this.isTTY = processBinding.isatty(fd) ? true : undefined;
    this.isRaw = this.isTTY ? false : undefined;
    this.readableHighWaterMark = CHUNK;
    this.readableObjectMode = false;
  }

  get fd() { return this.#fd; }
  get readable() { return !this.#ended && !this.#destroyed; }
  get readableFlowing() { return this.#flowing; }
  get readableEnded() { return this.#ended; }
  get readableEncoding() { return this.#encoding; }
  get readableLength() { return this.#length; }
  get destroyed() { return this.#destroyed; }
  get closed() { return this.#destroyed; }

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
      else this.#updateRef();
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
    for (let i = 0; i < chunks.length; i++) this.#push(this.#decoder.write(chunks[i]));
    return this;
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
    this.#updateRef();
    return this;
  }

  isPaused() {
    return this.#flowing === false && !this.#wantsReadable;
  }

  /** All that is there, or `size` bytes or characters of it, or null. */
  read(size = undefined) {
    if (this.#length === 0 || (size !== undefined && size > this.#length && !this.#sawEnd)) {
      if (size !== 0 || this.#length === 0) this.#schedule();
      return null;
    }
    let chunk = this.#chunks[0];
    if (size === undefined || size >= this.#length) {
      if (this.#chunks.length > 1) chunk = this.#joined();
      this.#chunks = [];
      this.#length = 0;
    } else {
      const all = this.#joined();
      chunk = all.slice(0, size);
      this.#chunks = [all.slice(size)];
      this.#length -= size;
    }
    this.#schedule();
    this.emit('data', chunk);
    return chunk;
  }

  #joined() {
    if (this.#encoding !== null) return this.#chunks.join('');
    const { Buffer } = require('buffer');
    return Buffer.concat(this.#chunks);
  }

  unshift(chunk) {
    this.#chunks.unshift(chunk);
    this.#length += chunk.length;
    this.#schedule();
  }

  pipe(destination, options = undefined) {
    const ondata = (chunk) => {
      if (destination.write(chunk) === false && typeof destination.once === 'function' &&
          destination.writableNeedDrain !== false) {
        this.pause();
        destination.once('drain', () => this.resume());
      }
    };
    const ends = options?.end !== false && destination !== process.stdout && destination !== process.stderr;
    const onend = () => { if (ends) destination.end(); };
    ArrayPrototypePush(this.#pipes, { destination, ondata, onend });
    this.on('data', ondata);
    this.once('end', onend);
    if (typeof destination.emit === 'function') destination.emit('pipe', this);
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
      if (typeof one.destination.emit === 'function') one.destination.emit('unpipe', this);
    }
    this.#pipes = stays;
    if (stays.length === 0) this.pause();
    return this;
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

  destroy(error = undefined) {
    if (this.#destroyed) return this;
    this.#destroyed = true;
    this.#chunks = [];
    this.#length = 0;
    this.#updateRef();
    process.nextTick(() => {
      if (error) this.emit('error', error);
      this.emit('close');
    });
    return this;
  }

  async* [SymbolAsyncIterator]() {
    let failure;
    let wake = () => {};
    const onReadable = () => wake();
    const onError = (error) => {
      failure = error;
      wake();
    };
    this.on('readable', onReadable);
    this.on('end', onReadable);
    this.on('close', onReadable);
    this.on('error', onError);
    try {
      while (true) {
        const chunk = this.#destroyed ? null : this.read();
        if (chunk !== null) yield chunk;
        else if (failure !== undefined) throw failure;
        else if (this.#ended || this.#destroyed) return;
        else await new Promise((resolve) => { wake = resolve; });
      }
    } finally {
      this.off('readable', onReadable);
      this.off('end', onReadable);
      this.off('close', onReadable);
      this.off('error', onError);
      this.destroy();
    }
  }

  #wantsMore() {
    return this.#flowing || this.#wantsReadable;
  }

  #updateRef() {
    if (this.#reading !== 0) {
      fsBinding.setInputRef(this.#reading, this.#referenced && this.#wantsMore() && !this.#destroyed);
    }
  }

  #push(chunk) {
    if (chunk.length === 0) return;
    ArrayPrototypePush(this.#chunks, chunk);
    this.#length += chunk.length;
  }

  /** Hands out what is there and asks for more, after the running code. */
  #schedule() {
    if (this.#scheduled || this.#destroyed) return;
    this.#scheduled = true;
    process.nextTick(() => {
      this.#scheduled = false;
      this.#deliver();
      this.#readMore();
    });
  }

  #deliver() {
    while (this.#flowing && this.#chunks.length > 0 && !this.#destroyed) {
      const chunk = ArrayPrototypeShift(this.#chunks);
      this.#length -= chunk.length;
      this.emit('data', chunk);
    }
    if (this.#wantsReadable && !this.#ended && (this.#length > 0 || this.#sawEnd)) this.emit('readable');
    if (this.#sawEnd && this.#length === 0 && !this.#ended && !this.#destroyed && this.#wantsMore()) {
      this.#ended = true;
      this.emit('end');
      this.destroy();
    }
  }

  #readMore() {
    if (this.#reading === 0 && !this.#sawEnd && !this.#destroyed && this.#wantsMore() && this.#length < CHUNK) {
      const id = fsBinding.readInput(this.#fd, CHUNK, (result) => this.#onRead(result));
      if (id < 0) this.destroy(new UVException({ errno: id, syscall: 'read' }));
      else this.#reading = id;
    }
    this.#updateRef();
  }

  #onRead(result) {
    this.#reading = 0;
    if (this.#destroyed) return;
    if (typeof result === 'number' && result !== EBADF) {
      this.destroy(new UVException({ errno: result, syscall: 'read' }));
      return;
    }
    if (typeof result === 'number' || result.byteLength === 0) {
      this.#sawEnd = true;
      if (this.#decoder !== null) this.#push(this.#decoder.end());
    } else {
      const bytes = new FastBuffer(result);
      this.#push(this.#decoder === null ? bytes : this.#decoder.write(bytes));
    }
    this.#deliver();
    this.#readMore();
  }
}

exports.InputStream = InputStream;

/** Defines `process.stdin`, made when it is first read. */
exports.defineStdin = function defineStdin(target) {
  let stream;
  ObjectDefineProperty(target, 'stdin', {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() {
      stream ??= new InputStream(0);
      return stream;
    },
    set(value) {
      stream = value;
    },
  });
};
