'use strict';

const { ArrayPrototypeUnshift, FunctionPrototypeBind, ReflectApply, SafeSet, SymbolAsyncDispose } =
  require('internal/primordials');
const EventEmitter = require('events');
const net = require('net');
const { promisify } = require('internal/util');
const { validateFunction } = require('internal/validators');
const { assertIsObject } = require('internal/http2/check');
const { serverOptions } = require('internal/http2/options');
const { ServerHttp2Session } = require('internal/http2/server_session');
const { validateSettings } = require('internal/http2/settings');
const { kOptions, kServer, kSessions } = require('internal/http2/symbols');

class Http2Server extends net.Server {
  constructor(options, requestListener) {
    options = serverOptions(options);
    super(options, onConnection);
    this[kOptions] = options;
    this[kSessions] = new SafeSet();
    this.timeout = 0;
    this.on('newListener', startCompat);
    if (typeof requestListener === 'function') this.on('request', requestListener);
  }

  setTimeout(msecs, callback) {
    this.timeout = msecs;
    if (callback !== undefined) {
      validateFunction(callback, 'callback');
      this.on('timeout', callback);
    }
    return this;
  }

  updateSettings(settings) {
    assertIsObject(settings, 'settings');
    validateSettings(settings);
    this[kOptions].settings = { ...this[kOptions].settings, ...settings };
  }

  close(callback) {
    super.close(callback);
    this[kSessions].forEach((session) => session.close());
  }

  async [SymbolAsyncDispose]() {
    await promisify(super.close).call(this);
  }

  [EventEmitter.captureRejectionSymbol](error, event, ...args) {
    if (event === 'stream') {
      const { 0: stream } = args;
      if (stream.sentHeaders) {
        stream.destroy(error);
      } else {
        stream.respond({ ':status': 500 });
        stream.end();
      }
    } else if (event === 'request') {
      const { 1: response } = args;
      if (response.headersSent || response.finished) {
        response.destroy();
        return;
      }
      // Not the headers of an answer that will not come.
      const names = response.getHeaderNames();
      for (let i = 0; i < names.length; i++) response.removeHeader(names[i]);
      response.statusCode = 500;
      response.end(require('internal/http_names').STATUS_CODES[500]);
    } else {
      ArrayPrototypeUnshift(args, error, event);
      ReflectApply(net.Server.prototype[EventEmitter.captureRejectionSymbol], this, args);
    }
  }
}

/** With the first listener of 'request', streams become requests and responses. */
function startCompat(event) {
  if (event !== 'request') return;
  this.removeListener('newListener', startCompat);
  const { onServerStream } = require('internal/http2/compat');
  const { Http2ServerRequest, Http2ServerResponse } = this[kOptions];
  this.on('stream', FunctionPrototypeBind(onServerStream, this, Http2ServerRequest, Http2ServerResponse));
}

function onConnection(socket) {
  const session = new ServerHttp2Session(this[kOptions], socket, this);
  session.on('stream', (...args) => this.emit('stream', ...args));
  session.on('error', (error) => this.emit('sessionError', error, session));
  session.on('priority', (...args) => this.emit('priority', ...args));
  if (this.timeout) {
    session.setTimeout(this.timeout, () => {
      if (session.destroyed || session.closed) return;
      if (!this.emit('timeout', session)) session.destroy();
    });
  }
  socket[kServer] = this;
  this.emit('session', session);
}

function createServer(options, listener) {
  if (typeof options === 'function') {
    listener = options;
    options = {};
  }
  return new Http2Server(options, listener);
}

function performServerHandshake(socket, options = {}) {
  return new ServerHttp2Session(serverOptions(options), socket, undefined);
}

module.exports = { Http2Server, createServer, performServerHandshake };
