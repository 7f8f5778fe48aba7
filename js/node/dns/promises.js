'use strict';

const { refusing } = require('internal/next_stage');
const { errors, functions } = require('internal/dns_names');

module.exports = refusing('dns/promises', { classes: 'Resolver', functions, values: errors });
