'use strict';

// The npm package of this name, whose native add-on cannot load here: the same calls, results and
// refusals, without an inspector port and worker processes.

const { stateError } = require('internal/profiles');

const captureBinding = binding.capture;

const BUSY = 'A CPU profile or heapdump is already being created, please retry later.';

function withEnding(path, ending) {
  const text = String(path);
  return text.endsWith(ending) ? text : text + ending;
}

class NodeOomHeapdump {
  #files = new Set();
  #busy = false;

  constructor(options) {
    const { heapdumpOnOOM, OOMImplementation, path, addTimestamp } = options;
    if (OOMImplementation !== 'NATIVE_HOOK') {
      throw stateError('ERR_INVALID_ARG_VALUE',
                       `OOMImplementation must be "NATIVE_HOOK", the only one since 3.0.0. Got: ${OOMImplementation}`);
    }
    if (heapdumpOnOOM) {
      const absolute = require('path').resolve(withEnding(path, '.heapsnapshot')).replaceAll('%', '%%');
      captureBinding.setOomSnapshot(addTimestamp ? absolute.replace(/\.heapsnapshot$/, '-%t.heapsnapshot') : absolute);
    }
  }

  async #make(path, create) {
    if (this.#busy) throw new Error(BUSY);
    this.#busy = true;
    try {
      await create(path);
    } finally {
      this.#busy = false;
    }
    this.#files.add(path);
    return path;
  }

  createHeapSnapshot(snapshotPath = undefined) {
    const path = withEnding(snapshotPath || require('path').resolve(`heapsnapshot-${Date.now()}`), '.heapsnapshot');
    return this.#make(path, require('internal/heap_snapshot').heapSnapshot.async);
  }

  createCpuProfile(cpuProfilePath = undefined, duration = 30000) {
    const path = withEnding(cpuProfilePath || require('path').resolve(`cpuprofile-${Date.now()}`), '.cpuprofile');
    const milliseconds = Number.parseInt(duration, 10);
    return this.#make(path, () => require('internal/profiles').cpuProfile(path, milliseconds));
  }

  async #delete(path) {
    if (!this.#files.has(path)) throw new Error('File not found:' + path);
    await require('fs/promises').unlink(path);
    return path;
  }

  // Those that are there still; resolves to their paths.
  async #deleteAll(ending) {
    const deleted = [];
    for (const path of this.#files) {
      if (!path.endsWith(ending)) continue;
      try {
        deleted.push(await this.#delete(path));
      } catch (error) {
        if (error.code !== 'ENOENT') throw error;
      }
    }
    return deleted;
  }

  deleteHeapSnapshot(snapshotPath) { return this.#delete(snapshotPath); }
  deleteAllHeapSnapshots() { return this.#deleteAll('.heapsnapshot'); }
  deleteCpuProfile(cpuProfilePath) { return this.#delete(cpuProfilePath); }
  deleteAllCpuProfiles() { return this.#deleteAll('.cpuprofile'); }
}

let instance;

// One for the whole program: later options are not looked at, as in the original.
module.exports = function(options = undefined) {
  if (instance === undefined) {
    const given = options ?? {};
    given.heapdumpOnOOM ??= true;
    given.OOMImplementation ??= 'NATIVE_HOOK';
    given.port = Number.parseInt(given.port ?? 9229, 10);
    given.path ??= `OoM-pid-${globalThis.process.pid}`;
    given.addTimestamp = given.addTimestamp === true;
    instance = new NodeOomHeapdump(given);
  }
  return instance;
};
