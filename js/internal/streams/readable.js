'use strict';

// `stream.Readable`. Its state object has Node's names, because programs look at it.

const {
  AbortError,
  codes: {
    ERR_INVALID_ARG_TYPE, ERR_METHOD_NOT_IMPLEMENTED, ERR_OUT_OF_RANGE, ERR_STREAM_PUSH_AFTER_EOF,
    ERR_STREAM_UNSHIFT_AFTER_END_EVENT,
  },
} = require('internal/errors');
const { validateObject } = require('internal/validators');
const { Stream } = require('internal/streams/legacy');
const { construct, destroy, destroyer, errorOrDestroy, undestroy } = require('internal/streams/destroy');
const { defaultEncodingOf, highWaterMarkOf, isBuffer, toBuffer } = require('internal/streams/state');
const { addAbortSignalNoValidate } = require('internal/streams/add-abort-signal');
const { emitData, flow, kInFlow } = require('internal/streams/readable-flow');
const { pipe, unpipe } = require('internal/streams/readable-pipe');

const kPaused = Symbol('kPaused');
const MAX_HIGH_WATER_MARK = 0x40000000;

class ReadableState {
  constructor(options, stream, isDuplex) {
    options ??= {};
    this.objectMode = !!(options.objectMode || (isDuplex && options.readableObjectMode));
    this.highWaterMark = highWaterMarkOf(this, options, 'readable', isDuplex);
    this.buffer = [];
    this.bufferIndex = 0;
    this.length = 0;
    this.pipes = [];
    this.flowing = null;
    this.ended = false;
    this.endEmitted = false;
    this.reading = false;
    this.constructed = true;
    this.sync = true;
    this.needReadable = false;
    this.emittedReadable = false;
    this.readableListening = false;
    this.resumeScheduled = false;
    this.errorEmitted = false;
    this.emitClose = options.emitClose !== false;
    this.autoDestroy = options.autoDestroy !== false;
    this.destroyed = false;
    this.errored = null;
    this.closed = false;
    this.closeEmitted = false;
    this.defaultEncoding = defaultEncodingOf(options);
    this.awaitDrainWriters = null;
    this.multiAwaitDrain = false;
    this.readingMore = false;
    this.dataEmitted = false;
    this.decoder = null;
    this.encoding = null;
    this[kInFlow] = false;
    this[kPaused] = null;
    if (options.encoding) {
      const { StringDecoder } = require('string_decoder');
      this.decoder = new StringDecoder(options.encoding);
      this.encoding = options.encoding;
    }
  }

  get paused() { return this[kPaused] === true; }
  set paused(value) { this[kPaused] = !!value; }
  get pipesCount() { return this.pipes.length; }
}

function Readable(options) {
  if (!(this instanceof Readable)) return new Readable(options);
  this._events ??= { close: undefined, error: undefined, data: undefined, end: undefined, readable: undefined };
  this._readableState = new ReadableState(options, this, false);
  takeReadableOptions(this, options);
  Stream.call(this, options);
  startReadable(this);
}
Object.setPrototypeOf(Readable.prototype, Stream.prototype);
Object.setPrototypeOf(Readable, Stream);

function takeReadableOptions(stream, options) {
  if (!options) return;
  if (typeof options.read === 'function') stream._read = options.read;
  if (typeof options.destroy === 'function') stream._destroy = options.destroy;
  if (typeof options.construct === 'function') stream._construct = options.construct;
  if (options.signal) addAbortSignalNoValidate(options.signal, stream);
}

function startReadable(stream) {
  construct(stream, () => {
    if (stream._readableState.needReadable) maybeReadMore(stream, stream._readableState);
  });
}

Readable.ReadableState = ReadableState;

Readable.prototype.destroy = destroy;
Readable.prototype._undestroy = undestroy;
Readable.prototype._destroy = function(error, callback) { callback(error); };

Readable.prototype[require('events').captureRejectionSymbol ?? Symbol.for('nodejs.rejection')] = function(error) {
  this.destroy(error);
};

Readable.prototype[Symbol.asyncDispose] = async function() {
  let error;
  if (!this.destroyed) {
    error = this.readableEnded ? null : new AbortError();
    this.destroy(error);
  }
  await new Promise((resolve, reject) => {
    require('internal/streams/finished').finished(this, (failure) => {
      if (failure && failure !== error) reject(failure);
      else resolve(null);
    });
  });
};

