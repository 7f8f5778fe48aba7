'use strict';

// Deep equality for `assert` and `util.isDeepStrictEqual`: loose, strict and partial.

const {
  ArrayIsArray, ArrayPrototypePush, ArrayPrototypeSplice, BigIntPrototypeValueOf,
  BooleanPrototypeValueOf, DataViewPrototypeGetBuffer, DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset, DatePrototypeGetTime, FunctionPrototypeSymbolHasInstance,
  NumberIsNaN, NumberPrototypeValueOf, ObjectGetOwnPropertySymbols, ObjectGetPrototypeOf,
  ObjectHasOwn, ObjectIs, ObjectKeys, ObjectPrototypePropertyIsEnumerable, ObjectPrototypeToString,
  SafeMap, SafeSet, StringPrototypeValueOf, SymbolPrototypeValueOf, SymbolToStringTag,
  TypedArrayPrototypeGetBuffer, TypedArrayPrototypeGetByteLength, TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetLength, TypedArrayPrototypeGetSymbolToStringTag, Uint8Array,
} = require('internal/primordials');
const { isError } = require('internal/util');
const types = require('internal/util/types');

const utilBinding = binding.util;

const loose = 0; // ==, no prototypes, no symbols
const partial = 1; // the expected value may have less
const strict = 2;
const strictWithoutPrototypes = 3;

/** V8's property filters. */
const onlyEnumerable = 2;
const skipSymbols = 16;

/** The pairs that are being compared, in both directions: a pair in itself is a cycle. */
class Memo {
  #byActual = new SafeMap();
  #expected = new SafeSet();

  /** `undefined` when neither is under way, otherwise whether they are so as a pair. */
  check(actual, expected) {
    if (this.#byActual.has(actual)) return this.#byActual.get(actual) === expected;
    return this.#expected.has(expected) ? false : undefined;
  }

  enter(actual, expected) {
    this.#byActual.set(actual, expected);
    this.#expected.add(expected);
  }

  leave(actual, expected) {
    this.#byActual.delete(actual);
    this.#expected.delete(expected);
  }
}

const isObject = (value) => typeof value === 'object' && value !== null;

function isEqual(actual, expected, mode, memo) {
  if (actual === expected) return actual !== 0 || mode === loose || ObjectIs(actual, expected);
  if (isObject(actual) && isObject(expected)) return areObjectsEqual(actual, expected, mode, memo);
  if (NumberIsNaN(actual) && NumberIsNaN(expected)) return true;
  // eslint-disable-next-line eqeqeq
  return mode === loose && !isObject(actual) && !isObject(expected) && actual == expected;
}

// ---- Objects by their kind ----------------------------------------------------------------------

const sameTag = (a, b) => a[SymbolToStringTag] === b[SymbolToStringTag];

function haveSameTagOrClass(a, b) {
  const tagA = a[SymbolToStringTag];
  const tagB = b[SymbolToStringTag];
  if (tagA !== undefined && tagB !== undefined) return tagA === tagB;
  return ObjectPrototypeToString(a) === ObjectPrototypeToString(b);
}

function haveSamePrototype(a, b) {
  const { constructor } = a;
  if (constructor !== undefined && !ObjectHasOwn(a, 'constructor')) return constructor === b.constructor;
  return ObjectGetPrototypeOf(a) === ObjectGetPrototypeOf(b);
}

function bytesOf(view) {
  if (types.isAnyArrayBuffer(view)) return new Uint8Array(view);
  if (types.isDataView(view)) {
    return new Uint8Array(DataViewPrototypeGetBuffer(view), DataViewPrototypeGetByteOffset(view),
                          DataViewPrototypeGetByteLength(view));
  }
  return new Uint8Array(TypedArrayPrototypeGetBuffer(view), TypedArrayPrototypeGetByteOffset(view),
                        TypedArrayPrototypeGetByteLength(view));
}

/** Element by element; partial: what is expected may be spread among more. */
function areBytesEqual(a, b, mode) {
  const lengthA = TypedArrayPrototypeGetLength(a);
  const lengthB = TypedArrayPrototypeGetLength(b);
  if (mode !== partial || lengthA === lengthB) {
    if (lengthA !== lengthB) return false;
    for (let i = 0; i < lengthA; i++) {
      if (a[i] !== b[i]) return false;
    }
    return true;
  }
  let at = 0;
  for (let i = 0; i < lengthB; i++, at++) {
    while (at < lengthA && a[at] !== b[i]) at++;
    if (at === lengthA) return false;
  }
  return true;
}

const isFloatArray = (value) => (
  types.isFloat32Array(value) || types.isFloat64Array(value) || types.isFloat16Array(value)
);

function areViewsEqual(a, b, mode) {
  if (TypedArrayPrototypeGetSymbolToStringTag(a) !== TypedArrayPrototypeGetSymbolToStringTag(b)) return false;
  // By value 0 and -0 are equal, by their bytes they are not.
  if (mode === loose && isFloatArray(a)) return areBytesEqual(a, b, mode);
  return areBytesEqual(bytesOf(a), bytesOf(b), mode);
}

const boxes = [
  ['isNumberObject', NumberPrototypeValueOf],
  ['isStringObject', StringPrototypeValueOf],
  ['isBooleanObject', BooleanPrototypeValueOf],
  ['isBigIntObject', BigIntPrototypeValueOf],
  ['isSymbolObject', SymbolPrototypeValueOf],
];

function areBoxesEqual(a, b) {
  for (let i = 0; i < boxes.length; i++) {
    const { 0: is, 1: valueOf } = boxes[i];
    if (types[is](a)) return types[is](b) && ObjectIs(valueOf(a), valueOf(b));
  }
  return false;
}

/** Error properties count even where they are not enumerable. */
function areErrorsEqual(a, b, mode, memo) {
  if (!isError(b)) return false;
  const keys = ['message', 'name', 'cause', 'errors'];
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (ObjectPrototypePropertyIsEnumerable(b, key)) continue; // compared with the other keys
    if (mode === partial && (b[key] === undefined || (key === 'message' && b[key] === ''))) continue;
    if (!isEqual(a[key], b[key], mode, memo)) return false;
  }
  const hasCause = ObjectHasOwn(b, 'cause');
  return hasCause === ObjectHasOwn(a, 'cause') || (mode === partial && !hasCause);
}

