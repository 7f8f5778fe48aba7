'use strict';

// Headers: what may be sent, what nghttp2 wants of them, and what becomes of those that come.

const {
  ArrayIsArray, ArrayPrototypeIncludes, ArrayPrototypeMap, ArrayPrototypePush, ObjectAssign, ObjectHasOwn, ObjectKeys,
  RegExpPrototypeExec, SafeSet, String, StringPrototypeIncludes, StringPrototypeSlice, StringPrototypeToLowerCase,
} = require('internal/primordials');
const { hideStackFrames } = require('internal/errors');
const {
  codes: {
    ERR_HTTP2_CONNECT_AUTHORITY,
    ERR_HTTP2_CONNECT_PATH,
    ERR_HTTP2_CONNECT_SCHEME,
    ERR_HTTP2_HEADER_SINGLE_VALUE,
    ERR_HTTP2_INVALID_CONNECTION_HEADERS,
    ERR_HTTP2_INVALID_PSEUDOHEADER,
    ERR_HTTP2_STATUS_INVALID,
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_HTTP_TOKEN,
  },
} = require('internal/http2/errors');
const { assertIsObject } = require('internal/http2/check');
const { kAuthority, kProtocol, kSensitiveHeaders, kStrictSingleValueFields } = require('internal/http2/symbols');

const TOKEN = /^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/;

const pseudoHeaders = new SafeSet([':status', ':method', ':authority', ':scheme', ':path', ':protocol']);

/** Headers of which a message has one at most. */
const singleValueFields = new SafeSet([
  ...pseudoHeaders,
  'access-control-allow-credentials', 'access-control-max-age', 'access-control-request-method', 'age',
  'authorization', 'content-encoding', 'content-language', 'content-length', 'content-location', 'content-md5',
  'content-range', 'content-type', 'date', 'dnt', 'etag', 'expires', 'from', 'host', 'if-match', 'if-modified-since',
  'if-none-match', 'if-range', 'if-unmodified-since', 'last-modified', 'location', 'max-forwards',
  'proxy-authorization', 'range', 'referer', 'retry-after', 'tk', 'upgrade-insecure-requests', 'user-agent',
  'x-content-type-options',
]);

const isHttpToken = (text) => RegExpPrototypeExec(TOKEN, text) !== null;

/** Headers that are about a connection of HTTP/1. */
function isConnectionSpecific(name, value) {
  switch (name) {
    case 'connection':
    case 'upgrade':
    case 'http2-settings':
    case 'keep-alive':
    case 'proxy-connection':
    case 'transfer-encoding':
      return true;
    case 'te':
      return value !== 'trailers';
    default:
      return false;
  }
}

const assertValidPseudoHeader = hideStackFrames((name) => {
  if (!pseudoHeaders.has(name)) throw new ERR_HTTP2_INVALID_PSEUDOHEADER(name);
});

const assertValidPseudoHeaderResponse = hideStackFrames((name) => {
  if (name !== ':status') throw new ERR_HTTP2_INVALID_PSEUDOHEADER(name);
});

const assertValidPseudoHeaderTrailer = hideStackFrames((name) => {
  throw new ERR_HTTP2_INVALID_PSEUDOHEADER(name);
});

/** Calls `visit(name, value)` for each header of an object or a flat array. */
function forEachHeader(headers, visit) {
  if (ArrayIsArray(headers)) {
    for (let i = 0; i < headers.length; i += 2) visit(headers[i], headers[i + 1]);
    return;
  }
  const names = ObjectKeys(headers);
  for (let i = 0; i < names.length; i++) visit(names[i], headers[names[i]]);
}

/**
 * What nghttp2 gets of `headers`, an object or a flat array: `[name, value, sensitive, ...]` with
 * the pseudo-headers first. `checkPseudo` throws for those that have no place here; `strict` has
 * headers refused that must be there once only.
 */
