'use strict';

// The errors of HTTP/2. They are many and few programs want them, so they are not in the tables of
// `internal/errors`, which every process carries.

const { Error, ErrorCaptureStackTrace, ObjectKeys, RangeError, TypeError } = require('internal/primordials');
const { E, codes, getMessage, kIsNodeError } = require('internal/errors');

const http2Binding = require('internal/http2/native');

const plain = {
  CONNECT_AUTHORITY: ':authority header is required for CONNECT requests',
  CONNECT_PATH: 'The :path header is forbidden for CONNECT requests',
  CONNECT_SCHEME: 'The :scheme header is forbidden for CONNECT requests',
  GOAWAY_SESSION: 'New streams cannot be created after receiving a GOAWAY',
  HEADERS_AFTER_RESPOND: 'Cannot specify additional headers after response initiated',
  HEADERS_SENT: 'Response has already been initiated.',
  INVALID_SESSION: 'The session has been destroyed',
  INVALID_STREAM: 'The stream has been destroyed',
  MAX_PENDING_SETTINGS_ACK: 'Maximum number of pending settings acknowledgements',
  NESTED_PUSH: 'A push stream cannot initiate another push stream.',
  NO_MEM: 'Out of memory',
  NO_SOCKET_MANIPULATION:
    'HTTP/2 sockets should not be directly manipulated (e.g. read and written)',
  OUT_OF_STREAMS: 'No stream ID is available because maximum stream ID has been reached',
  PAYLOAD_FORBIDDEN: 'Responses with %s status must not have a payload',
  PING_CANCEL: 'HTTP2 ping cancelled',
  PUSH_DISABLED: 'HTTP/2 client has disabled push streams',
  SEND_FILE: 'Directories cannot be sent',
  SEND_FILE_NOSEEK: 'Offset or length can only be specified for regular files',
  SESSION_ERROR: 'Session closed with error code %s',
  SETTINGS_CANCEL: 'HTTP2 session settings canceled',
  SOCKET_BOUND: 'The socket is already bound to an Http2Session',
  SOCKET_UNBOUND: 'The socket has been disconnected from the Http2Session',
  STATUS_101: 'HTTP status code 101 (Switching Protocols) is forbidden in HTTP/2',
  STREAM_ERROR: 'Stream closed with error code %s',
  STREAM_SELF_DEPENDENCY: 'A stream cannot depend on itself',
  TOO_MANY_CUSTOM_SETTINGS: 'Number of custom settings exceeds MAX_ADDITIONAL_SETTINGS',
  TOO_MANY_INVALID_FRAMES: 'Too many invalid HTTP/2 frames',
  TOO_MANY_ORIGINS: 'The server sent more ORIGIN frames than the allowed number of %s',
  TRAILERS_ALREADY_SENT: 'Trailing headers have already been sent',
  TRAILERS_NOT_READY:
    'Trailing headers cannot be sent until after the wantTrailers event is emitted',
  UNSUPPORTED_PROTOCOL: 'protocol "%s" is unsupported.',
  STREAM_CANCEL: (error, cause) => {
    if (!cause) return 'The pending stream has been canceled';
    error.cause = cause;
    const why = typeof cause.message === 'string' ? ` (caused by: ${cause.message})` : '';
    return `The pending stream has been canceled${why}`;
  },
};

const typeErrors = {
  ALTSVC_INVALID_ORIGIN: 'HTTP/2 ALTSVC frames require a valid origin',
  ALTSVC_LENGTH: 'HTTP/2 ALTSVC frames are limited to 16382 bytes',
  HEADER_SINGLE_VALUE: 'Header field "%s" must only have a single value',
  INVALID_CONNECTION_HEADERS: 'HTTP/1 Connection specific headers are forbidden: "%s"',
  INVALID_HEADER_VALUE: 'Invalid value "%s" for header "%s"',
  INVALID_ORIGIN: 'HTTP/2 ORIGIN frames require a valid origin',
  INVALID_PSEUDOHEADER: '"%s" is an invalid pseudoheader or is used incorrectly',
  ORIGIN_LENGTH: 'HTTP/2 ORIGIN frames are limited to 16382 bytes',
  PSEUDOHEADER_NOT_ALLOWED: 'Cannot set HTTP/2 pseudo-headers',
};

const rangeErrors = {
  INFO_STATUS_NOT_ALLOWED: 'Informational status codes cannot be used',
  INVALID_INFO_STATUS: 'Invalid informational status code: %s',
  INVALID_PACKED_SETTINGS_LENGTH: 'Packed settings length must be a multiple of six',
  PING_LENGTH: 'HTTP2 ping payload must be 8 bytes',
  STATUS_INVALID: 'Invalid status code: %s',
};

function register(messages, ...classes) {
  const names = ObjectKeys(messages);
  for (let i = 0; i < names.length; i++) E(`ERR_HTTP2_${names[i]}`, messages[names[i]], ...classes);
}
register(plain, Error);
register(typeErrors, TypeError);
register(rangeErrors, RangeError);
register({
  INVALID_SETTING_VALUE(error, name, actual, min, max) {
    error.actual = actual;
    if (min !== undefined) {
      error.min = min;
      error.max = max;
    }
    return `Invalid value for setting "${name}": ${actual}`;
  },
}, TypeError, RangeError);

/** What nghttp2 refused, by its own number; or by a code of ours, where we stopped it. */
class NghttpError extends Error {
  constructor(errno, code) {
    super(code ? getMessage(code, [], {}) : http2Binding.errorText(errno));
    this.code = code || 'ERR_HTTP2_ERROR';
    this.errno = errno;
    // The stack begins with the code; the name is the class's, as with other errors of ours.
    this.name = `Error [${this.code}]`;
    ErrorCaptureStackTrace(this, new.target);
    this.stack; // eslint-disable-line no-unused-expressions
    delete this.name;
  }

  get [kIsNodeError]() {
    return true;
  }

  toString() {
    return `${this.name} [${this.code}]: ${this.message}`;
  }
}

module.exports = { NghttpError, codes };
