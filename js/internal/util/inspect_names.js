'use strict';

// What `util.inspect` calls an object: its constructor's name, tags, and what a class inherits.

const {
  FunctionPrototypeSymbolHasInstance, FunctionPrototypeToString, ObjectGetOwnPropertyDescriptor,
  ObjectGetOwnPropertyNames, ObjectGetPrototypeOf, ObjectHasOwn, RegExpPrototypeExec,
  RegExpPrototypeSymbolReplace, SafeMap, SafeSet, String, StringPrototypeEndsWith, StringPrototypeIncludes,
  StringPrototypeIndexOf, StringPrototypeSlice, StringPrototypeStartsWith,
  StringPrototypeToLowerCase,
} = require('internal/primordials');
const { isAsyncFunction, isGeneratorFunction } = require('internal/util/types');

const utilBinding = binding.util;

/** JavaScript's own classes; their prototypes have nothing of the user's. */
const builtInObjects = new SafeSet();
for (const name of ObjectGetOwnPropertyNames(globalThis)) {
  if (RegExpPrototypeExec(/^[A-Z][a-zA-Z0-9]+$/, name) !== null) builtInObjects.add(name);
}

// Known even if somebody changed their `constructor`.
const wellKnown = new SafeMap();
for (const constructor of [
  Array, ArrayBuffer, Function, Map, Set, Object, ObjectGetPrototypeOf(Uint8Array), RegExp, Date,
  DataView, Error, AggregateError, RangeError, TypeError, Boolean, Number, String, Promise, WeakMap,
  WeakSet,
]) {
  wellKnown.set(constructor.prototype, { constructor, name: constructor.name });
}

/** `document.all` and its like: typeof says 'undefined'. */
const isUndetectable = (value) => typeof value === 'undefined' && value !== undefined;

function isInstanceOf(value, constructor) {
  try {
    return value instanceof constructor;
  } catch {
    return false;
  }
}

/**
 * Walks up the prototypes: `name` of the first constructor that made `object` (null for none),
 * `at` where it was found, `first` the object's own prototype (undefined when `at` is the object).
 */
function findConstructor(object) {
  let first;
  for (let at = object; at || isUndetectable(at); at = ObjectGetPrototypeOf(at)) {
    if (at !== object && first === undefined) first = at;
    const known = wellKnown.get(at);
    if (known !== undefined && FunctionPrototypeSymbolHasInstance(known.constructor, object)) {
      return { name: known.name, at, first, known: true };
    }
    const value = ObjectGetOwnPropertyDescriptor(at, 'constructor')?.value;
    if (typeof value === 'function' && value.name !== '' && isInstanceOf(object, value)) {
      return { name: String(value.name), at, first, known: false };
    }
  }
  return { name: null, at: null, first: first ?? null, known: false };
}

/** V8's name for the class, from the map: works without a prototype. */
const internalName = (object) => utilBinding.getConstructorName(object);

/** 'Foo ', 'Foo(2) ', 'Foo [tag] ', '[Foo: null prototype] '. */
function getPrefix(constructor, tag, fallback, size = '') {
  if (constructor === null) {
    const shownTag = tag !== '' && fallback !== tag ? `[${tag}] ` : '';
    return `[${fallback}${size}: null prototype] ${shownTag}`;
  }
  let shownTag = '';
  if (tag !== '') {
    // A tag that is a word of the name adds nothing.
    const at = StringPrototypeIndexOf(constructor, tag);
    const after = constructor[at + tag.length];
    if (at === -1 || (after !== undefined && after === StringPrototypeToLowerCase(after))) {
      shownTag = `[${tag}] `;
    }
  }
  return `${constructor}${size} ${shownTag}`;
}

/** The prefix of an object of no special type. */
function getObjectPrefix(value, constructor, tag) {
  let fallback = '';
  if (constructor === null) {
    fallback = internalName(value);
    if (fallback === tag) fallback = 'Object';
  }
  return getPrefix(constructor, tag, fallback);
}

const classHead = /^(\s+[^(]*?)\s*{/;
const comments = /(\/\/.*?\n)|(\/\*(.|\n)*?\*\/)/g;

function isClassSource(source) {
  if (!StringPrototypeStartsWith(source, 'class') || !StringPrototypeEndsWith(source, '}')) return false;
  const rest = StringPrototypeSlice(source, 'class'.length, -1);
  const brace = StringPrototypeIndexOf(rest, '{');
  if (brace === -1) return false;
  // `class(a) { }` would be a method by that name.
  return !StringPrototypeIncludes(StringPrototypeSlice(rest, 0, brace), '(') ||
    RegExpPrototypeExec(classHead, RegExpPrototypeSymbolReplace(comments, rest)) !== null;
}

function describeClass(value, constructor, tag) {
  const name = (ObjectHasOwn(value, 'name') && value.name) || '(anonymous)';
  let text = `class ${name}`;
  if (constructor !== 'Function' && constructor !== null) text += ` [${constructor}]`;
  if (tag !== '' && constructor !== tag) text += ` [${tag}]`;
  if (constructor === null) {
    text += ' extends [null prototype]';
  } else {
    const parent = ObjectGetPrototypeOf(value).name;
    if (parent) text += ` extends ${parent}`;
  }
  return `[${text}]`;
}

/** '[Function: name]', '[class A extends B]', '[AsyncGeneratorFunction: name] tag'. */
function describeFunction(value, constructor, tag, formatName) {
  if (isClassSource(FunctionPrototypeToString(value))) return describeClass(value, constructor, tag);
  const type = `${isAsyncFunction(value) ? 'Async' : ''}${
    isGeneratorFunction(value) ? 'Generator' : ''}Function`;
  const { name } = value;
  let shownName = ' (anonymous)';
  if (name !== '') shownName = `: ${typeof name === 'string' ? name : formatName(name)}`;
  let text = `[${type}${constructor === null ? ' (null prototype)' : ''}${shownName}]`;
  if (constructor !== type && constructor !== null) text += ` ${constructor}`;
  if (tag !== '' && constructor !== tag) text += ` [${tag}]`;
  return text;
}

module.exports = {
  builtInObjects,
  describeFunction,
  findConstructor,
  getObjectPrefix,
  getPrefix,
  internalName,
  isUndetectable,
};
