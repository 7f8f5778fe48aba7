'use strict';

const { missing } = require('internal/not_yet');

module.exports = { ...missing('domain', ['Domain', 'create', 'createDomain']), active: null };
