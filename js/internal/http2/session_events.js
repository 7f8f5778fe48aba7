'use strict';

// What nghttp2 tells a session, made into events of sessions and streams.

const { clearTimeout, setTimeout } = require('timers');
const { SafeSet } = require('internal/primordials');
const { URL } = require('internal/url');
const { constants } = require('internal/http2_constants');
const { NGHTTP2_HCAT_PUSH_RESPONSE, NGHTTP2_HCAT_RESPONSE } = require('internal/http2/numbers');
const { toHeaderObject } = require('internal/http2/headers');
const { ClientHttp2Stream, later, onClose, onData, onEnd, onWantTrailers } = require('internal/http2/stream');
const { ServerHttp2Stream } = require('internal/http2/server_stream');
const { channels } = require('internal/http2/channels');
const {
  NghttpError, codes: { ERR_HTTP2_SESSION_ERROR, ERR_HTTP2_TOO_MANY_ORIGINS },
} = require('internal/http2/errors');
const {
  kHandle, kMaxOriginSetSize, kOrigin, kRemoteSettings, kRequestResource, kSocket, kState, kType, kUpdateTimer,
} = require('internal/http2/symbols');

const {
  NGHTTP2_FLAG_END_STREAM, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM, NGHTTP2_SESSION_SERVER,
} = constants;

/** Milliseconds that a peer has to leave, when it was told to. */
const LEAVING_TIME = 1000;

const emit = (emitter, ...args) => emitter.emit(...args);

const originOf = (url) => {
  const { origin } = new URL(url);
  return origin;
};

const endReadable = (stream) => stream.push(null);

/** Calls `fn` where the request was made, as asynchronous contexts see it. */
function inRequest(stream, fn, ...args) {
  const resource = stream[kRequestResource];
  if (resource === undefined) fn(...args);
  else resource.runInAsyncScope(fn, null, ...args);
}

/** The origins that a client's session is known to speak for. */
function originSetOf(session) {
  const state = session[kState];
  if (state.originSet === undefined) {
    const socket = session[kSocket];
    let host = socket.servername;
    if (host === null || host === false) {
      host = socket.remoteFamily === 'IPv6' ? `[${socket.remoteAddress}]` : socket.remoteAddress;
    }
    const port = socket.remotePort == null ? '' : `:${socket.remotePort}`;
    state.originSet = new SafeSet([originOf(`https://${host}${port}`)]);
  }
  return state.originSet;
}

/** Which event headers are on a stream that is known. */
function headersEvent(category, status, endOfStream) {
  if (category === NGHTTP2_HCAT_RESPONSE) {
    return !endOfStream && status >= 100 && status < 200 ? 'headers' : 'response';
  }
  if (category === NGHTTP2_HCAT_PUSH_RESPONSE) return 'push';
  if (status !== undefined && status >= 200) return 'response';
  return endOfStream ? 'trailers' : 'headers';
}

/** The owner of a `SessionHandle`, for a session. */
class SessionEvents {
  #session;

  constructor(session) {
    this.#session = session;
  }

