'use strict';

const { refusing } = require('internal/next_stage');

module.exports = refusing('dgram', { classes: 'Socket', functions: 'createSocket' });