const isUrl = (value) => (
  typeof value.href === 'string' && FunctionPrototypeSymbolHasInstance(require('url').URL, value)
);

const isKeyObject = (value) => (
  value[SymbolToStringTag] === 'KeyObject' &&
  FunctionPrototypeSymbolHasInstance(require('internal/crypto/keys').KeyObject, value)
);

const kPlain = 0;
const kArray = 1;
const kSet = 2;
const kMap = 3;

/** Sizes that can still be equal: the same, or in partial mode enough. */
const sizesFit = (a, b, mode) => a === b || (mode === partial && a > b);

/** Whether they are equal but for their keys and entries; -1 for no, else which entries to compare. */
function compareKinds(a, b, mode, memo) {
  if (ArrayIsArray(a)) {
    return ArrayIsArray(b) && sizesFit(a.length, b.length, mode) && sameTag(a, b) ? kArray : -1;
  }
  if (a[SymbolToStringTag] === undefined && ObjectPrototypeToString(a) === '[object Object]') {
    return haveSameTagOrClass(a, b) ? kPlain : -1;
  }
  if (types.isSet(a)) return types.isSet(b) && sizesFit(a.size, b.size, mode) && sameTag(a, b) ? kSet : -1;
  if (types.isMap(a)) return types.isMap(b) && sizesFit(a.size, b.size, mode) && sameTag(a, b) ? kMap : -1;
  return isSameLeaf(a, b, mode, memo) ? kPlain : -1;
}

function isSameLeaf(a, b, mode, memo) {
  if (types.isArrayBufferView(a)) return types.isArrayBufferView(b) && areViewsEqual(a, b, mode);
  if (types.isDate(a)) {
    return types.isDate(b) && sameTag(a, b) && ObjectIs(DatePrototypeGetTime(a), DatePrototypeGetTime(b));
  }
  if (types.isRegExp(a)) {
    return types.isRegExp(b) && a.source === b.source && a.flags === b.flags &&
      a.lastIndex === b.lastIndex && sameTag(a, b);
  }
  if (types.isAnyArrayBuffer(a)) {
    return types.isAnyArrayBuffer(b) && sameTag(a, b) && areBytesEqual(bytesOf(a), bytesOf(b), mode);
  }
  if (!haveSameTagOrClass(a, b) || ArrayIsArray(b) || types.isArrayBufferView(b) || types.isSet(b) ||
      types.isMap(b) || types.isDate(b) || types.isRegExp(b) || types.isAnyArrayBuffer(b)) return false;
  if (isError(a)) return areErrorsEqual(a, b, mode, memo);
  if (types.isBoxedPrimitive(a)) return areBoxesEqual(a, b);
  if (isUrl(a)) return isUrl(b) && a.href === b.href;
  if (isKeyObject(a)) return isKeyObject(b) && a.equals(b);
  // What these hold cannot be seen.
  return !(types.isBoxedPrimitive(b) || isError(b) || types.isWeakMap(a) || types.isWeakSet(a) ||
    types.isPromise(a));
}

function areObjectsEqual(a, b, mode, memo) {
  if (mode === strict && !haveSamePrototype(a, b)) return false;
  const kind = compareKinds(a, b, mode, memo);
  if (kind === -1) return false;
  const keys = comparableKeys(a, b, mode);
  if (keys === null) return false;

  const known = memo.check(a, b);
  if (known !== undefined) return known;
  memo.enter(a, b);
  const equal = haveEqualValues(a, b, keys, mode, memo) && haveEqualEntries(a, b, kind, mode, memo);
  memo.leave(a, b);
  return equal;
}

// ---- Keys ---------------------------------------------------------------------------------------

