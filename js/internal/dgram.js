'use strict';

// Under the name that Node's own tests know.

const { createSocketHandle: _createSocketHandle, newHandle } = require('internal/dgram/handle');
const { kStateSymbol } = require('internal/dgram/socket');

module.exports = { _createSocketHandle, kStateSymbol, newHandle };
