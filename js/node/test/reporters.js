'use strict';

const { refusing } = require('internal/next_stage');

module.exports = refusing('test/reporters', { classes: 'spec lcov', functions: 'dot junit tap' });
