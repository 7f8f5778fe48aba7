'use strict';

// The names of Buffer's encodings. `internal/util` exports this as `normalizeEncoding`.

const { StringPrototypeToLowerCase } = require('internal/primordials');

const names = {
  __proto__: null,
  'utf8': 'utf8', 'utf-8': 'utf8',
  'ucs2': 'utf16le', 'ucs-2': 'utf16le', 'utf16le': 'utf16le', 'utf-16le': 'utf16le',
  'latin1': 'latin1', 'binary': 'latin1',
  'base64': 'base64', 'base64url': 'base64url', 'hex': 'hex', 'ascii': 'ascii',
};

/** The one name of an encoding ('utf8' for none), or undefined when there is no such encoding. */
function normalizeEncoding(encoding) {
  if (encoding === undefined || encoding === null || encoding === '') return 'utf8';
  return names[encoding] ?? names[StringPrototypeToLowerCase(`${encoding}`)];
}

module.exports = { normalizeEncoding };
