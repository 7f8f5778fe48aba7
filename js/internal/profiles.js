'use strict';

// CPU profiles, sampling heap profiles and allocation tracking, as scripts ask for them by the
// globals of the same names and by `require('oomhost')`.

const { pathOrThrow, toPath } = require('internal/heap_snapshot');
const { validateInteger, validateNumber, validateObject } = require('internal/validators');

const profileBinding = binding.profile;

const NO_LIMIT = 0xffffffff;
const MICROSECONDS = 1000;
const BYTES = 512 * 1024;
const FRAMES = 16;

function stateError(code, message) {
  const error = new Error(message);
  error.code = code;
  return error;
}

// A CPU profile that is being recorded; undefined where V8 has too many.
function startCpu(interval, maxSamples) {
  const id = profileBinding.startCpu(interval, maxSamples);
  if (id === false) {
    throw stateError('ERR_CPU_PROFILE_NO_THREAD', 'No thread is to be had for a CPU profile (ulimit -u)');
  }
  return id;
}

class CpuProfile {
  #id;

  constructor(id) {
    this.#id = id;
  }

  // Ends the recording, writes it, and returns the file's path.
  stop(path = undefined) {
    const target = path === undefined ? undefined : toPath(path);
    const id = this.#id;
    this.#id = undefined;
    const written = id === undefined ? undefined : profileBinding.writeCpu(id, target);
    if (written === undefined) throw stateError('ERR_CPU_PROFILE_NOT_STARTED', 'The CPU profile has been stopped');
    return pathOrThrow(written);
  }

  [Symbol.dispose]() {
    if (this.#id !== undefined) profileBinding.stopCpu(this.#id);
    this.#id = undefined;
  }
}

// `options.interval`: microseconds between two samples.
function startCpuProfile(options = { __proto__: null }) {
  validateObject(options, 'options');
  const { interval = MICROSECONDS } = options;
  validateInteger(interval, 'options.interval', 1, 0x7fffffff);
  const id = startCpu(interval, NO_LIMIT);
  if (id === undefined) throw stateError('ERR_CPU_PROFILE_TOO_MANY', 'There are too many CPU profiles');
  return new CpuProfile(id);
}

// Records for `ms` milliseconds and resolves to the file's path.
async function cpuProfile(path = undefined, ms = 30000) {
  const target = path === undefined ? undefined : toPath(path);
  validateNumber(ms, 'ms', 0, 0x7fffffff);
  const profile = startCpuProfile();
  await new Promise((resolve) => { setTimeout(resolve, ms); });
  return profile.stop(target);
}

const NOT_STARTED = 'ERR_HEAP_PROFILE_NOT_STARTED';

function writeHeap(path) {
  const target = path === undefined ? undefined : toPath(path);
  const written = profileBinding.writeHeap(target);
  if (written === undefined) throw stateError(NOT_STARTED, 'The heap profile is not started');
  return pathOrThrow(written);
}

const heapProfile = {
  // `options`: `interval` in bytes, `depth` in frames.
  start(options = { __proto__: null }) {
    validateObject(options, 'options');
    const { interval = BYTES, depth = FRAMES } = options;
    validateInteger(interval, 'options.interval', 1);
    validateInteger(depth, 'options.depth', 1, 255);
    if (!profileBinding.startHeap(interval, depth, 0)) {
      throw stateError('ERR_HEAP_PROFILE_HAVE_BEEN_STARTED', 'The heap profile has been started');
    }
  },

  // What has been sampled so far; sampling goes on.
  write(path = undefined) {
    return writeHeap(path);
  },

  stop(path = undefined) {
    const written = writeHeap(path);
    profileBinding.stopHeap();
    return written;
  },
};

// Snapshots that are taken meanwhile say where each object was allocated. Both return whether they
// changed something.
const allocationTracking = {
  start() {
    return profileBinding.startTracking();
  },

  stop() {
    return profileBinding.stopTracking();
  },
};

function heapStatistics() {
  const v8 = require('v8');
  const { rss, arrayBuffers } = globalThis.process.memoryUsage();
  return { ...v8.getHeapStatistics(), spaces: v8.getHeapSpaceStatistics(), array_buffers: arrayBuffers, rss };
}

function onOutOfMemory(fn) {
  throw stateError('ERR_NO_SCRIPT_AT_OOM',
                   'No script code runs when memory is exhausted: it would need memory itself. The snapshot, the ' +
                   'report and the summary are written without it; --heapsnapshot-near-heap-limit=N lets the ' +
                   'program go on');
}

module.exports = {
  allocationTracking, cpuProfile, heapProfile, heapStatistics, onOutOfMemory, startCpu, startCpuProfile, stateError,
};
