'use strict';

// A connection: an event emitter over an nghttp2 session (`internal/http2/handle`) and its socket.

const { ObjectDefineProperty, Proxy, SafeMap, SafeSet } = require('internal/primordials');
const EventEmitter = require('events');
const { AsyncResource } = require('async_hooks');
const { Buffer } = require('buffer');
const { customInspectSymbol: kInspect } = require('internal/util');
const { format } = require('internal/util/inspect');
const { kTimeout } = require('internal/timers');
const {
  validateBuffer, validateFunction, validateInt32, validateNumber,
} = require('internal/validators');
const { constants } = require('internal/http2_constants');
const { NGHTTP2_ERR_NOMEM } = require('internal/http2/numbers');
const { assertIsObject } = require('internal/http2/check');
const { SessionHandle } = require('internal/http2/handle');
const { SessionEvents, originSetOf } = require('internal/http2/session_events');
const { socketProxy } = require('internal/http2/session_socket');
const { settingsEntries, settingsInForce, validateSettings } = require('internal/http2/settings');
const { later } = require('internal/http2/stream');
const { setTimeout, timedOut } = require('internal/http2/timeout');
const {
  codes: {
    ERR_HTTP2_INVALID_SESSION,
    ERR_HTTP2_MAX_PENDING_SETTINGS_ACK,
    ERR_HTTP2_NO_MEM,
    ERR_HTTP2_PING_CANCEL,
    ERR_HTTP2_PING_LENGTH,
    ERR_HTTP2_SESSION_ERROR,
    ERR_HTTP2_SOCKET_BOUND,
    ERR_HTTP2_STREAM_CANCEL,
    ERR_OUT_OF_RANGE,
    ERR_SOCKET_CLOSED,
  },
} = require('internal/http2/errors');
const {
  kBoundSession, kHandle, kMaybeDestroy, kProxySocket, kRemoteSettings, kServer, kSessions, kSocket, kState,
  kStrictSingleValueFields, kType, kUpdateTimer,
} = require('internal/http2/symbols');

const http2Binding = require('internal/http2/native');

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR, NGHTTP2_SESSION_SERVER } = constants;

const emit = (emitter, ...args) => emitter.emit(...args);

class Http2Session extends EventEmitter {
  #localSettings;
  #remoteSettings;
  #encrypted;
  #alpnProtocol;

  constructor(type, options, socket) {
    super();
    if (socket[kBoundSession] !== undefined) throw new ERR_HTTP2_SOCKET_BOUND();
    socket[kBoundSession] = this;
    this[kState] = {
      ready: false,
      closed: false,
      destroyed: false,
      destroyCode: NGHTTP2_NO_ERROR,
      goawayCode: null,
      goawayLastStreamID: null,
      streams: new SafeMap(),
      // Those that have no number yet.
      pendingStreams: new SafeSet(),
      pendingAck: 0,
      writeQueueSize: 0,
      chunksSent: 0,
      originSet: undefined,
    };
    this[kType] = type;
    this[kProxySocket] = null;
    this[kSocket] = socket;
    this[kTimeout] = null;
    this[kHandle] = undefined;
    this[kStrictSingleValueFields] = options.strictSingleValueFields;

    socket.on('error', socketOnError);
    socket.on('close', socketOnClose);
    // Frames are short and nobody likes to wait for them.
    if (typeof socket.setNoDelay === 'function') socket.setNoDelay();
    if (socket.connecting || socket.secureConnecting) {
      socket.once(socket.secureConnecting ? 'secureConnect' : 'connect', () => {
        try {
          this.#start(options);
        } catch (error) {
          socket.destroy(error);
        }
      });
    } else {
      this.#start(options);
    }
  }

