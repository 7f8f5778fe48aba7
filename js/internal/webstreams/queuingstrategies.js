'use strict';

const { ObjectDefineProperty } = require('internal/primordials');
const { codes: { ERR_MISSING_OPTION } } = require('internal/errors');
const { customInspectSymbol: kInspect } = require('internal/util');
const { validateObject } = require('internal/validators');
const { customInspect, define } = require('internal/webstreams/util');

function highWaterMarkOf(init) {
  validateObject(init, 'init');
  if (init.highWaterMark === undefined) throw new ERR_MISSING_OPTION('init.highWaterMark');
  return +init.highWaterMark;
}

// The same function for every strategy of a class, and all are called `size`.
function sizeFunction(fn) {
  return ObjectDefineProperty(fn, 'name', { __proto__: null, value: 'size' });
}

const byteLengthSize = sizeFunction((chunk) => chunk.byteLength);
const countSize = sizeFunction(() => 1);

class ByteLengthQueuingStrategy {
  #highWaterMark;
  #size = byteLengthSize;

  constructor(init) {
    this.#highWaterMark = highWaterMarkOf(init);
  }

  get highWaterMark() {
    return this.#highWaterMark;
  }

  get size() {
    return this.#size;
  }

  [kInspect](depth, options) {
    return customInspect(this, depth, options, 'ByteLengthQueuingStrategy', { highWaterMark: this.highWaterMark });
  }
}
define(ByteLengthQueuingStrategy, ['highWaterMark', 'size']);

class CountQueuingStrategy {
  #highWaterMark;
  #size = countSize;

  constructor(init) {
    this.#highWaterMark = highWaterMarkOf(init);
  }

  get highWaterMark() {
    return this.#highWaterMark;
  }

  get size() {
    return this.#size;
  }

  [kInspect](depth, options) {
    return customInspect(this, depth, options, 'CountQueuingStrategy', { highWaterMark: this.highWaterMark });
  }
}
define(CountQueuingStrategy, ['highWaterMark', 'size']);

module.exports = { ByteLengthQueuingStrategy, CountQueuingStrategy };
