'use strict';

const { missing } = require('internal/not_yet');

module.exports = missing('readline.promises', ['Interface', 'Readline', 'createInterface']);
