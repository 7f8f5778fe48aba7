'use strict';

// How messages become bytes on the channel between a process and its child, and messages again.

const {
  ArrayPrototypePush, JSONParse, JSONStringify, StringPrototypeIndexOf, StringPrototypeSlice,
} = require('internal/primordials');
const { StringDecoder } = require('string_decoder');
const { FastBuffer } = require('internal/buffer');
const { DefaultDeserializer, DefaultSerializer } = require('internal/v8/serdes');

/** A line of JSON each. */
class JsonCodec {
  #decoder;
  #rest = '';

  encode(message) {
    return `${JSONStringify(message)}\n`;
  }

  /** The messages that are complete with `buffer`. */
  decode(buffer) {
    this.#decoder ??= new StringDecoder('utf8');
    const messages = [];
    let text = this.#decoder.write(buffer);
    let start = 0;
    let end = StringPrototypeIndexOf(text, '\n');
    if (end === -1) {
      this.#rest += text;
      return messages;
    }
    if (this.#rest !== '') {
      end += this.#rest.length;
      text = this.#rest + text;
    }
    while (end !== -1) {
      ArrayPrototypePush(messages, JSONParse(StringPrototypeSlice(text, start, end)));
      start = end + 1;
      end = StringPrototypeIndexOf(text, '\n', start);
    }
    this.#rest = StringPrototypeSlice(text, start);
    return messages;
  }
}

const VIEW = 0;
const OTHER = 1;

class MessageSerializer extends DefaultSerializer {
  _writeHostObject(object) {
    if (ArrayBuffer.isView(object)) {
      this.writeUint32(VIEW);
      super._writeHostObject(object);
      return;
    }
    // Native objects go as what can be seen of them.
    this.writeUint32(OTHER);
    this.writeValue({ ...object });
  }
}

class MessageDeserializer extends DefaultDeserializer {
  _readHostObject() {
    return this.readUint32() === VIEW ? super._readHostObject() : this.readValue();
  }
}

/** V8's format, with the length ahead in four bytes, most significant first. */
class AdvancedCodec {
  #chunks = [];
  #length = 0;

  encode(message) {
    const serializer = new MessageSerializer();
    serializer.writeHeader();
    serializer.writeValue(message);
    const body = serializer.releaseBuffer();
    const bytes = new FastBuffer(body.byteLength + 4);
    bytes.writeUInt32BE(body.byteLength, 0);
    bytes.set(body, 4);
    return bytes;
  }

  decode(buffer) {
    const { Buffer } = require('buffer');
    const messages = [];
    ArrayPrototypePush(this.#chunks, buffer);
    this.#length += buffer.length;
    while (this.#length >= 4) {
      // All of one message may lie in many chunks: join them only once it is there.
      const size = this.#sizeOfNext();
      if (this.#length < size) break;
      const all = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
      const deserializer = new MessageDeserializer(all.subarray(4, size));
      deserializer.readHeader();
      ArrayPrototypePush(messages, deserializer.readValue());
      const rest = all.subarray(size);
      this.#chunks = rest.length === 0 ? [] : [rest];
      this.#length = rest.length;
    }
    return messages;
  }

  #sizeOfNext() {
    let first = this.#chunks[0];
    if (first.length < 4) {
      first = require('buffer').Buffer.concat(this.#chunks);
      this.#chunks = [first];
    }
    return first.readUInt32BE(0) + 4;
  }
}

exports.makeCodec = (mode) => (mode === 'advanced' ? new AdvancedCodec() : new JsonCodec());
