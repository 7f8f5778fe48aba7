'use strict';

const { validateString, validateUint32 } = require('internal/validators');
const { getOptionValue } = require('internal/options');
const { writeHeapSnapshot } = require('internal/heap_snapshot');
const { getHeapSnapshot } = require('internal/heap_snapshot_stream');

const v8Binding = binding.v8;
const captureBinding = binding.capture;

function setFlagsFromString(flags) {
  validateString(flags, 'flags');
  v8Binding.setFlagsFromString(flags);
}

let nearHeapLimitIsSet = false;

function setHeapSnapshotNearHeapLimit(limit) {
  validateUint32(limit, 'limit', true);
  // As in Node, the first call counts, and the command line before it.
  if (nearHeapLimitIsSet || getOptionValue('--heapsnapshot-near-heap-limit') > 0) return;
  nearHeapLimitIsSet = true;
  captureBinding.setNearHeapLimit(limit);
}

function isStringOneByteRepresentation(content) {
  validateString(content, 'content');
  return v8Binding.isStringOneByteRepresentation(content);
}

module.exports = {
  cachedDataVersionTag: () => v8Binding.cachedDataVersionTag(),
  getHeapCodeStatistics: () => v8Binding.getHeapCodeStatistics(),
  getHeapSnapshot,
  getHeapSpaceStatistics: () => v8Binding.getHeapSpaceStatistics(),
  getHeapStatistics: () => v8Binding.getHeapStatistics(),
  isStringOneByteRepresentation,
  setFlagsFromString,
  setHeapSnapshotNearHeapLimit,
  writeHeapSnapshot,
};
