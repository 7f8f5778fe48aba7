'use strict';

// A request as the server has it: what answers it, with data, files or pushed streams.

const { ArrayIsArray, MathMin, ObjectAssign } = require('internal/primordials');
const fs = require('fs');
const { Buffer } = require('buffer');
const { validateFunction } = require('internal/validators');
const { constants } = require('internal/http2_constants');
const { NGHTTP2_ERR_STREAM_CLOSED, NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE } = require('internal/http2/numbers');
const { assertIsObject } = require('internal/http2/check');
const {
  assertValidPseudoHeader, assertValidPseudoHeaderResponse, getAuthority, headerList, prepareResponseArray,
  prepareResponseObject,
} = require('internal/http2/headers');
const { Http2Stream, keepInfoHeaders } = require('internal/http2/stream');
const { channels } = require('internal/http2/channels');
const {
  NghttpError,
  codes: {
    ERR_HTTP2_HEADERS_AFTER_RESPOND,
    ERR_HTTP2_HEADERS_SENT,
    ERR_HTTP2_INVALID_INFO_STATUS,
    ERR_HTTP2_INVALID_STREAM,
    ERR_HTTP2_NESTED_PUSH,
    ERR_HTTP2_OUT_OF_STREAMS,
    ERR_HTTP2_PAYLOAD_FORBIDDEN,
    ERR_HTTP2_PUSH_DISABLED,
    ERR_HTTP2_SEND_FILE,
    ERR_HTTP2_SEND_FILE_NOSEEK,
    ERR_HTTP2_STATUS_101,
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
  },
} = require('internal/http2/errors');
const {
  kAuthority, kHandle, kId, kInit, kProceed, kProtocol, kRawHeaders, kSentHeaders, kSession, kState,
  kStrictSingleValueFields, kUpdateTimer,
} = require('internal/http2/symbols');

/** Bytes of a file that are read at once. */
const FILE_CHUNK = 64 * 1024;

const { NGHTTP2_INTERNAL_ERROR } = constants;

/** Statuses whose responses have no body. */
const isBodiless = (status) => status === 204 || status === 205 || status === 304;

const closeFile = (fd) => fs.close(fd, () => {});

class ServerHttp2Stream extends Http2Stream {
  constructor(session, id, options, headers) {
    super(session, options);
    this[kInit](id);
    this[kProtocol] = headers[':scheme'];
    this[kAuthority] = getAuthority(headers);
  }

  get pushAllowed() {
    return !this.destroyed && !this.closed && !this.session.closed && !this.session.destroyed &&
      this[kSession].remoteSettings.enablePush;
  }

