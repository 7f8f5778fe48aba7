'use strict';

const { refusing } = require('internal/next_stage');
const { constants } = require('internal/http2_constants');

module.exports = refusing('http2', {
  classes: 'Http2ServerRequest Http2ServerResponse',
  functions: 'connect createServer createSecureServer getDefaultSettings getPackedSettings ' +
    'getUnpackedSettings performServerHandshake',
  values: { constants, sensitiveHeaders: Symbol('sensitiveHeaders') },
});
