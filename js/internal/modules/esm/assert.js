'use strict';

// Under Node's name, for tests that reach into its internals: which import attributes a format takes.

const { attributesList } = require('internal/modules/hooks');
const { checkAttributes } = require('internal/modules/esm_translate');
const { validateString } = require('internal/validators');

exports.validateAttributes = function validateAttributes(url, format, importAttributes = { __proto__: null }) {
  if (importAttributes.type !== undefined) validateString(importAttributes.type, 'type');
  checkAttributes(url, format, attributesList(importAttributes));
  return true;
};