function ownKeys(object, mode) {
  if (ArrayIsArray(object) || types.isArrayBufferView(object)) {
    return utilBinding.getOwnNonIndexProperties(
      object, mode === loose ? onlyEnumerable | skipSymbols : onlyEnumerable);
  }
  const keys = ObjectKeys(object);
  if (mode === loose) return keys;
  const symbols = ObjectGetOwnPropertySymbols(object);
  for (let i = 0; i < symbols.length; i++) {
    if (ObjectPrototypePropertyIsEnumerable(object, symbols[i])) ArrayPrototypePush(keys, symbols[i]);
  }
  return keys;
}

/** The keys to compare, or null when there are not equally many. */
function comparableKeys(a, b, mode) {
  const keys = ownKeys(b, mode);
  return mode === partial || keys.length === ownKeys(a, mode).length ? keys : null;
}

function haveEqualValues(a, b, keys, mode, memo) {
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (!ObjectPrototypePropertyIsEnumerable(a, key)) return false;
    if (!isEqual(a[key], b[key], mode, memo)) return false;
  }
  return true;
}

// ---- Entries ------------------------------------------------------------------------------------

function haveEqualEntries(a, b, kind, mode, memo) {
  switch (kind) {
    case kArray:
      return mode === partial ? isSubsequence(a, b, memo) : areArraysEqual(a, b, mode, memo);
    case kSet:
      return areSetsEqual(a, b, mode, memo);
    case kMap:
      return areMapsEqual(a, b, mode, memo);
    default:
      return true;
  }
}

function areArraysEqual(a, b, mode, memo) {
  for (let i = 0; i < a.length; i++) {
    // A hole differs from undefined; loosely it is as good as an expected null.
    if (ObjectHasOwn(a, i) !== ObjectHasOwn(b, i) && (mode !== loose || b[i] !== null)) return false;
    if (!isEqual(a[i], b[i], mode, memo)) return false;
  }
  return true;
}

/** Whether `a` has the elements of `b` in their order, perhaps with others between; holes count not. */
function isSubsequence(a, b, memo) {
  let at = 0;
  for (let i = 0; i < b.length; i++) {
    if (b[i] === undefined && !ObjectHasOwn(b, i)) continue;
    for (;; at++) {
      if (at === a.length) return false;
      if (a[at] === undefined && !ObjectHasOwn(a, at)) continue;
      if (isEqual(a[at], b[i], partial, memo)) break;
    }
    at++;
  }
  return true;
}

/** Primitives that can be == to another primitive than themselves. */
function canBeLooselyEqual(value) {
  switch (typeof value) {
    case 'symbol':
      return false;
    case 'string':
      return !NumberIsNaN(+value);
    case 'number':
      return !NumberIsNaN(value);
    default:
      return true;
  }
}

/**
 * Finds a partner in `open` for each of `others`; each is used once. `isPair(other, one)`.
 * `mayMiss`: how many of the others may stay alone.
 */
function canMatchAll(others, open, isPair, mayMiss) {
  let missing = mayMiss;
  for (let i = 0; i < others.length && open.length > 0; i++) {
    let found = -1;
    // The first is the likeliest: collections are mostly filled in the same order.
    for (let at = 0; at < open.length && found === -1; at++) {
      if (isPair(others[i], open[at])) found = at;
    }
    if (found !== -1) ArrayPrototypeSplice(open, found, 1);
    else if (--missing < 0) return false;
  }
  return open.length === 0;
}

function areSetsEqual(a, b, mode, memo) {
  const open = [];
  for (const value of b) {
    if (a.has(value)) continue;
    if (!isObject(value) && (mode !== loose || !canBeLooselyEqual(value))) return false;
    open[open.length] = value;
  }
  if (open.length === 0) return true;
  const others = [];
  for (const value of a) {
    if (b.has(value)) continue;
    if (!isObject(value) && mode === strict) return false;
    others[others.length] = value;
  }
  return canMatchAll(others, open, (other, one) => isEqual(other, one, mode, memo),
                     others.length - open.length);
}

function areMapsEqual(a, b, mode, memo) {
  const open = [];
  for (const { 0: key, 1: value } of b) {
    if (!isObject(key)) {
      if (a.has(key) && isEqual(a.get(key), value, mode, memo)) continue;
      if (mode !== loose || !canBeLooselyEqual(key)) return false;
    }
    open[open.length] = key;
  }
  if (open.length === 0) return true;
  const others = [];
  for (const { 0: key, 1: value } of a) {
    if (!isObject(key)) {
      if (b.has(key) && isEqual(value, b.get(key), mode, memo)) continue;
      if (mode === strict || mode === strictWithoutPrototypes) return false;
    }
    others[others.length] = key;
  }
  const isPair = (other, one) => isEqual(other, one, mode, memo) &&
    isEqual(a.get(other), b.get(one), mode, memo);
  return canMatchAll(others, open, isPair, others.length - open.length);
}

module.exports = {
  isDeepEqual: (actual, expected) => isEqual(actual, expected, loose, new Memo()),
  isDeepStrictEqual: (actual, expected, skipPrototype = false) => (
    isEqual(actual, expected, skipPrototype ? strictWithoutPrototypes : strict, new Memo())
  ),
  isPartialStrictEqual: (actual, expected) => isEqual(actual, expected, partial, new Memo()),
};
