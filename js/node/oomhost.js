'use strict';

// What this host has beyond Node's modules. Each is a global, too.

const { heapSnapshot } = require('internal/heap_snapshot');
const {
  allocationTracking, cpuProfile, heapProfile, heapStatistics, onOutOfMemory, startCpuProfile,
} = require('internal/profiles');

module.exports = {
  allocationTracking, cpuProfile, heapProfile, heapSnapshot, heapStatistics, onOutOfMemory, startCpuProfile,
};
