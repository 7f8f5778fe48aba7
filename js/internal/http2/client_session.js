'use strict';

const { ArrayPrototypePush, SymbolDispose } = require('internal/primordials');
const { AsyncResource } = require('async_hooks');
const { addAbortListener } = require('internal/events/waiting');
const { AbortError, codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { deprecateProperty } = require('internal/util');
const { validateAbortSignal, validateBoolean, validateNumber } = require('internal/validators');
const { constants } = require('internal/http2_constants');
const { NGHTTP2_ERR_INVALID_ARGUMENT, NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE } = require('internal/http2/numbers');
const { assertIsObject } = require('internal/http2/check');
const { prepareRequest } = require('internal/http2/headers');
const { Http2Session } = require('internal/http2/session');
const { ClientHttp2Stream } = require('internal/http2/stream');
const { channels } = require('internal/http2/channels');
const {
  NghttpError,
  codes: {
    ERR_HTTP2_GOAWAY_SESSION,
    ERR_HTTP2_INVALID_SESSION,
    ERR_HTTP2_OUT_OF_STREAMS,
    ERR_HTTP2_STREAM_SELF_DEPENDENCY,
  },
} = require('internal/http2/errors');
const {
  kHandle, kInit, kOrigin, kPendingRequests, kRawHeaders, kRequestResource, kSentHeaders, kSession, kState,
  kUpdateTimer,
} = require('internal/http2/symbols');

const deprecateWeight = deprecateProperty(
  'weight', 'Priority signaling has been deprecated as of RFC 9113.', 'DEP0194');

/** Methods whose requests mean nothing by a body. */
const isBodiless = (method) => method === 'DELETE' || method === 'GET' || method === 'HEAD';

function checkPriority(options) {
  deprecateWeight(options);
  if (options.parent === undefined) options.parent = 0;
  else validateNumber(options.parent, 'options.parent', 0);
  for (const name of ['exclusive', 'silent']) {
    if (options[name] === undefined) options[name] = false;
    else validateBoolean(options[name], `options.${name}`);
  }
}

class ClientHttp2Session extends Http2Session {
  constructor(options, socket) {
    super(constants.NGHTTP2_SESSION_CLIENT, options, socket);
    this[kPendingRequests] = null;
  }

  request(headersParam, options) {
    // Wrong arguments are thrown; a session that has ended is the stream's error.
    let ended;
    if (this.destroyed) ended = new ERR_HTTP2_INVALID_SESSION();
    else if (this.closed) ended = new ERR_HTTP2_GOAWAY_SESSION();
    this[kUpdateTimer]();
    headersParam ??= headersParam === undefined ? {} : null;
    if (headersParam === null || typeof headersParam !== 'object') {
      throw new ERR_INVALID_ARG_TYPE('headers', ['Object', 'Array'], headersParam);
    }
    const { sent, raw, list, method, origin } = prepareRequest(headersParam, this);
    assertIsObject(options, 'options');
    options = { ...options };
    checkPriority(options);
    if (options.endStream === undefined) options.endStream = isBodiless(method);
    else validateBoolean(options.endStream, 'options.endStream');

    const stream = new ClientHttp2Stream(this);
    stream[kSentHeaders] = sent;
    stream[kRawHeaders] = raw;
    stream[kOrigin] = origin;
    const resource = new AsyncResource('PendingRequest');
    stream[kRequestResource] = resource;
    if (options.endStream) stream.end();
    if (options.waitForTrailers) stream[kState].hasTrailers = true;
    if (options.signal) abortWith(stream, options.signal);

    if (ended !== undefined) {
      process.nextTick(resource.bind(() => stream.destroy(ended)));
    } else {
      const start = resource.bind(() => startRequest(stream, list, options));
      if (this.connecting) this.#whenConnected(start);
      else start();
    }
    if (channels.client.created.hasSubscribers) {
      channels.client.created.publish({ stream, headers: stream.sentHeaders });
    }
    return stream;
  }

  /** One listener for all requests that wait. */
  #whenConnected(start) {
    if (this[kPendingRequests] !== null) {
      ArrayPrototypePush(this[kPendingRequests], start);
      return;
    }
    this[kPendingRequests] = [start];
    this.once('connect', () => {
      const waiting = this[kPendingRequests];
      for (let i = 0; i < waiting.length; i++) waiting[i]();
      this[kPendingRequests] = null;
    });
  }
}

function abortWith(stream, signal) {
  validateAbortSignal(signal, 'options.signal');
  const abort = () => stream.destroy(new AbortError(undefined, { cause: signal.reason }));
  if (signal.aborted) {
    abort();
    return;
  }
  const disposable = addAbortListener(signal, abort);
  stream.once('close', disposable[SymbolDispose]);
}

/** There is a connection: the request gets its number and goes out. */
function startRequest(stream, list, options) {
  const session = stream[kSession];
  // Destroyed while it waited.
  if (session === undefined || session.destroyed) return;
  if (session.closed) {
    stream.destroy(new ERR_HTTP2_GOAWAY_SESSION());
    return;
  }
  const id = session[kHandle].request(list, Boolean(options.endStream), Boolean(options.waitForTrailers));
  if (id < 0) {
    if (id === NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE) stream.destroy(new ERR_HTTP2_OUT_OF_STREAMS());
    else if (id === NGHTTP2_ERR_INVALID_ARGUMENT) stream.destroy(new ERR_HTTP2_STREAM_SELF_DEPENDENCY());
    else session.destroy(new NghttpError(id));
    return;
  }
  stream[kInit](id);
  if (channels.client.start.hasSubscribers) {
    channels.client.start.publish({ stream, headers: stream.sentHeaders });
  }
}

module.exports = { ClientHttp2Session };
