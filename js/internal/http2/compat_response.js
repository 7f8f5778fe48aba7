'use strict';

const {
  ArrayIsArray, ArrayPrototypePush, Boolean, ObjectHasOwn, ObjectKeys, StringPrototypeIncludes,
  StringPrototypeToLowerCase, StringPrototypeTrim,
} = require('internal/primordials');
const Stream = require('stream');
const { hideStackFrames } = require('internal/errors');
const {
  validateFunction, validateLinkHeaderValue, validateObject, validateString,
} = require('internal/validators');
const { assertValidPseudoHeader, isHttpToken } = require('internal/http2/headers');
const { socketProxyOf } = require('internal/http2/compat_socket');
const {
  codes: {
    ERR_HTTP2_HEADERS_SENT,
    ERR_HTTP2_INFO_STATUS_NOT_ALLOWED,
    ERR_HTTP2_INVALID_HEADER_VALUE,
    ERR_HTTP2_INVALID_STREAM,
    ERR_HTTP2_PSEUDOHEADER_NOT_ALLOWED,
    ERR_HTTP2_STATUS_INVALID,
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_HTTP_TOKEN,
    ERR_STREAM_WRITE_AFTER_END,
  },
} = require('internal/http2/errors');
const { kProxySocket, kRequest } = require('internal/http2/symbols');

const warned = { __proto__: null };

function warnOnce(message) {
  if (warned[message]) return;
  warned[message] = true;
  process.emitWarning(message, 'UnsupportedWarning');
}

const warnOfStatusMessage = () => {
  warnOnce('Status message is not supported by HTTP/2 (RFC7540 8.1.2.4)');
};

function isPseudoHeader(name) {
  return name === ':status' || name === ':method' || name === ':path' || name === ':authority' || name === ':scheme';
}

const isConnectionHeaderAllowed = (name, value) => name !== 'connection' || value === 'trailers';

const assertValidHeader = hideStackFrames((name, value) => {
  if (name === '' || typeof name !== 'string' || StringPrototypeIncludes(name, ' ')) {
    throw new ERR_INVALID_HTTP_TOKEN('Header name', name);
  }
  if (isPseudoHeader(name)) throw new ERR_HTTP2_PSEUDOHEADER_NOT_ALLOWED();
  if (value === undefined || value === null) throw new ERR_HTTP2_INVALID_HEADER_VALUE(value, name);
  if (!isConnectionHeaderAllowed(name, value)) {
    warnOnce('The provided connection header is not valid, the value will be dropped from the header and ' +
      'will never be in use.');
  }
});

const normalized = (name) => StringPrototypeToLowerCase(StringPrototypeTrim(name));

class Http2ServerResponse extends Stream {
  #stream;
  #headers = { __proto__: null };
  #trailers = { __proto__: null };
  #closed = false;
  #ending = false;
  #destroyed = false;
  #headRequest = false;
  #sendDate = true;
  #statusCode = 200;
  #onWantTrailers = () => this.#stream.sendTrailers(this.#trailers);