  #assertNothingSent() {
    if (this.destroyed || this.closed) throw new ERR_HTTP2_INVALID_STREAM();
    if (this.headersSent) throw new ERR_HTTP2_HEADERS_SENT();
  }

  #list(headers, checkPseudo) {
    return headerList(headers, checkPseudo, this[kSession][kStrictSingleValueFields]);
  }

  pushStream(headers, options, callback) {
    if (!this.pushAllowed) throw new ERR_HTTP2_PUSH_DISABLED();
    if (this[kId] % 2 === 0) throw new ERR_HTTP2_NESTED_PUSH();
    const session = this[kSession];
    this[kUpdateTimer]();
    if (typeof options === 'function') {
      callback = options;
      options = undefined;
    }
    validateFunction(callback, 'callback');
    assertIsObject(options, 'options');
    options = { ...options };
    assertIsObject(headers, 'headers');
    headers = ObjectAssign({ __proto__: null }, headers);
    headers[':method'] ??= 'GET';
    if (getAuthority(headers) === undefined) headers[':authority'] = this[kAuthority];
    headers[':scheme'] ??= this[kProtocol];
    headers[':path'] ??= '/';
    const headRequest = headers[':method'] === 'HEAD';
    const endStream = headRequest || Boolean(options.endStream);
    options.endStream = endStream;

    const list = this.#list(headers, assertValidPseudoHeader);
    const id = this[kHandle].promise(this[kId], list, endStream);
    if (id <= 0) {
      let error;
      if (id === NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE) error = new ERR_HTTP2_OUT_OF_STREAMS();
      else if (id === NGHTTP2_ERR_STREAM_CLOSED) error = new ERR_HTTP2_INVALID_STREAM();
      else error = new NghttpError(id);
      process.nextTick(callback, error);
      return;
    }
    const stream = new ServerHttp2Stream(session, id, options, headers);
    stream[kSentHeaders] = headers;
    stream.push(null);
    if (endStream) stream.end();
    if (headRequest) stream[kState].headRequest = true;
    process.nextTick(() => {
      if (channels.server.start.hasSubscribers) channels.server.start.publish({ stream, headers });
      callback(null, stream, headers, 0);
    });
    if (channels.server.created.hasSubscribers) channels.server.created.publish({ stream, headers });
  }

  respond(given, options) {
    this.#assertNothingSent();
    assertIsObject(options, 'options');
    options ??= {};
    this[kUpdateTimer]();
    const state = this[kState];
    const endStream = Boolean(options.endStream);
    const trailers = Boolean(options.waitForTrailers);
    if (trailers) state.hasTrailers = true;

    const raw = ArrayIsArray(given);
    const { headers, status } = (raw ? prepareResponseArray : prepareResponseObject)(given, options);
    this[raw ? kRawHeaders : kSentHeaders] = headers;
    const list = this.#list(headers, assertValidPseudoHeaderResponse);
    state.headersSent = true;
    // Nothing is written where there is no body.
    const empty = endStream || isBodiless(status) || this.headRequest;
    if (empty) this.end();
    const result = this[kHandle].respond(this[kId], list, endStream, trailers);
    if (result < 0) this.destroy(new NghttpError(result));
    else if (channels.server.finish.hasSubscribers) {
      channels.server.finish.publish({ stream: this, headers, flags: responseFlags(state) });
    }
  }

  respondWithFD(fd, headers, options) {
    this.#assertNothingSent();
    options = this.#fileOptions(options);
    if (typeof fd === 'object' && fd !== null && fd instanceof fileHandleClass()) fd = fd.fd;
    else if (typeof fd !== 'number') throw new ERR_INVALID_ARG_TYPE('fd', ['number', 'FileHandle'], fd);
    this[kUpdateTimer]();
    this.ownsFd = false;
    headers = this.#fileHeaders(headers, options);
    if (options.statCheck === undefined) {
      this.#sendFile(fd, headers, options.offset, options.length, options);
      return;
    }
    fs.fstat(fd, (error, stat) => {
      if (error) {
        this.destroy(error);
        return;
      }
      if (this.destroyed || this.closed) {
        this.destroy(new ERR_HTTP2_INVALID_STREAM());
        return;
      }
      const range = { offset: options.offset ?? 0, length: options.length ?? -1 };
      if (options.statCheck.call(this, stat, headers, range) === false || this.headersSent) return;
      this.#sendFile(fd, headers, range.offset | 0, range.length | 0, options);
    });
  }

  respondWithFile(path, headers, options) {
    this.#assertNothingSent();
    options = this.#fileOptions(options);
    this[kUpdateTimer]();
    this.ownsFd = true;
    headers = this.#fileHeaders(headers, options);
    const refuse = (error) => {
      if (options.onError) options.onError(error);
      else this.destroy(error);
    };
    fs.open(path, 'r', (error, fd) => {
      if (error) {
        refuse(error);
        return;
      }
      if (this.destroyed || this.closed) {
        closeFile(fd);
        return;
      }
      fs.fstat(fd, (error, stat) => {
        error ??= this.#unsendable(stat, options);
        if (error) {
          closeFile(fd);
          refuse(error);
          return;
        }
        this.#respondWithOpenFile(fd, stat, headers, options);
      });
    });
  }

  /** Why what is no file cannot be sent so; one that cannot be sought in is sent whole. */
  #unsendable(stat, options) {
    if (stat.isFile()) return null;
    const isDirectory = stat.isDirectory();
    if (options.offset !== undefined || options.length !== undefined || isDirectory) {
      return isDirectory ? new ERR_HTTP2_SEND_FILE() : new ERR_HTTP2_SEND_FILE_NOSEEK();
    }
    options.offset = -1;
    options.length = -1;
    return null;
  }

  #respondWithOpenFile(fd, stat, headers, options) {
    if (this.destroyed || this.closed) {
      closeFile(fd);
      this.destroy(new ERR_HTTP2_INVALID_STREAM());
      return;
    }
    const range = { offset: options.offset ?? 0, length: options.length ?? -1 };
    if (options.statCheck?.call(this, stat, headers) === false || this.headersSent) {
      closeFile(fd);
      return;
    }
    if (stat.isFile()) {
      const rest = stat.size - (+range.offset);
      range.length = range.length < 0 ? rest : MathMin(rest, range.length);
      headers['content-length'] = range.length;
    }
    this.#sendFile(fd, headers, options.offset | 0, range.length | 0, options);
  }

  #fileOptions(options) {
    assertIsObject(options, 'options');
    options = { ...options };
    for (const name of ['offset', 'length']) {
      if (options[name] !== undefined && typeof options[name] !== 'number') {
        throw new ERR_INVALID_ARG_VALUE(`options.${name}`, options[name]);
      }
    }
    if (options.statCheck !== undefined && typeof options.statCheck !== 'function') {
      throw new ERR_INVALID_ARG_VALUE('options.statCheck', options.statCheck);
    }
    if (options.waitForTrailers) this[kState].hasTrailers = true;
    return options;
  }

  #fileHeaders(given, options) {
    const { headers, status } = prepareResponseObject(given, options);
    if (isBodiless(status) || this.headRequest) throw new ERR_HTTP2_PAYLOAD_FORBIDDEN(status);
    return headers;
  }

  /** Responds with `length` bytes of the file from `offset` on; all where they are below 0. */
  #sendFile(fd, headers, offset = 0, length = -1, options) {
    const state = this[kState];
    state.headersSent = true;
    const giveUp = (error) => {
      if (this.ownsFd) closeFile(fd);
      this.destroy(error);
    };
    let list;
    try {
      list = this.#list(headers, assertValidPseudoHeaderResponse);
    } catch (error) {
      giveUp(error);
      return;
    }
    this[kSentHeaders] = headers;
    // The program has nothing to write; the file goes to nghttp2 past the stream.
    this._final = null;
    this.end();
    const status = this[kHandle].respond(this[kId], list, false, Boolean(options.waitForTrailers));
    if (status < 0) {
      giveUp(new NghttpError(status));
      return;
    }
    // Something is being written, whatever its length.
    state.writeQueueSize += 1;
    this[kSession][kState].writeQueueSize += 1;
    this.#pump(fd, offset < 0 ? null : offset, length < 0 ? Infinity : length);
  }

  #pump(fd, position, left) {
    let open = true;
    let reading = false;
    const done = (error) => {
      if (!open) return;
      open = false;
      if (this.ownsFd) closeFile(fd);
      if (this.destroyed || this[kHandle] === undefined) return;
      if (error) this.close(NGHTTP2_INTERNAL_ERROR);
      else this[kHandle].end(this[kId]);
    };
    const next = () => {
      if (this.destroyed || left === 0) {
        done(null);
        return;
      }
      const chunk = Buffer.allocUnsafeSlow(MathMin(FILE_CHUNK, left));
      reading = true;
      fs.read(fd, chunk, 0, chunk.length, position, (error, count) => {
        reading = false;
        if (error || count === 0 || this.destroyed) {
          done(error);
          return;
        }
        if (position !== null) position += count;
        left -= count;
        this[kUpdateTimer]();
        this[kHandle].write(this[kId], [chunk.subarray(0, count)], (failed) => {
          if (failed) done(null);
          else next();
        });
      });
    };
    // A write whose stream goes is never told of. One read may still be at work: then that closes.
    this.once('close', () => { if (!reading) done(null); });
    next();
  }

  additionalHeaders(headers) {
    if (this.destroyed || this.closed) throw new ERR_HTTP2_INVALID_STREAM();
    if (this.headersSent) throw new ERR_HTTP2_HEADERS_AFTER_RESPOND();
    assertIsObject(headers, 'headers');
    headers = ObjectAssign({ __proto__: null }, headers);
    if (headers[':status'] != null) {
      const status = headers[':status'] |= 0;
      if (status === 101) throw new ERR_HTTP2_STATUS_101();
      if (status < 100 || status >= 200) throw new ERR_HTTP2_INVALID_INFO_STATUS(headers[':status']);
    }
    this[kUpdateTimer]();
    const list = this.#list(headers, assertValidPseudoHeaderResponse);
    keepInfoHeaders(this, headers);
    const status = this[kHandle].inform(this[kId], list);
    if (status < 0) this.destroy(new NghttpError(status));
  }
}

ServerHttp2Stream.prototype[kProceed] = ServerHttp2Stream.prototype.respond;

/** What a stream is, in the bits that Node's `http2.server.stream.finish` tells. */
function responseFlags(state) {
  return 1 | (state.closed ? 2 : 0) | (state.headersSent ? 4 : 0) | (state.headRequest ? 8 : 0) |
    (state.aborted ? 0x10 : 0) | (state.hasTrailers ? 0x20 : 0);
}

function fileHandleClass() {
  return require('internal/fs/file_handle').FileHandle;
}

module.exports = { ServerHttp2Stream };
