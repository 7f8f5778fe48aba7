'use strict';

// Between Node's streams and WHATWG's, of which there are none yet.

const { missing } = require('internal/not_yet');

module.exports = missing('stream', [
  'duplexFromWeb', 'duplexToWeb', 'readableFromWeb', 'readableToWeb', 'writableFromWeb', 'writableToWeb',
]);
