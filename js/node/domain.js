'use strict';

const { refusing } = require('internal/next_stage');

module.exports = refusing('domain', {
  classes: 'Domain', functions: 'create createDomain', values: { active: null },
});
