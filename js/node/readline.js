'use strict';

const { refusing } = require('internal/next_stage');

module.exports = refusing('readline', {
  classes: 'Interface',
  functions: 'clearLine clearScreenDown createInterface cursorTo emitKeypressEvents moveCursor',
  values: { promises: require('readline/promises') },
});
