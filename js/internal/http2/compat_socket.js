'use strict';

// The `socket` of a request or a response: the session's, but for what is the stream's.

const { Proxy, ReflectGetPrototypeOf } = require('internal/primordials');
const { codes: { ERR_HTTP2_NO_SOCKET_MANIPULATION } } = require('internal/http2/errors');
const { kProxySocket, kRequest, kSocket } = require('internal/http2/symbols');

const socketOf = (stream) => (stream.session === undefined ? stream : stream.session[kSocket]);

/** Whose property it is that is asked for. */
function ownerOf(stream, property, writing) {
  switch (property) {
    case 'on':
    case 'once':
    case 'end':
    case 'emit':
    case 'destroy':
    case 'writable':
    case 'destroyed':
      return stream;
    case 'readable':
      return writing ? stream : undefined;
    case 'setTimeout':
      return stream.session ?? stream;
    case 'write':
    case 'read':
    case 'pause':
    case 'resume':
      throw new ERR_HTTP2_NO_SOCKET_MANIPULATION();
    default:
      return socketOf(stream);
  }
}

const handler = {
  has: (stream, property) => property in stream || property in socketOf(stream),
  get(stream, property) {
    const owner = ownerOf(stream, property, false);
    if (owner === undefined) {
      if (stream.destroyed) return false;
      return (stream[kRequest] ?? stream).readable;
    }
    const value = owner[property];
    return typeof value === 'function' ? value.bind(owner) : value;
  },
  getPrototypeOf: (stream) => ReflectGetPrototypeOf(socketOf(stream)),
  set(stream, property, value) {
    ownerOf(stream, property, true)[property] = value;
    return true;
  },
};

/** The proxy of a stream, made when it is first asked for. */
exports.socketProxyOf = function socketProxyOf(stream) {
  const proxy = stream[kProxySocket];
  return proxy === null ? stream[kProxySocket] = new Proxy(stream, handler) : proxy;
};
