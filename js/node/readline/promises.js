'use strict';

const { refusing } = require('internal/next_stage');

module.exports = refusing('readline/promises', { classes: 'Interface Readline', functions: 'createInterface' });
