'use strict';

const { missing } = require('internal/not_yet');

module.exports = missing('dgram', ['createSocket', 'Socket']);
