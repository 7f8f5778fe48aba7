'use strict';

// `util.parseEnv`: the text of an .env file as names and values.

const {
  RegExpPrototypeExec, RegExpPrototypeSymbolReplace, StringPrototypeIndexOf, StringPrototypeSlice,
  StringPrototypeStartsWith, StringPrototypeTrim,
} = require('internal/primordials');
const { validateString } = require('internal/validators');

const quotes = /^["'`]/;
const lineEnds = /\r\n/g;
const escapedLineEnds = /\\n/g;

/** Where the line that holds `at` ends. */
function lineEnd(text, at) {
  const end = StringPrototypeIndexOf(text, '\n', at);
  return end === -1 ? text.length : end;
}

function skipBlanks(text, at) {
  let to = at;
  while (text[to] === ' ' || text[to] === '\t') to++;
  return to;
}

/** Without a comment and surrounding blanks. */
function plainValue(line) {
  const comment = StringPrototypeIndexOf(line, '#');
  return StringPrototypeTrim(comment === -1 ? line : StringPrototypeSlice(line, 0, comment));
}

/** The value at `at`, right behind the `=`, and where the next line begins. */
function readValue(text, at) {
  const start = skipBlanks(text, at);
  const end = lineEnd(text, start);
  if (RegExpPrototypeExec(quotes, text[start] ?? '') !== null) {
    const close = StringPrototypeIndexOf(text, text[start], start + 1);
    if (close !== -1) {
      const value = StringPrototypeSlice(text, start + 1, close);
      // Only double quotes know escapes, and of these only the line end.
      return {
        value: text[start] === '"' ? RegExpPrototypeSymbolReplace(escapedLineEnds, value, '\n') : value,
        next: lineEnd(text, close) + 1,
      };
    }
  }
  return { value: plainValue(StringPrototypeSlice(text, start, end)), next: end + 1 };
}

function parseEnv(content) {
  validateString(content, 'content');
  const text = RegExpPrototypeSymbolReplace(lineEnds, content, '\n');
  const values = { __proto__: null };
  let at = 0;
  while (at < text.length) {
    const end = lineEnd(text, at);
    const line = StringPrototypeSlice(text, at, end);
    const equals = StringPrototypeIndexOf(line, '=');
    const trimmed = StringPrototypeTrim(line);
    if (equals === -1 || trimmed === '' || trimmed[0] === '#') {
      at = end + 1;
      continue;
    }
    let name = StringPrototypeTrim(StringPrototypeSlice(line, 0, equals));
    if (StringPrototypeStartsWith(name, 'export ')) {
      name = StringPrototypeTrim(StringPrototypeSlice(name, 'export '.length));
    }
    const { value, next } = readValue(text, at + equals + 1);
    if (name !== '') values[name] = value;
    at = next;
  }
  return values;
}

module.exports = { parseEnv };