// ---- Into the buffer.

Readable.prototype.push = function(chunk, encoding) {
  const state = this._readableState;
  // What nearly all push.
  if (isBuffer(chunk) && !state.objectMode && !state.ended && !state.destroyed && state.errored === null &&
      state.decoder === null && chunk.length > 0) {
    state.reading = false;
    addChunk(this, state, chunk, false);
    return canPushMore(state);
  }
  return add(this, chunk, encoding, false);
};

Readable.prototype.unshift = function(chunk, encoding) {
  return add(this, chunk, encoding, true);
};

function add(stream, chunk, encoding, toFront) {
  const state = stream._readableState;
  if (!state.objectMode && chunk !== null) {
    if (typeof chunk === 'string') {
      encoding ||= state.defaultEncoding;
      if (state.encoding !== encoding) {
        const { Buffer } = require('buffer');
        if (toFront && state.encoding) {
          chunk = Buffer.from(chunk, encoding).toString(state.encoding);
        } else {
          chunk = Buffer.from(chunk, encoding);
          encoding = '';
        }
      }
    } else if (ArrayBuffer.isView(chunk)) {
      chunk = toBuffer(chunk);
      encoding = '';
    } else if (chunk !== undefined) {
      errorOrDestroy(stream, new ERR_INVALID_ARG_TYPE('chunk', ['string', 'Buffer', 'TypedArray', 'DataView'], chunk));
      return false;
    }
  }
  if (chunk === null) {
    state.reading = false;
    onEnd(stream, state);
    return false;
  }
  if (!state.objectMode && (chunk === undefined || chunk.length <= 0)) {
    if (!toFront) {
      state.reading = false;
      maybeReadMore(stream, state);
    }
    return canPushMore(state);
  }
  if (toFront) {
    if (state.endEmitted) errorOrDestroy(stream, new ERR_STREAM_UNSHIFT_AFTER_END_EVENT());
    else if (state.destroyed || state.errored) return false;
    else addChunk(stream, state, chunk, true);
  } else if (state.ended) {
    errorOrDestroy(stream, new ERR_STREAM_PUSH_AFTER_EOF());
    return false;
  } else if (state.destroyed || state.errored) {
    return false;
  } else {
    state.reading = false;
    if (state.decoder && !encoding) {
      chunk = state.decoder.write(chunk);
      if (chunk.length === 0) {
        maybeReadMore(stream, state);
        return canPushMore(state);
      }
    }
    addChunk(stream, state, chunk, false);
  }
  return canPushMore(state);
}

function canPushMore(state) {
  return !state.ended && (state.length < state.highWaterMark || state.length === 0);
}

function addChunk(stream, state, chunk, toFront) {
  if (state.flowing && state.length === 0 && !state.sync && stream._events?.data !== undefined) {
    if (state.multiAwaitDrain) state.awaitDrainWriters.clear();
    else state.awaitDrainWriters = null;
    state.dataEmitted = true;
    emitData(stream, chunk);
  } else {
    state.length += state.objectMode ? 1 : chunk.length;
    if (!toFront) state.buffer.push(chunk);
    else if (state.bufferIndex > 0) state.buffer[--state.bufferIndex] = chunk;
    else state.buffer.unshift(chunk);
    if (state.needReadable) {
      // `flow` is about to take it, and a stream that flows has no listener for `readable`.
      if (state[kInFlow] && state.flowing) state.needReadable = false;
      else emitReadable(stream);
    }
  }
  maybeReadMore(stream, state);
}

Readable.prototype.isPaused = function() {
  const state = this._readableState;
  return state[kPaused] === true || state.flowing === false;
};

Readable.prototype.setEncoding = function(encoding) {
  const state = this._readableState;
  const { StringDecoder } = require('string_decoder');
  const decoder = new StringDecoder(encoding);
  state.decoder = decoder;
  state.encoding = decoder.encoding;
  let content = '';
  for (const chunk of state.buffer.slice(state.bufferIndex)) content += decoder.write(chunk);
  state.buffer = [];
  state.bufferIndex = 0;
  if (content !== '') state.buffer.push(content);
  state.length = content.length;
  return this;
};

// ---- Out of it.

