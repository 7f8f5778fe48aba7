'use strict';

// Arguments of crypto's functions that are bytes: texts, views, array buffers, secret keys.

const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { validateEncoding } = require('internal/validators');
const { isAnyArrayBuffer } = require('internal/util/types');

const toBuffer = (text, encoding) => require('buffer').Buffer.from(text, encoding);

/** What `update` takes: a view, or a text that the native side takes as it is where it is UTF-8. */
function checkData(data, encoding, name) {
  if (typeof data === 'string') {
    validateEncoding(data, encoding);
    if (encoding === undefined || encoding === null || encoding === 'utf8' || encoding === 'utf-8' ||
        encoding === 'buffer') {
      return data;
    }
    return toBuffer(data, encoding);
  }
  if (!ArrayBuffer.isView(data)) {
    throw new ERR_INVALID_ARG_TYPE(name, ['string', 'Buffer', 'TypedArray', 'DataView'], data);
  }
  return data;
}

/** A view of a text, view or array buffer. */
function bytesOf(value, name, encoding = 'utf8') {
  if (typeof value === 'string') return toBuffer(value, encoding === 'buffer' ? 'utf8' : encoding);
  if (ArrayBuffer.isView(value)) return value;
  if (isAnyArrayBuffer(value)) return new Uint8Array(value);
  throw new ERR_INVALID_ARG_TYPE(
    name, ['string', 'ArrayBuffer', 'Buffer', 'TypedArray', 'DataView'], value);
}

/** The result in the wanted form: a Buffer, or a text. */
function encode(bytes, encoding) {
  const { FastBuffer } = require('internal/buffer');
  const buffer = new FastBuffer(bytes);
  return encoding && encoding !== 'buffer' ? buffer.toString(encoding) : buffer;
}

module.exports = { bytesOf, checkData, encode };
