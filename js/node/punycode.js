'use strict';

// RFC 3492.

const { codes: { ERR_OUT_OF_RANGE } } = require('internal/errors');

const BASE = 36;
const T_MIN = 1;
const T_MAX = 26;
const SKEW = 38;
const DAMP = 700;

function adapt(delta, count, isFirst) {
  delta = isFirst ? Math.floor(delta / DAMP) : delta >> 1;
  delta += Math.floor(delta / count);
  let k = 0;
  for (; delta > (BASE - T_MIN) * T_MAX >> 1; k += BASE) delta = Math.floor(delta / (BASE - T_MIN));
  return Math.floor(k + (BASE - T_MIN + 1) * delta / (delta + SKEW));
}

function threshold(k, bias) {
  return k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
}

function digitOf(code) {
  if (code >= 48 && code < 58) return code - 22;
  if (code >= 65 && code < 91) return code - 65;
  if (code >= 97 && code < 123) return code - 97;
  return BASE;
}

function letterOf(digit) {
  return String.fromCharCode(digit < 26 ? digit + 97 : digit + 22);
}

function decode(input) {
  const output = [];
  let at = input.lastIndexOf('-');
  for (let i = 0; i < at; i++) {
    if (input.charCodeAt(i) >= 0x80) throw new RangeError('Illegal input >= 0x80 (not a basic code point)');
    output.push(input.charCodeAt(i));
  }
  let n = 128;
  let i = 0;
  let bias = 72;
  for (at = at > 0 ? at + 1 : 0; at < input.length;) {
    const before = i;
    for (let weight = 1, k = BASE; ; k += BASE) {
      if (at >= input.length) throw new RangeError('Invalid input');
      const digit = digitOf(input.charCodeAt(at++));
      if (digit >= BASE) throw new RangeError('Invalid input');
      i += digit * weight;
      if (i > 0x7fffffff) throw new RangeError('Overflow: input needs wider integers to process');
      const t = threshold(k, bias);
      if (digit < t) break;
      weight *= BASE - t;
    }
    const length = output.length + 1;
    bias = adapt(i - before, length, before === 0);
    n += Math.floor(i / length);
    i %= length;
    output.splice(i++, 0, n);
  }
  return String.fromCodePoint(...output);
}

function encode(input) {
  const points = ucs2decode(input);
  const basic = points.filter((point) => point < 0x80);
  let output = String.fromCharCode(...basic);
  let done = basic.length;
  if (done > 0) output += '-';
  let n = 128;
  let delta = 0;
  let bias = 72;
  while (done < points.length) {
    let next = 0x7fffffff;
    for (const point of points) if (point >= n && point < next) next = point;
    delta += (next - n) * (done + 1);
    if (delta > 0x7fffffff) throw new ERR_OUT_OF_RANGE('delta', '<= 2^31 - 1', delta);
    n = next;
    for (const point of points) {
      if (point < n) delta++;
      if (point !== n) continue;
      let q = delta;
      for (let k = BASE; ; k += BASE) {
        const t = threshold(k, bias);
        if (q < t) break;
        output += letterOf(t + (q - t) % (BASE - t));
        q = Math.floor((q - t) / (BASE - t));
      }
      output += letterOf(q);
      bias = adapt(delta, done + 1, done === basic.length);
      delta = 0;
      done++;
    }
    delta++;
    n++;
  }
  return output;
}

// Code points; halves that stand alone stay.
function ucs2decode(text) {
  return Array.from(text, (character) => character.codePointAt(0));
}

function eachLabel(domain, change) {
  const at = domain.lastIndexOf('@');
  const labels = domain.slice(at + 1).replace(/[\u3002\uFF0E\uFF61]/g, '.').split('.');
  return domain.slice(0, at + 1) + labels.map(change).join('.');
}

module.exports = {
  version: '2.1.0',
  ucs2: {
    decode: ucs2decode,
    encode(points) { return String.fromCodePoint(...points); },
  },
  decode,
  encode,
  toASCII(domain) {
    return eachLabel(domain, (label) => /[^\0-\x7F]/.test(label) ? `xn--${encode(label)}` : label);
  },
  toUnicode(domain) {
    return eachLabel(domain, (label) => /^xn--/.test(label) ? decode(label.slice(4).toLowerCase()) : label);
  },
};
