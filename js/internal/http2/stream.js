'use strict';

// One exchange of a session: a Duplex over a stream of nghttp2's.

const {
  ArrayPrototypeMap, ArrayPrototypePush, ObjectAssign, ObjectDefineProperty,
} = require('internal/primordials');
const { Duplex } = require('stream');
const { Buffer } = require('buffer');
const { AbortError, aggregateTwoErrors } = require('internal/errors');
const { customInspectSymbol: kInspect, deprecate } = require('internal/util');
const { validateFunction, validateInteger } = require('internal/validators');
const { format } = require('internal/util/inspect');
const { kTimeout } = require('internal/timers');
const { constants } = require('internal/http2_constants');
const { errorNames } = require('internal/http2/numbers');
const { assertIsObject } = require('internal/http2/check');
const { assertValidPseudoHeaderTrailer, headerList, rawToObject } = require('internal/http2/headers');
const { setTimeout, timedOut } = require('internal/http2/timeout');
const { channels } = require('internal/http2/channels');
const {
  NghttpError,
  codes: {
    ERR_HTTP2_INVALID_STREAM,
    ERR_HTTP2_STREAM_ERROR,
    ERR_HTTP2_TRAILERS_ALREADY_SENT,
    ERR_HTTP2_TRAILERS_NOT_READY,
  },
} = require('internal/http2/errors');
const {
  kHandle, kId, kInfoHeaders, kInit, kMaybeDestroy, kProceed, kProxySocket, kRawHeaders, kRequest, kSentHeaders,
  kSentTrailers, kSession, kState, kStrictSingleValueFields, kType, kUpdateTimer,
} = require('internal/http2/symbols');

const http2Binding = require('internal/http2/native');

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR, NGHTTP2_SESSION_CLIENT } = constants;

// How a stream that closes tells the other side: not at all, when all was written, at once.
const NO_RST = 0;
const RST_AFTER_WRITES = 1;
const RST_NOW = 2;

const later = (callback, ...args) => require('timers').setImmediate(callback, ...args);

const isClient = (stream) => stream[kSession][kType] === NGHTTP2_SESSION_CLIENT;

function toBytes(chunk, encoding) {
  if (typeof chunk === 'string') return Buffer.from(chunk, encoding === 'buffer' ? 'utf8' : encoding);
  return chunk;
}

class Http2Stream extends Duplex {
  constructor(session, options) {
    super({ ...options, allowHalfOpen: true, decodeStrings: false, autoDestroy: false });
    // What is written waits until there is a number for the stream.
    this.cork();
    this[kSession] = session;
    session[kState].pendingStreams.add(this);
    // So that the first read is not taken for one that something else has asked for.
    this._readableState.readingMore = true;
    this[kTimeout] = null;
    this[kState] = {
      ready: false,
      closed: false,
      headersSent: false,
      headRequest: false,
      aborted: false,
      // Trailers are still to be sent.
      hasTrailers: false,
      trailersReady: false,
      didRead: false,
      // Whether data that comes is wanted, and bytes that came while it was not.
      reading: false,
      unconsumed: 0,
      rstCode: NGHTTP2_NO_ERROR,
      endAfterHeaders: false,
      writeQueueSize: 0,
      chunksSent: 0,
      // The write in progress, and what it still waits for.
      writeCallback: null,
      writePending: 0,
      writeError: null,
      endError: null,
      shutdownWritableCalled: false,
      statistics: undefined,
    };
    // The compatibility layer's.
    this[kRequest] = null;
    this[kProxySocket] = null;
    this.on('pause', stopReading);
  }

  /** The stream has its number now. */
  [kInit](id) {
    const session = this[kSession];
    this[kState].ready = true;
    session[kState].pendingStreams.delete(this);
    session[kState].streams.set(id, this);
    this[kId] = id;
    this[kHandle] = session[kHandle];
    this[kState].statistics = this[kHandle].statistics?.streamBegan(id);
    this.uncork();
    this.emit('ready');
  }

  [kUpdateTimer]() {
    if (this.destroyed) return;
    this[kTimeout]?.refresh();
    this[kSession]?.[kUpdateTimer]();
  }

  [kInspect](depth) {
    if (typeof depth === 'number' && depth < 0) return this;
    return `Http2Stream ${format({
      id: this[kId] || '<pending>',
      closed: this.closed,
      destroyed: this.destroyed,
      state: this.state,
      readableState: this._readableState,
      writableState: this._writableState,
    })}`;
  }

