'use strict';

// The classes that zlib exports, each a format and a direction.

const {
  ArrayPrototypePush, FunctionPrototypeCall, NumberIsNaN, ObjectKeys, ObjectSetPrototypeOf, StringPrototypeStartsWith,
} = require('internal/primordials');
const { Buffer } = require('buffer');
const {
  codes: { ERR_BROTLI_INVALID_PARAM, ERR_INVALID_ARG_TYPE, ERR_ZSTD_INVALID_PARAM },
} = require('internal/errors');
const { isAnyArrayBuffer, isArrayBufferView } = require('internal/util/types');
const { deprecateInstantiation } = require('internal/util');
const { checkRangesOrGetDefault } = require('internal/validators');
const { constants } = require('internal/zlib_constants');
const { BROTLI, ZLIB, ZSTD, ZlibBase, onwritten, openHandle } = require('internal/zlib/base');
const { Handle } = require('internal/zlib/handle');

const zlibBinding = binding.zlib;

const {
  DEFLATE, DEFLATERAW, GUNZIP, GZIP, INFLATE, INFLATERAW, UNZIP,
  Z_DEFAULT_COMPRESSION, Z_DEFAULT_MEMLEVEL, Z_DEFAULT_STRATEGY, Z_DEFAULT_WINDOWBITS, Z_FIXED, Z_MAX_LEVEL,
  Z_MAX_MEMLEVEL, Z_MAX_WINDOWBITS, Z_MIN_LEVEL, Z_MIN_MEMLEVEL, Z_MIN_WINDOWBITS, Z_SYNC_FLUSH,
} = constants;

/** A function that makes `Class` a subclass of `Parent`, as classes of old are made. */
function inherit(Class, Parent) {
  ObjectSetPrototypeOf(Class.prototype, Parent.prototype);
  ObjectSetPrototypeOf(Class, Parent);
}

function checkedDictionary(dictionary) {
  if (dictionary === undefined || isArrayBufferView(dictionary)) return dictionary;
  if (isAnyArrayBuffer(dictionary)) return Buffer.from(dictionary);
  throw new ERR_INVALID_ARG_TYPE(
    'options.dictionary', ['Buffer', 'TypedArray', 'DataView', 'ArrayBuffer'], dictionary);
}

// ---- zlib ------------------------------------------------------------------------------------

function windowBitsOf(bits, mode) {
  // 0, or nothing, has the data's own header decide.
  if (!bits && bits !== '' && (mode === INFLATE || mode === GUNZIP || mode === UNZIP) && !NumberIsNaN(bits)) return 0;
  // zlib makes no gzip with 8.
  const least = mode === GZIP ? Z_MIN_WINDOWBITS + 1 : Z_MIN_WINDOWBITS;
  return checkRangesOrGetDefault(bits, 'options.windowBits', least, Z_MAX_WINDOWBITS, Z_DEFAULT_WINDOWBITS);
}

function Zlib(options, mode) {
  const given = options ?? {};
  const windowBits = options ? windowBitsOf(given.windowBits, mode) : Z_DEFAULT_WINDOWBITS;
  const level = checkRangesOrGetDefault(
    given.level, 'options.level', Z_MIN_LEVEL, Z_MAX_LEVEL, Z_DEFAULT_COMPRESSION);
  const memLevel = checkRangesOrGetDefault(
    given.memLevel, 'options.memLevel', Z_MIN_MEMLEVEL, Z_MAX_MEMLEVEL, Z_DEFAULT_MEMLEVEL);
  const strategy = checkRangesOrGetDefault(
    given.strategy, 'options.strategy', Z_DEFAULT_STRATEGY, Z_FIXED, Z_DEFAULT_STRATEGY);
  const dictionary = checkedDictionary(given.dictionary);
  const handle = new Handle(
    (owner) => zlibBinding.newZlib(
      owner, mode, windowBits, level, memLevel, strategy, dictionary, given.rejectGarbageAfterEnd === true),
    onwritten);
  FunctionPrototypeCall(ZlibBase, this, options, handle, ZLIB);
  this._level = level;
  this._strategy = strategy;
  this._mode = mode;
}
inherit(Zlib, ZlibBase);

Zlib.prototype.params = function params(level, strategy, callback) {
  checkRangesOrGetDefault(level, 'level', Z_MIN_LEVEL, Z_MAX_LEVEL);
  checkRangesOrGetDefault(strategy, 'strategy', Z_DEFAULT_STRATEGY, Z_FIXED);
  if (this._level === level && this._strategy === strategy) {
    process.nextTick(callback);
    return;
  }
  this.flush(Z_SYNC_FLUSH, () => {
    const error = openHandle(this).params(level, strategy);
    if (error !== undefined) {
      this.destroy(error);
      return;
    }
    this._level = level;
    this._strategy = strategy;
    callback?.();
  });
};

function Deflate(options) {
  if (!(this instanceof Deflate)) return deprecateInstantiation(Deflate, 'DEP0184', options);
  FunctionPrototypeCall(Zlib, this, options, DEFLATE);
}
inherit(Deflate, Zlib);

function Inflate(options) {
  if (!(this instanceof Inflate)) return deprecateInstantiation(Inflate, 'DEP0184', options);
  FunctionPrototypeCall(Zlib, this, options, INFLATE);
}
inherit(Inflate, Zlib);

