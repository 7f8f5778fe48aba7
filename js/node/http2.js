'use strict';

const { missing } = require('internal/not_yet');

module.exports = {
  ...missing('http2', [
    'connect', 'createSecureServer', 'createServer', 'getDefaultSettings', 'getPackedSettings', 'getUnpackedSettings',
    'Http2ServerRequest', 'Http2ServerResponse', 'performServerHandshake',
  ]),
  constants: {},
  sensitiveHeaders: Symbol('nodejs.http2.sensitiveHeaders'),
};
