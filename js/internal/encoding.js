'use strict';
// TextEncoder and TextDecoder of the Encoding standard. Decoding to UTF-8,
// UTF-16 and windows-1252 (which `latin1` and `ascii` are names of) is native.

const {
  codes: {
    ERR_ENCODING_INVALID_ENCODED_DATA,
    ERR_ENCODING_NOT_SUPPORTED,
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_THIS,
  },
} = require('internal/errors');
const {
  kValidateObjectAllowObjectsAndNull,
  validateObject,
} = require('internal/validators');
const { inspect } = require('internal/util/inspect');
const { isAnyArrayBuffer, isArrayBufferView, isUint8Array } =
  require('internal/util/types');

const encodingBinding = binding.encoding;
const kInspect = Symbol.for('nodejs.util.inspect.custom');

/** Where `encodeInto` leaves how much it read and wrote. */
const encodeIntoResult = new Uint32Array(2);

/** The standard's labels of the encodings that are supported. */
const labels = new Map();
for (const [encoding, names] of Object.entries({
  'utf-8': 'unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 ' +
    'x-unicode20utf8',
  'utf-16le': 'csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff ' +
    'utf-16 utf-16le',
  'utf-16be': 'unicodefffe utf-16be',
  'windows-1252': 'ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 ' +
    'iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 ' +
    'l1 latin1 us-ascii windows-1252 x-cp1252',
})) {
  for (const name of names.split(' ')) labels.set(name, encoding);
}

function encodingOf(label) {
  const name = `${label}`.replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, '');
  return labels.get(name.toLowerCase());
}

class TextEncoder {
  #encoding = 'utf-8';

  get encoding() {
    TextEncoder.#check(this);
    return this.#encoding;
  }

  encode(input = '') {
    TextEncoder.#check(this);
    return encodingBinding.encode(`${input}`);
  }

  encodeInto(src, dest) {
    TextEncoder.#check(this);
    if (typeof src !== 'string') {
      throw new ERR_INVALID_ARG_TYPE('src', 'string', src);
    }
    if (!isUint8Array(dest)) {
      throw new ERR_INVALID_ARG_TYPE('dest', 'Uint8Array', dest);
    }
    encodingBinding.encodeInto(src, dest, encodeIntoResult);
    const [read, written] = encodeIntoResult;
    return { read, written };
  }

