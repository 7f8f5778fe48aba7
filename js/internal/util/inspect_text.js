'use strict';

// Texts and numbers as `util.inspect` writes them: quoting, escaping, thousands, display width.

const {
  MathTrunc, NumberIsFinite, ObjectIs, RegExpPrototypeExec, RegExpPrototypeSymbolReplace,
  StringPrototypeCharCodeAt, StringPrototypeCodePointAt, StringPrototypeIncludes,
  StringPrototypeIndexOf, StringPrototypeNormalize, StringPrototypePadStart, StringPrototypeSlice,
  StringPrototypeToUpperCase, NumberPrototypeToString,
} = require('internal/primordials');
const { validateString } = require('internal/validators');

/* eslint-disable no-control-regex */
const unpaired = '[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]';
const escapes = new RegExp(`[\\x00-\\x1f\\x5c\\x7f-\\x9f]|${unpaired}`);
const escapesGlobal = new RegExp(`[\\x00-\\x1f\\x5c\\x7f-\\x9f]|${unpaired}`, 'g');
const escapesAndQuote = new RegExp(`[\\x00-\\x1f\\x27\\x5c\\x7f-\\x9f]|${unpaired}`);
const escapesAndQuoteGlobal = new RegExp(`[\\x00-\\x1f\\x27\\x5c\\x7f-\\x9f]|${unpaired}`, 'g');
/* eslint-enable no-control-regex */

const shortEscapes = {
  __proto__: null,
  '\b': '\\b', '\t': '\\t', '\n': '\\n', '\f': '\\f', '\r': '\\r', "'": "\\'", '\\': '\\\\',
};

function escapeCharacter(character) {
  const short = shortEscapes[character];
  if (short !== undefined) return short;
  const code = StringPrototypeCharCodeAt(character, 0);
  const hex = NumberPrototypeToString(code, 16);
  if (code > 0xff) return `\\u${hex}`;
  return `\\x${StringPrototypePadStart(StringPrototypeToUpperCase(hex), 2, '0')}`;
}

/** The text in the first of '', "", `` that needs no escape for its quotes, else in ''. */
function quote(text) {
  let mark = "'";
  if (StringPrototypeIncludes(text, "'")) {
    if (!StringPrototypeIncludes(text, '"')) mark = '"';
    else if (!StringPrototypeIncludes(text, '`') && !StringPrototypeIncludes(text, '${')) mark = '`';
  }
  const test = mark === "'" ? escapesAndQuote : escapes;
  if (RegExpPrototypeExec(test, text) === null) return `${mark}${text}${mark}`;
  const all = mark === "'" ? escapesAndQuoteGlobal : escapesGlobal;
  return `${mark}${RegExpPrototypeSymbolReplace(all, text, escapeCharacter)}${mark}`;
}

/** Escapes like `quote`, but for a text that gets no quotes, such as a symbol's. */
const escapeText = (text) => RegExpPrototypeSymbolReplace(escapesAndQuoteGlobal, text, escapeCharacter);

// ---- Numbers --------------------------------------------------------------------------------

/** Marks thousands with `_`, from the right: '-1234567' is '-1_234_567'. */
function separateInteger(digits) {
  const first = digits[0] === '-' ? 1 : 0;
  let text = '';
  let end = digits.length;
  for (; end - first > 3; end -= 3) text = `_${StringPrototypeSlice(digits, end - 3, end)}${text}`;
  return `${StringPrototypeSlice(digits, 0, end)}${text}`;
}

/** Marks groups of three with `_`, from the left: '12345' is '123_45'. */
function separateFraction(digits) {
  let text = StringPrototypeSlice(digits, 0, 3);
  for (let at = 3; at < digits.length; at += 3) text += `_${StringPrototypeSlice(digits, at, at + 3)}`;
  return text;
}

function numberText(number, separate) {
  if (ObjectIs(number, -0)) return '-0';
  const text = `${number}`;
  if (!separate || !NumberIsFinite(number) || StringPrototypeIncludes(text, 'e')) return text;
  if (MathTrunc(number) === number) return separateInteger(text);
  const point = StringPrototypeIndexOf(text, '.');
  return `${separateInteger(StringPrototypeSlice(text, 0, point))}.${
    separateFraction(StringPrototypeSlice(text, point + 1))}`;
}

const bigIntText = (bigint, separate) => `${separate ? separateInteger(`${bigint}`) : bigint}n`;

// ---- Display width --------------------------------------------------------------------------

// Operating system commands up to their terminator, then control sequences.
const controlSequences = new RegExp(
  '(?:\\u001B\\][\\s\\S]*?(?:\\u0007|\\u001B\\u005C|\\u009C))|' +
  '[\\u001B\\u009B][[\\]()#;?]*(?:\\d{1,4}(?:[;:]\\d{0,4})*)?[\\dA-PR-TZcf-nq-uy=><~]', 'g');

function stripVTControlCharacters(str) {
  validateString(str, 'str');
  if (!StringPrototypeIncludes(str, '\u001B') && !StringPrototypeIncludes(str, '\u009B')) return str;
  return RegExpPrototypeSymbolReplace(controlSequences, str, '');
}

// First and last code points that take two columns (East Asian Width W and F of Unicode 17), apart
// from those with the property Emoji_Presentation.
const wideRanges = [
  0x1100, 0x115f, 0x2329, 0x232a, 0x2630, 0x2637, 0x268a, 0x268f, 0x2e80, 0x303e, 0x3041, 0x3247,
  0x3250, 0xa4c6, 0xa960, 0xa97c, 0xac00, 0xd7a3, 0xf900, 0xfaff, 0xfe10, 0xfe19, 0xfe30, 0xfe6b,
  0xff01, 0xff60, 0xffe0, 0xffe6, 0x16fe0, 0x1b2fb, 0x1d300, 0x1d376, 0x1f200, 0x1f265,
  0x20000, 0x3fffd,
];
const emojiPresentation = /^\p{Emoji_Presentation}$/u;
const noWidth = /^[\p{Cc}\p{Cf}\p{Me}\p{Mn}]$/u;

function codePointWidth(code, character) {
  for (let i = 0; i < wideRanges.length && code >= wideRanges[i]; i += 2) {
    if (code <= wideRanges[i + 1]) return 2;
  }
  if (RegExpPrototypeExec(emojiPresentation, character) !== null) return 2;
  return code !== 0xad && RegExpPrototypeExec(noWidth, character) !== null ? 0 : 1;
}

/** The columns that `text` takes on a terminal. */
function getStringWidth(text, removeControlCharacters = true) {
  let plain = removeControlCharacters ? stripVTControlCharacters(text) : text;
  let width = 0;
  for (let i = 0; i < plain.length; i++) {
    let code = StringPrototypeCharCodeAt(plain, i);
    if (code < 127) {
      if (code >= 32) width++;
      continue;
    }
    // The rest, once, in composed form.
    plain = StringPrototypeNormalize(StringPrototypeSlice(plain, i), 'NFC');
    for (let at = 0; at < plain.length;) {
      code = StringPrototypeCodePointAt(plain, at);
      const size = code > 0xffff ? 2 : 1;
      width += codePointWidth(code, StringPrototypeSlice(plain, at, at + size));
      at += size;
    }
    break;
  }
  return width;
}

module.exports = {
  bigIntText,
  escapeText,
  getStringWidth,
  numberText,
  quote,
  stripVTControlCharacters,
};
