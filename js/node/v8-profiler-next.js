'use strict';

// The common calls of the npm package of this name, whose native add-on cannot load here.

const { pathOrThrow } = require('internal/heap_snapshot');
const { allocationTracking, startCpu } = require('internal/profiles');

const captureBinding = binding.capture;
const profileBinding = binding.profile;

const NO_LIMIT = 0xffffffff;

// Numbers for what has a title and none.
let uid = 0;

// What `export` hands data to: a callback, or what has `write` and `end`.
function deliver(text, receiver) {
  process.nextTick(() => {
    if (typeof receiver === 'function') receiver(undefined, text);
    else receiver.end(text);
  });
  return typeof receiver === 'function' ? undefined : receiver;
}

function checkReceiver(receiver) {
  if (typeof receiver !== 'function' && typeof receiver?.end !== 'function') {
    const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
    throw new ERR_INVALID_ARG_TYPE('dataReceiver', ['Function', 'Writable'], receiver);
  }
}

class Exported {
  export(dataReceiver) {
    checkReceiver(dataReceiver);
    return deliver(JSON.stringify(this), dataReceiver);
  }
}

class CpuProfile extends Exported {
  getHeader() {
    const { typeId, uid, title } = this;
    return { typeId, uid, title };
  }

  delete() { delete profiles[this.uid]; }
}

class SamplingHeapProfile extends Exported {}

class Snapshot {
  #file;

  constructor(title, file) {
    this.typeId = 'HEAP';
    this.title = title;
    this.uid = ++uid;
    this.#file = file;
  }

  getHeader() {
    const { typeId, uid, title } = this;
    return { typeId, uid, title };
  }

  // The text of a large snapshot is longer than any string: hand over a stream then.
  export(dataReceiver = undefined) {
    const stream = require('internal/heap_snapshot_stream').streamOf(this.#file);
    if (dataReceiver === undefined) return stream;
    checkReceiver(dataReceiver);
    if (typeof dataReceiver !== 'function') return stream.pipe(dataReceiver);
    const chunks = [];
    stream.setEncoding('utf8');
    stream.on('data', (chunk) => { chunks.push(chunk); });
    stream.on('error', (error) => { dataReceiver(error); });
    stream.on('end', () => { dataReceiver(null, chunks.join('')); });
    return undefined;
  }

  delete() {
    if (snapshots[this.uid] === undefined) return;
    delete snapshots[this.uid];
    require('fs').unlinkSync(this.#file);
  }
}

const snapshots = { __proto__: null };
const profiles = { __proto__: null };

// Names of profiles under way and their numbers.
const active = new Map();
let interval = 1000;
let cleanUp = false;

function takeSnapshot(name, control) {
  if (typeof name === 'function') [name, control] = ['', name];
  const file = require('internal/heap_snapshot_stream').temporaryPath();
  const written = pathOrThrow(captureBinding.takeSnapshot(file, false, false, true));
  if (typeof control === 'function') control(1, 1);
  const snapshot = new Snapshot(name ? String(name) : `Snapshot ${uid + 1}`, written);
  snapshots[snapshot.uid] = snapshot;
  if (!cleanUp) {
    cleanUp = true;
    // The files are only the place where snapshots wait for `export`.
    process.on('exit', deleteAllSnapshots);
  }
  return snapshot;
}

function deleteAllSnapshots() {
  for (const key of Object.keys(snapshots)) snapshots[key].delete();
}

function startProfiling(name, recsamples) {
  if (typeof name === 'boolean') name = '';
  const title = name ? String(name) : '';
  if (active.has(title)) return;
  const id = startCpu(interval, NO_LIMIT);
  if (id !== undefined) active.set(title, id);
}

// Without a name the one that was started last.
function stopProfiling(name = undefined) {
  const title = name ? String(name) : [...active.keys()].pop();
  const id = active.get(title);
  if (id === undefined) return undefined;
  active.delete(title);
  const profile = Object.assign(new CpuProfile(), {
    typeId: 'CPU', uid: ++uid, title, ...JSON.parse(profileBinding.stopCpu(id)),
  });
  profiles[profile.uid] = profile;
  return profile;
}

module.exports = {
  get snapshots() { return snapshots; },
  get profiles() { return profiles; },
  takeSnapshot,
  deleteAllSnapshots,
  startTrackingHeapObjects() { allocationTracking.start(); },
  stopTrackingHeapObjects() { allocationTracking.stop(); },
  setGenerateType(type) {},
  setProfilesCleanupLimit(limit) {},
  startProfiling,
  stopProfiling,
  setSamplingInterval(num) {
    if (active.size > 0) {
      throw new Error('setSamplingInterval must be called when there are no profiles being recorded.');
    }
    interval = Number.parseInt(num, 10) || 1000;
  },
  deleteAllProfiles() {
    for (const key of Object.keys(profiles)) delete profiles[key];
  },
  startSamplingHeapProfiling(bytes = 512 * 1024, depth = 64) {
    profileBinding.startHeap(bytes, depth, 0);
  },
  stopSamplingHeapProfiling() {
    const text = profileBinding.heap();
    profileBinding.stopHeap();
    return text === undefined ? undefined : Object.assign(new SamplingHeapProfile(), JSON.parse(text));
  },
};