function Gzip(options) {
  if (!(this instanceof Gzip)) return deprecateInstantiation(Gzip, 'DEP0184', options);
  FunctionPrototypeCall(Zlib, this, options, GZIP);
}
inherit(Gzip, Zlib);

function Gunzip(options) {
  if (!(this instanceof Gunzip)) return deprecateInstantiation(Gunzip, 'DEP0184', options);
  FunctionPrototypeCall(Zlib, this, options, GUNZIP);
}
inherit(Gunzip, Zlib);

function DeflateRaw(options) {
  // zlib makes none with 8, and once took it for 9.
  if (options?.windowBits === 8) options.windowBits = 9;
  if (!(this instanceof DeflateRaw)) return deprecateInstantiation(DeflateRaw, 'DEP0184', options);
  FunctionPrototypeCall(Zlib, this, options, DEFLATERAW);
}
inherit(DeflateRaw, Zlib);

function InflateRaw(options) {
  if (!(this instanceof InflateRaw)) return deprecateInstantiation(InflateRaw, 'DEP0184', options);
  FunctionPrototypeCall(Zlib, this, options, INFLATERAW);
}
inherit(InflateRaw, Zlib);

function Unzip(options) {
  if (!(this instanceof Unzip)) return deprecateInstantiation(Unzip, 'DEP0184', options);
  FunctionPrototypeCall(Zlib, this, options, UNZIP);
}
inherit(Unzip, Zlib);

// ---- Brotli and Zstandard --------------------------------------------------------------------

/** The highest number of a constant whose name begins with `prefix`. */
function highest(prefix) {
  let found = 0;
  for (const name of ObjectKeys(constants)) {
    if (StringPrototypeStartsWith(name, prefix) && constants[name] > found) found = constants[name];
  }
  return found;
}

/** `params` as `[number, value, ...]`: each number at most `last`, and once. */
function checkedParams(params, last, Invalid) {
  const pairs = [];
  if (!params) return pairs;
  const seen = { __proto__: null };
  for (const name of ObjectKeys(params)) {
    const number = +name;
    if (NumberIsNaN(number) || number < 0 || number > last || seen[number]) throw new Invalid(name);
    const value = params[name];
    if (typeof value !== 'number' && typeof value !== 'boolean') {
      throw new ERR_INVALID_ARG_TYPE('options.params[key]', 'number', value);
    }
    // -1 stands for a parameter that is not given.
    if (+value === -1 || (value >>> 0) === 0xffffffff) continue;
    seen[number] = true;
    ArrayPrototypePush(pairs, number, +value);
  }
  return pairs;
}

const lastBrotliParam = highest('BROTLI_PARAM_');
const lastZstdCompressionParam = highest('ZSTD_c_');
const lastZstdDecompressionParam = highest('ZSTD_d_');

function Brotli(options, compresses) {
  const params = checkedParams(options?.params, lastBrotliParam, ERR_BROTLI_INVALID_PARAM);
  const dictionary = checkedDictionary(options?.dictionary);
  const handle = new Handle((owner) => zlibBinding.newBrotli(owner, compresses, params, dictionary), onwritten);
  FunctionPrototypeCall(ZlibBase, this, options, handle, BROTLI);
}
inherit(Brotli, ZlibBase);
// Programs change levels without a look at the format.
Brotli.prototype.params = Zlib.prototype.params;

function BrotliCompress(options) {
  if (!(this instanceof BrotliCompress)) return deprecateInstantiation(BrotliCompress, 'DEP0184', options);
  FunctionPrototypeCall(Brotli, this, options, true);
}
inherit(BrotliCompress, Brotli);

function BrotliDecompress(options) {
  if (!(this instanceof BrotliDecompress)) return deprecateInstantiation(BrotliDecompress, 'DEP0184', options);
  FunctionPrototypeCall(Brotli, this, options, false);
}
inherit(BrotliDecompress, Brotli);

class Zstd extends ZlibBase {
  constructor(options, compresses, lastParam) {
    const params = checkedParams(options?.params, lastParam, ERR_ZSTD_INVALID_PARAM);
    const dictionary = checkedDictionary(options?.dictionary);
    const pledgedSrcSize = options?.pledgedSrcSize;
    if (pledgedSrcSize !== undefined && typeof pledgedSrcSize !== 'number') {
      const error = new TypeError('pledgedSrcSize must be a number');
      error.code = 'ERR_INVALID_ARG_TYPE';
      throw error;
    }
    const handle = new Handle(
      (owner) => zlibBinding.newZstd(owner, compresses, params, pledgedSrcSize, dictionary), onwritten);
    super(options, handle, ZSTD);
  }
}

class ZstdCompress extends Zstd {
  constructor(options) {
    super(options, true, lastZstdCompressionParam);
  }
}

class ZstdDecompress extends Zstd {
  constructor(options) {
    super(options, false, lastZstdDecompressionParam);
  }
}

module.exports = {
  Deflate, Inflate, Gzip, Gunzip, DeflateRaw, InflateRaw, Unzip, BrotliCompress, BrotliDecompress, ZstdCompress,
  ZstdDecompress,
};