function headerList(headers, checkPseudo, strict) {
  const pseudo = [];
  const regular = [];
  const seen = new SafeSet();
  const sensitive = ArrayPrototypeMap(headers[kSensitiveHeaders] ?? [], (name) => StringPrototypeToLowerCase(name));
  let invalid = false;

  function add(list, name, value) {
    value = String(value);
    invalid ||= StringPrototypeIncludes(name, '\0') || StringPrototypeIncludes(value, '\0');
    ArrayPrototypePush(list, name, value, ArrayPrototypeIncludes(sensitive, name));
  }

  forEachHeader(headers, (name, value) => {
    if (value === undefined || name === '') return;
    name = StringPrototypeToLowerCase(name);
    const single = singleValueFields.has(name);
    if (ArrayIsArray(value)) {
      if (value.length === 0) return;
      if (value.length === 1) value = value[0];
      else if (single && strict) throw new ERR_HTTP2_HEADER_SINGLE_VALUE(name);
    }
    if (single && strict) {
      if (seen.has(name)) throw new ERR_HTTP2_HEADER_SINGLE_VALUE(name);
      seen.add(name);
    }
    if (name[0] === ':') {
      checkPseudo(name);
      add(pseudo, name, value);
      return;
    }
    if (!single) {
      if (!isHttpToken(name)) throw new ERR_INVALID_HTTP_TOKEN('Header name', name);
      if (isConnectionSpecific(name, ArrayIsArray(value) ? value : String(value))) {
        throw new ERR_HTTP2_INVALID_CONNECTION_HEADERS(name);
      }
    }
    if (ArrayIsArray(value)) {
      for (let i = 0; i < value.length; i++) add(regular, name, value[i]);
    } else {
      add(regular, name, value);
    }
  });
  // A list that the other side refuses, rather than one whose headers end elsewhere.
  if (invalid) return ['\0', '\0', false];
  ArrayPrototypePush(pseudo, ...regular);
  return pseudo;
}

/** The headers that came, a flat array, as an object; several of one name are put together. */
function toHeaderObject(list, sensitive) {
  const headers = { __proto__: null };
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i];
    const value = name === ':status' ? list[i + 1] | 0 : list[i + 1];
    const before = headers[name];
    if (before === undefined) headers[name] = name === 'set-cookie' ? [value] : value;
    else if (singleValueFields.has(name)) continue;
    else if (name === 'set-cookie') ArrayPrototypePush(before, value);
    else headers[name] = `${before}${name === 'cookie' ? ';' : ','} ${value}`;
  }
  headers[kSensitiveHeaders] = sensitive;
  return headers;
}

/** `:authority`, or the `host` that stands for it. */
function getAuthority(headers) {
  return headers[':authority'] ?? headers.host;
}

/** Of a request, whose pseudo-headers `get` gives: those that are missing, as a flat array. */
function missingPseudoHeaders(get, hasAuthority, session) {
  const missing = [];
  let method = get(':method');
  if (method === undefined) {
    method = 'GET';
    ArrayPrototypePush(missing, ':method', method);
  }
  if (method === 'CONNECT' && get(':protocol') === undefined) {
    if (get(':authority') === undefined) throw new ERR_HTTP2_CONNECT_AUTHORITY();
    if (get(':scheme') !== undefined) throw new ERR_HTTP2_CONNECT_SCHEME();
    if (get(':path') !== undefined) throw new ERR_HTTP2_CONNECT_PATH();
    return missing;
  }
  if (!hasAuthority) ArrayPrototypePush(missing, ':authority', session[kAuthority]);
  if (get(':scheme') === undefined) {
    ArrayPrototypePush(missing, ':scheme', StringPrototypeSlice(session[kProtocol], 0, -1));
  }
  if (get(':path') === undefined) ArrayPrototypePush(missing, ':path', '/');
  return missing;
}

function requestOf(session, headers, pseudo) {
  return {
    list: headerList(headers, assertValidPseudoHeader, session[kStrictSingleValueFields]),
    method: pseudo[':method'],
    origin: `${pseudo[':scheme']}://${pseudo[':authority'] ?? pseudo.host}`,
  };
}

