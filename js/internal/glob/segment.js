'use strict';

// One part of a pattern, between two slashes, as a regular expression: `*`, `?`, `[a-z]`, `[[:alpha:]]`,
// `@(a|b)` and its like, as minimatch reads them. There are no escapes: Node has backslashes mean slashes.

const {
  ArrayPrototypeEvery, ArrayPrototypeJoin, ArrayPrototypeMap, ArrayPrototypePush, RegExp, RegExpPrototypeExec,
  RegExpPrototypeSymbolReplace, StringPrototypeIncludes, StringPrototypeIndexOf, StringPrototypeSlice,
  StringPrototypeStartsWith,
} = require('internal/primordials');

/** `[:name:]`: what it means, and whether that is what it leaves out. */
const CLASSES = {
  '__proto__': null,
  'alnum': ['\\p{L}\\p{Nl}\\p{Nd}', false],
  'alpha': ['\\p{L}\\p{Nl}', false],
  'ascii': ['\\x00-\\x7f', false],
  'blank': ['\\p{Zs}\\t', false],
  'cntrl': ['\\p{Cc}', false],
  'digit': ['\\p{Nd}', false],
  'graph': ['\\p{Z}\\p{C}', true],
  'lower': ['\\p{Ll}', false],
  'print': ['\\p{C}', true],
  'punct': ['\\p{P}', false],
  'space': ['\\p{Z}\\t\\r\\n\\v\\f', false],
  'upper': ['\\p{Lu}', false],
  'word': ['\\p{L}\\p{Nl}\\p{Nd}\\p{Pc}', false],
  'xdigit': ['A-Fa-f0-9', false],
};

const NOTHING = '(?!)';
const ANY = '[^/]';
const STAR = '[^/]*?';
const STAR_NOT_EMPTY = '[^/]+?';
const NO_DOT = '(?!\\.)';

const kStar = Symbol('star');

const escape = (text) => RegExpPrototypeSymbolReplace(/[-[\]{}()*+?.,\\^$|/]/g, text, '\\$&');

/**
 * The set that begins at `[`: `{ end, source }`, or `{ end, literal }` for a set of one character, or
 * undefined where nothing closes it.
 */
function parseSet(text, start) {
  let negated = false;
  let i = start + 1;
  if (text[i] === '!' || text[i] === '^') {
    negated = true;
    i++;
  }
  const members = [];
  const leftOut = [];
  let named = false;
  let rangeStart = '';
  for (let isFirst = true; i < text.length; isFirst = false) {
    const char = text[i];
    if (char === ']' && !isFirst) {
      if (rangeStart !== '') ArrayPrototypePush(members, escape(rangeStart), '\\-');
      return setOf(text, i + 1, members, leftOut, negated, named);
    }
    const name = char === '[' ? RegExpPrototypeExec(/^\[:(\w+):\]/, StringPrototypeSlice(text, i, i + 12))?.[1] : undefined;
    if (name !== undefined && CLASSES[name] !== undefined) {
      // The end of a range cannot be a class: the whole pattern matches nothing.
      if (rangeStart !== '') return { end: text.length, source: NOTHING };
      const { 0: source, 1: isLeftOut } = CLASSES[name];
      ArrayPrototypePush(isLeftOut ? leftOut : members, source);
      named = true;
      i += name.length + 4;
      continue;
    }
    i++;
    if (rangeStart !== '') {
      if (char > rangeStart) ArrayPrototypePush(members, `${escape(rangeStart)}-${escape(char)}`);
      else if (char === rangeStart) ArrayPrototypePush(members, escape(char));
      rangeStart = '';
    } else if (StringPrototypeStartsWith(text, '-]', i)) {
      ArrayPrototypePush(members, escape(char), '\\-');
      i++;
    } else if (text[i] === '-') {
      rangeStart = char;
      i++;
    } else {
      ArrayPrototypePush(members, escape(char));
    }
  }
  return undefined;
}

function setOf(text, end, members, leftOut, negated, named) {
  if (members.length === 0 && leftOut.length === 0) return { end: text.length, source: NOTHING };
  if (!negated && !named && members.length === 1 && RegExpPrototypeExec(/^\\?.$/s, members[0]) !== null) {
    return { end, literal: members[0].at(-1) };
  }
  const within = members.length === 0 ? '' : `[${negated ? '^' : ''}${ArrayPrototypeJoin(members, '')}]`;
  const without = leftOut.length === 0 ? '' : `[${negated ? '' : '^'}${ArrayPrototypeJoin(leftOut, '')}]`;
  return { end, source: within !== '' && without !== '' ? `(?:${within}|${without})` : within + without };
}

/**
 * The tokens from `start` on: a character (a string of length 1), `kStar`, `{ source }`, or
 * `{ kind, alternatives }`. Within parentheses it ends at `|` or `)`; undefined where neither comes.
 */
