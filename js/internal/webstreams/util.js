'use strict';

// What all web streams stand on: how an object is told from others, promises, queues, views.

const {
  ArrayBufferPrototypeSlice, ArrayPrototypeSlice,
  DataViewPrototypeGetBuffer, DataViewPrototypeGetByteLength, DataViewPrototypeGetByteOffset, NumberIsNaN,
  ObjectDefineProperty, Promise, PromisePrototypeThen, PromiseReject, PromiseResolve, ReflectApply, Symbol,
  SymbolToStringTag, TypedArrayPrototypeGetBuffer, TypedArrayPrototypeGetByteLength, TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeSet, Uint8Array,
} = require('internal/primordials');
const { codes: { ERR_INVALID_ARG_VALUE } } = require('internal/errors');
const { validateFunction } = require('internal/validators');
const { inspect } = require('internal/util/inspect');
const { isDataView } = require('internal/util/types');

/** The slots of an object, which only its own constructor gives it. */
const kState = Symbol('kState');
/** The name of the class, on its prototype. */
const kType = Symbol('kType');
/** As the first argument of a constructor that scripts cannot call: an object without a controller. */
const kBare = Symbol('kBare');

// ---- Classes -------------------------------------------------------------

function isBrandCheck(name) {
  return (value) => value !== null && value !== undefined && value[kType] === name && value[kState] !== undefined;
}

/** Makes the prototype what WebIDL wants: `keys` enumerable, a tag, the name for the check above. */
function define(Class, keys) {
  const { prototype } = Class;
  for (let i = 0; i < keys.length; i++) {
    ObjectDefineProperty(prototype, keys[i], { __proto__: null, enumerable: true });
  }
  ObjectDefineProperty(prototype, kType, { __proto__: null, value: Class.name });
  ObjectDefineProperty(prototype, SymbolToStringTag, { __proto__: null, value: Class.name, configurable: true });
}

/** What `util.inspect` shows of `self`: its class and `data`. */
function customInspect(self, depth, options, name, data) {
  if (depth < 0) return self;
  return `${name} ${inspect(data, { ...options, depth: options.depth == null ? null : options.depth - 1 })}`;
}

// ---- Promises ------------------------------------------------------------

const kResolvedPromise = PromiseResolve();

function nothing() {}

/** Its rejection is no unhandled one. */
function setPromiseHandled(promise) {
  PromisePrototypeThen(promise, undefined, nothing);
}

/** The standard's "a promise resolved with": unlike `PromiseResolve` never `value` itself. */
function promiseResolvedWith(value) {
  if (value === undefined) return kResolvedPromise;
  return new Promise((resolve) => { resolve(value); });
}

/** What `PromiseWithResolvers` gives, resolved already. */
function resolvedRecord() {
  return { promise: PromiseResolve(), resolve: nothing, reject: nothing };
}

function rejectedRecord(error) {
  const promise = PromiseReject(error);
  setPromiseHandled(promise);
  return { promise, resolve: nothing, reject: nothing };
}

function isPromisePending(promise) {
  return promise instanceof Promise && binding.util.getPromiseDetails(promise)[0] === 0;
}

/**
 * The method `name` of what a script gave (a source, a sink), as a function that returns a promise
 * whatever becomes of it; `otherwise` where there is none.
 */
function promiseCallback(object, name, label, otherwise) {
  const fn = object[name];
  if (fn === undefined) return otherwise;
  validateFunction(fn, `${label}.${name}`);
  return (...args) => {
    try {
      return promiseResolvedWith(ReflectApply(fn, object, args));
    } catch (error) {
      return PromiseReject(error);
    }
  };
}

/** The same for `start`, which may throw. */
function startCallback(object, label) {
  const fn = object.start;
  if (fn === undefined) return nothing;
  validateFunction(fn, `${label}.start`);
  return (controller) => ReflectApply(fn, object, [controller]);
}

function resolved() {
  return kResolvedPromise;
}

// ---- Strategies ----------------------------------------------------------

