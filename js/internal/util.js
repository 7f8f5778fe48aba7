'use strict';

// What built-in modules share: deprecation, promisify, the encodings' names, small helpers.

const {
  ArrayFrom, ArrayPrototypePop, ArrayPrototypePush, ArrayPrototypeSlice, ArrayPrototypeSort, AtomicsWait, Error,
  ErrorCaptureStackTrace, FunctionPrototypeCall, FunctionPrototypeSymbolHasInstance, Int32Array,
  ObjectDefineProperties, ObjectDefineProperty, ObjectFreeze, ObjectGetOwnPropertyDescriptor,
  ObjectGetOwnPropertyDescriptors, ObjectGetPrototypeOf, ObjectKeys, ObjectSetPrototypeOf, Promise,
  ReflectApply, ReflectConstruct, RegExpPrototypeExec, RegExpPrototypeSymbolReplace, SafeMap,
  SafeSet, SafeWeakRef, StringPrototypeToLowerCase, StringPrototypeToUpperCase, SymbolFor,
} = require('internal/primordials');
const {
  codes: { ERR_UNKNOWN_SIGNAL }, errmap, errname, isErrorStackTraceLimitWritable, uvErrmapGet,
} = require('internal/errors');
const { validateFunction, validateOneOf, validateString, validateUint32 } = require('internal/validators');
const { isNativeError, isPromise } = require('internal/util/types');
const { normalizeEncoding } = require('internal/util/encoding_names');
const signals = require('internal/util/signals');

const utilBinding = binding.util;

const kEmptyObject = ObjectFreeze({ __proto__: null });
const kEnumerableProperty = ObjectFreeze({ __proto__: null, enumerable: true });

const kCustomPromisify = SymbolFor('nodejs.util.promisify.custom');
const customPromisifyArgs = Symbol('customPromisifyArgs');

const isError = (value) => isNativeError(value) || FunctionPrototypeSymbolHasInstance(Error, value);

