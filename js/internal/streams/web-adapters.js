'use strict';

// Between Node's streams and WHATWG's, of which there are none yet.

const { refusing } = require('internal/next_stage');

module.exports = refusing('stream', {
  functions: 'duplexFromWeb duplexToWeb readableFromWeb readableToWeb writableFromWeb writableToWeb',
});
