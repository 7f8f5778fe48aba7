'use strict';

const { refusing } = require('internal/next_stage');

module.exports = refusing('sqlite', {
  classes: 'DatabaseSync Session StatementSync', functions: 'backup', values: { constants: {} },
});
