'use strict';

const { ObjectDefineProperty, ObjectKeys } = require('internal/primordials');
const {
  codes: {
    ERR_CRYPTO_FIPS_UNAVAILABLE, ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH, ERR_INVALID_ARG_TYPE, ERR_METHOD_NOT_IMPLEMENTED,
  },
} = require('internal/errors');
const { isAnyArrayBuffer } = require('internal/util/types');
const { isPendingDeprecation, getDeprecationWarningEmitter } = require('internal/util');
const { constants } = require('internal/crypto/constants');
const hashes = require('internal/crypto/hash');
const kdf = require('internal/crypto/kdf');
const { KeyObject, createSecretKey } = require('internal/crypto/keys');
const random = require('internal/crypto/random');
const { crypto: webcrypto } = require('internal/crypto/webcrypto');

const cryptoBinding = binding.crypto;

function timingSafeEqual(a, b) {
  const views = [a, b].map((value, i) => {
    if (isAnyArrayBuffer(value)) return new Uint8Array(value);
    if (ArrayBuffer.isView(value)) return value;
    throw new ERR_INVALID_ARG_TYPE(`buf${i + 1}`, ['ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'], value);
  });
  if (views[0].byteLength !== views[1].byteLength) throw new ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH();
  return cryptoBinding.timingSafeEqual(views[0], views[1]);
}

/** Where something is called that is not there yet. */
const refusing = (name) => ({
  [name]() {
    throw new ERR_METHOD_NOT_IMPLEMENTED(`crypto.${name}()`);
  },
})[name];

const refused = {};
for (const name of [
  'argon2', 'argon2Sync', 'checkPrime', 'checkPrimeSync', 'createCipheriv', 'createDecipheriv', 'createDiffieHellman',
  'createDiffieHellmanGroup', 'createECDH', 'createPrivateKey', 'createPublicKey', 'createSign', 'createVerify',
  'decapsulate', 'diffieHellman', 'encapsulate', 'generateKey', 'generateKeyPair', 'generateKeyPairSync',
  'generateKeySync', 'generatePrime', 'generatePrimeSync', 'getCipherInfo', 'getDiffieHellman', 'privateDecrypt',
  'privateEncrypt', 'publicDecrypt', 'publicEncrypt', 'secureHeapUsed', 'setEngine', 'sign', 'verify',
]) {
  refused[name] = refusing(name);
}

/** Classes that can be named and not made. */
const refusedClasses = {};
for (const name of [
  'Certificate', 'Cipheriv', 'Decipheriv', 'DiffieHellman', 'DiffieHellmanGroup', 'ECDH', 'Sign', 'Verify',
  'X509Certificate',
]) {
  refusedClasses[name] = ({
    [name]: class {
      constructor() {
        throw new ERR_METHOD_NOT_IMPLEMENTED(`crypto.${name}`);
      }
    },
  })[name];
}

module.exports = {
  ...hashes,
  ...kdf,
  ...refused,
  ...refusedClasses,
  KeyObject,
  createSecretKey,
  getCiphers: () => [],
  getCurves: () => [],
  getFips: () => 0,
  randomBytes: random.randomBytes,
  randomFill: random.randomFill,
  randomFillSync: random.randomFillSync,
  randomInt: random.randomInt,
  randomUUID: random.randomUUID,
  randomUUIDv7: random.randomUUIDv7,
  setFips(enable) {
    if (enable) throw new ERR_CRYPTO_FIPS_UNAVAILABLE();
  },
  timingSafeEqual,
};

const warnOfPseudo = getDeprecationWarningEmitter('DEP0115', 'crypto.pseudoRandomBytes is deprecated.');

function pseudoRandomBytes(size, callback) {
  if (isPendingDeprecation()) warnOfPseudo();
  return random.randomBytes(size, callback);
}

const others = {
  constants: { value: constants, enumerable: true },
  fips: { get: () => 0, set: (enable) => module.exports.setFips(enable), enumerable: true },
  // Other names of randomBytes, which old programs know.
  prng: { value: pseudoRandomBytes, writable: true },
  pseudoRandomBytes: { value: pseudoRandomBytes, writable: true },
  rng: { value: pseudoRandomBytes, writable: true },
  subtle: { get: () => webcrypto.subtle, enumerable: true },
  webcrypto: { get: () => webcrypto, enumerable: true },
  getRandomValues: {
    get: () => (array) => webcrypto.getRandomValues(array),
    enumerable: true,
  },
};
for (const name of ObjectKeys(others)) {
  ObjectDefineProperty(module.exports, name, { __proto__: null, configurable: true, ...others[name] });
}
