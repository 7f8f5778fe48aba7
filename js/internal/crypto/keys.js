'use strict';

// Secret keys as objects; keys of pairs are not there yet.

const { ObjectDefineProperties, SymbolToStringTag } = require('internal/primordials');
const {
  codes: {
    ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE, ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE,
    ERR_METHOD_NOT_IMPLEMENTED,
  },
} = require('internal/errors');
const { validateObject, validateOneOf, validateString } = require('internal/validators');
const { isAnyArrayBuffer } = require('internal/util/types');
const { bytesOf } = require('internal/crypto/bytes');

const cryptoBinding = binding.crypto;

const kMake = Symbol('kMake');

class KeyObject {
  #type;

  constructor(type, handle) {
    if (type !== 'secret' && type !== 'public' && type !== 'private') throw new ERR_INVALID_ARG_VALUE('type', type);
    if (handle !== kMake) throw new ERR_INVALID_ARG_TYPE('handle', 'object', handle);
    this.#type = type;
  }

  get type() {
    return this.#type;
  }

  static from() {
    throw new ERR_METHOD_NOT_IMPLEMENTED('KeyObject.from()');
  }

  equals(other) {
    if (!(other instanceof KeyObject)) throw new ERR_INVALID_ARG_TYPE('otherKeyObject', 'KeyObject', other);
    return other.type === this.type && this._equals(other);
  }
}
ObjectDefineProperties(KeyObject.prototype, {
  [SymbolToStringTag]: { __proto__: null, configurable: true, value: 'KeyObject' },
});

class SecretKeyObject extends KeyObject {
  #bytes;

  constructor(bytes) {
    super('secret', kMake);
    this.#bytes = bytes;
  }

  get symmetricKeySize() {
    return this.#bytes.byteLength;
  }

  export(options) {
    if (options !== undefined) {
      validateObject(options, 'options');
      validateOneOf(options.format, 'options.format', [undefined, 'buffer', 'jwk']);
      if (options.format === 'jwk') return { kty: 'oct', k: this.#bytes.toString('base64url') };
    }
    return require('buffer').Buffer.from(this.#bytes);
  }

  toCryptoKey() {
    throw new ERR_METHOD_NOT_IMPLEMENTED('keyObject.toCryptoKey()');
  }

  _equals(other) {
    return this.#bytes.byteLength === other.#bytes.byteLength &&
      cryptoBinding.timingSafeEqual(this.#bytes, other.#bytes);
  }

  static bytesOf(key) {
    return key.#bytes;
  }
}

/** The bytes of a secret key: a KeyObject, or what one can be made of. */
function secretBytes(key, encoding = undefined, name = 'key') {
  if (key instanceof SecretKeyObject) return SecretKeyObject.bytesOf(key);
  if (key instanceof KeyObject) throw new ERR_CRYPTO_INVALID_KEY_OBJECT_TYPE(key.type, 'secret');
  if (typeof key !== 'string' && !ArrayBuffer.isView(key) && !isAnyArrayBuffer(key)) {
    throw new ERR_INVALID_ARG_TYPE(
      name, ['ArrayBuffer', 'Buffer', 'TypedArray', 'DataView', 'string', 'KeyObject', 'CryptoKey'], key);
  }
  return bytesOf(key, name, encoding);
}

function createSecretKey(key, encoding) {
  if (typeof key !== 'string' && !ArrayBuffer.isView(key) && !isAnyArrayBuffer(key)) {
    throw new ERR_INVALID_ARG_TYPE('key', ['string', 'ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'], key);
  }
  if (encoding !== undefined) validateString(encoding, 'encoding');
  const view = bytesOf(key, 'key', encoding);
  const { Buffer } = require('buffer');
  // A copy: what the caller has may change.
  return new SecretKeyObject(Buffer.from(new Uint8Array(view.buffer, view.byteOffset, view.byteLength)));
}

class CryptoKey {
  constructor() {
    throw new ERR_ILLEGAL_CONSTRUCTOR();
  }
}

module.exports = { CryptoKey, KeyObject, createSecretKey, secretBytes };
