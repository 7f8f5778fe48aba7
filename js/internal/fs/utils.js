'use strict';

// What Node has in this module, as far as ours have the same: for its own tests (--expose-internals).

const {
  checkEncoding, checkOffsetLengthRead, checkOffsetLengthWrite, checkPath, copyMode, getOptions, parseFlags, rmOptions,
  toUnixTimestamp,
} = require('internal/fs/arguments');
const { BigIntStats, Dirent, Stats } = require('internal/fs/stats');

module.exports = {
  BigIntStats,
  Dirent,
  Stats,
  assertEncoding: checkEncoding,
  getOptions,
  getValidMode: copyMode,
  getValidatedPath: checkPath,
  stringToFlags: parseFlags,
  toUnixTimestamp,
  validateOffsetLengthRead: checkOffsetLengthRead,
  validateOffsetLengthWrite: checkOffsetLengthWrite,
  validateRmOptionsSync: (path, options) => rmOptions(options),
};
