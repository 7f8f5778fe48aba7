'use strict';

// What Node's tests ask of the module of this name.

const { NghttpError } = require('internal/http2/errors');
const { assertIsArray, assertIsObject } = require('internal/http2/check');
const { assertValidPseudoHeader } = require('internal/http2/headers');
const { assertWithinRange } = require('internal/http2/settings');
const { kSocket } = require('internal/http2/symbols');

module.exports = { assertIsArray, assertIsObject, assertWithinRange, NghttpError, assertValidPseudoHeader, kSocket };
