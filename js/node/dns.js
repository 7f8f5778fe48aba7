'use strict';

const { refusing } = require('internal/next_stage');
const { errors, functions } = require('internal/dns_names');

module.exports = refusing('dns', {
  classes: 'Resolver',
  functions,
  values: { ADDRCONFIG: 32, ALL: 16, V4MAPPED: 8, ...errors, promises: require('dns/promises') },
});
