'use strict';

// CPU and heap profiles as `node:v8` has them: their result is text.

const {
  validateBoolean, validateInt32, validateInteger, validateNumber, validateObject,
} = require('internal/validators');
const { startCpu, stateError } = require('internal/profiles');

const profileBinding = binding.profile;

const NO_LIMIT = 0xffffffff;
const LONGEST_INTERVAL_MS = 0x7fffffff / 1000;
const DEFAULT_MICROSECONDS = 1000;

class SyncCPUProfileHandle {
  #id;

  constructor(id) {
    this.#id = id;
  }

  // The profile as JSON, once.
  stop() {
    const id = this.#id;
    this.#id = undefined;
    return id === undefined ? undefined : profileBinding.stopCpu(id);
  }

  [Symbol.dispose]() { this.stop(); }
}

/** The interval in microseconds and the number of samples that `options` ask for. */
function cpuOptions(options = { __proto__: null }) {
  validateObject(options, 'options');
  const { sampleInterval, maxBufferSize } = options;
  if (sampleInterval !== undefined) {
    validateNumber(sampleInterval, 'options.sampleInterval', 0, LONGEST_INTERVAL_MS);
  }
  if (maxBufferSize !== undefined) validateNumber(maxBufferSize, 'options.maxBufferSize', 1, NO_LIMIT);
  const microseconds = sampleInterval > 0 ? Math.max(1, Math.floor(sampleInterval * 1000)) : DEFAULT_MICROSECONDS;
  return [microseconds, Math.floor(maxBufferSize ?? NO_LIMIT)];
}

const tooMany = () => stateError('ERR_CPU_PROFILE_TOO_MANY', 'There are too many CPU profiles');

function startCpuProfile(options = undefined) {
  const { 0: microseconds, 1: samples } = cpuOptions(options);
  const id = startCpu(microseconds, samples);
  if (id === undefined) throw tooMany();
  return new SyncCPUProfileHandle(id);
}

class SyncHeapProfileHandle {
  #running = true;

  stop() {
    if (!this.#running) return undefined;
    this.#running = false;
    const text = profileBinding.heap();
    profileBinding.stopHeap();
    return text;
  }

  [Symbol.dispose]() { this.stop(); }
}

/** Interval, depth and flags that `options` ask for. */
function heapOptions(options = { __proto__: null }) {
  validateObject(options, 'options');
  const {
    sampleInterval = 512 * 1024,
    stackDepth = 16,
    forceGC = false,
    includeObjectsCollectedByMajorGC = false,
    includeObjectsCollectedByMinorGC = false,
  } = options;
  validateInteger(sampleInterval, 'options.sampleInterval', 1);
  validateInt32(stackDepth, 'options.stackDepth', 0);
  let flags = 0;
  for (const { 0: name, 1: value, 2: bit } of [
    ['forceGC', forceGC, 1],
    ['includeObjectsCollectedByMajorGC', includeObjectsCollectedByMajorGC, 2],
    ['includeObjectsCollectedByMinorGC', includeObjectsCollectedByMinorGC, 4],
  ]) {
    validateBoolean(value, `options.${name}`);
    if (value) flags |= bit;
  }
  return [sampleInterval, stackDepth, flags];
}

const alreadyStarted = () => stateError('ERR_HEAP_PROFILE_HAVE_BEEN_STARTED', 'Heap profile has been started');

function startHeapProfile(options = undefined) {
  const { 0: interval, 1: depth, 2: flags } = heapOptions(options);
  if (!profileBinding.startHeap(interval, depth, flags)) throw alreadyStarted();
  return new SyncHeapProfileHandle();
}

/** A profile of a worker: `stop` is a function that asks its thread once. */
function workerHandle(name, ask) {
  let text;
  const stop = () => (text ??= ask());
  const { [name]: Handle } = {
    [name]: class {
      stop() { return stop(); }
      async [Symbol.asyncDispose]() { await stop(); }
    },
  };
  return new Handle();
}

module.exports = {
  alreadyStarted, cpuOptions, heapOptions, startCpuProfile, startHeapProfile, tooMany, workerHandle,
};
