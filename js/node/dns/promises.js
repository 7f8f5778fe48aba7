'use strict';

const { refusing } = require('internal/next_stage');
const { errors, functions } = require('internal/dns/names');
const { promises } = require('internal/dns/lookup');

module.exports = refusing('dns/promises', { classes: 'Resolver', functions, values: { ...promises, ...errors } });
