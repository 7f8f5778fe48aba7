'use strict';

// TypeScript by blanking its types, so that every line and column stays what it was.

const modulesBinding = binding.modules;

// `filename` names the place in errors.
exports.stripTypes = function stripTypes(text, filename) {
  const result = modulesBinding.stripTypes(text, filename);
  if (typeof result === 'string') return result;
  const { codes } = require('internal/errors');
  const [code, message, place] = result;
  const error = new codes[code](message);
  modulesBinding.placeError(error, place);
  throw error;
};