  #streamOf(id) {
    return this.#session[kState].streams.get(id);
  }

  onHeaders(id, category, flags, list, sensitive) {
    const session = this.#session;
    const known = this.#streamOf(id);
    if (session.destroyed || (known === undefined && session.closed)) {
      session[kHandle]?.reset(id, NGHTTP2_REFUSED_STREAM);
      session[kHandle]?.abandon(id);
      return;
    }
    session[kUpdateTimer]();
    const headers = toHeaderObject(list, sensitive);
    const endOfStream = (flags & NGHTTP2_FLAG_END_STREAM) !== 0;
    const stream = known ?? this.#newStream(id, headers, endOfStream);
    stream[kState].statistics?.headers();
    if (known === undefined) {
      if (endOfStream) stream[kState].endAfterHeaders = true;
      process.nextTick(emit, session, 'stream', stream, headers, flags, list);
    } else {
      this.#onMoreHeaders(stream, category, headers, flags, list);
    }
    if (endOfStream) inRequest(stream, endReadable, stream);
  }

  #newStream(id, headers, endOfStream) {
    const session = this.#session;
    const server = session[kType] === NGHTTP2_SESSION_SERVER;
    const stream = server ? new ServerHttp2Stream(session, id, {}, headers) : new ClientHttp2Stream(session, id);
    const side = server ? channels.server : channels.client;
    if (side.created.hasSubscribers) side.created.publish({ stream, headers });
    if (side.start.hasSubscribers) side.start.publish({ stream, headers });
    if (endOfStream) stream.push(null);
    if (!server) {
      // What is pushed is not answered.
      stream.end();
    } else if (headers[':method'] === 'HEAD') {
      stream.end();
      stream[kState].headRequest = true;
    }
    return stream;
  }

  #onMoreHeaders(stream, category, headers, flags, list) {
    const status = headers[':status'];
    const event = headersEvent(category, status, (flags & NGHTTP2_FLAG_END_STREAM) !== 0);
    if (status === constants.HTTP_STATUS_MISDIRECTED_REQUEST) originSetOf(this.#session).delete(stream[kOrigin]);
    inRequest(stream, process.nextTick, emit, stream, event, headers, flags, list);
    if ((event === 'response' || event === 'push') && channels.client.finish.hasSubscribers) {
      channels.client.finish.publish({ stream, headers, flags });
    }
  }

  onData(id, chunk) {
    const stream = this.#streamOf(id);
    if (stream !== undefined) inRequest(stream, onData, stream, chunk);
  }

  onEnd(id) {
    const stream = this.#streamOf(id);
    if (stream !== undefined) inRequest(stream, onEnd, stream);
  }

  onClose(id, code) {
    const stream = this.#streamOf(id);
    if (stream === undefined) this.#session[kHandle]?.abandon(id);
    else inRequest(stream, onClose, stream, code);
  }

  onWantTrailers(id) {
    const stream = this.#streamOf(id);
    if (stream !== undefined) inRequest(stream, onWantTrailers, stream);
  }

  /** Emits on the session, where it is still there. */
  #emit(event, ...args) {
    const session = this.#session;
    if (session.destroyed) return;
    session[kUpdateTimer]();
    session.emit(event, ...args);
  }

  onSettings(settings) {
    this.#session[kRemoteSettings](settings);
    this.#emit('remoteSettings', settings);
  }

  onPing(payload) {
    this.#emit('ping', payload);
  }

  onAltsvc(stream, origin, value) {
    this.#emit('altsvc', value, origin, stream);
  }

  onOrigin(origins) {
    const session = this.#session;
    if (session.destroyed || !session.encrypted) return;
    const known = originSetOf(session);
    for (let i = 0; i < origins.length; i++) {
      if (known.size >= session[kMaxOriginSetSize]) {
        session.destroy(new ERR_HTTP2_TOO_MANY_ORIGINS(session[kMaxOriginSetSize]));
        return;
      }
      known.add(origins[i]);
    }
    this.#emit('origin', origins);
  }

  onPriority(id, parent, weight, exclusive) {
    const session = this.#session;
    if (session.destroyed) return;
    const emitter = this.#streamOf(id) ?? session;
    if (emitter.destroyed) return;
    emitter[kUpdateTimer]();
    emitter.emit('priority', id, parent, weight, exclusive);
  }

  onFrameError(id, type, code) {
    const session = this.#session;
    if (session.destroyed) return;
    const stream = this.#streamOf(id);
    const emitter = stream ?? session;
    emitter[kUpdateTimer]();
    emitter.emit('frameError', type, code, id);
    // A GOAWAY that says why may be on its way.
    later(() => {
      stream?.close(code);
      session.close();
    });
  }

  onGoaway(code, lastStreamID, data) {
    const session = this.#session;
    if (session.destroyed) return;
    session[kState].goawayCode = code;
    session[kState].goawayLastStreamID = lastStreamID;
    session.emit('goaway', code, lastStreamID, data);
    if (code === NGHTTP2_NO_ERROR) session.close();
    // The fault is not on this side.
    else session.destroy(new ERR_HTTP2_SESSION_ERROR(code), NGHTTP2_NO_ERROR);
  }

  /** nghttp2 has told the peer why it neither reads nor writes any more. Most peers leave then. */
  onGivenUp(errno) {
    const session = this.#session;
    const timer = setTimeout(() => session.destroy(new NghttpError(errno)), LEAVING_TIME).unref();
    session.once('close', () => clearTimeout(timer));
  }

  onInternalError(errno, code) {
    this.#session.destroy(new NghttpError(errno, code));
  }
}

module.exports = { SessionEvents, emit, originOf, originSetOf };
