'use strict';

// Under Node's name, for tests that reach into its internals: resolution as hooks see it.

const { resolveStep } = require('internal/modules/hook_steps');

exports.defaultResolve = function defaultResolve(specifier, context = {}) {
  return resolveStep(`${specifier}`, context);
};
