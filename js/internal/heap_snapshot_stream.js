'use strict';

// A heap snapshot as something to read: it waits in a file, so that a slow reader costs no memory.

const { contentsOf, pathOrThrow } = require('internal/heap_snapshot');
const { InputStream } = require('internal/process/stdin');

const captureBinding = binding.capture;

let count = 0;

// A name that nobody else has, in the folder for temporary files.
function temporaryPath() {
  const folder = require('os').tmpdir();
  count++;
  return require('path').join(folder, `oomhost-${process.pid}-${count}-${process.hrtime.bigint()}.heapsnapshot`);
}

class HeapSnapshotStream extends InputStream {
  #begun = false;

  constructor(path) {
    const fs = require('fs');
    const fd = fs.openSync(path, 'r');
    super(fd);
    this.once('close', () => { fs.closeSync(fd); });
  }

  // Whoever takes what there is before anything has flown gets all of it, as from Node's.
  read(size = undefined) {
    if (this.#begun || size !== undefined || !this.readable) {
      this.#begun = true;
      return super.read(size);
    }
    this.#begun = true;
    const all = require('fs').readFileSync(this.fd, this.readableEncoding);
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
