'use strict';

const { ArrayPrototypePush, RegExpPrototypeExec } = require('internal/primordials');
const { validateString } = require('internal/validators');
const { constants } = require('internal/http2_constants');
const { Http2Session } = require('internal/http2/session');
const { originOf } = require('internal/http2/session_events');
const {
  codes: {
    ERR_HTTP2_ALTSVC_INVALID_ORIGIN,
    ERR_HTTP2_ALTSVC_LENGTH,
    ERR_HTTP2_INVALID_ORIGIN,
    ERR_HTTP2_INVALID_SESSION,
    ERR_HTTP2_ORIGIN_LENGTH,
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_CHAR,
    ERR_OUT_OF_RANGE,
  },
} = require('internal/http2/errors');
const { kHandle, kServer, kSessions } = require('internal/http2/symbols');

/** Bytes that an ALTSVC or ORIGIN frame can have. */
const MAX_PAYLOAD = 2 ** 14 - 2;

// What a quoted string may consist of.
const QUOTABLE = /^[\x09\x20-\x5b\x5d-\x7e\x80-\xff]*$/;

class ServerHttp2Session extends Http2Session {
  constructor(options, socket, server) {
    super(constants.NGHTTP2_SESSION_SERVER, options, socket);
    this[kServer] = server;
    server?.[kSessions].add(this);
  }

  get server() {
    return this[kServer];
  }

  altsvc(alt, originOrStream) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    let stream = 0;
    let origin;
    if (typeof originOrStream === 'string') {
      origin = originOf(originOrStream);
      if (origin === 'null') throw new ERR_HTTP2_ALTSVC_INVALID_ORIGIN();
    } else if (typeof originOrStream === 'number') {
      if (originOrStream >>> 0 !== originOrStream || originOrStream === 0) {
        throw new ERR_OUT_OF_RANGE('originOrStream', `> 0 && < ${2 ** 32}`, originOrStream);
      }
      stream = originOrStream;
    } else if (originOrStream !== undefined) {
      // An object other than a URL answers for its origin itself.
      origin = originOrStream?.origin;
      if (typeof origin !== 'string') {
        throw new ERR_INVALID_ARG_TYPE('originOrStream', ['string', 'number', 'URL', 'object'], originOrStream);
      }
      if (origin === 'null' || origin.length === 0) throw new ERR_HTTP2_ALTSVC_INVALID_ORIGIN();
    }
    validateString(alt, 'alt');
    if (RegExpPrototypeExec(QUOTABLE, alt) === null) throw new ERR_INVALID_CHAR('alt');
    if (alt.length + (origin?.length ?? 0) > MAX_PAYLOAD) throw new ERR_HTTP2_ALTSVC_LENGTH();
    this[kHandle].altsvc(stream, origin ?? '', alt);
  }

  origin(...given) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    if (given.length === 0) return;
    const origins = [];
    let length = 0;
    for (let i = 0; i < given.length; i++) {
      let origin = given[i];
      if (typeof origin === 'string') origin = originOf(origin);
      else if (origin !== null && typeof origin === 'object') ({ origin } = origin);
      validateString(origin, 'origin');
      if (origin === 'null') throw new ERR_HTTP2_INVALID_ORIGIN();
      ArrayPrototypePush(origins, origin);
      length += origin.length;
    }
    if (length > MAX_PAYLOAD) throw new ERR_HTTP2_ORIGIN_LENGTH();
    this[kHandle].origin(origins);
  }
}

module.exports = { ServerHttp2Session };
