'use strict';

// `util.types`. What JavaScript can tell safely is told here; the rest asks V8 through
// `binding.types`, whose functions exist only once the program runs.

const {
  ArrayBufferIsView, TypedArrayPrototypeGetSymbolToStringTag,
} = require('internal/primordials');
const typesBinding = binding.types;

const types = {};

for (const name of [
  'isArgumentsObject', 'isArrayBuffer', 'isAsyncFunction', 'isBigIntObject', 'isBooleanObject',
  'isDate', 'isExternal', 'isGeneratorFunction', 'isGeneratorObject', 'isMap', 'isMapIterator',
  'isModuleNamespaceObject', 'isNativeError', 'isNumberObject', 'isPromise', 'isProxy', 'isRegExp',
  'isSet', 'isSetIterator', 'isSharedArrayBuffer', 'isStringObject', 'isSymbolObject', 'isWeakMap',
  'isWeakSet', 'isAnyArrayBuffer', 'isBoxedPrimitive',
]) {
  // A method so that the function has the name and cannot be constructed, like Node's.
  types[name] = { [name](value) { return typesBinding[name](value); } }[name];
}

types.isArrayBufferView = ArrayBufferIsView;
types.isDataView = function isDataView(value) {
  return ArrayBufferIsView(value) && TypedArrayPrototypeGetSymbolToStringTag(value) === undefined;
};
types.isTypedArray = function isTypedArray(value) {
  return TypedArrayPrototypeGetSymbolToStringTag(value) !== undefined;
};

for (const tag of [
  'Uint8Array', 'Uint8ClampedArray', 'Uint16Array', 'Uint32Array', 'Int8Array', 'Int16Array',
  'Int32Array', 'Float16Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array',
]) {
  const name = `is${tag}`;
  types[name] = {
    [name](value) { return TypedArrayPrototypeGetSymbolToStringTag(value) === tag; },
  }[name];
}

/** No crypto module makes such objects yet. */
types.isKeyObject = function isKeyObject() { return false; };
types.isCryptoKey = function isCryptoKey() { return false; };

module.exports = types;
