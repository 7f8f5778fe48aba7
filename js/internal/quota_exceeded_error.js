'use strict';

// The global `QuotaExceededError`.

const {
  NumberIsFinite, ObjectDefineProperties, ObjectDefineProperty, RangeError, ReflectApply, SymbolToStringTag, TypeError,
} = require('internal/primordials');
const { DOMException } = require('internal/domexception');
const { codes: { ERR_INVALID_THIS } } = require('internal/errors');
const { kClone, kDeserialize } = require('internal/worker/transfer');

function amount(options, name) {
  if (options == null || !(name in options)) return null;
  const value = +options[name];
  if (!NumberIsFinite(value)) throw new TypeError(`Cannot convert options.${name} to a double: the value is ${value}`);
  if (value < 0) throw new RangeError(`options.${name} must not be negative`);
  return value;
}

let restoreAmounts;

class QuotaExceededError extends DOMException {
  #quota;
  #requested;

  constructor(message = '', options = undefined) {
    super(message, 'QuotaExceededError');
    this.#quota = amount(options, 'quota');
    this.#requested = amount(options, 'requested');
    if (this.#quota !== null && this.#requested !== null && this.#requested < this.#quota) {
      throw new RangeError('options.requested must not be less than options.quota');
    }
  }

  get quota() { return QuotaExceededError.#of(this).#quota; }
  get requested() { return QuotaExceededError.#of(this).#requested; }

  static #of(value) {
    if (typeof value !== 'object' || value === null || !(#quota in value)) throw new ERR_INVALID_THIS('QuotaExceededError');
    return value;
  }

  static {
    restoreAmounts = (error, { quota, requested }) => {
      error.#quota = quota;
      error.#requested = requested;
    };
  }
}

const shown = { __proto__: null, enumerable: true };
ObjectDefineProperties(QuotaExceededError.prototype, {
  __proto__: null,
  quota: shown,
  requested: shown,
  [SymbolToStringTag]: { __proto__: null, value: 'QuotaExceededError', configurable: true },
});

const { [kClone]: clone, [kDeserialize]: deserialize } = DOMException.prototype;
ObjectDefineProperty(QuotaExceededError.prototype, kClone, {
  __proto__: null,
  value() {
    const { quota, requested } = this;
    const { data } = ReflectApply(clone, this, []);
    return {
      data: { ...data, quota, requested },
      deserializeInfo: 'internal/quota_exceeded_error:QuotaExceededError',
    };
  },
});
ObjectDefineProperty(QuotaExceededError.prototype, kDeserialize, {
  __proto__: null,
  value(data) {
    ReflectApply(deserialize, this, [data]);
    restoreAmounts(this, data);
  },
});

module.exports = { QuotaExceededError };
