'use strict';

const { refusing } = require('internal/next_stage');

module.exports = refusing('stream/web', {
  classes: 'ByteLengthQueuingStrategy CompressionStream CountQueuingStrategy DecompressionStream ' +
    'ReadableByteStreamController ReadableStream ReadableStreamBYOBReader ReadableStreamBYOBRequest ' +
    'ReadableStreamDefaultController ReadableStreamDefaultReader TextDecoderStream TextEncoderStream ' +
    'TransformStream TransformStreamDefaultController WritableStream WritableStreamDefaultController ' +
    'WritableStreamDefaultWriter',
});
