'use strict';

// `util.styleText`: a text in terminal styles, which nest: where an inner text ends its colour, the
// outer one begins again.

const {
  ArrayIsArray, NumberParseInt, ObjectGetOwnPropertyNames, RegExpPrototypeExec,
  StringPrototypeIndexOf, StringPrototypeSlice,
} = require('internal/primordials');
const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } } = require('internal/errors');
const {
  validateBoolean, validateObject, validateOneOf, validateString,
} = require('internal/validators');
const { inspect } = require('internal/util/inspect');
const { shouldColorize } = require('internal/util/colors');

const hexColor = /^#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/;

const bold = 1;
const dim = 2;

const hasAll = (object, names) => {
  for (let i = 0; i < names.length; i++) {
    if (typeof object[names[i]] !== 'function') return false;
  }
  return true;
};

const isStream = (value) => (
  value !== null && typeof value === 'object' && (
    value._readableState || value._writableState || hasAll(value, ['write', 'on']) ||
    hasAll(value, ['pipe', 'on']) || hasAll(value, ['getReader', 'cancel', 'pipeThrough']) ||
    hasAll(value, ['getWriter', 'abort']))
);

/** 'rgb' or 'rrggbb' as the SGR code of a 24-bit foreground colour. */
function hexCode(hex) {
  const short = hex.length === 4;
  const part = (i) => {
    const digits = short ? hex[1 + i] + hex[1 + i] : StringPrototypeSlice(hex, 1 + 2 * i, 3 + 2 * i);
    return NumberParseInt(digits, 16);
  };
  return `38;2;${part(0)};${part(1)};${part(2)}`;
}

/** `{ open, close, reopen }`: the sequences, and what replaces an inner `close`. */
function sequencesOf(format) {
  if (typeof format === 'string' && format[0] === '#') {
    if (RegExpPrototypeExec(hexColor, format) === null) {
      throw new ERR_INVALID_ARG_VALUE('format', format, 'must be a valid hex color (#RGB or #RRGGBB)');
    }
    const open = `\u001b[${hexCode(format)}m`;
    return { open, close: '\u001b[39m', reopen: open };
  }
  const codes = inspect.colors[format];
  if (codes === undefined || codes === null) {
    validateOneOf(format, 'format', ObjectGetOwnPropertyNames(inspect.colors));
  }
  const open = `\u001b[${codes[0]}m`;
  const close = `\u001b[${codes[1]}m`;
  // Bold and dim end with the same code: the end of the one must not be lost to the other.
  const shared = codes[0] === bold || codes[0] === dim;
  return { open, close, reopen: shared ? `${close}${open}` : open };
}

/** Replaces each `close` but one at the very end. */
function reopenAfter(text, { close, reopen }) {
  let result = '';
  let done = 0;
  for (let at = StringPrototypeIndexOf(text, close); at !== -1 && at + close.length < text.length;
    at = StringPrototypeIndexOf(text, close, done)) {
    result += `${StringPrototypeSlice(text, done, at)}${reopen}`;
    done = at + close.length;
  }
  return `${result}${StringPrototypeSlice(text, done)}`;
}

function styleText(format, text, options) {
  const validateStream = options?.validateStream ?? true;
  validateString(text, 'text');
  if (options !== undefined) validateObject(options, 'options');
  validateBoolean(validateStream, 'options.validateStream');
  let plain = false;
  if (validateStream) {
    const stream = options?.stream ?? process.stdout;
    if (!isStream(stream)) {
      throw new ERR_INVALID_ARG_TYPE('stream', ['ReadableStream', 'WritableStream', 'Stream'], stream);
    }
    plain = !shouldColorize(stream);
  }
  const formats = ArrayIsArray(format) ? format : [format];
  let open = '';
  let close = '';
  let styled = text;
  for (let i = 0; i < formats.length; i++) {
    if (formats[i] === 'none') continue;
    const sequences = sequencesOf(formats[i]);
    open += sequences.open;
    close = `${sequences.close}${close}`;
    styled = reopenAfter(styled, sequences);
  }
  return plain ? text : `${open}${styled}${close}`;
}

module.exports = { styleText };
