'use strict';
// Blob and File over bytes in memory, and over files (`fs.openAsBlob`) that are
// read when somebody wants their bytes.

const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_STATE, ERR_INVALID_THIS, ERR_MISSING_ARGS },
} = require('internal/errors');
const { validateDictionary } = require('internal/validators');
const { inspect } = require('internal/util/inspect');
const { isAnyArrayBuffer, isArrayBufferView } = require('internal/util/types');
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
  if (isAnyArrayBuffer(part)) return new Uint8Array(part);
  if (isArrayBufferView(part)) {
    return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  }
  let text = `${part}`;
  if (endings === 'native') text = text.replace(/\r\n|\r/g, '\n');
  return encode(text);
}

/** Of a file, `start` and `length` say which bytes; others are a Uint8Array. */
const isFilePart = (part) => part.file !== undefined;

/** What `parts` have from `start` on, at most `length` bytes. */
function cut(parts, start, length) {
  const result = [];
  for (const part of parts) {
    const from = Math.min(start, part.length);
    const count = Math.min(part.length - from, length);
    start -= from;
    length -= count;
    if (isFilePart(part)) {
      result.push({ file: part.file, start: part.start + from, length: count });
    } else if (count > 0) {
      result.push(part.subarray(from, from + count));
    }
  }
  return result;
}

/** `count` bytes of a file that has not changed since it became a Blob. */
async function readFile(file, position, count) {
  const { open } = require('fs/promises');
  try {
    const handle = await open(file.path);
    try {
      const { size, mtimeMs } = await handle.stat();
      if (size !== file.size || mtimeMs !== file.mtimeMs) throw new Error('changed');
      const bytes = new Uint8Array(count);
      const { bytesRead } = await handle.read(bytes, 0, count, position);
      if (bytesRead !== count) throw new Error('short');
      return bytes;
    } finally {
      await handle.close();
    }
  } catch {
    const { DOMException } = require('internal/domexception');
    throw new DOMException('The blob could not be read', 'NotReadableError');
  }
}

/** The bytes of `parts` by and by. An empty file is looked at as well. */
async function* chunksOf(parts) {
  for (const part of parts) {
    let offset = 0;
    do {
      const count = Math.min(part.length - offset, CHUNK_SIZE);
      const chunk = isFilePart(part) ?
        await readFile(part.file, part.start + offset, count) :
        part.slice(offset, offset + count);
      if (count > 0) yield chunk;
      offset += count;
    } while (offset < part.length);
  }
}

function concat(parts) {
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
let partsOf;
let ofFile;

class Blob {
  #bytes;
  #type = '';
  // In place of the bytes, where some of them are a file's.
  #parts;

  constructor(sources = [], options = {}) {
    if (sources === null || typeof sources !== 'object' ||
        typeof sources[Symbol.iterator] !== 'function') {
      throw new ERR_INVALID_ARG_TYPE('sources', 'a sequence', sources);
    }
    validateDictionary(options, 'options');
    const { type = '', endings: given = 'transparent' } = options ?? {};
    const endings = `${given}`;
    if (endings !== 'transparent' && endings !== 'native') throw new ERR_INVALID_ARG_VALUE('options.endings', endings);
    const parts = Array.from(sources, (part) => (
      isBlob(part) ? partsOf(part) : [partBytes(part, endings)])).flat();
    if (parts.some(isFilePart)) {
      // Nobody else may change what is not a file's.
      this.#parts = parts.map((part) => (isFilePart(part) ? part : part.slice()));
    } else {
      this.#bytes = concat(parts);
    }
    this.#type = normalType(type);
  }

  get size() {
    Blob.#check(this);
    if (this.#parts === undefined) return this.#bytes.length;
    return this.#parts.reduce((sum, { length }) => sum + length, 0);
  }

  get type() {
    Blob.#check(this);
    return this.#type;
  }

  slice(start = 0, end = this.size, contentType = '') {
    Blob.#check(this);
    const part = new Blob([], { type: contentType });
    if (this.#parts === undefined) {
      // A Blob's bytes never change, so that parts can share them.
      part.#bytes = this.#bytes.subarray(start, end);
      return part;
    }
    const { size } = this;
    const place = (value) => {
      const whole = Math.trunc(value) || 0;
      return whole < 0 ? Math.max(size + whole, 0) : Math.min(whole, size);
    };
    const first = place(start);
    part.#parts = cut(this.#parts, first, Math.max(place(end) - first, 0));
    return part;
  }

  async arrayBuffer() {
    Blob.#check(this);
    return (await this.#read()).buffer;
  }

  async bytes() {
    Blob.#check(this);
    return this.#read();
  }

  /** All the bytes, the caller's own. */
  async #read() {
    if (this.#parts === undefined) return this.#bytes.slice();
    const chunks = [];
    for await (const chunk of chunksOf(this.#parts)) chunks.push(chunk);
    return concat(chunks);
  }

  async text() {
    Blob.#check(this);
    const bytes = this.#parts === undefined ? this.#bytes : await this.#read();
    const text = encodings.utf8.slice(bytes, 0, bytes.length);
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  stream() {
    Blob.#check(this);
    const { ReadableStream } = require('internal/webstreams/readablestream');
    if (this.#parts !== undefined) {
      const chunks = chunksOf(this.#parts);
      return new ReadableStream({
        type: 'bytes',
        async pull(controller) {
          const { value, done } = await chunks.next();
          if (!done) {
            controller.enqueue(value);
            return;
          }
          controller.close();
          controller.byobRequest?.respond(0);
        },
      }, { highWaterMark: 0 });
    }
    const bytes = this.#bytes;
    let offset = 0;
    return new ReadableStream({
      type: 'bytes',
      pull(controller) {
        if (offset >= bytes.length) {
          controller.close();
          controller.byobRequest?.respond(0);
          return;
        }
        const chunk = bytes.slice(offset, offset + CHUNK_SIZE);
        offset += chunk.length;
        controller.enqueue(chunk);
      },
    }, { highWaterMark: 0 });
  }

  [kClone]() {
    if (this.#parts !== undefined) {
      throw new ERR_INVALID_STATE('File-backed Blobs are not cloneable');
    }
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
    partsOf = (blob) => blob.#parts ?? [blob.#bytes];
    ofFile = (file, type) => {
      const blob = new Blob([], { type });
      blob.#parts = [{ file, start: 0, length: file.size }];
      return blob;
    };
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

/** A Blob of the file at `path`, as it is now. */
function blobOfFile(path, type) {
  const stats = require('fs').statSync(path);
  return ofFile({ path, size: stats.size, mtimeMs: stats.mtimeMs }, type);
}

module.exports = {
  Blob,
  ClonedFile,
  File,
  blobOfFile,
  createObjectURL,
  isBlob,
  resolveObjectURL,
  revokeObjectURL,
};
