'use strict';

// The source of a failed `assert(expression)`: the call in its line, as far as the line goes.

const {
  Error, ErrorCaptureStackTrace, RegExpPrototypeExec, RegExpPrototypeSymbolReplace,
  StringPrototypeCharCodeAt, StringPrototypePadStart, StringPrototypeSlice, NumberPrototypeToString,
} = require('internal/primordials');
const { isErrorStackTraceLimitWritable } = require('internal/errors');

const utilBinding = binding.util;

// Sticky: each is tried at `lastIndex`.
const blanksAndComments = /(?:\s|\/\/.*|\/\*[\s\S]*?\*\/)+/y;
const name = /[\p{ID_Start}$_#\\][\p{ID_Continue}$\u200c\u200d\\]*/uy;
const number = /\.?\d[\w.]*/y;
const string = /"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|`(?:[^`\\]|\\[\s\S])*`?/y;
const regexp = /\/(?:[^/\\[]|\\.|\[(?:[^\]\\]|\\.)*\])+\/\w*/y;
const punctuation = /\?\.(?!\d)|[\s\S]/y;

const valueKeywords = /^(?:this|super|null|true|false)$/;
const keywords = /^(?:return|typeof|case|in|of|new|delete|void|throw|await|yield|do|else|instanceof)$/;

/** `{ kind, text, start, end }` of the token at `at`; null at the end. */
function nextToken(code, at, previous) {
  const match = (pattern, from) => {
    pattern.lastIndex = from;
    return RegExpPrototypeExec(pattern, code)?.[0] ?? '';
  };
  const start = at + match(blanksAndComments, at).length;
  if (start >= code.length) return null;
  // A slash begins a regular expression where a value may begin.
  const mayBeRegExp = previous === null ||
    (previous.kind === 'punctuation' && previous.text !== ')' && previous.text !== ']' && previous.text !== '}') ||
    (previous.kind === 'name' && RegExpPrototypeExec(keywords, previous.text) !== null);
  const kinds = [['name', name], ['number', number], ['string', string], ['punctuation', punctuation]];
  if (mayBeRegExp && code[start] === '/') kinds[0] = ['regexp', regexp];
  for (let i = 0; i < kinds.length; i++) {
    const text = match(kinds[i][1], start);
    if (text !== '') return { kind: kinds[i][0], text, start, end: start + text.length };
  }
  return null;
}

const isMemberAccess = ({ text }) => text === '.' || text === '?.' || text === '[' || text === ']';

/** The expression around `column`: from the first name of `a.b.ok(` to its closing parenthesis. */
function findExpression(code, column) {
  let chainStart = -1;
  let last = null;
  let depth = 0;
  for (let at = 0; ;) {
    const token = nextToken(code, at, last);
    if (token === null) break;
    at = token.end;
    if (token.start < column) {
      if (isMemberAccess(token) && last?.kind === 'name' && RegExpPrototypeExec(keywords, last.text) === null &&
          RegExpPrototypeExec(valueKeywords, last.text) === null) {
        if (chainStart === -1) chainStart = last.start;
      } else if (!isMemberAccess(token) && token.kind !== 'name' && token.kind !== 'string' && token.kind !== 'number') {
        chainStart = -1;
      }
      last = token;
      continue;
    }
    last = token;
    if (token.kind !== 'punctuation') continue;
    if (token.text === '(') depth++;
    const start = chainStart === -1 ? column : chainStart;
    if (token.text === ')' && --depth === 0) return StringPrototypeSlice(code, start, token.end);
    if (token.text === ';' && depth <= 0) return StringPrototypeSlice(code, start, token.start);
  }
  return StringPrototypeSlice(code, chainStart === -1 ? column : chainStart);
}

// eslint-disable-next-line no-control-regex
const controls = /[\x00-\x08\x0b\x0c\x0e-\x1f]/g;

function escapeControl(character) {
  if (character === '\b') return '\\b';
  if (character === '\f') return '\\f';
  const hex = NumberPrototypeToString(StringPrototypeCharCodeAt(character, 0), 16);
  return `\\u${StringPrototypePadStart(hex, 4, '0')}`;
}

/** The message for a falsy value given to `fn`, or undefined where there is no source. */
function describeFalsy(fn) {
  const holder = {};
  const limit = Error.stackTraceLimit;
  const isLimitWritable = isErrorStackTraceLimitWritable();
  if (isLimitWritable) Error.stackTraceLimit = 1;
  ErrorCaptureStackTrace(holder, fn);
  if (isLimitWritable) Error.stackTraceLimit = limit;
  const source = utilBinding.getErrorSource(holder);
  const expression = source === undefined ? '' : findExpression(source[0], source[1]);
  if (expression === '') return undefined;
  const escaped = RegExpPrototypeSymbolReplace(controls, expression, escapeControl);
  return `The expression evaluated to a falsy value:\n\n  ${escaped}\n`;
}

module.exports = { describeFalsy, findExpression };
