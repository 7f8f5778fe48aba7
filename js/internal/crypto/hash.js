'use strict';

// Hash and Hmac, and hash() for all at once.

const {
  ObjectDefineProperty, ObjectSetPrototypeOf, ReflectConstruct, SafeFinalizationRegistry, StringPrototypeToLowerCase,
} = require('internal/primordials');
const { Transform } = require('internal/streams/duplex');
const {
  genericNodeError,
  codes: {
    ERR_CRYPTO_HASH_FINALIZED, ERR_CRYPTO_HASH_UPDATE_FAILED, ERR_CRYPTO_INVALID_DIGEST, ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
  },
} = require('internal/errors');
const { validateObject, validateString, validateUint32 } = require('internal/validators');
const { deprecate, getDeprecationWarningEmitter, normalizeEncoding } = require('internal/util');
const { checkData, encode } = require('internal/crypto/bytes');
const { secretBytes } = require('internal/crypto/keys');

const cryptoBinding = binding.crypto;

// Frees the native side of those that nobody finished. Belongs to a process, so not made at build time.
let registry;

function hold(object, id) {
  registry ??= new SafeFinalizationRegistry((gone) => { cryptoBinding.free(gone); });
  registry.register(object, id);
  return id;
}

const warnOfNoLength = getDeprecationWarningEmitter(
  'DEP0198', 'Creating SHAKE128/256 digests without an explicit options.outputLength is deprecated.');

function notSupported() {
  return genericNodeError('Digest method not supported', { code: 'ERR_OSSL_EVP_UNSUPPORTED' });
}

/** Bytes of the result: what was asked for, where the function can give that. */
function lengthOf(algorithm, wanted) {
  const size = cryptoBinding.outputSize(algorithm);
  if (size === undefined) throw notSupported();
  if (size < 0) return wanted ?? -size;
  if (wanted !== undefined && wanted !== size) {
    throw genericNodeError('error:030000B2:digital envelope routines::not XOF or invalid length', {
      library: 'digital envelope routines',
      reason: 'not XOF or invalid length',
      code: 'ERR_OSSL_EVP_NOT_XOF_OR_INVALID_LENGTH',
    });
  }
  return size;
}

function hidden(object, name, value) {
  ObjectDefineProperty(object, name, {
    __proto__: null, value, configurable: true, enumerable: false, writable: true,
  });
}

/** What both have: `_id` of the native side, `_length` of its result, `_isFinalized`. */
class Digesting extends Transform {
  _transform(chunk, encoding, callback) {
    cryptoBinding.update(this._id, typeof chunk === 'string' ? checkData(chunk, encoding, 'data') : chunk);
    callback();
  }

  _flush(callback) {
    this.push(this._finish());
    callback();
  }

  update(data, encoding) {
    if (this._isFinalized) throw new ERR_CRYPTO_HASH_FINALIZED();
    const bytes = checkData(data, encoding, 'data');
    if (!cryptoBinding.update(this._id, bytes)) throw new ERR_CRYPTO_HASH_UPDATE_FAILED();
    return this;
  }

  _finish(encoding = undefined) {
    const bytes = cryptoBinding.digest(this._id, this._length);
    this._isFinalized = true;
    return encode(bytes, encoding);
  }
}

class HashStream extends Digesting {
  constructor(algorithm, options) {
    const from = algorithm instanceof HashStream ? algorithm : undefined;
    if (from === undefined) validateString(algorithm, 'algorithm');
    const wanted = typeof options === 'object' && options !== null ? options.outputLength : undefined;
    if (wanted !== undefined) validateUint32(wanted, 'options.outputLength');
    const name = from === undefined ? algorithm : from._algorithm;
    const length = lengthOf(name, wanted);
    super(options ?? undefined);
    hidden(this, '_algorithm', name);
    hidden(this, '_length', length);
    hidden(this, '_isFinalized', false);
    const id = from === undefined ? cryptoBinding.newHash(name) : cryptoBinding.copy(from._id);
    hidden(this, '_id', hold(this, id));
    if (from === undefined && wanted === undefined && cryptoBinding.outputSize(name) < 0) warnOfNoLength();
  }

