'use strict';

// What Node's own tests ask under --expose-internals: those of Node's internal bindings that are
// plain facts or functions. There are no handles behind ours.

const { ArrayPrototypeForEach, SafeMap } = require('internal/primordials');
const errnos = require('internal/errors/errno');

function uv() {
  const names = new SafeMap();
  const result = {
    errname: (errno) => names.get(errno)?.[0] ?? `Unknown system error ${errno}`,
    getErrorMap: () => names,
    getErrorMessage: (errno) => names.get(errno)?.[1] ?? `Unknown system error ${errno}`,
  };
  ArrayPrototypeForEach(errnos, ({ 0: errno, 1: name, 2: text }) => {
    names.set(errno, [name, text]);
    result[`UV_${name}`] = errno;
  });
  return result;
}

const makers = {
  __proto__: null,
  buffer: () => ({ fill: require('internal/buffer').fillBuffer }),
  constants: () => ({ os: require('os').constants, fs: require('fs').constants }),
  http2: () => ({
    constants: require('internal/http2_constants').constants,
    Http2Session: require('internal/http2/handle').SessionHandle,
    nghttp2ErrorString: (code) => require('internal/http2/native').errorText(code),
  }),
  os: () => binding.os,
  timers: () => binding.timers,
  // We have no objects of our own in V8's heap.
  heap_utils: () => ({ buildEmbedderGraph: () => [] }),
  types: () => binding.types,
  util: () => binding.util,
  cares_wrap: () => require('internal/dns/resolver'),
  pipe_wrap() {
    const { PathSocket: Pipe, PipeConnectWrap } = require('internal/net/tcp');
    return { Pipe, PipeConnectWrap, constants: { SOCKET: 0, SERVER: 1, IPC: 2, UV_READABLE: 1, UV_WRITABLE: 2 } };
  },
  tcp_wrap() {
    const { TCP, TCPConnectWrap } = require('internal/net/tcp');
    return { TCP, TCPConnectWrap, constants: { SOCKET: 0, SERVER: 1, UV_TCP_IPV6ONLY: 1, UV_TCP_REUSEPORT: 2 } };
  },
  udp_wrap() {
    const { SendWrap, UDP } = require('internal/dgram/handle');
    return { SendWrap, UDP, constants: { UV_UDP_IPV6ONLY: 1, UV_UDP_REUSEADDR: 4, UV_UDP_REUSEPORT: 8 } };
  },
  uv,
};

process.emitWarning(
  'These APIs are for internal testing only. Do not use them.', 'internal/test/binding');

exports.primordials = require('internal/primordials');

exports.internalBinding = function internalBinding(name) {
  const make = makers[name];
  if (make === undefined) throw new Error(`No such binding: ${name}`);
  return make();
};
