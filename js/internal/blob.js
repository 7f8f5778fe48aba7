'use strict';
// Blob and File, over bytes in memory; what lies in files is in `blob_file`.

const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_STATE, ERR_INVALID_THIS, ERR_MISSING_ARGS },
} = require('internal/errors');
const { validateDictionary } = require('internal/validators');
const { inspect } = require('internal/util/inspect');
const { isAnyArrayBuffer, isArrayBufferView, isUint8Array } = require('internal/util/types');
const { encodings } = require('internal/buffer/encodings');
const { CLONEABLE, kClone, kDeserialize, setMode } = require('internal/worker/transfer');

const kInspect = Symbol.for('nodejs.util.inspect.custom');
/** What a stream of a Blob's gives at a time, in bytes. */
const CHUNK_SIZE = 64 * 1024;
/** Blobs that `URL.createObjectURL` gave a name, by its id. */
const objectUrls = new Map();

function encode(text) {
  const bytes = new Uint8Array(encodings.utf8.byteLength(text));
  encodings.utf8.write(bytes, text, 0, bytes.length);
  return bytes;
}

/** The bytes of one part; views and buffers are copied later, at once. */
function partBytes(part, endings) {
  if (isBlob(part)) return blobBytes(part);
  if (isAnyArrayBuffer(part)) return new Uint8Array(part);
  if (isArrayBufferView(part)) {
    return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  }
  let text = `${part}`;
  if (endings === 'native') text = text.replace(/\r\n|\r/g, '\n');
  return encode(text);
}

