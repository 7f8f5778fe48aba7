'use strict';

// Modules of Node's that are not built yet. Each loads, so that a package which merely requires it
// works, and has Node's names; what is not there throws ERR_METHOD_NOT_IMPLEMENTED when it is called.

const {
  ArrayPrototypeForEach, ObjectDefineProperty, ObjectSetPrototypeOf, StringPrototypeSplit,
} = require('internal/primordials');
const { codes: { ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');
const EventEmitter = require('events');

function named(fn, name) {
  ObjectDefineProperty(fn, 'name', { __proto__: null, value: name, configurable: true });
  return fn;
}

function refusingFunction(module, name) {
  return named((...args) => {
    throw new ERR_METHOD_NOT_IMPLEMENTED(`${module}.${name}()`);
  }, name);
}

// A class that can be extended and asked with instanceof. A function, for Node's can be called
// without `new`, and old packages inherit from them with util.inherits.
function refusingClass(module, name) {
  function Refusing() {
    throw new ERR_METHOD_NOT_IMPLEMENTED(`${module}.${name}`);
  }
  ObjectSetPrototypeOf(Refusing.prototype, EventEmitter.prototype);
  ObjectSetPrototypeOf(Refusing, EventEmitter);
  return named(Refusing, name);
}

/**
 * The exports of a module: `functions` and `classes` are names with spaces between them, `values`
 * what works already. Returns `target` with all of them.
 */
exports.refusing = function refusing(module, { functions = '', classes = '', values = {} }, target = {}) {
  const add = (names, make) => ArrayPrototypeForEach(StringPrototypeSplit(names, ' '), (name) => {
    if (name !== '') target[name] = make(module, name);
  });
  add(classes, refusingClass);
  add(functions, refusingFunction);
  return Object.assign(target, values);
};
