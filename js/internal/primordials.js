'use strict';

// Built-ins as they were before any script could change them, under Node's names:
// `ArrayPrototypePush(list, x)` is `list.push(x)`, `ObjectKeys` is `Object.keys`,
// `TypedArrayPrototypeGetLength(view)` reads the `length` getter, `SafeMap` is a Map whose methods
// nobody can replace.

const { apply, bind, call } = Function.prototype;

/** `uncurryThis(method)(self, ...args)` is `method.call(self, ...args)`. */
const uncurryThis = bind.bind(call);
/** `applyBind(method)(self, args)` is `method.apply(self, args)`. */
const applyBind = bind.bind(apply);

const { defineProperty, freeze, getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf } = Object;
const { ownKeys } = Reflect;

const primordials = { __proto__: null, uncurryThis, applyBind };

function keyName(key) {
  const text = typeof key === 'symbol' ? key.description.slice('Symbol.'.length) : key;
  return `${typeof key === 'symbol' ? 'Symbol' : ''}${text[0].toUpperCase()}${text.slice(1)}`;
}

function put(name, value) {
  defineProperty(primordials, name, { __proto__: null, value, enumerable: true });
}

function copyStatics(from, prefix) {
  for (const key of ownKeys(from)) {
    if (typeof key === 'symbol' && !key.description.startsWith('Symbol.')) continue;
    const { get, value } = getOwnPropertyDescriptor(from, key);
    if (get !== undefined) put(`${prefix}Get${keyName(key)}`, uncurryThis(get));
    else put(`${prefix}${keyName(key)}`, value);
  }
}

function copyBoundStatics(from, prefix) {
  for (const key of ownKeys(from)) {
    const { value } = getOwnPropertyDescriptor(from, key);
    if (typeof value === 'function') put(`${prefix}${keyName(key)}`, value.bind(from));
  }
}

function copyPrototype(prototype, prefix) {
  for (const key of ownKeys(prototype)) {
    if (typeof key === 'symbol' && !key.description.startsWith('Symbol.')) continue;
    const { get, set, value } = getOwnPropertyDescriptor(prototype, key);
    const name = keyName(key);
    if (get !== undefined) put(`${prefix}Get${name}`, uncurryThis(get));
    if (set !== undefined) put(`${prefix}Set${name}`, uncurryThis(set));
    if (get !== undefined || set !== undefined) continue;
    put(`${prefix}${name}`, typeof value === 'function' ? uncurryThis(value) : value);
    if (typeof value === 'function' && (name === 'Push' || name === 'Unshift' || name === 'Concat')) {
      put(`${prefix}${name}Apply`, applyBind(value));
    }
  }
}

for (const name of ['Atomics', 'JSON', 'Math', 'Proxy', 'Reflect']) {
  if (name === 'Proxy') put('Proxy', globalThis.Proxy);
  else copyStatics(globalThis[name], name);
}

for (const name of [
  'AggregateError', 'Array', 'ArrayBuffer', 'BigInt', 'BigInt64Array', 'BigUint64Array', 'Boolean',
  'DataView', 'Date', 'Error', 'EvalError', 'FinalizationRegistry', 'Float32Array', 'Float64Array',
  'Function', 'Int16Array', 'Int32Array', 'Int8Array', 'Map', 'Number', 'Object', 'RangeError',
  'ReferenceError', 'RegExp', 'Set', 'String', 'Symbol', 'SyntaxError', 'TypeError', 'URIError',
  'Uint16Array', 'Uint32Array', 'Uint8Array', 'Uint8ClampedArray', 'WeakMap', 'WeakRef', 'WeakSet',
]) {
  const constructor = globalThis[name];
  put(name, constructor);
  copyStatics(constructor, name);
  copyPrototype(constructor.prototype, `${name}Prototype`);
}

put('Promise', Promise);
copyBoundStatics(Promise, 'Promise');
copyPrototype(Promise.prototype, 'PromisePrototype');

for (const name of ['decodeURI', 'decodeURIComponent', 'encodeURI', 'encodeURIComponent', 'escape', 'unescape']) {
  put(name, globalThis[name]);
}
put('globalThis', globalThis);

for (const [name, constructor] of [
  ['TypedArray', getPrototypeOf(Uint8Array)],
  ['ArrayIterator', { prototype: getPrototypeOf([][Symbol.iterator]()) }],
  ['StringIterator', { prototype: getPrototypeOf(''[Symbol.iterator]()) }],
  ['MapIterator', { prototype: getPrototypeOf(new Map()[Symbol.iterator]()) }],
  ['SetIterator', { prototype: getPrototypeOf(new Set()[Symbol.iterator]()) }],
]) {
  put(name, constructor);
  copyStatics(constructor, name);
  copyPrototype(constructor.prototype, `${name}Prototype`);
}
put('IteratorPrototype', getPrototypeOf(primordials.ArrayIteratorPrototype));
put('AsyncIteratorPrototype', getPrototypeOf(getPrototypeOf(async function* () {}).prototype));

/** An iterator class over `list` with a captured `next`, so that `for-of` cannot be hijacked. */
function safeIterator(create, next) {
  class SafeIterator {
    constructor(iterable) {
      this._iterator = create(iterable);
    }
    next() {
      return next(this._iterator);
    }
    [Symbol.iterator]() {
      return this;
    }
  }
  setPrototypeOf(SafeIterator.prototype, null);
  freeze(SafeIterator.prototype);
  freeze(SafeIterator);
  return SafeIterator;
}

put('SafeArrayIterator', safeIterator(
  primordials.ArrayPrototypeSymbolIterator, primordials.ArrayIteratorPrototypeNext));
put('SafeStringIterator', safeIterator(
  primordials.StringPrototypeSymbolIterator, primordials.StringIteratorPrototypeNext));

/** A class that has `base`'s methods as its own and nothing of `base.prototype`'s future. */
function makeSafe(base, safe, next) {
  for (const key of ownKeys(base.prototype)) {
    if (key === 'constructor') continue;
    const descriptor = getOwnPropertyDescriptor(base.prototype, key);
    if (next !== undefined && (key === 'entries' || key === 'keys' || key === 'values' || key === Symbol.iterator)) {
      const Iterator = safeIterator(uncurryThis(descriptor.value), next);
      descriptor.value = function() {
        return new Iterator(this);
      };
    }
    descriptor.__proto__ = null;
    defineProperty(safe.prototype, key, descriptor);
  }
  setPrototypeOf(safe.prototype, null);
  freeze(safe.prototype);
  freeze(safe);
  return safe;
}

put('makeSafe', makeSafe);
put('SafeMap', makeSafe(Map, class SafeMap extends Map {}, primordials.MapIteratorPrototypeNext));
put('SafeSet', makeSafe(Set, class SafeSet extends Set {}, primordials.SetIteratorPrototypeNext));
put('SafeWeakMap', makeSafe(WeakMap, class SafeWeakMap extends WeakMap {}));
put('SafeWeakSet', makeSafe(WeakSet, class SafeWeakSet extends WeakSet {}));
put('SafeWeakRef', makeSafe(WeakRef, class SafeWeakRef extends WeakRef {}));
put('SafeFinalizationRegistry',
  makeSafe(FinalizationRegistry, class SafeFinalizationRegistry extends FinalizationRegistry {}));

module.exports = freeze(primordials);
