'use strict';

const { ObjectDefineProperty } = require('internal/primordials');
const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { isArrayBufferView } = require('internal/util/types');
const { validateUint32 } = require('internal/validators');
const { asynchronous, synchronous } = require('internal/zlib/buffers');
const formats = require('internal/zlib/formats');
const { codes, constants } = require('internal/zlib_constants');

const zlibBinding = binding.zlib;

function crc32(data, value = 0) {
  if (typeof data !== 'string' && !isArrayBufferView(data)) {
    throw new ERR_INVALID_ARG_TYPE('data', ['Buffer', 'TypedArray', 'DataView', 'string'], data);
  }
  validateUint32(value, 'value');
  return zlibBinding.crc32(data, value);
}

module.exports = { crc32, ...formats };

/** What does not change: users cannot replace it. */
function fixed(name, value) {
  ObjectDefineProperty(module.exports, name, { __proto__: null, value, enumerable: true, configurable: true });
}

for (const name of [
  'Deflate', 'Gzip', 'DeflateRaw', 'Unzip', 'Inflate', 'Gunzip', 'InflateRaw', 'BrotliCompress', 'BrotliDecompress',
  'ZstdCompress', 'ZstdDecompress',
]) {
  const Class = formats[name];
  const lower = name[0].toLowerCase() + name.slice(1);
  module.exports[lower] = asynchronous(Class);
  module.exports[`${lower}Sync`] = synchronous(Class);
  // Named by its property, as Node's is.
  const { [`create${name}`]: create } = { [`create${name}`]: function(options) { return new Class(options); } };
  fixed(`create${name}`, create);
}
fixed('constants', constants);
fixed('codes', codes);