function roundUp(n) {
  if (n > MAX_HIGH_WATER_MARK) throw new ERR_OUT_OF_RANGE('size', '<= 1GiB', n);
  n--;
  for (const shift of [1, 2, 4, 8, 16]) n |= n >>> shift;
  return n + 1;
}

// `read()` asks for all there is. A whole number, as NaN would make numbers of all sizes doubles.
const kAll = -1;

function howMuchToRead(n, state) {
  if ((n <= 0 && n !== kAll) || (state.length === 0 && state.ended)) return 0;
  if (state.objectMode) return 1;
  if (n === kAll) {
    return state.flowing && state.length !== 0 ? state.buffer[state.bufferIndex].length : state.length;
  }
  if (n <= state.length) return n;
  return state.ended ? state.length : 0;
}

// Less than one is nothing, what is no number is all.
function sizeOf(n) {
  if (!Number.isInteger(n)) n = Number.parseInt(n, 10);
  if (Number.isNaN(n)) return kAll;
  return n === kAll ? -2 : n;
}

function read(n) {
  n = n === undefined ? kAll : sizeOf(n);
  const state = this._readableState;
  const asked = n;
  if (n > state.highWaterMark) state.highWaterMark = roundUp(n);
  if (n !== 0) state.emittedReadable = false;
  if (n === 0 && state.needReadable &&
      ((state.highWaterMark !== 0 ? state.length >= state.highWaterMark : state.length > 0) || state.ended)) {
    if (state.length === 0 && state.ended) endReadable(this);
    else emitReadable(this);
    return null;
  }
  n = howMuchToRead(n, state);
  if (n === 0 && state.ended) {
    if (state.length === 0) endReadable(this);
    return null;
  }
  let doRead = state.needReadable || state.length === 0 || state.length - n < state.highWaterMark;
  if (state.ended || state.reading || state.destroyed || state.errored || !state.constructed) {
    doRead = false;
  } else if (doRead) {
    state.reading = true;
    state.sync = true;
    if (state.length === 0) state.needReadable = true;
    try {
      this._read(state.highWaterMark);
    } catch (error) {
      errorOrDestroy(this, error);
    }
    state.sync = false;
    // It may have been pushed at once.
    if (!state.reading) n = howMuchToRead(asked, state);
  }
  const result = n > 0 ? take(n, state) : null;
  if (result === null) {
    state.needReadable ||= state.length <= state.highWaterMark;
    n = 0;
  } else {
    state.length -= n;
    if (state.multiAwaitDrain) state.awaitDrainWriters.clear();
    else state.awaitDrainWriters = null;
  }
  if (state.length === 0) {
    if (!state.ended) state.needReadable = true;
    if (asked !== n && state.ended) endReadable(this);
  }
  if (result !== null && !state.errorEmitted && !state.closeEmitted) {
    state.dataEmitted = true;
    this.emit('data', result);
  }
  return result;
}

Readable.prototype.read = read;

// `n` bytes, characters or one object from the buffer.
function take(n, state) {
  if (state.length === 0) return null;
  const { buffer } = state;
  let index = state.bufferIndex;
  let result;
  // What nearly every stream holds. The array keeps its room for the next one.
  if (buffer.length === 1 && (state.objectMode || !n || n >= state.length)) return buffer.pop();
  if (state.objectMode) {
    result = buffer[index];
    buffer[index++] = null;
  } else if (!n || n >= state.length) {
    const rest = index === 0 ? buffer : buffer.slice(index);
    if (state.decoder) result = rest.join('');
    else if (rest.length === 1) result = rest[0];
    else result = require('buffer').Buffer.concat(rest, state.length);
    index = buffer.length;
  } else if (n < buffer[index].length) {
    result = buffer[index].slice(0, n);
    buffer[index] = buffer[index].slice(n);
  } else if (n === buffer[index].length) {
    result = buffer[index];
    buffer[index++] = null;
  } else {
    const parts = [];
    let wanted = n;
    while (wanted > 0) {
      const chunk = buffer[index];
      if (wanted < chunk.length) {
        parts.push(chunk.slice(0, wanted));
        buffer[index] = chunk.slice(wanted);
        wanted = 0;
      } else {
        parts.push(chunk);
        buffer[index++] = null;
        wanted -= chunk.length;
      }
    }
    result = state.decoder ? parts.join('') : require('buffer').Buffer.concat(parts, n);
  }
  if (index === buffer.length) {
    state.buffer = [];
    state.bufferIndex = 0;
  } else if (index > 1024) {
    buffer.splice(0, index);
    state.bufferIndex = 0;
  } else {
    state.bufferIndex = index;
  }
  return result;
}

