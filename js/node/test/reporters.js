'use strict';

const { missing } = require('internal/not_yet');

module.exports = missing('test.reporters', ['dot', 'junit', 'lcov', 'spec', 'tap']);
