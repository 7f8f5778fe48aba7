'use strict';
// Decodes a stream of buffers without breaking characters that lie across two
// of them.

const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_THIS, ERR_UNKNOWN_ENCODING },
} = require('internal/errors');
const { isArrayBufferView } = require('internal/util/types');
const { encodings, findEncoding } = require('internal/buffer/encodings');
const { FastBuffer } = require('internal/buffer');

const kState = Symbol('kState');

class State {
  constructor(encoding) {
    this.encoding = encoding;
    /** The beginning of a character, from the last buffer. */
    this.held = new FastBuffer(4);
    this.heldLength = 0;
    /** How many bytes the character has in all. */
    this.needed = 0;
  }
}

/**
 * How many bytes at the end begin a character that is not whole. What follows
 * the first byte decides later whether it is one at all.
 */
function unfinishedUtf8(bytes) {
  const { length } = bytes;
  for (let count = 1; count <= 4 && count <= length; ++count) {
    const byte = bytes[length - count];
    if ((byte & 0xc0) === 0x80) continue;
    const isFirst = byte >= 0xc0 && byte < 0xf8;
    return isFirst && count < characterLength(encodings.utf8, [byte]) ? count : 0;
  }
  return 0;
}

/** How many bytes at the end of `bytes` make no whole character. */
function unfinished(encoding, bytes) {
  const { length } = bytes;
  switch (encoding) {
    case encodings.utf8:
      return unfinishedUtf8(bytes);
    case encodings.utf16le: {
      if (length % 2 === 1) return 1;
      // A high surrogate waits for the low one.
      return (bytes[length - 1] & 0xfc) === 0xd8 ? 2 : 0;
    }
    case encodings.base64:
    case encodings.base64url:
      return length % 3;
    default:
      return 0;
  }
}

/** How many bytes the character has that begins with these. */
function characterLength(encoding, bytes) {
  if (encoding === encodings.utf8) {
    if (bytes[0] >= 0xf0) return 4;
    return bytes[0] >= 0xe0 ? 3 : 2;
  }
  if (encoding === encodings.utf16le) {
    return bytes.length >= 2 && (bytes[1] & 0xfc) === 0xd8 ? 4 : 2;
  }
  return 3;
}

function StringDecoder(encoding) {
  const found = findEncoding(encoding);
  if (found === undefined) throw new ERR_UNKNOWN_ENCODING(encoding);
  this.encoding = found.name;
  this[kState] = new State(found);
}

function decode(encoding, bytes) {
  return bytes.length === 0 ? '' : encoding.slice(bytes, 0, bytes.length);
}

function hold(state, bytes) {
  state.held.set(bytes, 0);
  state.heldLength = bytes.length;
  state.needed =
    bytes.length === 0 ? 0 : characterLength(state.encoding, bytes);
}

StringDecoder.prototype.write = function write(buf) {
  if (typeof buf === 'string') return buf;
  if (!isArrayBufferView(buf)) {
    throw new ERR_INVALID_ARG_TYPE(
      'buf', ['Buffer', 'TypedArray', 'DataView'], buf);
  }
  const state = this[kState];
  if (state === undefined) throw new ERR_INVALID_THIS('StringDecoder');
  const { encoding } = state;
  let bytes = new FastBuffer(buf.buffer, buf.byteOffset, buf.byteLength);
  if (bytes.length === 0) return '';
  if (state.heldLength > 0) {
    const joined = new FastBuffer(state.heldLength + bytes.length);
    joined.set(state.held.subarray(0, state.heldLength), 0);
    joined.set(bytes, state.heldLength);
    bytes = joined;
  }
  let cut;
  if (encoding !== encodings.utf16le) {
    cut = bytes.length - unfinished(encoding, bytes);
  } else if (bytes.length < state.needed) {
    cut = 0;
  } else {
    // A unit that was begun before is not held again, even a high surrogate.
    cut = bytes.length - unfinished(encoding, bytes.subarray(state.needed));
  }
  const text = decode(encoding, bytes.subarray(0, cut));
  hold(state, bytes.subarray(cut));
  return text;
};

StringDecoder.prototype.end = function end(buf) {
  const text = buf === undefined ? '' : this.write(buf);
  const state = this[kState];
  const rest = decode(
    state.encoding, state.held.subarray(0, state.heldLength));
  hold(state, new FastBuffer(0));
  return text + rest;
};

/** Decodes from `offset` on, and forgets what was held before. */
StringDecoder.prototype.text = function text(buf, offset) {
  const state = this[kState];
  state.heldLength = 0;
  state.needed = 0;
  return this.write(buf.slice(offset));
};

Object.defineProperties(StringDecoder.prototype, {
  lastChar: {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() {
      return this[kState].held;
    },
  },
  lastNeed: {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() {
      const { needed, heldLength } = this[kState];
      return needed - heldLength;
    },
  },
  lastTotal: {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() {
      return this[kState].needed;
    },
  },
});

module.exports = { StringDecoder };
