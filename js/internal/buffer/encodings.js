'use strict';
// Buffer's encodings: for each how many bytes a string takes, and how to write
// and read it. The work is done natively, on whole strings.

const { codes: { ERR_STRING_TOO_LONG } } = require('internal/errors');
const { normalizeEncoding } = require('internal/util/encoding_names');

const bufferBinding = binding.buffer;

/** V8's longest string, in UTF-16 code units. */
const kStringMaxLength = 2 ** 29 - 24;

// The numbers by which src/builtins/buffer.rs knows the encodings.
const kAscii = 0;
const kUtf8 = 1;
const kBase64 = 2;
const kUtf16le = 3;
const kLatin1 = 4;
const kHex = 5;
const kBase64url = 7;

/** Bytes that base64 text stands for, if all its characters count. */
function base64ByteLength(string) {
  let length = string.length;
  if (string.charCodeAt(length - 1) === 0x3d) --length;
  if (length > 1 && string.charCodeAt(length - 1) === 0x3d) --length;
  // Not (length * 3) >>> 2, which overflows for long strings.
  return Math.floor(length * 3 / 4);
}

function encoding(name, code, byteLength) {
  return {
    name,
    code,
    byteLength,
    write: (view, string, offset, length) =>
      bufferBinding.write(view, string, offset, length, code),
    slice: (view, start, end) => {
      const string = bufferBinding.slice(view, start, end, code);
      if (string === undefined) {
        throw new ERR_STRING_TOO_LONG(kStringMaxLength.toString(16));
      }
      return string;
    },
  };
}

const oneByte = (string) => string.length;
const encodings = {
  __proto__: null,
  utf8: encoding('utf8', kUtf8,
                 (string) => bufferBinding.byteLengthUtf8(string)),
  utf16le: encoding('utf16le', kUtf16le, (string) => string.length * 2),
  latin1: encoding('latin1', kLatin1, oneByte),
  ascii: encoding('ascii', kAscii, oneByte),
  base64: encoding('base64', kBase64, base64ByteLength),
  base64url: encoding('base64url', kBase64url, base64ByteLength),
  hex: encoding('hex', kHex, (string) => string.length >>> 1),
};

/** The encoding by any of its names, or undefined. */
function findEncoding(name) {
  const known = encodings[name];
  if (known !== undefined) return known;
  const normal = normalizeEncoding(name);
  return normal === undefined ? undefined : encodings[normal];
}

module.exports = { encodings, findEncoding, kStringMaxLength };
