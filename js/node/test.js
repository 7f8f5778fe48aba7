'use strict';

const { codes: { ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');
const { refusing } = require('internal/next_stage');

function test() {
  throw new ERR_METHOD_NOT_IMPLEMENTED('node:test');
}

module.exports = refusing('test', {
  functions: 'after afterEach before beforeEach describe it only run skip suite todo',
  values: { test, mock: {}, snapshot: {}, assert: {} },
}, test);
