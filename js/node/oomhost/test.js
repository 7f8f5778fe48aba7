'use strict';

// Leak tests, as `oomhost:test`.

const { LeakError, assertCollected, assertNoGrowth, countInstances, leakTest } = require('internal/leak_test');

module.exports = { LeakError, assertCollected, assertNoGrowth, countInstances, leakTest };
