'use strict';

// The last step of each chain of hooks: what the loader does by itself, in the shape that hooks see.

const { SafeSet } = require('internal/primordials');
const { resolve } = require('internal/modules/esm_resolve');
const { describe, formatByUrl } = require('internal/modules/esm_translate');
const { conditions } = require('internal/modules/package_resolve');
const { cwdUrl } = require('internal/modules/resolve');

// What a module is as far as its URL tells: null where only its text can.
exports.hookFormat = function hookFormat(url) {
  try {
    return formatByUrl(url) ?? null;
  } catch {
    return undefined;
  }
};

exports.resolveStep = function resolveStep(specifier, { parentURL, conditions: given }) {
  const active = given === undefined ? conditions('import') : new SafeSet(given);
  const url = resolve(specifier, parentURL ?? cwdUrl(), active);
  return { __proto__: null, url, format: exports.hookFormat(url) };
};

exports.loadStep = function loadStep(url, { format, importAttributes }) {
  const { attributesList } = require('internal/modules/hooks');
  const { Buffer } = require('buffer');
  const { format: found, text, bytes } = describe(url, attributesList(importAttributes), format ?? undefined, true);
  const source = bytes ?? (text === undefined ? null : Buffer.from(text));
  return { __proto__: null, format: found, responseURL: url, source };
};