function parseTokens(text, start, isInner, canGroup) {
  const tokens = [];
  let i = start;
  while (i < text.length) {
    const char = text[i];
    if (isInner && (char === '|' || char === ')')) return { end: i, tokens };
    if (canGroup && text[i + 1] === '(' && StringPrototypeIncludes('!?+*@', char)) {
      const group = parseGroup(text, i);
      if (group !== undefined) {
        ArrayPrototypePush(tokens, group.token);
        i = group.end;
        continue;
      }
      // Nothing from here on is a group.
      if (isInner) return undefined;
      canGroup = false;
    }
    i++;
    if (char === '*') {
      if (tokens.at(-1) !== kStar) ArrayPrototypePush(tokens, kStar);
    } else if (char === '?') {
      ArrayPrototypePush(tokens, { source: ANY });
    } else if (char === '[') {
      const set = parseSet(text, i - 1);
      if (set === undefined) canGroup = false;
      else i = set.end;
      ArrayPrototypePush(tokens, set === undefined ? '[' : set.literal ?? { source: set.source });
    } else {
      ArrayPrototypePush(tokens, char);
    }
  }
  return isInner ? undefined : { end: i, tokens };
}

function parseGroup(text, start) {
  const alternatives = [];
  let i = start + 2;
  while (true) {
    const part = parseTokens(text, i, true, true);
    if (part === undefined) return undefined;
    ArrayPrototypePush(alternatives, part.tokens);
    i = part.end + 1;
    if (text[part.end] === ')') break;
  }
  return { end: i, token: { kind: text[start], alternatives, text: StringPrototypeSlice(text, start, i) } };
}

const isNegation = (token) => token.kind === '!';
const isGroup = (token) => token.kind !== undefined;

/**
 * The regular expression of tokens. `place` says whether they begin (`isStart`) and end (`isEnd`) the
 * part, what follows them (`tail`), and whether a dot may come first (`allowDot`).
 */
function sourceOf(tokens, place) {
  const { allowDot, isEnd, isStart, tail } = place;
  if (isStart && isEnd && tokens.length === 1 && tokens[0] === kStar) {
    return (allowDot ? '' : NO_DOT) + STAR_NOT_EMPTY;
  }
  let source = '';
  // From the end, because a negation looks at all that follows it.
  for (let i = tokens.length - 1; i >= 0; i--) {
    const token = tokens[i];
    if (typeof token === 'string') {
      source = escape(token) + source;
    } else if (isGroup(token)) {
      source = groupSource(token, {
        allowDot,
        isEnd: isEnd && i + 1 === tokens.length,
        isStart: isStart && ArrayPrototypeEvery(tokens.slice(0, i), isNegation),
        tail: source + tail,
      }) + source;
    } else {
      const guard = isStart && i === 0 && !allowDot ? NO_DOT : '';
      source = guard + (token === kStar ? STAR : token.source) + source;
    }
  }
  return source;
}

function groupSource({ kind, alternatives, text }, place) {
  const { allowDot, isEnd, isStart, tail } = place;
  const guard = isStart && !allowDot ? NO_DOT : '';
  const isEmpty = alternatives.length === 1 && alternatives[0].length === 0;
  if (kind === '!') {
    if (isEmpty) return guard + STAR_NOT_EMPTY;
    const bodies = ArrayPrototypeMap(alternatives, (tokens) => sourceOf(tokens, { ...place, isEnd: true }));
    return `(?:(?!(?:${ArrayPrototypeJoin(bodies, '|')})${tail}$)${guard}${STAR})`;
  }
  if (isEmpty && isStart && isEnd) return escape(text);
  const bodyOf = (dots) => ArrayPrototypeJoin(
    ArrayPrototypeMap(alternatives, (tokens) => sourceOf(tokens, { ...place, allowDot: dots })), '|');
  const body = bodyOf(allowDot);
  const isRepeated = kind === '*' || kind === '+';
  const others = isRepeated && !allowDot ? bodyOf(true) : body;
  // Only the first of several may not begin with a dot.
  if (others !== body) return `(?:(?:${body})(?:${others})*?)${kind === '*' ? '?' : ''}`;
  return `(?:${body})${kind === '@' ? '' : kind}`;
}

/** The part as a string where it stands for itself alone, else as a regular expression. */
function compileSegment(text) {
  const { tokens } = parseTokens(text, 0, false, true);
  if (ArrayPrototypeEvery(tokens, (token) => typeof token === 'string')) return ArrayPrototypeJoin(tokens, '');
  const source = sourceOf(tokens, { allowDot: false, isEnd: true, isStart: true, tail: '' });
  const flags = StringPrototypeIndexOf(source, '\\p{') === -1 ? 's' : 'su';
  // `.` and `..` are never meant by a pattern.
  return new RegExp(`^(?!\\.{1,2}$)${source}$`, flags);
}

module.exports = { compileSegment };
