'use strict';

const { missing } = require('internal/not_yet');

module.exports = {
  ...missing('tls', [
    'checkServerIdentity', 'connect', 'convertALPNProtocols', 'createSecureContext', 'createServer', 'getCACertificates',
    'getCiphers', 'SecureContext', 'Server', 'setDefaultCACertificates', 'TLSSocket',
  ]),
  CLIENT_RENEG_LIMIT: 3,
  CLIENT_RENEG_WINDOW: 600,
  DEFAULT_ECDH_CURVE: 'auto',
  DEFAULT_MAX_VERSION: 'TLSv1.3',
  DEFAULT_MIN_VERSION: 'TLSv1.2',
  rootCertificates: Object.freeze([]),
};
