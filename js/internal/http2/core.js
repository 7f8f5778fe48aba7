'use strict';

// All that is exported of HTTP/2, and under Node's name of it.

const { constants } = require('internal/http2_constants');
const { codes: { ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');
const { serverOptions } = require('internal/http2/options');
const { connect } = require('internal/http2/connect');
const { createServer, performServerHandshake } = require('internal/http2/server');
const { getDefaultSettings, getPackedSettings, getUnpackedSettings } = require('internal/http2/settings');
const { Http2ServerRequest } = require('internal/http2/compat_request');
const { Http2ServerResponse } = require('internal/http2/compat_response');
const { Http2Session } = require('internal/http2/session');
const { Http2Stream } = require('internal/http2/stream');
const { ServerHttp2Session } = require('internal/http2/server_session');
const { kSensitiveHeaders } = require('internal/http2/symbols');

/** Wants `tls`, which there is not. */
function createSecureServer(options) {
  serverOptions(options);
  throw new ERR_METHOD_NOT_IMPLEMENTED('http2.createSecureServer() (needs the module tls)');
}

module.exports = {
  connect,
  constants,
  createServer,
  createSecureServer,
  getDefaultSettings,
  getPackedSettings,
  getUnpackedSettings,
  performServerHandshake,
  sensitiveHeaders: kSensitiveHeaders,
  Http2Session,
  Http2Stream,
  ServerHttp2Session,
  Http2ServerRequest,
  Http2ServerResponse,
};
