'use strict';

// Exports of CommonJS modules in a cycle, which are read before they are complete.

const {
  ObjectGetOwnPropertyDescriptor, ObjectGetPrototypeOf, ObjectPrototype, ObjectSetPrototypeOf, Proxy,
} = require('internal/primordials');
const { isProxy } = require('internal/util/types');

function warnOfMissing(property) {
  globalThis.process.emitWarning(
    `Accessing non-existent property '${String(property)}' of module exports inside circular dependency`);
}

// Stands behind the exports of a module that is still loading, to tell who reads what is not there.
const cycleProxy = new Proxy({}, {
  __proto__: null,
  get(target, property) {
    if (property in target || property === '__esModule') return target[property];
    warnOfMissing(property);
    return undefined;
  },
  getOwnPropertyDescriptor(target, property) {
    if (property in target || property === '__esModule') return ObjectGetOwnPropertyDescriptor(target, property);
    warnOfMissing(property);
    return undefined;
  },
});

exports.exportsInCycle = function exportsInCycle(module) {
  const { exports } = module;
  if (exports !== null && typeof exports === 'object' && !isProxy(exports) &&
      ObjectGetPrototypeOf(exports) === ObjectPrototype && !exports.__esModule) {
    ObjectSetPrototypeOf(exports, cycleProxy);
  }
  return module.exports;
};

exports.leaveCycle = function leaveCycle(module) {
  const { exports } = module;
  if (exports !== null && typeof exports === 'object' && !isProxy(exports) &&
      ObjectGetPrototypeOf(exports) === cycleProxy) {
    ObjectSetPrototypeOf(exports, ObjectPrototype);
  }
};
