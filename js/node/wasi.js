'use strict';

const { refusing } = require('internal/next_stage');

module.exports = refusing('wasi', { classes: 'WASI' });
