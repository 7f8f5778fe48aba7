'use strict';

// Under the name that Node's own tests know.

const { isIP, isIPv4, isIPv6 } = require('internal/net/addresses');
const { kNormalized: normalizedArgsSymbol } = require('internal/net/connect');

module.exports = { isIP, isIPv4, isIPv6, normalizedArgsSymbol };
