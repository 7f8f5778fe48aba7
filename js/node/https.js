'use strict';

const { missing } = require('internal/not_yet');

module.exports = {
  ...missing('https', ['Agent', 'createServer', 'get', 'request', 'Server']),
  globalAgent: {},
};
