'use strict';

const {
  ArrayPrototypePush, ObjectAssign, StringPrototypeTrim,
} = require('internal/primordials');
const { Readable } = require('stream');
const { codes: { ERR_INVALID_ARG_VALUE } } = require('internal/errors');
const { validateString } = require('internal/validators');
const { getAuthority } = require('internal/http2/headers');
const { socketProxyOf } = require('internal/http2/compat_socket');
const { kProxySocket, kRequest } = require('internal/http2/symbols');

class Http2ServerRequest extends Readable {
  #stream;
  #headers;
  #rawHeaders;
  #trailers = {};
  #rawTrailers = [];
  #aborted = false;
  #closed = false;
  #didRead = false;

  constructor(stream, headers, options, rawHeaders) {
    super({ autoDestroy: false, ...options });
    this.#stream = stream;
    this.#headers = headers;
    this.#rawHeaders = rawHeaders;
    stream[kProxySocket] = null;
    stream[kRequest] = this;
    stream.on('trailers', (trailers, flags, rawTrailers) => {
      if (this.#closed) return;
      ObjectAssign(this.#trailers, trailers);
      ArrayPrototypePush(this.#rawTrailers, ...rawTrailers);
    });
    stream.on('end', () => {
      if (!this.#closed) this.push(null);
    });
    // What is wrong with a stream is not told to requests.
    stream.on('error', () => {});
    stream.on('aborted', () => {
      if (this.#closed) return;
      this.#aborted = true;
      this.emit('aborted');
    });
    stream.on('close', () => this.#onClose());
    stream.on('timeout', () => this.emit('timeout'));
    this.on('pause', () => this.#stream.pause());
    this.on('resume', () => this.#stream.resume());
  }

  #onClose() {
    if (this.#closed) return;
    this.#closed = true;
    this.push(null);
    // What nobody reads goes.
    if (!this.#didRead && !this._readableState.resumeScheduled) this.resume();
    this.#stream[kProxySocket] = null;
    this.#stream[kRequest] = undefined;
    this.emit('close');
  }

  get aborted() { return this.#aborted; }

  get complete() {
    return this.#aborted || this.readableEnded || this.#closed || this.#stream.destroyed;
  }

  get stream() { return this.#stream; }
  get headers() { return this.#headers; }
  get rawHeaders() { return this.#rawHeaders; }
  get trailers() { return this.#trailers; }
  get rawTrailers() { return this.#rawTrailers; }
  get httpVersionMajor() { return 2; }
  get httpVersionMinor() { return 0; }
  get httpVersion() { return '2.0'; }
  get socket() { return socketProxyOf(this.#stream); }
  get connection() { return this.socket; }

  _read() {
    if (this.#didRead) {
      process.nextTick(() => this.#stream.resume());
      return;
    }
    this.#didRead = true;
    this.#stream.on('data', (chunk) => {
      if (!this.#closed && !this.push(chunk)) this.#stream.pause();
    });
  }

  get method() { return this.#headers[':method']; }

  set method(method) {
    validateString(method, 'method');
    if (StringPrototypeTrim(method) === '') throw new ERR_INVALID_ARG_VALUE('method', method);
    this.#headers[':method'] = method;
  }

  get authority() { return getAuthority(this.#headers); }
  get scheme() { return this.#headers[':scheme']; }
  get url() { return this.#headers[':path']; }

  set url(url) {
    this.#headers[':path'] = url;
  }

  setTimeout(msecs, callback) {
    if (!this.#closed) this.#stream.setTimeout(msecs, callback);
    return this;
  }
}

module.exports = { Http2ServerRequest };
