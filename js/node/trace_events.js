'use strict';

const { refusing } = require('internal/next_stage');

module.exports = refusing('trace_events', { functions: 'createTracing getEnabledCategories' });