/** A request's headers, made complete: `{ list, method, origin }` and what is told of as sent. */
function prepareRequest(headers, session) {
  if (!ArrayIsArray(headers)) {
    const sent = ObjectAssign({ __proto__: null }, headers);
    const hasAuthority = getAuthority(sent) !== undefined;
    const missing = missingPseudoHeaders((name) => sent[name], hasAuthority, session);
    forEachHeader(missing, (name, value) => { sent[name] = value; });
    return { sent, ...requestOf(session, sent, sent) };
  }
  const pseudo = { __proto__: null };
  forEachHeader(headers, (name, value) => {
    if (name[0] === ':') pseudo[StringPrototypeToLowerCase(name)] = value;
  });
  pseudo.host = headers.host;
  const hasAuthority = getAuthority(pseudo) !== undefined;
  const missing = missingPseudoHeaders((name) => pseudo[name], hasAuthority, session);
  forEachHeader(missing, (name, value) => { pseudo[name] = value; });
  const raw = missing.length === 0 ? headers : [...missing, ...headers];
  if (headers[kSensitiveHeaders] !== undefined) raw[kSensitiveHeaders] = headers[kSensitiveHeaders];
  return { raw, ...requestOf(session, raw, pseudo) };
}

let cachedDate;
/** Now, as the `date` header says it; to the second. */
function utcDate() {
  if (cachedDate === undefined) {
    const now = new Date();
    cachedDate = now.toUTCString();
    const { setUnrefTimeout } = require('internal/timers');
    setUnrefTimeout(() => { cachedDate = undefined; }, 1000 - now.getMilliseconds());
  }
  return cachedDate;
}

function checkResponse(headers, status) {
  if (status < 200 || status > 599) throw new ERR_HTTP2_STATUS_INVALID(status);
  const sensitive = headers[kSensitiveHeaders];
  if (sensitive !== undefined && !ArrayIsArray(sensitive)) {
    throw new ERR_INVALID_ARG_VALUE('headers[http2.neverIndex]', sensitive);
  }
}

const wantsDate = (options) => options.sendDate == null || options.sendDate;

/** A response's headers, made complete: `{ headers, status }`, the headers an object. */
function prepareResponseObject(given, options) {
  assertIsObject(given, 'headers', ['Object', 'Array']);
  const headers = { __proto__: null };
  if (given !== null && given !== undefined) {
    for (const name in given) {
      if (ObjectHasOwn(given, name)) headers[name] = given[name];
    }
    headers[kSensitiveHeaders] = given[kSensitiveHeaders];
  }
  const status = headers[':status'] = headers[':status'] | 0 || 200;
  if (wantsDate(options)) headers.date ??= utcDate();
  checkResponse(headers, status);
  return { headers, status };
}

/** Likewise of a flat array, which is added to. */
function prepareResponseArray(headers, options) {
  let status;
  let dated = false;
  forEachHeader(headers, (name, value) => {
    name = StringPrototypeToLowerCase(name);
    if (name === ':status') status = value | 0;
    else if (name === 'date') dated = true;
  });
  if (!status) {
    status = 200;
    headers.unshift(':status', status);
  }
  if (!dated && wantsDate(options)) ArrayPrototypePush(headers, 'date', utcDate());
  checkResponse(headers, status);
  return { headers, status };
}

/** A flat array as an object, several values of one name in an array. */
function rawToObject(raw) {
  const headers = { __proto__: null };
  forEachHeader(raw, (name, value) => {
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (ArrayIsArray(before)) ArrayPrototypePush(before, value);
    else headers[name] = [before, value];
  });
  if (raw[kSensitiveHeaders] !== undefined) headers[kSensitiveHeaders] = raw[kSensitiveHeaders];
  return headers;
}

module.exports = {
  assertValidPseudoHeader,
  assertValidPseudoHeaderResponse,
  assertValidPseudoHeaderTrailer,
  getAuthority,
  headerList,
  isHttpToken,
  prepareRequest,
  prepareResponseArray,
  prepareResponseObject,
  rawToObject,
  toHeaderObject,
};