  #start(options) {
    const socket = this[kSocket];
    // Who waits for 'connect' looks whether it still matters.
    if (this.destroyed) {
      process.nextTick(emit, this, 'connect', this, socket);
      return;
    }
    this[kState].ready = true;
    const server = this[kType] === NGHTTP2_SESSION_SERVER;
    this[kHandle] = new SessionHandle(server, options, socket, new SessionEvents(this));
    this.#encrypted = Boolean(socket.encrypted);
    this.#alpnProtocol = this.#encrypted ? socket.alpnProtocol : 'h2c';
    // Closed before there was anything to close.
    if (this.closed) this[kHandle].setGracefulClose(() => this[kMaybeDestroy]());
    this.settings(typeof options.settings === 'object' ? options.settings : {});
    if (server && options.origins?.length > 0) this.origin(...options.origins);
    process.nextTick(emit, this, 'connect', this, socket);
  }

  get encrypted() { return this.#encrypted; }
  get alpnProtocol() { return this.#alpnProtocol; }
  get connecting() { return !this[kState].ready; }
  get closed() { return this[kState].closed; }
  get destroyed() { return this[kState].destroyed; }
  get type() { return this[kType]; }
  get goawayCode() { return this[kState].goawayCode || NGHTTP2_NO_ERROR; }
  get goawayLastStreamID() { return this[kState].goawayLastStreamID || 0; }
  get pendingSettingsAck() { return this[kState].pendingAck > 0; }

  get originSet() {
    if (!this.encrypted || this.destroyed) return undefined;
    return [...originSetOf(this)];
  }

  get socket() {
    const proxy = this[kProxySocket];
    if (proxy !== null) return proxy;
    return this[kProxySocket] = new Proxy(this, socketProxy);
  }

  get state() {
    if (this.connecting || this.destroyed) return {};
    const figures = http2Binding.sessionState(this[kHandle].number);
    return {
      effectiveLocalWindowSize: figures[0],
      effectiveRecvDataLength: figures[1],
      nextStreamID: figures[2],
      localWindowSize: figures[3],
      lastProcStreamID: figures[4],
      remoteWindowSize: figures[5],
      outboundQueueSize: figures[6],
      deflateDynamicTableSize: figures[7],
      inflateDynamicTableSize: figures[8],
    };
  }

  get localSettings() {
    if (this.#localSettings !== undefined) return this.#localSettings;
    if (this.destroyed || this.connecting) return {};
    return this.#localSettings = settingsInForce(this[kHandle], false);
  }

  get remoteSettings() {
    if (this.#remoteSettings !== undefined) return this.#remoteSettings;
    if (this.destroyed || this.connecting) return {};
    return this.#remoteSettings = settingsInForce(this[kHandle], true);
  }

  /** The other side has sent settings. */
  [kRemoteSettings](settings) {
    this.#remoteSettings = settings;
  }

  [kUpdateTimer]() {
    if (!this.destroyed) this[kTimeout]?.refresh();
  }

  setNextStreamID(id) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    validateNumber(id, 'id');
    if (id <= 0 || id > 2 ** 32 - 1) throw new ERR_OUT_OF_RANGE('id', '> 0 and <= 4294967295', id);
    this[kHandle].setNextStreamID(id);
  }

  setLocalWindowSize(windowSize) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    validateInt32(windowSize, 'windowSize', 0);
    const status = this[kHandle].setLocalWindowSize(windowSize);
    if (status === NGHTTP2_ERR_NOMEM) this.destroy(new ERR_HTTP2_NO_MEM());
  }

  ping(payload, callback) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    if (typeof payload === 'function') {
      callback = payload;
      payload = undefined;
    }
    if (payload) {
      validateBuffer(payload, 'payload');
      if (payload.byteLength !== 8) throw new ERR_HTTP2_PING_LENGTH();
    }
    validateFunction(callback, 'callback');
    const answered = (ack, duration, data) => {
      if (ack) callback(null, duration, data);
      else callback(new ERR_HTTP2_PING_CANCEL());
    };
    if (this.connecting || this.closed) {
      process.nextTick(answered, false, 0.0, payload);
      return undefined;
    }
    const resource = new AsyncResource('HTTP2PING', { requireManualDestroy: true });
    return this[kHandle].ping(payload ?? timeStamp(), (...args) => {
      resource.runInAsyncScope(answered, null, ...args);
      resource.emitDestroy();
    });
  }

  settings(settings, callback) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    assertIsObject(settings, 'settings');
    validateSettings(settings);
    if (callback) validateFunction(callback, 'callback');
    this[kState].pendingAck++;
    this.#whenConnected(() => {
      this[kUpdateTimer]();
      const entries = settingsEntries({ ...settings });
      const sent = this[kHandle].settings(entries, (ack, duration, now) => this.#settingsAnswered(now, duration, callback));
      if (!sent) this.destroy(new ERR_HTTP2_MAX_PENDING_SETTINGS_ACK());
    });
  }

  #settingsAnswered(settings, duration, callback) {
    this[kState].pendingAck--;
    this.#localSettings = settings;
    callback?.(null, settings, duration);
    this.emit('localSettings', settings);
  }

  goaway(code = NGHTTP2_NO_ERROR, lastStreamID = 0, opaqueData = undefined) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    if (opaqueData !== undefined) validateBuffer(opaqueData, 'opaqueData');
    validateNumber(code, 'code');
    validateNumber(lastStreamID, 'lastStreamID');
    this.#whenConnected(() => {
      this[kUpdateTimer]();
      this[kHandle].goaway(code, lastStreamID, opaqueData);
    });
  }

  /** Now, or once there is a connection and still a session. */
  #whenConnected(work) {
    if (this.connecting) {
      this.once('connect', () => {
        if (!this.destroyed) work();
      });
    } else {
      work();
    }
  }

  destroy(error = NGHTTP2_NO_ERROR, code = undefined) {
    if (this.destroyed) return;
    if (typeof error === 'number') {
      code = error;
      error = code === NGHTTP2_NO_ERROR ? undefined : new ERR_HTTP2_SESSION_ERROR(code);
    }
    if (code === undefined && error != null) code = NGHTTP2_INTERNAL_ERROR;
    destroySession(this, code, error);
  }

  close(callback) {
    if (this.closed || this.destroyed) return;
    this[kState].closed = true;
    if (typeof callback === 'function') this.once('close', callback);
    this.goaway();
    this[kHandle]?.setGracefulClose(() => this[kMaybeDestroy]());
    this[kMaybeDestroy]();
  }

  /** Ends the session where it is closed and has nothing left to do, or with an error. */
  [kMaybeDestroy](error) {
    if (error == null) {
      const { streams, pendingStreams } = this[kState];
      if (!this.closed || streams.size > 0 || pendingStreams.size > 0 || this[kHandle]?.hasPendingData()) return;
    }
    this.destroy(error);
  }

  [EventEmitter.captureRejectionSymbol](error, event, ...args) {
    if (event === 'stream') args[0].destroy(error);
    else this.destroy(error);
  }

  [kInspect](depth) {
    if (typeof depth === 'number' && depth < 0) return this;
    return `Http2Session ${format({
      type: this[kType],
      closed: this.closed,
      destroyed: this.destroyed,
      state: this.state,
      localSettings: this.localSettings,
      remoteSettings: this.remoteSettings,
    })}`;
  }

  _onTimeout() {
    timedOut(this, this);
  }

  ref() {
    this[kSocket]?.ref?.();
  }

  unref() {
    this[kSocket]?.unref?.();
  }
}

