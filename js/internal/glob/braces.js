'use strict';

// Braces in patterns, as bash expands them: `a{b,c}d`, `{1..3}`, `{a..e..2}`.

const {
  ArrayPrototypeMap, ArrayPrototypePush, ArrayPrototypeSome, MathAbs, MathMax, Number, RegExpPrototypeExec, String,
  StringFromCharCode, StringPrototypeCharCodeAt, StringPrototypeEndsWith, StringPrototypeIncludes,
  StringPrototypePadStart, StringPrototypeSlice, StringPrototypeSplit, StringPrototypeStartsWith,
} = require('internal/primordials');

/** Texts that a pattern becomes at most. */
const MAX = 100_000;

const numbers = /^-?\d+\.\.-?\d+(?:\.\.-?\d+)?$/;
const letters = /^[a-zA-Z]\.\.[a-zA-Z](?:\.\.-?\d+)?$/;
const padded = /^-?0\d/;

/** Where the brace that opens at `open` closes, or -1. */
function closeOf(text, open) {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === '{') depth++;
    else if (text[i] === '}' && --depth === 0) return i;
  }
  return -1;
}

/** The parts between the commas that are in no inner brace. */
function splitAtCommas(text) {
  const parts = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '{') {
      const close = closeOf(text, i);
      if (close !== -1) i = close;
    } else if (text[i] === ',') {
      ArrayPrototypePush(parts, StringPrototypeSlice(text, start, i));
      start = i + 1;
    }
  }
  ArrayPrototypePush(parts, StringPrototypeSlice(text, start));
  return parts;
}

function sequence(text, areNumbers) {
  const parts = StringPrototypeSplit(text, '..');
  const valueOf = areNumbers ? Number : (letter) => StringPrototypeCharCodeAt(letter, 0);
  const from = valueOf(parts[0]);
  const to = valueOf(parts[1]);
  const step = MathMax(MathAbs(parts.length === 3 ? Number(parts[2]) : 1), 1) * (to < from ? -1 : 1);
  const width = areNumbers && ArrayPrototypeSome(parts, (part) => RegExpPrototypeExec(padded, part) !== null) ?
    MathMax(parts[0].length, parts[1].length) : 0;
  const all = [];
  for (let i = from; (step > 0 ? i <= to : i >= to) && all.length < MAX; i += step) {
    let value = areNumbers ? String(i) : StringFromCharCode(i);
    if (width > 0) {
      value = i < 0 ? `-${StringPrototypePadStart(String(-i), width - 1, '0')}` :
        StringPrototypePadStart(value, width, '0');
    }
    // No pattern has backslashes.
    ArrayPrototypePush(all, value === '\\' ? '' : value);
  }
  return all;
}

/** The first brace from `start` on that closes, or undefined. */
function firstBrace(text, start) {
  for (let open = start; open < text.length; open++) {
    if (text[open] !== '{') continue;
    const close = closeOf(text, open);
    if (close !== -1) return { open, close };
  }
  return undefined;
}

function expandFrom(text, start, isTop) {
  const brace = firstBrace(text, start);
  if (brace === undefined) return [text];
  const before = StringPrototypeSlice(text, 0, brace.open);
  const body = StringPrototypeSlice(text, brace.open + 1, brace.close);
  const after = StringPrototypeSlice(text, brace.close + 1);
  const literally = () => ArrayPrototypeMap(expandFrom(after, 0, false), (rest) => `${before}{${body}}${rest}`);
  if (StringPrototypeEndsWith(before, '$')) return literally();

  const areNumbers = RegExpPrototypeExec(numbers, body) !== null;
  const isSequence = areNumbers || RegExpPrototypeExec(letters, body) !== null;
  let middles;
  if (isSequence) {
    middles = sequence(body, areNumbers);
  } else if (!StringPrototypeIncludes(body, ',')) {
    // `{a},b}`: the brace that closes is a later one.
    const closed = RegExpPrototypeExec(/^(.*?),(?!,).*\}/, after);
    return closed === null ? [text] : expandLater(before, body, after);
  } else {
    const parts = splitAtCommas(body);
    middles = [];
    for (const part of parts) ArrayPrototypePush(middles, ...expandFrom(part, 0, false));
    if (parts.length === 1) {
      // `x{{a,b}}y`: the outer brace stays.
      middles = ArrayPrototypeMap(middles, (middle) => `{${middle}}`);
    }
  }
  const rests = expandFrom(after, 0, false);
  const all = [];
  for (const middle of middles) {
    for (const rest of rests) {
      const whole = before + middle + rest;
      if (all.length < MAX && (!isTop || isSequence || whole !== '')) ArrayPrototypePush(all, whole);
    }
  }
  return all;
}

/** Stands for a brace that closes nothing while the rest is looked at. */
const CLOSED = '\u0000';

function expandLater(before, body, after) {
  return ArrayPrototypeMap(
    expandFrom(`${before}{${body}${CLOSED}${after}`, 0, true), (text) => text.replaceAll(CLOSED, '}'));
}

/** The patterns without braces that a pattern stands for. */
function expandBraces(pattern) {
  if (!StringPrototypeIncludes(pattern, '{')) return [pattern];
  // As in bash, `{}` at the beginning is no brace.
  return expandFrom(pattern, StringPrototypeStartsWith(pattern, '{}') ? 2 : 0, true);
}

module.exports = { expandBraces };
