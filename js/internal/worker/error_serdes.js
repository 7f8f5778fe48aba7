'use strict';

// An error on its way from a worker to its parent: its class by name, its own properties as far as
// they can be cloned, its stack as text.

const {
  AggregateError, Error, EvalError, ObjectDefineProperty, ObjectGetOwnPropertyNames, ObjectGetPrototypeOf,
  ObjectPrototypeToString, ObjectSetPrototypeOf, RangeError, ReferenceError, SafeSet, SymbolFor, SyntaxError,
  TypeError, URIError,
} = require('internal/primordials');
const { inspect } = require('internal/util/inspect');
const { isNativeError } = require('internal/util/types');
const { structuredClone } = require('internal/structured_clone');

const kInspect = SymbolFor('nodejs.util.inspect.custom');
const classes = {
  __proto__: null, AggregateError, Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError,
};

function isErrorLike(value) {
  return isNativeError(value) || ObjectPrototypeToString(value) === '[object Error]' || value instanceof Error;
}

// The nearest class of JavaScript's own.
function className(error) {
  for (let object = error; object !== null; object = ObjectGetPrototypeOf(object)) {
    const name = object.constructor?.name;
    if (typeof name === 'string' && classes[name] !== undefined) return name;
  }
  return 'Error';
}

function clonable(value) {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

function properties(error, seen) {
  const result = { __proto__: null };
  for (let object = error; object !== null; object = ObjectGetPrototypeOf(object)) {
    if (object !== error && classes[object.constructor?.name]?.prototype === object && object !== error) {
      // What JavaScript's own classes have, the copy has, too; the name may be set there.
      if (result.name === undefined) result.name = { value: error.name };
      break;
    }
    const names = ObjectGetOwnPropertyNames(object);
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      if (name === 'constructor' || result[name] !== undefined) continue;
      try {
        const value = error[name];
        if (typeof value === 'function') continue;
        if ((name === 'cause' || name === 'errors') && typeof value === 'object' && value !== null) {
          result[name] = name === 'cause' ? { nested: pack(value, seen) } :
            { list: [...value].map((each) => pack(each, seen)) };
        } else if (clonable(value)) {
          result[name] = { value, hidden: !Object.prototype.propertyIsEnumerable.call(object, name) };
        }
      } catch {
        // A getter that throws has no value.
      }
    }
  }
  return result;
}

function pack(error, seen = new SafeSet()) {
  try {
    if ((typeof error === 'object' || typeof error === 'function') && error !== null) {
      if (typeof error[kInspect] === 'function' && !isErrorLike(error)) return { custom: inspect(error) };
      if (isErrorLike(error) && !seen.has(error)) {
        seen.add(error);
        return { class: className(error), properties: properties(error, seen) };
      }
    }
    if (typeof error === 'symbol') return { text: inspect(error), isSymbol: true };
    if (clonable(error)) return { value: error };
  } catch {
    // What cannot even be looked at is shown as text.
  }
  return { text: inspect(error) };
}

function unpack(packed) {
  if (packed.class === undefined) {
    if (packed.custom !== undefined) return { [kInspect]: () => packed.custom };
    return 'value' in packed ? packed.value : packed.text;
  }
  const Class = classes[packed.class];
  const error = new Error();
  ObjectSetPrototypeOf(error, Class.prototype);
  const { properties: values } = packed;
  // One that could not be read stays so.
  if (values.stack === undefined) values.stack = { value: undefined };
  for (const name of Object.keys(values)) {
    const { value, nested, list, hidden = true } = values[name];
    const real = nested !== undefined ? unpack(nested) : list !== undefined ? list.map(unpack) : value;
    if (name === 'name' && real === Class.prototype.name) continue;
    ObjectDefineProperty(error, name, {
      __proto__: null, value: real, writable: true, configurable: true, enumerable: !hidden,
    });
  }
  return error;
}

module.exports = { serializeError: pack, deserializeError: unpack };