Readable.prototype._read = function() {
  throw new ERR_METHOD_NOT_IMPLEMENTED('_read()');
};

function onEnd(stream, state) {
  if (state.ended) return;
  const { decoder } = state;
  if (decoder) {
    const chunk = decoder.end();
    if (chunk?.length > 0) {
      state.buffer.push(chunk);
      state.length += state.objectMode ? 1 : chunk.length;
    }
  }
  state.ended = true;
  if (state.sync) {
    emitReadable(stream);
  } else {
    state.needReadable = false;
    state.emittedReadable = true;
    emitReadableNow(stream);
  }
}

function emitReadable(stream) {
  const state = stream._readableState;
  state.needReadable = false;
  if (state.emittedReadable) return;
  state.emittedReadable = true;
  process.nextTick(emitReadableNow, stream);
}

function emitReadableNow(stream) {
  const state = stream._readableState;
  if (!state.destroyed && !state.errored && (state.length || state.ended)) {
    stream.emit('readable');
    state.emittedReadable = false;
  }
  state.needReadable = !state.flowing && !state.ended && state.length <= state.highWaterMark;
  flow(stream, read);
}

function maybeReadMore(stream, state) {
  if (state.readingMore || !state.constructed) return;
  state.readingMore = true;
  process.nextTick(readMore, stream, state);
}

function readMore(stream, state) {
  while (!state.reading && !state.ended &&
         (state.length < state.highWaterMark || (state.flowing && state.length === 0))) {
    const { length } = state;
    stream.read(0);
    if (length === state.length) break;
  }
  state.readingMore = false;
}

function endReadable(stream) {
  const state = stream._readableState;
  if (state.endEmitted) return;
  state.ended = true;
  process.nextTick(endReadableNow, state, stream);
}

function endReadableNow(state, stream) {
  if (state.errored || state.closeEmitted || state.endEmitted || state.length !== 0) return;
  state.endEmitted = true;
  stream.emit('end');
  if (stream.writable && stream.allowHalfOpen === false) {
    process.nextTick(() => {
      if (stream.writable && !stream.writableEnded && !stream.destroyed) stream.end();
    });
  } else if (state.autoDestroy) {
    const writable = stream._writableState;
    if (!writable || (writable.autoDestroy && (writable.finished || writable.writable === false))) stream.destroy();
  }
}

Readable.prototype.pipe = pipe;
Readable.prototype.unpipe = unpipe;

// ---- Flowing or not.

Readable.prototype.on = function(event, listener) {
  const result = Stream.prototype.on.call(this, event, listener);
  const state = this._readableState;
  if (event === 'data') {
    state.readableListening = this.listenerCount('readable') > 0;
    if (state.flowing !== false) this.resume();
  } else if (event === 'readable') {
    if (!state.endEmitted && !state.readableListening) {
      state.readableListening = state.needReadable = true;
      state.flowing = false;
      state.emittedReadable = false;
      if (state.length) emitReadable(this);
      else if (!state.reading) process.nextTick(readNext, this);
    }
  }
  return result;
};
Readable.prototype.addListener = Readable.prototype.on;

function readNext(stream) {
  stream.read(0);
}

Readable.prototype.removeListener = function(event, listener) {
  const result = Stream.prototype.removeListener.call(this, event, listener);
  if (event === 'readable') process.nextTick(updateListening, this);
  else if (event === 'data' && this.listenerCount('data') === 0) this._readableState.dataListening = false;
  return result;
};
Readable.prototype.off = Readable.prototype.removeListener;

Readable.prototype.removeAllListeners = function(event) {
  const result = Stream.prototype.removeAllListeners.apply(this, arguments);
  if (event === 'readable' || event === undefined) process.nextTick(updateListening, this);
  return result;
};

function updateListening(stream) {
  const state = stream._readableState;
  state.readableListening = stream.listenerCount('readable') > 0;
  if (state.resumeScheduled && state[kPaused] === false) state.flowing = true;
  else if (stream.listenerCount('data') > 0) stream.resume();
  else if (!state.readableListening) state.flowing = null;
}