  constructor(stream, options) {
    super(options);
    this.#stream = stream;
    stream[kProxySocket] = null;
    this.writable = true;
    this.req = stream[kRequest];
    stream.on('drain', () => {
      if (!this.#closed) this.emit('drain');
    });
    stream.on('close', () => this.#onClose());
    stream.on('wantTrailers', this.#onWantTrailers);
    stream.on('timeout', () => this.emit('timeout'));
  }

  #onClose() {
    if (this.#closed || this.#stream.headRequest !== this.#headRequest) return;
    this.#closed = true;
    this.#stream[kProxySocket] = null;
    this.#stream.removeListener('wantTrailers', this.#onWantTrailers);
    this.emit('finish');
    this.emit('close');
  }

  // Some packages look whether headers were sent by this.
  get _header() { return this.headersSent; }
  get writableEnded() { return this.#ending; }
  get finished() { return this.#ending; }
  get socket() { return this.#closed ? undefined : socketProxyOf(this.#stream); }
  get connection() { return this.socket; }
  get stream() { return this.#stream; }
  get headersSent() { return this.#stream.headersSent; }
  get sendDate() { return this.#sendDate; }

  set sendDate(on) {
    this.#sendDate = Boolean(on);
  }

  get writableCorked() { return this.#stream.writableCorked; }
  get writableHighWaterMark() { return this.#stream.writableHighWaterMark; }
  get writableObjectMode() { return this.#stream.writableObjectMode; }
  get writableFinished() { return this.#stream.writableFinished; }
  get writableLength() { return this.#stream.writableLength; }
  get writableNeedDrain() { return this.#stream.writableNeedDrain; }
  get statusCode() { return this.#statusCode; }

  set statusCode(code) {
    code |= 0;
    if (code >= 100 && code < 200) throw new ERR_HTTP2_INFO_STATUS_NOT_ALLOWED();
    if (code < 100 || code > 599) throw new ERR_HTTP2_STATUS_INVALID(code);
    this.#statusCode = code;
  }

  get statusMessage() {
    warnOfStatusMessage();
    return '';
  }

  set statusMessage(message) {
    warnOfStatusMessage();
  }

  // Headers.

  setTrailer(name, value) {
    validateString(name, 'name');
    name = normalized(name);
    assertValidHeader(name, value);
    this.#trailers[name] = value;
  }

  addTrailers(headers) {
    const names = ObjectKeys(headers);
    for (let i = 0; i < names.length; i++) this.setTrailer(names[i], headers[names[i]]);
  }

  getHeader(name) {
    validateString(name, 'name');
    return this.#headers[normalized(name)];
  }

  getHeaderNames() {
    return ObjectKeys(this.#headers);
  }

  getHeaders() {
    return { __proto__: null, ...this.#headers };
  }

  hasHeader(name) {
    validateString(name, 'name');
    return ObjectHasOwn(this.#headers, normalized(name));
  }

  removeHeader(name) {
    validateString(name, 'name');
    if (this.headersSent) throw new ERR_HTTP2_HEADERS_SENT();
    name = normalized(name);
    if (name === 'date') this.#sendDate = false;
    else delete this.#headers[name];
  }

  setHeader(name, value) {
    validateString(name, 'name');
    if (this.headersSent) throw new ERR_HTTP2_HEADERS_SENT();
    name = this.#checkedName(name, value);
    if (name !== undefined) this.#headers[name] = value;
  }

  appendHeader(name, value) {
    validateString(name, 'name');
    if (this.headersSent) throw new ERR_HTTP2_HEADERS_SENT();
    this.#append(name, value);
  }

  /** The name as it is sent, or undefined for what is not. */
  #checkedName(name, value) {
    name = normalized(name);
    assertValidHeader(name, value);
    if (!isConnectionHeaderAllowed(name, value)) return undefined;
    if (name[0] === ':') assertValidPseudoHeader(name);
    else if (!isHttpToken(name)) this.destroy(new ERR_INVALID_HTTP_TOKEN('Header name', name));
    return name;
  }

  #append(given, value) {
    const name = this.#checkedName(given, value);
    if (name === undefined) return;
    const before = this.#headers[name];
    if (!before) {
      this.#headers[name] = value;
      return;
    }
    const values = ArrayIsArray(before) ? before : [before];
    if (ArrayIsArray(value)) ArrayPrototypePush(values, ...value);
    else ArrayPrototypePush(values, value);
    this.#headers[name] = values;
  }

  /** `[name, value, ...]` or `[[name, value], ...]`: these take the place of what was set before. */
  #setList(list) {
    const pairs = [];
    if (ArrayIsArray(list[0])) {
      for (let i = 0; i < list.length; i++) ArrayPrototypePush(pairs, list[i][0], list[i][1]);
    } else {
      ArrayPrototypePush(pairs, ...list);
    }
    for (let i = 0; i < pairs.length; i += 2) this.removeHeader(pairs[i]);
    if (pairs.length % 2 !== 0) throw new ERR_INVALID_ARG_VALUE('headers', list);
    for (let i = 0; i < pairs.length; i += 2) this.#append(pairs[i], pairs[i + 1]);
  }

  flushHeaders() {
    if (!this.#closed && !this.headersSent) this.writeHead(this.#statusCode);
  }

  writeHead(statusCode, statusMessage, headers) {
    if (this.#closed || this.#stream.destroyed || this.#stream.closed) return this;
    if (this.headersSent) throw new ERR_HTTP2_HEADERS_SENT();
    if (typeof statusMessage === 'string') warnOfStatusMessage();
    if (headers === undefined && typeof statusMessage === 'object') headers = statusMessage;
    if (ArrayIsArray(headers)) {
      this.#setList(headers);
    } else if (typeof headers === 'object' && headers !== null) {
      const names = ObjectKeys(headers);
      for (let i = 0; i < names.length; i++) {
        const name = this.#checkedName(names[i], headers[names[i]]);
        if (name !== undefined) this.#headers[name] = headers[names[i]];
      }
    }
    this.#statusCode = statusCode;
    this.#headers[':status'] = statusCode;
    this.#stream.respond(this.#headers, {
      endStream: this.#ending, waitForTrailers: true, sendDate: this.#sendDate,
    });
    return this;
  }

  writeInformation(statusCode, headers) {
    if (typeof statusCode !== 'number' || statusCode < 100 || statusCode > 199 || statusCode === 101) {
      throw new ERR_HTTP2_STATUS_INVALID(statusCode);
    }
    if (this.headersSent || this.#closed) return false;
    if (headers !== undefined && headers !== null) validateObject(headers, 'headers');
    this.#stream.additionalHeaders({ __proto__: null, ...headers, ':status': statusCode });
    return true;
  }

  writeContinue() {
    return this.writeInformation(100);
  }

  writeEarlyHints(hints) {
    validateObject(hints, 'hints');
    const headers = { __proto__: null };
    const link = validateLinkHeaderValue(hints.link);
    const names = ObjectKeys(hints);
    for (let i = 0; i < names.length; i++) {
      if (names[i] === 'link') continue;
      const name = normalized(names[i]);
      assertValidHeader(name, hints[names[i]]);
      if (!isHttpToken(name)) throw new ERR_INVALID_HTTP_TOKEN('Header name', name);
      headers[name] = hints[names[i]];
    }
    if (link.length === 0) return false;
    headers.Link = link;
    return this.writeInformation(103, headers);
  }

  // The body.

  cork() {
    this.#stream.cork();
  }

  uncork() {
    this.#stream.uncork();
  }

  write(chunk, encoding, callback) {
    if (typeof encoding === 'function') {
      callback = encoding;
      encoding = 'utf8';
    }
    let error;
    if (this.#ending) error = new ERR_STREAM_WRITE_AFTER_END();
    else if (this.#closed) error = new ERR_HTTP2_INVALID_STREAM();
    else if (this.#destroyed) return false;
    if (error) {
      if (typeof callback === 'function') process.nextTick(callback, error);
      this.destroy(error);
      return false;
    }
    if (!this.headersSent) this.writeHead(this.#statusCode);
    return this.#stream.write(chunk, encoding, callback);
  }

  end(chunk, encoding, callback) {
    const stream = this.#stream;
    if (typeof chunk === 'function') {
      callback = chunk;
      chunk = null;
    } else if (typeof encoding === 'function') {
      callback = encoding;
      encoding = 'utf8';
    }
    if ((this.#closed || this.#ending) && this.#headRequest === stream.headRequest) {
      if (typeof callback === 'function') process.nextTick(callback);
      return this;
    }
    if (chunk !== null && chunk !== undefined) this.write(chunk, encoding);
    this.#headRequest = stream.headRequest;
    this.#ending = true;
    if (typeof callback === 'function') {
      if (stream.writableEnded) this.once('finish', callback);
      else stream.once('finish', callback);
    }
    if (!this.headersSent) this.writeHead(this.#statusCode);
    if (this.#closed || stream.destroyed) this.#onClose();
    else stream.end();
    return this;
  }

  destroy(error) {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#stream.destroy(error);
  }

  setTimeout(msecs, callback) {
    if (!this.#closed) this.#stream.setTimeout(msecs, callback);
  }

  createPushResponse(headers, callback) {
    validateFunction(callback, 'callback');
    if (this.#closed) {
      process.nextTick(callback, new ERR_HTTP2_INVALID_STREAM());
      return;
    }
    this.#stream.pushStream(headers, {}, (error, stream) => {
      if (error) callback(error);
      else callback(null, new Http2ServerResponse(stream));
    });
  }
}

module.exports = { Http2ServerResponse };
