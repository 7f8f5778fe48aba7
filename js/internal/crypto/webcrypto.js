'use strict';

// The global `crypto`: random values and digests. What needs keys refuses.

const {
  ObjectDefineProperties, ObjectDefineProperty, SymbolToStringTag, StringPrototypeToUpperCase,
} = require('internal/primordials');
const {
  codes: {
    ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_ARG_TYPE, ERR_INVALID_THIS, ERR_METHOD_NOT_IMPLEMENTED, ERR_MISSING_ARGS,
  },
} = require('internal/errors');
const { isAnyArrayBuffer } = require('internal/util/types');
const { kEnumerableProperty, lazyDOMException } = require('internal/util');
const { CryptoKey } = require('internal/crypto/keys');
const random = require('internal/crypto/random');

const cryptoBinding = binding.crypto;

const kMake = Symbol('kMake');

/** WebCrypto's names of digests, and ours. */
const DIGESTS = {
  '__proto__': null,
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
  'SHA3-256': 'sha3-256',
  'SHA3-384': 'sha3-384',
  'SHA3-512': 'sha3-512',
};

class SubtleCrypto {
  constructor(key) {
    if (key !== kMake) throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  async digest(algorithm, data) {
    if (!(this instanceof SubtleCrypto)) throw new ERR_INVALID_THIS('SubtleCrypto');
    if (arguments.length < 2) {
      throw new ERR_MISSING_ARGS.TypeError('algorithm', 'data');
    }
    const name = typeof algorithm === 'object' && algorithm !== null ? algorithm.name : algorithm;
    const digest = DIGESTS[StringPrototypeToUpperCase(`${name}`)];
    if (digest === undefined) throw lazyDOMException('Unrecognized algorithm name', 'NotSupportedError');
    if (!ArrayBuffer.isView(data) && !isAnyArrayBuffer(data)) {
      throw new ERR_INVALID_ARG_TYPE('data', ['ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'], data);
    }
    const view = ArrayBuffer.isView(data) ? data : new Uint8Array(data);
    return cryptoBinding.hash(digest, view, 0);
  }
}

for (const name of [
  'decapsulateBits', 'decapsulateKey', 'decrypt', 'deriveBits', 'deriveKey', 'encapsulateBits', 'encapsulateKey',
  'encrypt', 'exportKey', 'generateKey', 'getPublicKey', 'importKey', 'sign', 'unwrapKey', 'verify', 'wrapKey',
]) {
  const method = {
    async [name]() {
      throw new ERR_METHOD_NOT_IMPLEMENTED(`crypto.subtle.${name}()`);
    },
  };
  ObjectDefineProperty(SubtleCrypto.prototype, name, {
    __proto__: null, value: method[name], configurable: true, enumerable: true, writable: true,
  });
}
ObjectDefineProperties(SubtleCrypto.prototype, {
  [SymbolToStringTag]: { __proto__: null, configurable: true, value: 'SubtleCrypto' },
  digest: kEnumerableProperty,
});

const subtle = new SubtleCrypto(kMake);

class Crypto {
  constructor(key) {
    if (key !== kMake) throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  get subtle() {
    if (!(this instanceof Crypto)) throw new ERR_INVALID_THIS('Crypto');
    return subtle;
  }

  getRandomValues(array) {
    if (!(this instanceof Crypto)) throw new ERR_INVALID_THIS('Crypto');
    if (arguments.length < 1) throw new ERR_MISSING_ARGS.TypeError('typedArray');
    return random.getRandomValues(array);
  }

  randomUUID() {
    if (!(this instanceof Crypto)) throw new ERR_INVALID_THIS('Crypto');
    return random.randomUUID();
  }
}
ObjectDefineProperties(Crypto.prototype, {
  [SymbolToStringTag]: { __proto__: null, configurable: true, value: 'Crypto' },
  subtle: kEnumerableProperty,
  getRandomValues: kEnumerableProperty,
  randomUUID: kEnumerableProperty,
});

const crypto = new Crypto(kMake);

module.exports = { Crypto, CryptoKey, SubtleCrypto, crypto };
