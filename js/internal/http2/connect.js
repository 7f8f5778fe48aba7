'use strict';

const {
  ObjectDefineProperty, Promise, StringPrototypeSlice,
} = require('internal/primordials');
const { URL } = require('internal/url');
const { assignFunctionName, promisify } = require('internal/util');
const { validateNumber } = require('internal/validators');
const { codes: { ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');
const { assertIsObject } = require('internal/http2/check');
const { ClientHttp2Session } = require('internal/http2/client_session');
const { checkSessionOptions } = require('internal/http2/options');
const { codes: { ERR_HTTP2_UNSUPPORTED_PROTOCOL } } = require('internal/http2/errors');
const { kAuthority, kMaxOriginSetSize, kProtocol } = require('internal/http2/symbols');

function hostOf(authority) {
  const { hostname, host } = authority;
  if (!hostname) return host || 'localhost';
  return hostname[0] === '[' ? StringPrototypeSlice(hostname, 1, -1) : hostname;
}

function connectSocket(protocol, host, port, options) {
  switch (protocol) {
    case 'http:':
      return require('net').connect({ port, host, ...options });
    case 'https:':
      throw new ERR_METHOD_NOT_IMPLEMENTED('http2.connect() by https: (needs the module tls)');
    default:
      throw new ERR_HTTP2_UNSUPPORTED_PROTOCOL(protocol);
  }
}

function connect(authority, options, listener) {
  if (typeof options === 'function') {
    listener = options;
    options = undefined;
  }
  assertIsObject(options, 'options');
  options = { ...options };
  if (options.maxOriginSetSize != null) validateNumber(options.maxOriginSetSize, 'options.maxOriginSetSize', 0);
  checkSessionOptions(options);
  if (typeof authority === 'string') authority = new URL(authority);
  assertIsObject(authority, 'authority', ['string', 'Object', 'URL']);

  const protocol = authority.protocol || options.protocol || 'https:';
  const port = `${authority.port !== '' ? authority.port : (authority.protocol === 'http:' ? 80 : 443)}`;
  const host = hostOf(authority);
  const socket = typeof options.createConnection === 'function' ?
    options.createConnection(authority, options) : connectSocket(protocol, host, port, options);

  const session = new ClientHttp2Session(options, socket);
  session[kAuthority] = `${options.servername || host}:${port}`;
  session[kProtocol] = protocol;
  session[kMaxOriginSetSize] = options.maxOriginSetSize ?? 128;
  if (typeof listener === 'function') session.once('connect', listener);
  return session;
}

ObjectDefineProperty(connect, promisify.custom, {
  __proto__: null,
  value: assignFunctionName('connect', (authority, options) => new Promise((resolve, reject) => {
    const session = connect(authority, options, () => {
      session.removeListener('error', reject);
      resolve(session);
    });
    session.once('error', reject);
  })),
});

module.exports = { connect };
