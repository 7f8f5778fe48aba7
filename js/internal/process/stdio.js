'use strict';

// process.stdin, process.stdout and process.stderr, made when they are first read.

const processBinding = binding.process;

function defineStream(process, name, make) {
  let stream;
  Object.defineProperty(process, name, {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() {
      return stream ??= make();
    },
    set(value) {
      stream = value;
    },
  });
}

function makeOutput(fd) {
  const { OutputStream, WriteStream } = require('internal/process/output_stream');
  return processBinding.isatty(fd) ? new WriteStream(fd) : new OutputStream(fd);
}

exports.makeStdio = function makeStdio(process) {
  defineStream(process, 'stdin', () => new (require('internal/process/stdin').InputStream)(0));
  defineStream(process, 'stdout', () => makeOutput(1));
  defineStream(process, 'stderr', () => makeOutput(2));
};