  [kInspect](depth, options) {
    TextEncoder.#check(this);
    if (typeof depth === 'number' && depth < 0) return this;
    return inspect({ encoding: this.#encoding }, options);
  }

  static #check(value) {
    if (value === null || typeof value !== 'object' || !(#encoding in value)) {
      throw new ERR_INVALID_THIS('TextEncoder');
    }
  }
}

const noBytes = new Uint8Array(0);

function bytesOf(input) {
  if (isAnyArrayBuffer(input)) return input.detached ? noBytes : new Uint8Array(input);
  if (isArrayBufferView(input)) {
    if (input.buffer.detached) return noBytes;
    return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  }
  throw new ERR_INVALID_ARG_TYPE(
    'list', ['ArrayBuffer', 'ArrayBufferView'], input);
}

function joined(first, second) {
  if (first.length === 0) return second;
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

/** How many bytes at the end are the beginning of a UTF-8 character. */
function unfinishedUtf8(bytes) {
  const { length } = bytes;
  for (let back = 1; back <= 3 && back <= length; ++back) {
    const byte = bytes[length - back];
    if ((byte & 0xc0) === 0x80) continue;
    let needed = 1;
    if (byte >= 0xf0 && byte <= 0xf4) {
      needed = 4;
    } else if (byte >= 0xe0 && byte < 0xf0) {
      needed = 3;
    } else if (byte >= 0xc2 && byte < 0xe0) {
      needed = 2;
    }
    if (back >= needed || !canContinue(byte, bytes, length - back + 1)) {
      return 0;
    }
    return back;
  }
  return 0;
}

/** Whether the second byte, if it is there, can follow the first. */
function canContinue(first, bytes, position) {
  if (position >= bytes.length) return true;
  const second = bytes[position];
  switch (first) {
    case 0xe0: return second >= 0xa0;
    case 0xed: return second < 0xa0;
    case 0xf0: return second >= 0x90;
    case 0xf4: return second < 0x90;
    default: return true;
  }
}

function unfinishedUtf16(bytes, bigEndian) {
  const odd = bytes.length % 2;
  const last = bytes.length - odd - 2;
  if (last < 0) return odd;
  const high = bytes[bigEndian ? last : last + 1];
  return (high & 0xfc) === 0xd8 ? odd + 2 : odd;
}

class TextDecoder {
  #encoding;
  #fatal;
  #ignoreBOM;
  /** The beginning of a character that `stream` left for the next call. */
  #pending = noBytes;
  #bomSeen = false;
  #streaming = false;

  constructor(encoding = 'utf-8', options = {}) {
    const found = encodingOf(encoding);
    validateObject(options, 'options', kValidateObjectAllowObjectsAndNull);
    if (found === undefined) {
      throw new ERR_ENCODING_NOT_SUPPORTED(`${encoding}`);
    }
    this.#encoding = found;
    this.#fatal = Boolean(options?.fatal);
    this.#ignoreBOM = Boolean(options?.ignoreBOM);
  }

  get encoding() {
    TextDecoder.#check(this);
    return this.#encoding;
  }

  get fatal() {
    TextDecoder.#check(this);
    return this.#fatal;
  }

  get ignoreBOM() {
    TextDecoder.#check(this);
    return this.#ignoreBOM;
  }

  decode(input = noBytes, options = {}) {
    TextDecoder.#check(this);
    const given = bytesOf(input);
    validateObject(options, 'options', kValidateObjectAllowObjectsAndNull);
    if (!this.#streaming) {
      this.#pending = noBytes;
      this.#bomSeen = false;
    }
    this.#streaming = Boolean(options?.stream);

    let bytes = joined(this.#pending, given);
    this.#pending = noBytes;
    if (this.#streaming) {
      const cut = bytes.length - this.#unfinished(bytes);
      // A copy: the caller may reuse its memory.
      this.#pending = bytes.slice(cut);
      bytes = bytes.subarray(0, cut);
    }
    let text = encodingBinding.decode(bytes, this.#encoding, this.#fatal);
    if (text === undefined) {
      this.#streaming = false;
      throw new ERR_ENCODING_INVALID_ENCODED_DATA(this.#encoding, undefined);
    }
    if (!this.#bomSeen && text.length > 0) {
      this.#bomSeen = true;
      if (!this.#ignoreBOM && this.#encoding !== 'windows-1252' &&
          text.charCodeAt(0) === 0xfeff) {
        text = text.slice(1);
      }
    }
    return text;
  }

  #unfinished(bytes) {
    switch (this.#encoding) {
      case 'utf-8': return unfinishedUtf8(bytes);
      case 'utf-16le': return unfinishedUtf16(bytes, false);
      case 'utf-16be': return unfinishedUtf16(bytes, true);
      default: return 0;
    }
  }

  [kInspect](depth, options) {
    TextDecoder.#check(this);
    if (typeof depth === 'number' && depth < 0) return this;
    return `${this.constructor?.name ?? 'TextDecoder'} ${inspect({
      encoding: this.#encoding,
      fatal: this.#fatal,
      ignoreBOM: this.#ignoreBOM,
    }, options)}`;
  }

  static #check(value) {
    if (value === null || typeof value !== 'object' || !(#encoding in value)) {
      throw new ERR_INVALID_THIS('TextDecoder');
    }
  }
}

for (const [Class, keys] of [
  [TextEncoder, ['encode', 'encodeInto', 'encoding']],
  [TextDecoder, ['decode', 'encoding', 'fatal', 'ignoreBOM']],
]) {
  for (const key of keys) {
    Object.defineProperty(Class.prototype, key,
                          { __proto__: null, enumerable: true });
  }
  Object.defineProperty(Class.prototype, kInspect,
                        { __proto__: null, enumerable: false });
  Object.defineProperty(Class.prototype, Symbol.toStringTag, {
    __proto__: null,
    configurable: true,
    value: Class.name,
  });
}

module.exports = { TextDecoder, TextEncoder, unfinishedUtf8 };