function extractHighWaterMark(value, otherwise) {
  if (value === undefined) return otherwise;
  const number = +value;
  if (NumberIsNaN(number) || number < 0) throw new ERR_INVALID_ARG_VALUE.RangeError('strategy.highWaterMark', value);
  return number;
}

function one() {
  return 1;
}

function extractSizeAlgorithm(size) {
  if (size === undefined) return one;
  validateFunction(size, 'strategy.size');
  return (chunk) => size(chunk);
}

// ---- Queues --------------------------------------------------------------

/** First in, first out; what is taken leaves no hole for long. */
class Queue {
  constructor() {
    this.list = [];
    this.head = 0;
  }

  get length() {
    return this.list.length - this.head;
  }

  push(value) {
    this.list[this.list.length] = value;
  }

  peek() {
    return this.list[this.head];
  }

  shift() {
    const { list } = this;
    const value = list[this.head];
    list[this.head++] = undefined;
    if (this.head === list.length) {
      list.length = 0;
      this.head = 0;
    } else if (this.head >= 1024 && this.head * 2 > list.length) {
      this.list = ArrayPrototypeSlice(list, this.head);
      this.head = 0;
    }
    return value;
  }
}

/** A queue of values that each have a size. */
class SizedQueue extends Queue {
  constructor() {
    super();
    this.totalSize = 0;
  }

  enqueue(value, size) {
    const number = +size;
    if (NumberIsNaN(number) || number < 0 || number === Infinity) throw new ERR_INVALID_ARG_VALUE.RangeError('size', size);
    this.push({ value, size: number });
    this.totalSize += number;
  }

  dequeue() {
    const { value, size } = this.shift();
    // Sizes need not be whole numbers, and errors of rounding add up.
    this.totalSize = this.totalSize < size ? 0 : this.totalSize - size;
    return value;
  }
}

// ---- Views ---------------------------------------------------------------

function viewBuffer(view) {
  return isDataView(view) ? DataViewPrototypeGetBuffer(view) : TypedArrayPrototypeGetBuffer(view);
}

function viewByteLength(view) {
  return isDataView(view) ? DataViewPrototypeGetByteLength(view) : TypedArrayPrototypeGetByteLength(view);
}

function viewByteOffset(view) {
  return isDataView(view) ? DataViewPrototypeGetByteOffset(view) : TypedArrayPrototypeGetByteOffset(view);
}

function copyBytes(target, targetStart, source, sourceStart, count) {
  TypedArrayPrototypeSet(new Uint8Array(target, targetStart, count), new Uint8Array(source, sourceStart, count));
}

function cloneAsUint8Array(view) {
  const start = viewByteOffset(view);
  return new Uint8Array(ArrayBufferPrototypeSlice(viewBuffer(view), start, start + viewByteLength(view)));
}

// ---- Transfer ------------------------------------------------------------

/** Makes the ports that a stream in a message will be reached by; the one that goes along. */
function openPorts(stream) {
  const { MessageChannel } = require('internal/worker/message_port');
  const ports = new MessageChannel();
  stream[kState].ports = ports;
  return [ports.port2];
}

/** Those ports, where the stream may go. */
function takePorts(stream, isLocked) {
  const { ports } = stream[kState];
  stream[kState].ports = undefined;
  if (isLocked) {
    ports?.port1.close();
    ports?.port2.close();
    const { DOMException } = require('internal/domexception');
    throw new DOMException(`Cannot transfer a locked ${stream[kType]}`, 'DataCloneError');
  }
  return ports;
}

module.exports = {
  Queue,
  SizedQueue,
  cloneAsUint8Array,
  copyBytes,
  customInspect,
  define,
  extractHighWaterMark,
  extractSizeAlgorithm,
  isBrandCheck,
  isPromisePending,
  kBare,
  kResolvedPromise,
  kState,
  kType,
  nothing,
  one,
  openPorts,
  promiseCallback,
  promiseResolvedWith,
  rejectedRecord,
  resolved,
  resolvedRecord,
  setPromiseHandled,
  startCallback,
  takePorts,
  viewBuffer,
  viewByteLength,
  viewByteOffset,
};
