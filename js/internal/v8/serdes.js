'use strict';

// The classes of `node:v8` that write values in V8's format of structured clones, and read them.

const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { FastBuffer } = require('internal/buffer');
const { inspect } = require('internal/util/inspect');

const serdesBinding = binding.serdes;

// Frees the native side of objects that are gone. Not made at build time, for it belongs to a process.
let registry;

function hold(object, id) {
  registry ??= new FinalizationRegistry((gone) => { serdesBinding.free(gone); });
  registry.register(object, id, object);
  return id;
}

// Frees it at once, where nobody else has seen the object.
function free(object, id) {
  registry.unregister(object);
  serdesBinding.free(id);
}

let release;
let releaseReader;

function argumentError(message) {
  const error = new ERR_INVALID_ARG_TYPE('', 'object', undefined);
  error.message = message;
  return error;
}

function viewOf(value, name) {
  if (ArrayBuffer.isView(value)) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw argumentError(`${name} must be a TypedArray or a DataView`);
}

class Serializer {
  #id = hold(this, serdesBinding.newSerializer());

  static {
    release = (serializer) => free(serializer, serializer.#id);
  }

  writeHeader() { serdesBinding.writeHeader(this.#id); }
  writeValue(value) { return serdesBinding.writeValue(this.#id, value, this); }
  releaseBuffer() { return new FastBuffer(serdesBinding.releaseBuffer(this.#id)); }

  transferArrayBuffer(id, arrayBuffer) {
    if (!(arrayBuffer instanceof ArrayBuffer)) throw argumentError('arrayBuffer must be an ArrayBuffer');
    serdesBinding.transferArrayBuffer(this.#id, id, arrayBuffer);
  }

  writeUint32(value) { serdesBinding.writeUint32(this.#id, value); }
  writeUint64(high, low) { serdesBinding.writeUint64(this.#id, high, low); }
  writeDouble(value) { serdesBinding.writeDouble(this.#id, value); }
  writeRawBytes(source) { serdesBinding.writeRawBytes(this.#id, viewOf(source, 'source')); }
  _setTreatArrayBufferViewsAsHostObjects(mode) {
    serdesBinding.setTreatArrayBufferViewsAsHostObjects(this.#id, mode);
  }
}

class Deserializer {
  #id;

  static {
    releaseReader = (deserializer) => free(deserializer, deserializer.#id);
  }

  constructor(buffer) {
    this.#id = hold(this, serdesBinding.newDeserializer(viewOf(buffer, 'buffer')));
    this.buffer = buffer;
  }

  readHeader() { return serdesBinding.readHeader(this.#id); }
  readValue() { return serdesBinding.readValue(this.#id, this); }
  getWireFormatVersion() { return serdesBinding.getWireFormatVersion(this.#id); }

  transferArrayBuffer(id, arrayBuffer) {
    if (!(arrayBuffer instanceof ArrayBuffer) && !(arrayBuffer instanceof SharedArrayBuffer)) {
      throw argumentError('arrayBuffer must be an ArrayBuffer or SharedArrayBuffer');
    }
    serdesBinding.receiveArrayBuffer(this.#id, id, arrayBuffer);
  }

  readUint32() { return orThrow(serdesBinding.readUint32(this.#id), 'ReadUint32() failed'); }
  readUint64() { return orThrow(serdesBinding.readUint64(this.#id), 'ReadUint64() failed'); }
  readDouble() { return orThrow(serdesBinding.readDouble(this.#id), 'ReadDouble() failed'); }
  _readRawBytes(length) { return orThrow(serdesBinding.readRawBytes(this.#id, length), 'ReadRawBytes() failed'); }

  readRawBytes(length) {
    const offset = this._readRawBytes(length);
    // `buffer` may be any view.
    return new FastBuffer(this.buffer.buffer, this.buffer.byteOffset + offset, length);
  }
}

function orThrow(value, message) {
  if (value === undefined) throw new Error(message);
  return value;
}

// Methods show as those of Node's native classes do.
for (const { prototype } of [Serializer, Deserializer]) {
  for (const name of Object.getOwnPropertyNames(prototype)) {
    if (name !== 'constructor') Object.defineProperty(prototype, name, { __proto__: null, enumerable: true });
  }
}
Serializer.prototype._getDataCloneError = Error;

// Numbers of the views in Node's format; 10 is a Buffer.
const VIEWS = [
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array,
  Float64Array, DataView, FastBuffer, BigInt64Array, BigUint64Array,
];
const BUFFER = 10;

function numberOfView(view) {
  const name = Object.prototype.toString.call(view).slice('[object '.length, -1);
  return VIEWS.findIndex((type, index) => index !== BUFFER && type.name === name);
}

// Views are written as their own bytes, not with the whole pool that a small Buffer lies in.
class DefaultSerializer extends Serializer {
  constructor() {
    super();
    this._setTreatArrayBufferViewsAsHostObjects(true);
  }

  _writeHostObject(view) {
    const { Buffer } = require('buffer');
    const number = view.constructor === Buffer ? BUFFER : numberOfView(view);
    if (number === -1) throw new this._getDataCloneError(`Unserializable host object: ${inspect(view)}`);
    this.writeUint32(number);
    this.writeUint32(view.byteLength);
    this.writeRawBytes(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  }
}

class DefaultDeserializer extends Deserializer {
  _readHostObject() {
    const type = VIEWS[this.readUint32()];
    const byteLength = this.readUint32();
    const start = this.buffer.byteOffset + this._readRawBytes(byteLength);
    const width = type.BYTES_PER_ELEMENT ?? 1;
    if (start % width === 0) return new type(this.buffer.buffer, start, byteLength / width);
    // The type wants its elements aligned.
    const copy = this.buffer.buffer.slice(start, start + byteLength);
    return new type(copy, 0, byteLength / width);
  }
}

function serialize(value) {
  const serializer = new DefaultSerializer();
  try {
    serializer.writeHeader();
    serializer.writeValue(value);
    return serializer.releaseBuffer();
  } finally {
    release(serializer);
  }
}

function deserialize(buffer) {
  const deserializer = new DefaultDeserializer(buffer);
  try {
    deserializer.readHeader();
    return deserializer.readValue();
  } finally {
    releaseReader(deserializer);
  }
}

module.exports = { DefaultDeserializer, DefaultSerializer, Deserializer, Serializer, deserialize, serialize };
