'use strict';

// `http2Session.socket`: the socket, but for what would disturb the session.

const { ReflectGetPrototypeOf } = require('internal/primordials');
const {
  codes: { ERR_HTTP2_NO_SOCKET_MANIPULATION, ERR_HTTP2_SOCKET_UNBOUND },
} = require('internal/http2/errors');
const { kSocket } = require('internal/http2/symbols');

function whoseIs(property) {
  switch (property) {
    case 'setTimeout':
    case 'ref':
    case 'unref':
      return 'session';
    case 'destroy':
    case 'emit':
    case 'end':
    case 'pause':
    case 'read':
    case 'resume':
    case 'write':
    case 'setEncoding':
    case 'setKeepAlive':
    case 'setNoDelay':
      throw new ERR_HTTP2_NO_SOCKET_MANIPULATION();
    default:
      return 'socket';
  }
}

function socketOf(session) {
  const socket = session[kSocket];
  if (socket === undefined) throw new ERR_HTTP2_SOCKET_UNBOUND();
  return socket;
}

/** The handler of a proxy around a session. */
exports.socketProxy = {
  get(session, property) {
    const owner = whoseIs(property) === 'session' ? session : socketOf(session);
    const value = owner[property];
    return typeof value === 'function' ? value.bind(owner) : value;
  },
  getPrototypeOf(session) {
    return ReflectGetPrototypeOf(socketOf(session));
  },
  set(session, property, value) {
    const owner = whoseIs(property) === 'session' ? session : socketOf(session);
    owner[property] = value;
    return true;
  },
};
