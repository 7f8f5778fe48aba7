'use strict';

const { refusing } = require('internal/next_stage');

module.exports = refusing('tls', {
  classes: 'SecureContext Server TLSSocket',
  functions: 'checkServerIdentity connect convertALPNProtocols createSecureContext createServer ' +
    'getCACertificates getCiphers setDefaultCACertificates',
  values: {
    CLIENT_RENEG_LIMIT: 3,
    CLIENT_RENEG_WINDOW: 600,
    DEFAULT_ECDH_CURVE: 'auto',
    DEFAULT_MAX_VERSION: 'TLSv1.3',
    DEFAULT_MIN_VERSION: 'TLSv1.2',
  },
});
