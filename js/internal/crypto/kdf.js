'use strict';

// Keys derived from passwords (PBKDF2, scrypt) and from other keys (HKDF).

const { MathLog2 } = require('internal/primordials');
const {
  codes: {
    ERR_CRYPTO_INVALID_DIGEST, ERR_CRYPTO_INVALID_KEYLEN, ERR_CRYPTO_INVALID_SCRYPT_PARAMS,
    ERR_INCOMPATIBLE_OPTION_PAIR, ERR_OPERATION_FAILED, ERR_OUT_OF_RANGE,
  },
} = require('internal/errors');
const {
  validateFunction, validateInt32, validateInteger, validateString, validateUint32,
} = require('internal/validators');
const { bytesOf, encode } = require('internal/crypto/bytes');
const { secretBytes } = require('internal/crypto/keys');

const cryptoBinding = binding.crypto;

/** What a callback is told of a native result. */
function finish(callback, convert) {
  return (bytes) => {
    if (bytes === undefined) callback(new ERR_OPERATION_FAILED('the key cannot be derived'));
    else callback(null, convert(bytes));
  };
}

function resultOf(bytes, convert) {
  if (bytes === undefined) throw new ERR_OPERATION_FAILED('the key cannot be derived');
  return convert(bytes);
}

const asIs = (bytes) => bytes;

function pbkdf2Arguments(password, salt, iterations, keylen, digest) {
  validateString(digest, 'digest');
  const passwordBytes = secretBytes(password, undefined, 'password');
  const saltBytes = bytesOf(salt, 'salt');
  // 0 as well, for a number below 1 is refused by its own message.
  validateInt32(iterations, 'iterations', 1);
  validateInt32(keylen, 'keylen', 0);
  if (!(cryptoBinding.outputSize(digest) > 0)) throw new ERR_CRYPTO_INVALID_DIGEST(digest);
  return [digest, passwordBytes, saltBytes, iterations, keylen];
}

function pbkdf2(password, salt, iterations, keylen, digest, callback) {
  if (typeof digest === 'function') {
    callback = digest;
    digest = undefined;
  }
  const args = pbkdf2Arguments(password, salt, iterations, keylen, digest);
  validateFunction(callback, 'callback');
  cryptoBinding.pbkdf2(...args, finish(callback, encode));
}

function pbkdf2Sync(password, salt, iterations, keylen, digest) {
  return resultOf(cryptoBinding.pbkdf2(...pbkdf2Arguments(password, salt, iterations, keylen, digest)), encode);
}

function hkdfArguments(hash, key, salt, info, length) {
  validateString(hash, 'digest');
  const keyBytes = secretBytes(key, undefined, 'ikm');
  const saltBytes = bytesOf(salt, 'salt');
  const infoBytes = bytesOf(info, 'info');
  validateInteger(length, 'length', 0, 2147483647);
  if (infoBytes.byteLength > 1024) {
    throw new ERR_OUT_OF_RANGE('info', 'must not contain more than 1024 bytes', infoBytes.byteLength);
  }
  const size = cryptoBinding.outputSize(hash);
  if (!(size > 0)) throw new ERR_CRYPTO_INVALID_DIGEST(hash);
  if (length > size * 255) throw new ERR_CRYPTO_INVALID_KEYLEN();
  return [hash, keyBytes, saltBytes, infoBytes, length];
}

function hkdf(hash, key, salt, info, length, callback) {
  const args = hkdfArguments(hash, key, salt, info, length);
  validateFunction(callback, 'callback');
  cryptoBinding.hkdf(...args, finish(callback, asIs));
}

function hkdfSync(hash, key, salt, info, length) {
  return resultOf(cryptoBinding.hkdf(...hkdfArguments(hash, key, salt, info, length)), asIs);
}

/** One option under its two names. */
function option(options, long, short, otherwise, check) {
  let value = otherwise;
  if (options[long] !== undefined) {
    check(options[long], long);
    value = options[long];
  }
  if (options[short] !== undefined) {
    if (options[long] !== undefined) throw new ERR_INCOMPATIBLE_OPTION_PAIR(long, short);
    check(options[short], short);
    value = options[short];
  }
  return value || otherwise;
}

const DEFAULT_MEMORY = 32 * 1024 * 1024;

function scryptArguments(password, salt, keylen, options) {
  const passwordBytes = secretBytes(password, undefined, 'password');
  const saltBytes = bytesOf(salt, 'salt');
  validateInt32(keylen, 'keylen', 0);
  let N = 16384;
  let r = 8;
  let p = 1;
  let memory = DEFAULT_MEMORY;
  if (options && options !== undefined) {
    N = option(options, 'cost', 'N', N, validateUint32);
    r = option(options, 'blockSize', 'r', r, validateUint32);
    p = option(options, 'parallelization', 'p', p, validateUint32);
    if (options.maxmem !== undefined) {
      memory = options.maxmem;
      validateInteger(memory, 'maxmem', 0);
    }
    memory ||= DEFAULT_MEMORY;
  }
  const logN = MathLog2(N);
  if (N < 2 || logN !== Math.trunc(logN)) throw new ERR_CRYPTO_INVALID_SCRYPT_PARAMS();
  // As OpenSSL counts it.
  if (128 * N * r + 128 * r * p + 32 * r * 4 > memory || p * r > (2 ** 30 - 1)) {
    throw new ERR_CRYPTO_INVALID_SCRYPT_PARAMS('memory limit exceeded');
  }
  return [passwordBytes, saltBytes, logN, r, p, keylen];
}

function scrypt(password, salt, keylen, options, callback = undefined) {
  if (callback === undefined) {
    callback = options;
    options = undefined;
  }
  const args = scryptArguments(password, salt, keylen, options);
  validateFunction(callback, 'callback');
  cryptoBinding.scrypt(...args, finish(callback, encode));
}

function scryptSync(password, salt, keylen, options = undefined) {
  return resultOf(cryptoBinding.scrypt(...scryptArguments(password, salt, keylen, options)), encode);
}

module.exports = { hkdf, hkdfSync, pbkdf2, pbkdf2Sync, scrypt, scryptSync };
