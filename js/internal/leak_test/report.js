'use strict';

// Where the results of leak tests go: to standard output. A bad one makes the exit code 1.

const { inspect } = require('internal/util/inspect');

function indented(text) {
  return text.replace(/^/gm, '    ');
}

// A name is one line, whatever it holds.
function onOneLine(name) {
  return name.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, (letter) => {
    const code = letter.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });
}

function report({ name: given, error, iterations, milliseconds }) {
  const { stdout } = process;
  const name = onOneLine(given);
  const took = `${milliseconds.toFixed(0)} ms`;
  if (error === undefined) {
    stdout.write(`ok - ${name} (${iterations} iterations, ${took})\n`);
    return;
  }
  process.exitCode = 1;
  const text = error?.code === 'ERR_LEAK' ? error.message : inspect(error);
  stdout.write(`not ok - ${name} (${took})\n${indented(text)}\n`);
}

module.exports = { report };
