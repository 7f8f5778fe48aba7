'use strict';

// A heap snapshot as something to read: it waits in a file, so that a slow reader costs no memory.

const { contentsOf, pathOrThrow } = require('internal/heap_snapshot');
const { Readable } = require('internal/streams/readable');

const captureBinding = binding.capture;

let count = 0;

// A name that nobody else has, in the folder for temporary files.
function temporaryPath() {
  const folder = require('os').tmpdir();
  count++;
  return require('path').join(folder, `oomhost-${process.pid}-${count}-${process.hrtime.bigint()}.heapsnapshot`);
}

// Closes the files of streams that nobody holds any more.
let abandoned;

/** Bytes asked for at once. */
const CHUNK = 65536;

class HeapSnapshotStream extends Readable {
  #begun = false;
  #fd;
  #reading = false;
  /** Closes the file once it is not being read. */
  #close;

  constructor(path) {
    super({ highWaterMark: CHUNK });
    const { closeSync, openSync } = require('fs');
    this.#fd = openSync(path, 'r');
    abandoned ??= new FinalizationRegistry(closeSync);
    abandoned.register(this, this.#fd, this);
  }

  _read() {
    this.#reading = true;
    const { allocUnsafeSlow } = require('buffer').Buffer;
    require('fs').read(this.#fd, allocUnsafeSlow(CHUNK), 0, CHUNK, null, (error, count, bytes) => {
      this.#reading = false;
      this.#close?.();
      if (this.destroyed) return;
      if (error) this.destroy(error);
      else this.push(count === 0 ? null : bytes.subarray(0, count));
    });
  }

  _destroy(error, callback) {
    abandoned.unregister(this);
    this.#close = () => { require('fs').close(this.#fd, (failure) => { callback(error ?? failure); }); };
    // A number that is free may be another file's when the read comes to it.
    if (!this.#reading) this.#close();
  }

  // Whoever takes what there is before anything has flown gets all of it, as from Node's.
  read(size = undefined) {
    if (this.#begun || size !== undefined || !this.readable) {
      this.#begun = true;
      return super.read(size);
    }
    this.#begun = true;
    const all = require('fs').readFileSync(this.#fd, this.readableEncoding);
    // The end comes next.
    super.read(0);
    return all.length === 0 ? null : all;
  }
}

// A stream of the file at `path`, which stays.
function streamOf(path) {
  return new HeapSnapshotStream(path);
}

// `v8.getHeapSnapshot(options)`.
function getHeapSnapshot(options = undefined) {
  const { 0: internals, 1: numbers } = contentsOf(options);
  const path = pathOrThrow(captureBinding.takeSnapshot(temporaryPath(), internals, numbers, true));
  try {
    return streamOf(path);
  } finally {
    // The open descriptor keeps the data.
    require('fs').unlinkSync(path);
  }
}

module.exports = { getHeapSnapshot, streamOf, temporaryPath };