ObjectDefineProperty(Http2Session.prototype, 'setTimeout', {
  __proto__: null, configurable: true, enumerable: true, writable: true, value: setTimeout,
});

/** What a ping carries where the program has nothing to say. */
function timeStamp() {
  const payload = Buffer.alloc(8);
  payload.writeBigUInt64LE(process.hrtime.bigint());
  return payload;
}

function destroySession(session, code = NGHTTP2_NO_ERROR, error = undefined) {
  const state = session[kState];
  state.destroyed = true;
  state.destroyCode = code;
  session.setTimeout(0);
  require('timers').clearTimeout(session[kTimeout]);
  session.removeAllListeners('timeout');
  const socket = session[kSocket];
  const handle = session[kHandle];
  if (state.pendingStreams.size > 0 || state.streams.size > 0) {
    const cancel = new ERR_HTTP2_STREAM_CANCEL(error);
    state.pendingStreams.forEach((stream) => stream.destroy(cancel));
    state.streams.forEach((stream) => stream.destroy(error));
  }
  if (handle === undefined) finishSession(session, error);
  else handle.destroy(code, socket.destroyed, () => finishSession(session, error));
}

function finishSession(session, error) {
  const socket = session[kSocket];
  session[kProxySocket] = undefined;
  session[kSocket] = undefined;
  session[kHandle] = undefined;
  session[kServer]?.[kSessions].delete(session);
  if (socket) {
    socket[kBoundSession] = undefined;
    socket[kServer] = undefined;
  }
  if (!socket || socket.destroyed) {
    process.nextTick(emitClose, session, error);
    return;
  }
  socket.on('close', () => emitClose(session, error));
  // The end of what the other side sends must be noticed.
  socket.resume();
  socket.end(() => {
    if (!session.closed) later(() => socket.destroy(error));
  });
}

function emitClose(session, error) {
  if (error) session.emit('error', error);
  session.emit('close');
}

function socketOnError(error) {
  const session = this[kBoundSession];
  if (session === undefined) return;
  // After GOAWAY the other side may leave as it likes, which a read or a write may notice.
  const left = error.code === 'ECONNRESET' || error.code === 'EPIPE';
  if (left && session[kState].goawayCode !== null) session.destroy();
  else session.destroy(error);
}

function socketOnClose() {
  const session = this[kBoundSession];
  if (session === undefined) return;
  const error = session.connecting ? new ERR_SOCKET_CLOSED() : null;
  const { streams, pendingStreams } = session[kState];
  streams.forEach((stream) => stream.close(NGHTTP2_CANCEL));
  pendingStreams.forEach((stream) => stream.close(NGHTTP2_CANCEL));
  session.close();
  if (!session.destroyed) destroySession(session, NGHTTP2_NO_ERROR, error);
}

module.exports = { Http2Session };
