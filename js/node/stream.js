'use strict';

const { promisify } = require('internal/util');
const { Stream } = require('internal/streams/legacy');
const { Readable } = require('internal/streams/readable');
const { Writable } = require('internal/streams/writable');
const { Duplex, PassThrough, Transform } = require('internal/streams/duplex');
const { addAbortSignal } = require('internal/streams/add-abort-signal');
const { finished } = require('internal/streams/finished');
const { pipeline } = require('internal/streams/pipeline');
const { compose } = require('internal/streams/compose');
const { destroyer } = require('internal/streams/destroy');
const { isDisturbed, isErrored, isReadable, isWritable, isDestroyed } = require('internal/streams/kinds');
const { getDefaultHighWaterMark, isUint8Array, setDefaultHighWaterMark, toBuffer } = require('internal/streams/state');
const operators = require('internal/streams/operators');
const promises = require('stream/promises');

for (const [name, operator] of Object.entries(operators.streams)) {
  define(name, function(...args) {
    if (new.target) throw illegal();
    return Readable.from(Reflect.apply(operator, this, args));
  }, operator);
}
for (const [name, operator] of Object.entries(operators.promises)) {
  define(name, function(...args) {
    if (new.target) throw illegal();
    return Promise.resolve().then(() => Reflect.apply(operator, this, args));
  }, operator);
}

function illegal() {
  const { codes: { ERR_ILLEGAL_CONSTRUCTOR } } = require('internal/errors');
  return new ERR_ILLEGAL_CONSTRUCTOR();
}

function define(name, value, operator) {
  Object.defineProperty(value, 'name', { __proto__: null, value: operator.name });
  Object.defineProperty(value, 'length', { __proto__: null, value: operator.length });
  Object.defineProperty(Readable.prototype, name, { __proto__: null, value, enumerable: false, configurable: true, writable: true });
}

// `compose` gives a Duplex of its own.
Object.defineProperty(Readable.prototype, 'compose', {
  __proto__: null,
  value: operators.streams.compose,
  enumerable: false,
  configurable: true,
  writable: true,
});

module.exports = Stream;
Stream.isDestroyed = isDestroyed;
Stream.isDisturbed = isDisturbed;
Stream.isErrored = isErrored;
Stream.isReadable = isReadable;
Stream.isWritable = isWritable;
Stream.Readable = Readable;
Stream.Writable = Writable;
Stream.Duplex = Duplex;
Stream.Transform = Transform;
Stream.PassThrough = PassThrough;
Stream.duplexPair = duplexPair;
Stream.pipeline = pipeline;
Stream.addAbortSignal = addAbortSignal;
Stream.finished = finished;
Stream.destroy = destroyer;
Stream.compose = compose;
Stream.setDefaultHighWaterMark = setDefaultHighWaterMark;
Stream.getDefaultHighWaterMark = getDefaultHighWaterMark;
Object.defineProperty(Stream, 'promises', {
  __proto__: null, configurable: true, enumerable: true, get() { return promises; },
});
Object.defineProperty(pipeline, promisify.custom, { __proto__: null, enumerable: true, get() { return promises.pipeline; } });
Object.defineProperty(finished, promisify.custom, { __proto__: null, enumerable: true, get() { return promises.finished; } });
Stream.Stream = Stream;
Stream._isArrayBufferView = ArrayBuffer.isView;
Stream._isUint8Array = isUint8Array;
Stream._uint8ArrayToBuffer = toBuffer;

const kOther = Symbol('kOther');
const kCallback = Symbol('kCallback');

class DuplexSide extends Duplex {
  constructor(options) {
    super(options);
    this[kCallback] = null;
    this[kOther] = null;
  }

  _read() {
    const callback = this[kCallback];
    if (callback) {
      this[kCallback] = null;
      callback();
    }
  }

  _write(chunk, encoding, callback) {
    if (chunk.length === 0) {
      process.nextTick(callback);
    } else {
      this[kOther].push(chunk);
      this[kOther][kCallback] = callback;
    }
  }

  _final(callback) {
    this[kOther].on('end', callback);
    this[kOther].push(null);
  }
}

// Two streams: what is written to one is read from the other.
function duplexPair(options) {
  const one = new DuplexSide(options);
  const other = new DuplexSide(options);
  one[kOther] = other;
  other[kOther] = one;
  return [one, other];
}