function concat(parts) {
  if (!parts.every(isUint8Array)) return new (require('internal/blob_file').FileBytes)(parts);
  let size = 0;
  for (const part of parts) size += part.length;
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function normalType(type) {
  type = `${type}`;
  return /[^\u{0020}-\u{007E}]/u.test(type) ? '' : type.toLowerCase();
}

let isBlob;
let blobBytes;

/** Makes a Blob of bytes, of which some may lie in files. */
const kOfBytes = Symbol('kOfBytes');

class Blob {
  /** A Uint8Array, or the FileBytes of `blob_file`. */
  #bytes;
  #type = '';

  constructor(sources = [], options = {}) {
    if (sources === null || typeof sources !== 'object' ||
        typeof sources[Symbol.iterator] !== 'function') {
      throw new ERR_INVALID_ARG_TYPE('sources', 'a sequence', sources);
    }
    validateDictionary(options, 'options');
    const { type = '', endings: given = 'transparent' } = options ?? {};
    const endings = `${given}`;
    if (endings !== 'transparent' && endings !== 'native') throw new ERR_INVALID_ARG_VALUE('options.endings', endings);
    this.#bytes = concat(
      Array.from(sources, (part) => partBytes(part, endings)));
    this.#type = normalType(type);
  }

  get size() {
    Blob.#check(this);
    return this.#bytes.length;
  }

  get type() {
    Blob.#check(this);
    return this.#type;
  }

  slice(start = 0, end = this.size, contentType = '') {
    Blob.#check(this);
    const part = new Blob([], { type: contentType });
    // A Blob's bytes never change, so that parts can share them.
    part.#bytes = this.#bytes.subarray(start, end);
    return part;
  }

  async arrayBuffer() {
    Blob.#check(this);
    const bytes = this.#bytes.slice();
    return (isUint8Array(bytes) ? bytes : await bytes).buffer;
  }

  async bytes() {
    Blob.#check(this);
    return this.#bytes.slice();
  }

  async text() {
    Blob.#check(this);
    const bytes = isUint8Array(this.#bytes) ? this.#bytes : await this.#bytes.slice();
    const text = encodings.utf8.slice(bytes, 0, bytes.length);
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  stream() {
    Blob.#check(this);
    const { ReadableStream } = require('internal/webstreams/readablestream');
    const bytes = this.#bytes;
    let offset = 0;
    return new ReadableStream({
      type: 'bytes',
      pull(controller) {
        const give = (chunk) => {
          if (chunk.length === 0) {
            controller.close();
            controller.byobRequest?.respond(0);
            return;
          }
          offset += chunk.length;
          controller.enqueue(chunk);
        };
        const chunk = bytes.slice(offset, offset + CHUNK_SIZE);
        return isUint8Array(chunk) ? give(chunk) : chunk.then(give);
      },
    }, { highWaterMark: 0 });
  }

  static [kOfBytes](bytes, type) {
    const blob = new Blob([], { type });
    blob.#bytes = bytes;
    return blob;
  }

  [kClone]() {
    if (!isUint8Array(this.#bytes)) throw new ERR_INVALID_STATE('File-backed Blobs are not cloneable');
    return {
      // A part has its bytes alone cloned.
      data: { bytes: this.#bytes.slice(), type: this.#type },
      deserializeInfo: 'internal/blob:Blob',
    };
  }

  [kDeserialize]({ bytes, type }) {
    this.#bytes = bytes;
    this.#type = type;
  }

  [kInspect](depth, options) {
    if (depth < 0) return options.stylize('[Blob]', 'special');
    return `Blob ${inspect({ size: this.size, type: this.type }, {
      ...options,
      depth: options.depth == null ? null : options.depth - 1,
    })}`;
  }

  static #check(value) {
    if (!isBlob(value)) throw new ERR_INVALID_THIS('Blob');
  }

  static {
    isBlob = (value) =>
      typeof value === 'object' && value !== null && #bytes in value;
    blobBytes = (blob) => blob.#bytes;
  }
}

function present(prototype, tag, keys) {
  for (const key of keys) {
    Object.defineProperty(prototype, key, { __proto__: null, enumerable: true });
  }
  Object.defineProperty(prototype, Symbol.toStringTag, {
    __proto__: null,
    configurable: true,
    value: tag,
  });
  for (const key of [kInspect, kClone, kDeserialize]) {
    Object.defineProperty(prototype, key, { __proto__: null, enumerable: false });
  }
}
present(Blob.prototype, 'Blob',
        ['size', 'type', 'slice', 'stream', 'text', 'arrayBuffer', 'bytes']);

setMode(Blob.prototype, CLONEABLE);

class File extends Blob {
  #name;
  #lastModified;

  constructor(fileBits, fileName, options = {}) {
    if (arguments.length < 2) {
      throw new ERR_MISSING_ARGS('fileBits', 'fileName');
    }
    super(fileBits, options);
    const { lastModified } = options ?? {};
    this.#name = `${fileName}`.toWellFormed();
    this.#lastModified = lastModified === undefined ?
      Date.now() : Math.trunc(+lastModified) || 0;
  }

  get name() {
    if (!(#name in this)) throw new ERR_INVALID_THIS('File');
    return this.#name;
  }

  get lastModified() {
    if (!(#name in this)) throw new ERR_INVALID_THIS('File');
    return this.#lastModified;
  }

  [kClone]() {
    const { data } = super[kClone]();
    data.name = this.#name;
    data.lastModified = this.#lastModified;
    return { data, deserializeInfo: 'internal/blob:ClonedFile' };
  }

  [kDeserialize](data) {
    super[kDeserialize](data);
    this.#name = data.name;
    this.#lastModified = data.lastModified;
  }

  [kInspect](depth, options) {
    if (depth < 0) return options.stylize('[File]', 'special');
    const { size, type, name, lastModified } = this;
    return `File ${inspect({ size, type, name, lastModified }, {
      ...options,
      depth: options.depth == null ? null : options.depth - 1,
    })}`;
  }
}
present(File.prototype, 'File', ['name', 'lastModified']);

// What a message makes anew, before it has its bytes.
function ClonedFile() {
  return new File([], '');
}
ClonedFile.prototype = File.prototype;

function createObjectURL(object) {
  if (!isBlob(object)) {
    throw new ERR_INVALID_ARG_TYPE('obj', 'Blob', object);
  }
  const id = require('internal/crypto/random').randomUUID();
  objectUrls.set(id, object);
  return `blob:nodedata:${id}`;
}

function objectUrlId(url) {
  return /^blob:nodedata:([^#?]+)/.exec(`${url}`)?.[1];
}

function revokeObjectURL(url) {
  if (arguments.length === 0) throw new ERR_MISSING_ARGS('url');
  objectUrls.delete(objectUrlId(url));
}

function resolveObjectURL(url) {
  return objectUrls.get(objectUrlId(url));
}

module.exports = {
  Blob,
  ClonedFile,
  File,
  createObjectURL,
  isBlob,
  kOfBytes,
  resolveObjectURL,
  revokeObjectURL,
};
