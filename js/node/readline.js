'use strict';

const { missing } = require('internal/not_yet');

module.exports = {
  ...missing('readline', [
    'Interface', 'clearLine', 'clearScreenDown', 'createInterface', 'cursorTo', 'emitKeypressEvents', 'moveCursor',
  ]),
  promises: require('readline/promises'),
};
