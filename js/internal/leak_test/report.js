'use strict';

// Where the results of leak tests go: to standard output. A bad one makes the exit code 1.

const { inspect } = require('internal/util/inspect');

function indented(text) {
  return text.replace(/^/gm, '    ');
}

function report({ name, error, iterations, milliseconds }) {
  const { stdout } = process;
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
