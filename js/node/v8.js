'use strict';

const { codes: { ERR_INVALID_ARG_VALUE, ERR_NOT_BUILDING_SNAPSHOT } } = require('internal/errors');
const {
  validateFunction, validateObject, validateOneOf, validateString, validateUint32,
} = require('internal/validators');
const { emitExperimentalWarning } = require('internal/util');
const { inspect } = require('internal/util/inspect');
const { getOptionValue } = require('internal/options');
const { writeHeapSnapshot } = require('internal/heap_snapshot');
const { getHeapSnapshot } = require('internal/heap_snapshot_stream');
const { startCpuProfile, startHeapProfile } = require('internal/v8/profiles');
const promiseHooks = require('internal/v8/promise_hooks');
const serdes = require('internal/v8/serdes');

const { stopCoverage, takeCoverage } = require('internal/v8/coverage');

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

let heapProfileNearLimitIsSet = false;

function setHeapProfileNearHeapLimit(limit) {
  validateUint32(limit, 'limit', true);
  if (heapProfileNearLimitIsSet) return;
  heapProfileNearLimitIsSet = true;
  captureBinding.setHeapProfilesNearLimit(limit);
}

function isStringOneByteRepresentation(content) {
  validateString(content, 'content');
  return v8Binding.isStringOneByteRepresentation(content);
}

// No object of ours lies in V8's C++ heap.
function getCppHeapStatistics(type = 'detailed') {
  validateOneOf(type, 'type', ['brief', 'detailed']);
  return {
    __proto__: null,
    committed_size_bytes: 0,
    resident_size_bytes: 0,
    used_size_bytes: 0,
    space_statistics: [],
    type_names: [],
    detail_level: type,
  };
}

const summary = { __proto__: null, depth: 0, showProxy: false };

function queryObjects(ctor, options = { __proto__: null }) {
  validateFunction(ctor, 'constructor');
  validateObject(options, 'options');
  const format = options.format || 'count';
  if (format !== 'count' && format !== 'summary') throw new ERR_INVALID_ARG_VALUE('options.format', format);
  emitExperimentalWarning('v8.queryObjects()');
  const objects = v8Binding.queryObjects(ctor.prototype);
  return format === 'count' ? objects.length : objects.map((object) => inspect(object, summary));
}

class GCProfiler {
  #id;

  start() {
    this.#id ??= v8Binding.startGcProfiler();
  }

  stop() {
    if (this.#id === undefined) return undefined;
    const text = v8Binding.stopGcProfiler(this.#id);
    this.#id = undefined;
    return JSON.parse(text);
  }

  [Symbol.dispose]() { this.stop(); }
}

// There is no way to build a startup snapshot of a script.
function refuse() {
  throw new ERR_NOT_BUILDING_SNAPSHOT();
}
const startupSnapshot = {
  addDeserializeCallback(callback, data) { refuse(); },
  addSerializeCallback(callback, data) { refuse(); },
  setDeserializeMainFunction(callback, data) { refuse(); },
  // A number in Node, too.
  isBuildingSnapshot() { return 0; },
};

module.exports = {
  cachedDataVersionTag: () => v8Binding.cachedDataVersionTag(),
  getHeapSnapshot,
  getHeapStatistics: () => v8Binding.getHeapStatistics(),
  getHeapSpaceStatistics: () => v8Binding.getHeapSpaceStatistics(),
  getHeapCodeStatistics: () => v8Binding.getHeapCodeStatistics(),
  getCppHeapStatistics,
  setFlagsFromString,
  ...serdes,
  takeCoverage() { takeCoverage(); },
  stopCoverage() { stopCoverage(); },
  writeHeapSnapshot,
  promiseHooks,
  queryObjects,
  startupSnapshot,
  setHeapSnapshotNearHeapLimit,
  setHeapProfileNearHeapLimit,
  GCProfiler,
  isStringOneByteRepresentation,
  startCpuProfile,
  startHeapProfile,
};