const colors = /\u001b\[\d\d?m/g; // eslint-disable-line no-control-regex
const removeColors = (text) => RegExpPrototypeSymbolReplace(colors, text, '');

// ---- Warnings -------------------------------------------------------------------------------

const warnedCodes = new SafeSet();

/** A function that warns once, and once in the process for each code. */
function getDeprecationWarningEmitter(code, message, deprecated, _emitSync, shouldWarn = () => true) {
  let warned = false;
  return (argument) => {
    if (warned || !shouldWarn(argument)) return;
    warned = true;
    if (code === 'ExperimentalWarning') {
      process.emitWarning(message, code, deprecated);
    } else if (code === undefined) {
      process.emitWarning(message, 'DeprecationWarning', deprecated);
    } else if (!warnedCodes.has(code)) {
      warnedCodes.add(code);
      process.emitWarning(message, 'DeprecationWarning', code, deprecated);
    }
  };
}

function copyLength(to, from) {
  ObjectDefineProperty(to, 'length', {
    __proto__: null, ...ObjectGetOwnPropertyDescriptor(from, 'length'),
  });
}

/** `fn` with a warning at its first call, unless `process.noDeprecation`. */
function deprecate(fn, message, code, emitSync, modifyPrototype = true) {
  if (code !== undefined) validateString(code, 'code');
  const warn = getDeprecationWarningEmitter(code, message, deprecated, emitSync);

  function deprecated(...args) {
    if (!process.noDeprecation) warn();
    return new.target ? ReflectConstruct(fn, args, new.target) : ReflectApply(fn, this, args);
  }

  if (modifyPrototype) {
    ObjectSetPrototypeOf(deprecated, fn);
    // An instance of the one is then an instance of the other.
    if (fn.prototype) deprecated.prototype = fn.prototype;
    copyLength(deprecated, fn);
  }
  return deprecated;
}

/** Stops the thread for some milliseconds. */
function sleep(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Whether to warn of what will be deprecated only. */
const isPendingDeprecation = () => (
  Boolean(require('internal/options').getOptionValue('--pending-deprecation')) ||
  process.env.NODE_PENDING_DEPRECATION === '1'
) && !process.noDeprecation;

/** `fn` with a warning at its first call under --pending-deprecation. */
function pendingDeprecate(fn, message, code) {
  const warn = getDeprecationWarningEmitter(code, message, deprecated, false, isPendingDeprecation);
  function deprecated(...args) {
    warn();
    return ReflectApply(fn, this, args);
  }
  copyLength(deprecated, fn);
  return deprecated;
}

function deprecateProperty(key, message, code, isPending) {
  const warn = getDeprecationWarningEmitter(code, message, undefined, false, isPending);
  return (options) => {
    if (key in options) warn();
  };
}

function deprecateInstantiation(target, code, ...args) {
  getDeprecationWarningEmitter(
    code, `Instantiating ${target.name} without the 'new' keyword has been deprecated.`, target)();
  return ReflectConstruct(target, args);
}

const experimentalFeatures = new SafeSet();

function emitExperimentalWarning(feature, prefix = '', code = undefined, constructor = undefined) {
  if (experimentalFeatures.has(feature)) return;
  experimentalFeatures.add(feature);
  process.emitWarning(`${prefix}${feature} is an experimental feature and might change at any time`,
                      'ExperimentalWarning', code, constructor);
}

// ---- Functions ------------------------------------------------------------------------------

/** Node's promisify: `original[promisify.custom]` where there is one, else the last argument. */
function promisify(original) {
  validateFunction(original, 'original');
  const custom = original[kCustomPromisify];
  if (custom) {
    validateFunction(custom, 'util.promisify.custom');
    return markPromisified(custom);
  }
  // Names for what the callback gets when it gets more than one value.
  const names = original[customPromisifyArgs];

  function promisified(...args) {
    return new Promise((resolve, reject) => {
      ArrayPrototypePush(args, (error, ...values) => {
        if (error) {
          reject(error);
        } else if (names === undefined || values.length < 2) {
          resolve(values[0]);
        } else {
          const named = {};
          for (let i = 0; i < names.length; i++) named[names[i]] = values[i];
          resolve(named);
        }
      });
      if (isPromise(ReflectApply(original, this, args))) {
        process.emitWarning(
          'Calling promisify on a function that returns a Promise is likely a mistake.',
          'DeprecationWarning', 'DEP0174');
      }
    });
  }

  ObjectSetPrototypeOf(promisified, ObjectGetPrototypeOf(original));
  markPromisified(promisified);
  return ObjectDefineProperties(promisified, safeDescriptors(original));
}

promisify.custom = kCustomPromisify;

function markPromisified(fn) {
  return ObjectDefineProperty(fn, kCustomPromisify, {
    __proto__: null, value: fn, configurable: true, enumerable: false, writable: false,
  });
}

/** The own property descriptors of `object`, without a prototype that a script could have filled. */
function safeDescriptors(object) {
  const descriptors = ObjectGetOwnPropertyDescriptors(object);
  for (const key of ObjectKeys(descriptors)) ObjectSetPrototypeOf(descriptors[key], null);
  return descriptors;
}

function once(callback, { preserveReturnValue = false } = kEmptyObject) {
  let called = false;
  let kept;
  return function(...args) {
    if (called) return kept;
    called = true;
    const result = ReflectApply(callback, this, args);
    if (preserveReturnValue) kept = result;
    return result;
  };
}

/** The value of `initialize()`, made at the first call. */
function getLazy(initialize) {
  let value;
  let initialized = false;
  return () => {
    if (!initialized) {
      value = initialize();
      initialized = true;
    }
    return value;
  };
}

function assignFunctionName(name, fn, descriptor = kEmptyObject) {
  return ObjectDefineProperty(fn, 'name', {
    __proto__: null,
    configurable: true,
    enumerable: false,
    writable: false,
    ...ObjectGetOwnPropertyDescriptor(fn, 'name'),
    ...descriptor,
    value: typeof name === 'symbol' ? `[${name.description}]` : name,
  });
}

// ---- Objects --------------------------------------------------------------------------------

/** `object[key] = value` that no setter of a prototype can see. */
function setOwnProperty(object, key, value) {
  ObjectDefineProperty(object, key, {
    __proto__: null, value, configurable: true, enumerable: true, writable: true,
  });
  return value;
}

/** WebIDL's "define the operations". */
const defineOperation = setOwnProperty;

/** WebIDL's interface objects: a property that is not enumerable. */
function exposeInterface(target, name, value) {
  ObjectDefineProperty(target, name, {
    __proto__: null, value, configurable: true, enumerable: false, writable: true,
  });
}

/** Accessors that load the built-in module `id` when they are first read. */
function defineLazyProperties(target, id, keys, enumerable = true) {
  for (const key of keys) {
    const set = assignFunctionName(key, (value) => {
      ObjectDefineProperty(target, key, {
        __proto__: null, value, configurable: true, enumerable, writable: true,
      });
    });
    const get = assignFunctionName(key, () => {
      const value = require(id)[key];
      set(value);
      return value;
    });
    ObjectDefineProperty(target, key, { __proto__: null, configurable: true, enumerable, get, set });
  }
}

function defineReplaceableLazyAttribute(target, id, keys, writable = true, check = undefined) {
  for (const key of keys) {
    let replaced = false;
    let replacement;
    const get = assignFunctionName(`get ${key}`, function() {
      if (check !== undefined) FunctionPrototypeCall(check, this);
      return replaced ? replacement : require(id)[key];
    });
    const set = assignFunctionName(`set ${key}`, (value) => {
      replaced = true;
      replacement = value;
    });
    ObjectDefineProperty(target, key, {
      __proto__: null, configurable: true, enumerable: true, get, set: writable ? set : undefined,
    });
  }
}

/** The nearest named constructor in the prototype chain, or null. */
function getConstructorOf(object) {
  for (let at = object; at; at = ObjectGetPrototypeOf(at)) {
    const value = ObjectGetOwnPropertyDescriptor(at, 'constructor')?.value;
    if (typeof value === 'function' && value.name !== '') return value;
  }
  return null;
}

/** Holds its object strongly while anybody has a reference to it counted. */
class WeakReference {
  #weak;
  #strong = null;
  #count = 0;

  constructor(object) {
    this.#weak = new SafeWeakRef(object);
  }

  incRef() {
    this.#count++;
    this.#strong ??= this.#weak.deref() ?? null;
    return this.#count;
  }

  decRef() {
    this.#count--;
    if (this.#count === 0) this.#strong = null;
    return this.#count;
  }

  get() {
    return this.#strong ?? this.#weak.deref();
  }
}

// ---- Lists and texts ------------------------------------------------------------------------

function join(list, separator) {
  let text = '';
  for (let i = 0; i < list.length; i++) text += i === 0 ? list[i] : `${separator}${list[i]}`;
  return text;
}

/** Removes the element at `index`; faster than `splice` for short lists. */
function spliceOne(list, index) {
  for (let i = index; i + 1 < list.length; i++) list[i] = list[i + 1];
  ArrayPrototypePop(list);
}

/** Sorted, without those that differ only in case; `lower`: all in lower case. */
function filterDuplicateStrings(items, lower) {
  const byKey = new SafeMap();
  for (let i = 0; i < items.length; i++) {
    const key = StringPrototypeToLowerCase(items[i]);
    byKey.set(key, lower ? key : items[i]);
  }
  return ArrayPrototypeSort(ArrayFrom(byKey.values()));
}

/** `fn` computed once; every caller gets a copy of the list. */
function cachedResult(fn) {
  const get = getLazy(fn);
  return () => ArrayPrototypeSlice(get());
}

const underNodeModules = /^(?:.*)[\\/]node_modules[\\/]/;
const isUnderNodeModules = (filename) => (
  filename && RegExpPrototypeExec(underNodeModules, filename) !== null
);

// ---- System ---------------------------------------------------------------------------------

const getSystemErrorMessage = (errno) => uvErrmapGet(errno)?.[1] ?? `Unknown system error ${errno}`;

/** The signal's number; a name may be in any case. */
function convertToValidSignal(signal) {
  if (typeof signal === 'number') {
    for (const name of ObjectKeys(signals)) {
      if (signals[name] === signal) return signal;
    }
  }
  const number = typeof signal === 'string' ? signals[StringPrototypeToUpperCase(signal)] : undefined;
  if (number === undefined) throw new ERR_UNKNOWN_SIGNAL(signal);
  return number;
}

function convertProcessSignalToExitCode(signal) {
  validateOneOf(signal, 'signalCode', ObjectKeys(signals));
  return 128 + signals[signal];
}

/** Blocks the thread for so many milliseconds. */
function sleep(msec) {
  validateUint32(msec, 'msec');
  AtomicsWait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, msec);
}

const lazyDOMExceptionClass = () => globalThis.DOMException;

/** A DOMException whose stack starts at the caller. */
function lazyDOMException(message, name) {
  const error = new (lazyDOMExceptionClass())(message, name);
  if (isErrorStackTraceLimitWritable()) ErrorCaptureStackTrace(error, lazyDOMException);
  return error;
}

module.exports = {
  WeakReference,
  assignFunctionName,
  cachedResult,
  convertProcessSignalToExitCode,
  convertToValidSignal,
  customInspectSymbol: SymbolFor('nodejs.util.inspect.custom'),
  customPromisifyArgs,
  defineLazyProperties,
  defineOperation,
  defineReplaceableLazyAttribute,
  deprecate,
  deprecateInstantiation,
  deprecateProperty,
  emitExperimentalWarning,
  exposeInterface,
  exposeNamespace: exposeInterface,
  filterDuplicateStrings,
  getConstructorOf,
  getDeprecationWarningEmitter,
  getLazy,
  getSystemErrorMap: () => errmap,
  getSystemErrorMessage,
  getSystemErrorName: errname,
  isError,
  /** Whether the calling script lies under node_modules. */
  isInsideNodeModules: (...args) => utilBinding.isInsideNodeModules(...args),
  isMacOS: false,
  isPendingDeprecation,
  isUnderNodeModules,
  isWindows: false,
  join,
  kEmptyObject,
  kEnumerableProperty,
  kIsEncodingSymbol: Symbol('kIsEncodingSymbol'),
  lazyDOMException,
  lazyDOMExceptionClass,
  normalizeEncoding,
  once,
  pendingDeprecate,
  promisify,
  removeColors,
  safeDescriptors,
  setOwnProperty,
  sleep,
  spliceOne,
};
