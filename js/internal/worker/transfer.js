'use strict';

// What may be cloned and transferred, and how: lists of `postMessage` and `structuredClone`, and the
// objects that stand for more than their properties.

const {
  ArrayBufferPrototypeGetByteLength, ArrayPrototypeIndexOf, ArrayPrototypePush, Error, ObjectDefineProperty, SafeSet,
  StringPrototypeSplit, Symbol, SymbolIterator,
} = require('internal/primordials');
const { codes: { ERR_INVALID_TRANSFER_OBJECT } } = require('internal/errors');
const { DOMException, isDOMException, restore } = require('internal/domexception');
const { isArrayBuffer } = require('internal/util/types');

const CLONEABLE = 1;
const TRANSFERABLE = 2;

// An object (or its class, on the prototype) that has this is cloned by its own methods, as far as
// the bits above say: 0 is not at all.
const kMode = Symbol('messaging_transfer_mode');
const kClone = Symbol('messaging_clone_symbol');
const kDeserialize = Symbol('messaging_deserialize_symbol');
const kTransfer = Symbol('messaging_transfer_symbol');
const kTransferList = Symbol('messaging_transfer_list_symbol');

const untransferable = new WeakSet();

function dataCloneError(message) {
  return new DOMException(message, 'DataCloneError');
}

// Says how the instances of a class, or one object, can be cloned and transferred.
function setMode(target, mode) {
  ObjectDefineProperty(target, kMode, { __proto__: null, value: mode, configurable: true });
}

// Others may have its prototype.
ObjectDefineProperty(DOMException.prototype, kMode, {
  __proto__: null, get() { return isDOMException(this) ? CLONEABLE : undefined; },
});
ObjectDefineProperty(DOMException.prototype, kClone, {
  __proto__: null,
  value() {
    const { message, name, stack } = this;
    return { data: { message, name, stack }, deserializeInfo: 'internal/domexception:DOMException' };
  },
});
ObjectDefineProperty(DOMException.prototype, kDeserialize, { __proto__: null, value(data) { restore(this, data); } });

// The message that is being written or read: what was transferred with it.
let writing;
let reading;

// Stands for `object` in a message.
function writeHost(object) {
  const index = writing === undefined ? -1 : ArrayPrototypeIndexOf(writing.objects, object);
  if (index >= 0) {
    const port = ArrayPrototypeIndexOf(writing.ports, object);
    if (port >= 0) return [port];
    const { data, deserializeInfo } = object[kTransfer]();
    return [deserializeInfo, data];
  }
  const mode = object[kMode];
  if ((mode & CLONEABLE) !== 0) {
    const { data, deserializeInfo } = object[kClone]();
    return [deserializeInfo, data];
  }
  throw dataCloneError((mode & TRANSFERABLE) !== 0 ?
    'Object that needs transfer was found in message but not listed in transferList' :
    'Cannot clone object of unsupported type.');
}

// `info` is `module:Class`.
function readHost({ 0: info, 1: data }) {
  if (typeof info === 'number') return reading[info];
  const { 0: id, 1: name } = StringPrototypeSplit(info, ':');
  const Class = require(id)[name];
  // Scripts can put their own method in place of an object's.
  if (typeof Class?.prototype?.[kDeserialize] !== 'function') throw new Error(`Unknown deserialize spec ${info}`);
  const object = new Class();
  object[kDeserialize](data);
  return object;
}

function isUsable(buffer) {
  return !buffer.detached && !untransferable.has(buffer) && ArrayBufferPrototypeGetByteLength(buffer) >= 0;
}

// Sorts the things to be transferred; `source` is the port that sends them.
function plan(list, source) {
  const { MessagePort, portId } = require('internal/worker/message_port');
  const result = { buffers: [], ids: [], ports: [], objects: [] };
  const seen = new SafeSet();
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    const isObject = typeof item === 'object' && item !== null;
    if (isArrayBuffer(item)) {
      if (!isUsable(item)) throw dataCloneError('Cannot transfer object of unsupported type.');
      if (seen.has(item)) throw dataCloneError('Transfer list contains duplicate ArrayBuffer');
      ArrayPrototypePush(result.buffers, item);
    } else if (isObject && item[kMode] !== undefined) {
      if ((item[kMode] & TRANSFERABLE) === 0 || untransferable.has(item)) {
        throw dataCloneError('Cannot transfer object of unsupported type.');
      }
      if (item === source) throw dataCloneError('Transfer list contains source port');
      if (seen.has(item)) throw dataCloneError(`Transfer list contains duplicate ${item.constructor?.name}`);
      if (item instanceof MessagePort) {
        const id = portId(item);
        if (id === undefined) throw dataCloneError('MessagePort in transfer list is already detached');
        ArrayPrototypePush(result.ids, id);
        ArrayPrototypePush(result.ports, item);
      } else {
        const more = item[kTransferList]?.() ?? [];
        for (let j = 0; j < more.length; j++) ArrayPrototypePush(list, more[j]);
      }
      ArrayPrototypePush(result.objects, item);
    } else {
      throw new ERR_INVALID_TRANSFER_OBJECT();
    }
    seen.add(item);
  }
  return result;
}

// Calls `write` with what is transferred; `plan` is of the function above.
function withPlan(transfer, write) {
  const outer = writing;
  writing = transfer;
  try {
    return write();
  } finally {
    writing = outer;
  }
}

// The elements of something iterable; undefined where it is not.
function listOf(value) {
  if (value === null || typeof value !== 'object' || typeof value[SymbolIterator] !== 'function') return undefined;
  const iterator = value[SymbolIterator]();
  if (typeof iterator !== 'object' || iterator === null || typeof iterator.next !== 'function') return undefined;
  const list = [];
  for (let step = iterator.next(); !step.done; step = iterator.next()) ArrayPrototypePush(list, step.value);
  return list;
}

module.exports = {
  CLONEABLE,
  TRANSFERABLE,
  dataCloneError,
  kClone,
  kDeserialize,
  kMode,
  kTransfer,
  kTransferList,
  listOf,
  plan,
  readHost,
  setMode,
  setReading(ports) { reading = ports; },
  untransferable,
  withPlan,
  writeHost,
};
