'use strict';

// What the npm package `heapdump` does, whose native add-on cannot load here.

const { writeHeapSnapshot } = require('internal/heap_snapshot');

function defaultName() {
  const now = performance.timeOrigin + performance.now();
  const seconds = Math.floor(now / 1000);
  const microseconds = Math.floor((now - seconds * 1000) * 1000);
  return `heapdump-${seconds}.${microseconds}.heapsnapshot`;
}

exports.writeSnapshot = function writeSnapshot(filename, cb) {
  if (typeof filename === 'function') [filename, cb] = [undefined, filename];
  let path;
  let failure = null;
  try {
    path = writeHeapSnapshot(filename ?? defaultName());
  } catch (error) {
    failure = new Error(`heapdump write error ${error.code ?? error.message}`, { cause: error });
  }
  if (cb) {
    if (failure === null) cb(null, path);
    else cb(failure);
  }
  return failure === null;
};

let listening = false;

// As the original does when it is loaded: SIGUSR2 writes a snapshot, unless NODE_HEAPDUMP_OPTIONS
// says `nosignal`.
exports.listen = function listen() {
  if (listening) return;
  listening = true;
  let signal = true;
  for (const option of (process.env.NODE_HEAPDUMP_OPTIONS || '').split(/\s*,\s*/)) {
    if (option === 'signal') signal = true;
    else if (option === 'nosignal') signal = false;
    else if (option !== '') console.error('node-heapdump: unrecognized option:', option);
  }
  if (signal) process.on('SIGUSR2', () => { exports.writeSnapshot(); });
};
