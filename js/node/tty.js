'use strict';

const { missing } = require('internal/not_yet');

const processBinding = binding.process;

module.exports = {
  ...missing('tty', ['ReadStream', 'WriteStream']),
  isatty(fd) {
    return Number.isInteger(fd) && fd >= 0 && fd <= 2147483647 && processBinding.isatty(fd);
  },
};
