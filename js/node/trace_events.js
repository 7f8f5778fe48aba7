'use strict';

const { missing } = require('internal/not_yet');

module.exports = { ...missing('trace_events', ['createTracing']), getEnabledCategories() { return undefined; } };
