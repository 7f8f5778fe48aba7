'use strict';

const { NumberIsInteger } = require('internal/primordials');
const { refusing } = require('internal/next_stage');

const processBinding = binding.process;

module.exports = refusing('tty', {
  classes: 'ReadStream WriteStream',
  values: {
    isatty(fd) {
      return NumberIsInteger(fd) && fd >= 0 && fd <= 2147483647 && processBinding.isatty(fd);
    },
  },
});
