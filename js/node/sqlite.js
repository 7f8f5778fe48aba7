'use strict';

const { missing } = require('internal/not_yet');

module.exports = { ...missing('sqlite', ['DatabaseSync', 'Session', 'StatementSync', 'backup']), constants: {} };
