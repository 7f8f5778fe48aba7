'use strict';

// High water marks, and what all streams have in common.

const { codes: { ERR_INVALID_ARG_VALUE, ERR_UNKNOWN_ENCODING } } = require('internal/errors');
const { validateInteger } = require('internal/validators');

let bytes = 64 * 1024;
let objects = 16;

function getDefaultHighWaterMark(objectMode) {
  return objectMode ? objects : bytes;
}

function setDefaultHighWaterMark(objectMode, value) {
  validateInteger(value, 'value', 0);
  if (objectMode) objects = value;
  else bytes = value;
}

// `side`: `readable` or `writable`, whose options a Duplex has apart.
function highWaterMarkOf(state, options, side, isDuplex) {
  const name = isDuplex && options.highWaterMark == null ? `${side}HighWaterMark` : 'highWaterMark';
  const value = options[name];
  if (value == null) return getDefaultHighWaterMark(state.objectMode);
  if (!Number.isInteger(value) || value < 0) throw new ERR_INVALID_ARG_VALUE(`options.${name}`, value);
  return Math.floor(value);
}

function defaultEncodingOf(options) {
  const { defaultEncoding } = options;
  if (defaultEncoding == null) return 'utf8';
  if (!require('buffer').Buffer.isEncoding(defaultEncoding)) throw new ERR_UNKNOWN_ENCODING(defaultEncoding);
  return defaultEncoding;
}

function isUint8Array(value) {
  return value instanceof Uint8Array;
}

// Taken once: this is asked for each chunk.
let Buffer;

function isBuffer(value) {
  Buffer ??= require('buffer').Buffer;
  return value instanceof Buffer;
}

// A view as a Buffer over the same memory.
function toBuffer(view) {
  if (isBuffer(view)) return view;
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}

module.exports = {
  defaultEncodingOf, getDefaultHighWaterMark, highWaterMarkOf, isBuffer, isUint8Array, setDefaultHighWaterMark, toBuffer,
};
