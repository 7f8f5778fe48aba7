'use strict';

// What Node's tests ask of the module of this name.

const { NghttpError } = require('internal/http2/errors');
const { assertValidPseudoHeader } = require('internal/http2/headers');
const { kSocket } = require('internal/http2/symbols');

module.exports = { NghttpError, assertValidPseudoHeader, kSocket };