  get bufferSize() { return this[kState].writeQueueSize + this.writableLength; }
  get endAfterHeaders() { return this[kState].endAfterHeaders; }
  get sentTrailers() { return this[kSentTrailers]; }
  get sentInfoHeaders() { return this[kInfoHeaders]; }
  get pending() { return this[kId] === undefined; }
  get id() { return this[kId]; }
  get session() { return this[kSession]; }
  get headersSent() { return this[kState].headersSent; }
  get aborted() { return this[kState].aborted; }
  get headRequest() { return this[kState].headRequest; }
  get rstCode() { return this[kState].rstCode; }
  get closed() { return this[kState].closed; }

  get sentHeaders() {
    if (this[kSentHeaders] === undefined && this[kRawHeaders] !== undefined) {
      this[kSentHeaders] = rawToObject(this[kRawHeaders]);
    }
    return this[kSentHeaders];
  }

  get state() {
    const id = this[kId];
    if (this.destroyed || id === undefined) return {};
    const figures = http2Binding.streamState(this[kHandle].number, id) ?? [];
    return {
      state: figures[0],
      weight: figures[1],
      sumDependencyWeight: figures[2],
      localClose: figures[3],
      remoteClose: figures[4],
      localWindowSize: figures[5],
    };
  }

  _onTimeout() {
    timedOut(this, this[kSession]);
  }

  // Reading.

  _read() {
    if (this.destroyed) {
      this.push(null);
      return;
    }
    if (!this[kState].didRead) {
      this._readableState.readingMore = false;
      this[kState].didRead = true;
    }
    if (this.pending) this.once('ready', startReading);
    else startReading.call(this);
  }

  // Writing.

  _write(data, encoding, callback) {
    this.#writeAny(false, data, encoding, callback);
  }

  _writev(data, callback) {
    this.#writeAny(true, data, '', callback);
  }

  #writeAny(writev, data, encoding, callback) {
    // Only where somebody has uncorked the stream.
    if (this.pending) {
      this.once('ready', () => this.#writeAny(writev, data, encoding, callback));
      return;
    }
    if (this.destroyed) return;
    this[kUpdateTimer]();
    if (!this.headersSent) this[kProceed]();
    if (this.destroyed) return;
    const state = this[kState];
    state.writeCallback = callback;
    state.writeError = null;
    state.endError = null;
    state.writePending = 1;
    if (!state.hasTrailers) {
      // The last data frame can say that it is the last.
      state.writePending = 2;
      process.nextTick(endWithLastChunk, this);
    }
    const chunks = writev ?
      ArrayPrototypeMap(data, (entry) => toBytes(entry.chunk, entry.encoding)) : [toBytes(data, encoding)];
    // As in Node: who is told of writes gets bytes alone, where there is nothing else.
    if (writev && data.allBuffers) data = chunks;
    let size = 0;
    for (let i = 0; i < chunks.length; i++) size += chunks[i].byteLength;
    const session = this[kSession];
    state.writeQueueSize += size;
    session[kState].writeQueueSize += size;
    const { chunksSent } = this[kHandle];
    state.chunksSent = chunksSent;
    session[kState].chunksSent = chunksSent;
    this[kHandle].write(this[kId], chunks, (error) => {
      // Destroyed meanwhile, it has settled its accounts.
      if (this[kSession] === undefined) return;
      state.statistics?.written(size);
      state.writeQueueSize -= size;
      session[kState].writeQueueSize -= size;
      state.writeError = error;
      finishWrite(this);
    });
    if (isClient(this) && channels.client.bodyChunkSent.hasSubscribers) {
      channels.client.bodyChunkSent.publish({ stream: this, writev, data, encoding });
    }
  }

  _final(callback) {
    if (this.pending) {
      this.once('ready', () => this._final(callback));
      return;
    }
    shutdownWritable(this, callback);
    if (this[kSession] !== undefined && isClient(this) && channels.client.bodySent.hasSubscribers) {
      channels.client.bodySent.publish({ stream: this });
    }
  }