Readable.prototype.resume = function() {
  const state = this._readableState;
  if (!state.flowing) {
    state.flowing = !state.readableListening;
    if (!state.resumeScheduled) {
      state.resumeScheduled = true;
      process.nextTick(resumeNow, this, state);
    }
  }
  state[kPaused] = false;
  return this;
};

function resumeNow(stream, state) {
  if (!state.reading) stream.read(0);
  state.resumeScheduled = false;
  stream.emit('resume');
  flow(stream, read);
  if (state.flowing && !state.reading) stream.read(0);
}

Readable.prototype.pause = function() {
  const state = this._readableState;
  if (state.flowing !== false) {
    state.flowing = false;
    this.emit('pause');
  }
  state[kPaused] = true;
  return this;
};

// Old streams, which know `data` and `end` alone.
Readable.prototype.wrap = function(stream) {
  let paused = false;
  stream.on('data', (chunk) => {
    if (!this.push(chunk) && stream.pause) {
      paused = true;
      stream.pause();
    }
  });
  stream.on('end', () => { this.push(null); });
  stream.on('error', (error) => { errorOrDestroy(this, error); });
  stream.on('close', () => { destroyer(this); });
  stream.on('destroy', () => { destroyer(this); });
  this._read = () => {
    if (paused && stream.resume) {
      paused = false;
      stream.resume();
    }
  };
  for (const name of Object.keys(stream)) {
    if (this[name] === undefined && typeof stream[name] === 'function') this[name] = stream[name].bind(stream);
  }
  return this;
};

// ---- Iterators.

Readable.prototype[Symbol.asyncIterator] = function() {
  return toIterator(this);
};

Readable.prototype.iterator = function(options) {
  if (options !== undefined) validateObject(options, 'options');
  return toIterator(this, options);
};

function toIterator(stream, options) {
  if (typeof stream.read !== 'function') stream = Readable.wrap(stream, { objectMode: true });
  const iterator = require('internal/streams/readable-iterator').iterate(stream, options);
  iterator.stream = stream;
  return iterator;
}

const accessors = {
  readable: {
    get() {
      const state = this._readableState;
      return !!state && state.readable !== false && !state.destroyed && !state.errorEmitted && !state.endEmitted;
    },
    set(value) { if (this._readableState) this._readableState.readable = !!value; },
  },
  readableDidRead: { get() { return this._readableState.dataEmitted; } },
  readableAborted: {
    get() {
      const state = this._readableState;
      return state.readable !== false && (state.destroyed || !!state.errored) && !state.endEmitted;
    },
  },
  readableHighWaterMark: { get() { return this._readableState.highWaterMark; } },
  readableBuffer: { get() { return this._readableState?.buffer; } },
  readableFlowing: {
    get() { return this._readableState.flowing; },
    set(value) { if (this._readableState) this._readableState.flowing = value; },
  },
  readableLength: { get() { return this._readableState.length; } },
  readableObjectMode: { get() { return this._readableState ? this._readableState.objectMode : false; } },
  readableEncoding: { get() { return this._readableState ? this._readableState.encoding : null; } },
  errored: { get() { return this._readableState ? this._readableState.errored : null; } },
  closed: { get() { return this._readableState ? this._readableState.closed : false; } },
  destroyed: {
    get() { return this._readableState ? this._readableState.destroyed : false; },
    set(value) { if (this._readableState) this._readableState.destroyed = value; },
  },
  readableEnded: { get() { return this._readableState ? this._readableState.endEmitted : false; } },
};
for (const name of Object.keys(accessors)) {
  Object.defineProperty(Readable.prototype, name, { __proto__: null, enumerable: false, configurable: true, ...accessors[name] });
}

Readable._fromList = take;

Readable.from = (iterable, options) => require('internal/streams/from').from(Readable, iterable, options);
Readable.fromWeb = (readableStream, options) => (
  require('internal/webstreams/from_web').newStreamReadableFromReadableStream(readableStream, options));
Readable.toWeb = (streamReadable, options) => (
  require('internal/webstreams/to_web').newReadableStreamFromStreamReadable(streamReadable, options));
Readable.wrap = function(stream, options) {
  return new Readable({
    objectMode: stream.readableObjectMode ?? stream.objectMode ?? true,
    ...options,
    destroy(error, callback) {
      destroyer(stream, error);
      callback(error);
    },
  }).wrap(stream);
};

module.exports = { Readable, ReadableState, startReadable, takeReadableOptions };
