'use strict';

const { posix, win32 } = require('internal/path');

// The host runs on POSIX systems only (see the design's "Linux first").
posix.win32 = win32.win32 = win32;
posix.posix = win32.posix = posix;

module.exports = posix;