  sendTrailers(headers) {
    if (this.destroyed || this.closed) throw new ERR_HTTP2_INVALID_STREAM();
    if (this[kSentTrailers]) throw new ERR_HTTP2_TRAILERS_ALREADY_SENT();
    if (!this[kState].trailersReady) throw new ERR_HTTP2_TRAILERS_NOT_READY();
    assertIsObject(headers, 'headers');
    headers = ObjectAssign({ __proto__: null }, headers);
    this[kUpdateTimer]();
    const strict = this[kSession][kStrictSingleValueFields];
    const list = headerList(headers, assertValidPseudoHeaderTrailer, strict);
    this[kSentTrailers] = headers;
    later(submitTrailers, this, list);
  }

  // The end.

  close(code = NGHTTP2_NO_ERROR, callback = undefined) {
    validateInteger(code, 'code', 0, 2 ** 32 - 1);
    if (callback !== undefined) validateFunction(callback, 'callback');
    if (this.closed) return;
    if (callback !== undefined) this.once('close', callback);
    closeStream(this, code);
  }

  _destroy(error, callback) {
    const session = this[kSession];
    const handle = this[kHandle];
    const state = this[kState];
    const sessionState = session[kState];
    const sessionCode = sessionState.goawayCode || sessionState.destroyCode;
    // A stream that was closed well has nothing to report of a session that was not.
    let code = this.closed ? this.rstCode : sessionCode;
    if (error != null) {
      if (sessionCode) code = sessionCode;
      else code = error instanceof AbortError ? NGHTTP2_CANCEL : NGHTTP2_INTERNAL_ERROR;
    }
    if (!this.closed) closeStream(this, code, handle === undefined ? NO_RST : RST_NOW);
    this.push(null);
    if (handle === undefined) {
      sessionState.pendingStreams.delete(this);
    } else {
      handle.abandon(this[kId]);
      sessionState.streams.delete(this[kId]);
    }
    sessionState.writeQueueSize -= state.writeQueueSize;
    state.writeQueueSize = 0;
    state.statistics?.end();
    // Cancelling is no error: 'aborted' tells of it.
    if (error == null && code !== NGHTTP2_NO_ERROR && code !== NGHTTP2_CANCEL) {
      error = new ERR_HTTP2_STREAM_ERROR(errorNames[code] || code);
    }
    const side = isClient(this) ? channels.client : channels.server;
    this[kSession] = undefined;
    this[kHandle] = undefined;
    // A session that waits for its last stream can go.
    later(() => session[kMaybeDestroy]());
    if (error && side.error.hasSubscribers) side.error.publish({ stream: this, error });
    // nghttp2 will not tell of a write any more.
    const { writeCallback } = state;
    if (writeCallback !== null) {
      state.writeCallback = null;
      state.writePending = 0;
      writeCallback(error);
    }
    callback(error);
  }

  /** Ends the stream if both sides are through. */
  [kMaybeDestroy](code = NGHTTP2_NO_ERROR) {
    if (code !== NGHTTP2_NO_ERROR) {
      this.destroy();
      return;
    }
    if (!this.writableFinished) return;
    if (!this.readable && this.closed) {
      this.destroy();
      return;
    }
    // A server that has answered and never looked at what comes is through, too.
    const state = this[kState];
    if (this.headersSent && this[kSession] && !isClient(this) && !state.hasTrailers && !state.didRead &&
        this.readableFlowing === null) {
      // Streams that it pushes go first.
      later(() => this.close());
    }
  }
}

Http2Stream.prototype.priority = deprecate(function priority(options) {
  if (this.destroyed) throw new ERR_HTTP2_INVALID_STREAM();
}, 'http2Stream.priority is longer supported after priority signalling was deprecated in RFC 9113', 'DEP0194');

ObjectDefineProperty(Http2Stream.prototype, 'setTimeout', {
  __proto__: null, configurable: true, enumerable: true, writable: true, value: setTimeout,
});

function startReading() {
  if (this.destroyed) return;
  const state = this[kState];
  state.reading = true;
  consumeAll(this);
}

function stopReading() {
  this[kState].reading = false;
}

function consumeAll(stream) {
  const state = stream[kState];
  const { unconsumed } = state;
  state.unconsumed = 0;
  stream[kHandle].consume(stream[kId], unconsumed);
}

/** Data has come. */
function onData(stream, chunk) {
  if (stream.destroyed) return;
  stream[kUpdateTimer]();
  const state = stream[kState];
  state.statistics?.read(chunk.length);
  state.unconsumed += chunk.length;
  if (!stream.push(chunk)) state.reading = false;
  else if (state.reading && !stream.destroyed) consumeAll(stream);
}