  copy(options) {
    if (this._isFinalized) throw new ERR_CRYPTO_HASH_FINALIZED();
    return ReflectConstruct(HashStream, [this, options], Hash);
  }

  digest(encoding) {
    if (this._isFinalized) throw new ERR_CRYPTO_HASH_FINALIZED();
    return this._finish(encoding && normalized(encoding));
  }
}

class HmacStream extends Digesting {
  constructor(hmac, key, options) {
    validateString(hmac, 'hmac');
    const bytes = secretBytes(key, options?.encoding);
    const size = cryptoBinding.outputSize(hmac);
    const id = size > 0 ? cryptoBinding.newHmac(hmac, bytes) : undefined;
    if (id === undefined) throw new ERR_CRYPTO_INVALID_DIGEST(hmac);
    super(options ?? undefined);
    hidden(this, '_length', size);
    hidden(this, '_isFinalized', false);
    hidden(this, '_id', hold(this, id));
  }

  digest(encoding) {
    const wanted = encoding && normalized(encoding);
    // An empty result the second time, as Node has it for old programs.
    if (this._isFinalized) {
      const { Buffer } = require('buffer');
      return wanted && wanted !== 'buffer' ? '' : Buffer.from('');
    }
    return this._finish(wanted);
  }
}

/** The encoding's name; an unknown one is taken as none, as Node does here. */
function normalized(encoding) {
  const name = `${encoding}`;
  if (name === 'buffer') return name;
  return normalizeEncoding(name) ?? (name === '' ? undefined : 'buffer');
}

/** The public constructor, which can be called without `new`, and warns. */
function publicConstructor(Stream, name, code) {
  function construct(...args) {
    return ReflectConstruct(Stream, args, new.target || Public);
  }
  construct.prototype = Stream.prototype;
  ObjectSetPrototypeOf(construct, Transform);
  const Public = deprecate(construct, `crypto.${name} constructor is deprecated.`, code);
  for (const fn of [construct, Public]) {
    ObjectDefineProperty(fn, 'name', { __proto__: null, value: name, configurable: true });
  }
  hidden(Stream.prototype, 'constructor', Public);
  return Public;
}

const Hash = publicConstructor(HashStream, 'Hash', 'DEP0179');
const Hmac = publicConstructor(HmacStream, 'Hmac', 'DEP0181');

const createHash = (algorithm, options) => ReflectConstruct(HashStream, [algorithm, options], Hash);
const createHmac = (hmac, key, options) => ReflectConstruct(HmacStream, [hmac, key, options], Hmac);

/** `crypto.hash(algorithm, data[, options])`: a text in hex unless told. */
function hash(algorithm, input, options) {
  validateString(algorithm, 'algorithm');
  if (typeof input !== 'string' && !ArrayBuffer.isView(input)) {
    throw new ERR_INVALID_ARG_TYPE('input', ['Buffer', 'TypedArray', 'DataView', 'string'], input);
  }
  let encoding = 'hex';
  let wanted;
  if (typeof options === 'string') {
    encoding = options;
  } else if (options !== undefined) {
    validateObject(options, 'options');
    encoding = options.outputEncoding ?? 'hex';
    wanted = options.outputLength;
    if (wanted !== undefined) validateUint32(wanted, 'options.outputLength');
  }
  validateString(encoding, 'outputEncoding');
  let form = normalizeEncoding(encoding);
  if (form === undefined) {
    if (StringPrototypeToLowerCase(encoding) !== 'buffer') throw new ERR_INVALID_ARG_VALUE('outputEncoding', encoding);
    form = 'buffer';
  }
  const size = cryptoBinding.outputSize(algorithm);
  if (size === undefined) throw notSupported();
  if (size > 0 && wanted !== undefined && wanted !== size) {
    throw genericNodeError(`Output length ${wanted} is invalid for ${algorithm}, which does not support XOF`, {});
  }
  if (size < 0 && wanted === undefined) warnOfNoLength();
  return encode(cryptoBinding.hash(algorithm, input, wanted ?? Math.abs(size)), form);
}

const getHashes = () => cryptoBinding.hashes();

module.exports = { Hash, Hmac, createHash, createHmac, getHashes, hash };
