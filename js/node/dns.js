'use strict';

const { refusing } = require('internal/next_stage');
const { errors, functions } = require('internal/dns/names');
const { ADDRCONFIG, ALL, V4MAPPED, callbacks } = require('internal/dns/lookup');

module.exports = refusing('dns', {
  classes: 'Resolver',
  functions,
  values: { ADDRCONFIG, ALL, V4MAPPED, ...callbacks, ...errors, promises: require('dns/promises') },
});