/** No more data comes. */
function onEnd(stream) {
  if (stream.destroyed) return;
  if (stream._readableState.endEmitted) {
    stream[kMaybeDestroy]();
    return;
  }
  stream.on('end', stream[kMaybeDestroy]);
  stream.push(null);
  stream.read(0);
}

/** nghttp2 has closed the stream. */
function onClose(stream, code) {
  if (stream.destroyed) return;
  if (!stream.closed) closeStream(stream, code, NO_RST);
  if (stream.destroyed) return;
  if (!stream.readable || code !== NGHTTP2_NO_ERROR) {
    stream.destroy();
    return;
  }
  // What came is still read.
  stream.on('end', stream[kMaybeDestroy]);
  stream.push(null);
  // Unless nobody has shown that he wants to.
  if (!isClient(stream) && !stream[kState].didRead && stream.readableFlowing === null) stream.resume();
  else stream.read(0);
}

/** All data is sent, and trailers may be. */
function onWantTrailers(stream) {
  stream[kState].trailersReady = true;
  if (stream.destroyed || stream.closed) return;
  // An empty frame, if nobody has any.
  if (!stream.emit('wantTrailers')) stream.sendTrailers({});
}

function submitTrailers(stream, list) {
  if (stream.destroyed) return;
  stream[kState].hasTrailers = false;
  const status = stream[kHandle].sendTrailers(stream[kId], list);
  if (status < 0) stream.destroy(new NghttpError(status));
  else stream[kMaybeDestroy]();
}

function shutdownWritable(stream, callback) {
  const handle = stream[kHandle];
  const state = stream[kState];
  if (handle === undefined || state.shutdownWritableCalled) {
    callback();
    return;
  }
  state.shutdownWritableCalled = true;
  handle.end(stream[kId]);
  stream.on('finish', () => stream[kMaybeDestroy]());
  callback();
}

/** Where the chunk that is being written is the last, says so before it is sent. */
function endWithLastChunk(stream) {
  const state = stream[kState];
  const { ending, buffered } = stream._writableState;
  if (state.writeError || !ending || buffered.length !== 0 || state.hasTrailers) {
    finishWrite(stream);
    return;
  }
  shutdownWritable(stream, (error) => {
    state.endError = error;
    finishWrite(stream);
  });
}

/** One of the two things that a write waits for is done. */
function finishWrite(stream) {
  const state = stream[kState];
  if (--state.writePending !== 0) return;
  const callback = state.writeCallback;
  state.writeCallback = null;
  const error = aggregateTwoErrors(state.endError, state.writeError);
  state.writeError = null;
  state.endError = null;
  if (error) stream.destroy(error);
  callback?.(error);
}

function closeStream(stream, code, how = RST_AFTER_WRITES) {
  const state = stream[kState];
  const side = isClient(stream) ? channels.client : channels.server;
  state.closed = true;
  state.rstCode = code;
  stream.setTimeout(0);
  stream.removeAllListeners('timeout');
  const { ending } = stream._writableState;
  if (!ending) {
    if (!stream.aborted) {
      state.aborted = true;
      stream.emit('aborted');
    }
    stream.end();
  }
  if (how !== NO_RST) {
    if (!ending || stream.writableFinished || code !== NGHTTP2_NO_ERROR || how === RST_NOW) {
      resetStream(stream, code);
    } else {
      stream.once('finish', () => resetStream(stream, code));
    }
  }
  if (side.close.hasSubscribers) side.close.publish({ stream });
}

function resetStream(stream, code) {
  if (stream.pending) {
    stream.push(null);
    stream.once('ready', () => stream[kHandle]?.reset(stream[kId], code));
    return;
  }
  stream[kHandle]?.reset(stream[kId], code);
}

/** The other side of a request. */
class ClientHttp2Stream extends Http2Stream {
  constructor(session, id) {
    super(session, {});
    this[kState].headersSent = true;
    if (id !== undefined) this[kInit](id);
    this.on('headers', (headers) => {
      if (headers[':status'] === constants.HTTP_STATUS_CONTINUE) this.emit('continue');
    });
  }
}

/** Informational headers that were sent are kept in a list. */
function keepInfoHeaders(stream, headers) {
  stream[kInfoHeaders] ??= [];
  ArrayPrototypePush(stream[kInfoHeaders], headers);
}

module.exports = { ClientHttp2Stream, Http2Stream, keepInfoHeaders, later, onClose, onData, onEnd, onWantTrailers };
