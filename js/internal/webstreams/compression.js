'use strict';

// CompressionStream and DecompressionStream. There is nothing behind them yet.

const { codes: { ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');

class CompressionStream {
  constructor(format) { // eslint-disable-line no-unused-vars
    throw new ERR_METHOD_NOT_IMPLEMENTED('CompressionStream() (needs the module zlib)');
  }
}

class DecompressionStream {
  constructor(format) { // eslint-disable-line no-unused-vars
    throw new ERR_METHOD_NOT_IMPLEMENTED('DecompressionStream() (needs the module zlib)');
  }
}

module.exports = { CompressionStream, DecompressionStream };
