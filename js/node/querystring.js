'use strict';

const { codes: { ERR_INVALID_URI } } = require('internal/errors');
const { Buffer } = require('buffer');

const { isFinite } = Number;
const { encodeURIComponent, decodeURIComponent } = globalThis;

function hexValue(code) {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 0x20;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** Decodes `%xx` byte by byte; what is no escape stays as it is. */
function unescapeBuffer(text, decodeSpaces) {
  const bytes = Buffer.allocUnsafe(text.length);
  let length = 0;
  for (let i = 0; i < text.length; ++i) {
    let code = text.charCodeAt(i);
    if (code === 43 && decodeSpaces) {
      code = 32;
    } else if (code === 37) {
      const high = hexValue(text.charCodeAt(i + 1));
      const low = hexValue(text.charCodeAt(i + 2));
      if (high >= 0 && low >= 0) {
        code = high * 16 + low;
        i += 2;
      }
    }
    bytes[length++] = code;
  }
  return bytes.subarray(0, length);
}

function unescape(text, decodeSpaces) {
  try {
    return decodeURIComponent(text);
  } catch {
    return querystring.unescapeBuffer(text, decodeSpaces).toString();
  }
}

const pairs = /[^\ud800-\udfff]+|[\ud800-\udfff][^]/g;

const paired = (text) => {
  const half = text.charCodeAt(0);
  if (half < 0xd800 || half > 0xdfff) return text;
  return String.fromCodePoint(0x10000 + ((half & 0x3ff) << 10 | (text.charCodeAt(1) & 0x3ff)));
};

function escape(value) {
  if (typeof value !== 'string') {
    value = typeof value === 'object' ? String(value) : `${value}`;
  }
  try {
    return encodeURIComponent(value);
  } catch {
    // As in Node, any half of a surrogate pair takes whatever follows as the other.
    if (/^[\ud800-\udfff]$/.test(value.replace(pairs, ''))) throw new ERR_INVALID_URI();
    return encodeURIComponent(value.replace(pairs, paired));
  }
}

function stringifyPrimitive(value) {
  switch (typeof value) {
    case 'string': return value;
    case 'number': return isFinite(value) ? `${value}` : '';
    case 'bigint': return `${value}`;
    case 'boolean': return value ? 'true' : 'false';
    default: return '';
  }
}

function stringify(obj, sep, eq, options) {
  sep ||= '&';
  eq ||= '=';
  let encode = querystring.escape;
  if (typeof options?.encodeURIComponent === 'function') {
    encode = options.encodeURIComponent;
  }
  if (obj === null || typeof obj !== 'object') return '';
  const pairs = [];
  for (const key of Object.keys(obj)) {
    const name = encode(stringifyPrimitive(key));
    const value = obj[key];
    for (const item of Array.isArray(value) ? value : [value]) {
      pairs.push(`${name}${eq}${encode(stringifyPrimitive(item))}`);
    }
  }
  return pairs.join(sep);
}

function decodeWith(decode, text) {
  try {
    return decode(text);
  } catch {
    return querystring.unescape(text, true);
  }
}

function parse(qs, sep, eq, options) {
  const obj = { __proto__: null };
  if (typeof qs !== 'string' || qs.length === 0) return obj;
  sep = sep ? `${sep}` : '&';
  eq = eq ? `${eq}` : '=';

  let decode = querystring.unescape;
  if (typeof options?.decodeURIComponent === 'function') {
    decode = options.decodeURIComponent;
  }
  const custom = decode !== unescape;
  const decoded = (text) => {
    if (text.length === 0) return text;
    text = text.replaceAll('+', custom ? '%20' : ' ');
    return custom || /%[\da-f]{2}/i.test(text) ?
      decodeWith(decode, text) : text;
  };
  let left = typeof options?.maxKeys === 'number' ? options.maxKeys : 1000;
  // Zero or less is no limit.
  if (left <= 0) left = Infinity;

  for (const pair of qs.split(sep)) {
    // Empty ones count too.
    if (left-- <= 0) break;
    if (pair.length === 0) continue;
    const position = pair.indexOf(eq);
    const key = decoded(position < 0 ? pair : pair.slice(0, position));
    const value =
      position < 0 ? '' : decoded(pair.slice(position + eq.length));
    const existing = obj[key];
    if (existing === undefined) {
      obj[key] = value;
    } else if (Array.isArray(existing)) {
      existing.push(value);
    } else {
      obj[key] = [existing, value];
    }
  }
  return obj;
}

const querystring = module.exports = {
  unescapeBuffer,
  unescape,
  escape,
  stringify,
  encode: stringify,
  parse,
  decode: parse,
};
