'use strict';

// TextEncoderStream and TextDecoderStream.

const {
  ObjectDefineProperty, StringPrototypeCharCodeAt, StringPrototypeSlice, SymbolToStringTag, Uint8Array,
} = require('internal/primordials');
const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_THIS } } = require('internal/errors');
const { customInspectSymbol: kInspect, kEmptyObject } = require('internal/util');
const { TextDecoder, TextEncoder } = require('internal/encoding');
const { TransformStream } = require('internal/webstreams/transformstream');
const { customInspect } = require('internal/webstreams/util');

function isHighSurrogate(unit) {
  return unit >= 0xd800 && unit <= 0xdbff;
}

class TextEncoderStream {
  #encoder = new TextEncoder();
  #transform;

  constructor() {
    // The first half of a character, whose second one the next chunk may have.
    let pending = '';
    this.#transform = new TransformStream({
      transform: (chunk, controller) => {
        let text = pending + `${chunk}`;
        pending = '';
        if (text.length > 0 && isHighSurrogate(StringPrototypeCharCodeAt(text, text.length - 1))) {
          pending = StringPrototypeSlice(text, -1);
          text = StringPrototypeSlice(text, 0, -1);
        }
        if (text.length > 0) controller.enqueue(this.#encoder.encode(text));
      },
      flush(controller) {
        if (pending !== '') controller.enqueue(new Uint8Array([0xef, 0xbf, 0xbd]));
      },
    });
  }

  get encoding() {
    return this.#encoder.encoding;
  }

  get readable() {
    return this.#transform.readable;
  }

  get writable() {
    return this.#transform.writable;
  }

  [kInspect](depth, options) {
    if (this == null) throw new ERR_INVALID_THIS('TextEncoderStream');
    const { encoding, readable, writable } = this;
    return customInspect(this, depth, options, 'TextEncoderStream', { encoding, readable, writable });
  }
}

class TextDecoderStream {
  #decoder;
  #transform;

  constructor(encoding = 'utf-8', options = kEmptyObject) {
    this.#decoder = new TextDecoder(encoding, options);
    this.#transform = new TransformStream({
      transform: (chunk, controller) => {
        if (chunk === undefined) throw new ERR_INVALID_ARG_TYPE('chunk', 'string', chunk);
        const text = this.#decoder.decode(chunk, { stream: true });
        if (text !== '') controller.enqueue(text);
      },
      flush: (controller) => {
        const text = this.#decoder.decode();
        if (text !== '') controller.enqueue(text);
      },
    });
  }

  get encoding() {
    return this.#decoder.encoding;
  }

  get fatal() {
    return this.#decoder.fatal;
  }

  get ignoreBOM() {
    return this.#decoder.ignoreBOM;
  }

  get readable() {
    return this.#transform.readable;
  }

  get writable() {
    return this.#transform.writable;
  }

  [kInspect](depth, options) {
    if (this == null) throw new ERR_INVALID_THIS('TextDecoderStream');
    const { encoding, fatal, ignoreBOM, readable, writable } = this;
    return customInspect(this, depth, options, 'TextDecoderStream', { encoding, fatal, ignoreBOM, readable, writable });
  }
}

for (const [{ name, prototype }, keys] of [
  [TextEncoderStream, ['encoding', 'readable', 'writable']],
  [TextDecoderStream, ['encoding', 'fatal', 'ignoreBOM', 'readable', 'writable']],
]) {
  for (const key of keys) ObjectDefineProperty(prototype, key, { __proto__: null, enumerable: true });
  ObjectDefineProperty(prototype, SymbolToStringTag, { __proto__: null, value: name, configurable: true });
}

module.exports = { TextDecoderStream, TextEncoderStream };
