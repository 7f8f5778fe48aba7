'use strict';

// Checks of arguments that only HTTP/2 wants.

const { ArrayIsArray } = require('internal/primordials');
const { codes: { ERR_INVALID_ARG_TYPE }, hideStackFrames } = require('internal/errors');

/** An object that is no array, or undefined. */
const assertIsObject = hideStackFrames((value, name, types = 'Object') => {
  if (value === undefined) return;
  if (value === null || typeof value !== 'object' || ArrayIsArray(value)) {
    throw new ERR_INVALID_ARG_TYPE(name, types, value);
  }
});

/** An array, or undefined. */
const assertIsArray = hideStackFrames((value, name, types = 'Array') => {
  if (value !== undefined && !ArrayIsArray(value)) throw new ERR_INVALID_ARG_TYPE(name, types, value);
});

module.exports = { assertIsArray, assertIsObject };
