'use strict';

// Heap snapshots on request: the global `heapSnapshot` and `v8.writeHeapSnapshot`. The file gets its
// name only when it is complete, and its path is returned.

const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE }, uvException } = require('internal/errors');
const { validateBoolean, validateObject } = require('internal/validators');

const captureBinding = binding.capture;

// A path as `fs` takes it: a string, a Buffer or a file: URL.
function toPath(value) {
  let path = value;
  if (typeof path === 'object' && path !== null && typeof path.href === 'string') {
    path = require('internal/url').fileURLToPath(path);
  } else if (path instanceof Uint8Array) {
    path = require('buffer').Buffer.prototype.toString.call(path, 'utf8');
  }
  if (typeof path !== 'string') throw new ERR_INVALID_ARG_TYPE('path', ['string', 'Buffer', 'URL'], value);
  if (path.includes('\u0000')) {
    throw new ERR_INVALID_ARG_VALUE('path', value, 'must be a string, Uint8Array, or URL without null bytes');
  }
  return path;
}

// What the native side says of a file: its path, or why there is none.
function pathOrThrow(result) {
  if (typeof result === 'string') return result;
  const { 0: errno, 1: syscall, 2: path } = result;
  throw uvException({ errno, syscall, path });
}

// What a snapshot shows, as two flags.
function contentsOf(options) {
  if (options === undefined) return [false, false];
  validateObject(options, 'options');
  const { exposeInternals = false, exposeNumericValues = false } = options;
  validateBoolean(exposeInternals, 'options.exposeInternals');
  validateBoolean(exposeNumericValues, 'options.exposeNumericValues');
  return [exposeInternals, exposeNumericValues];
}

function writeHeapSnapshot(filename = undefined, options = undefined) {
  const path = filename === undefined ? undefined : toPath(filename);
  const { 0: internals, 1: numbers } = contentsOf(options);
  return pathOrThrow(captureBinding.takeSnapshot(path, internals, numbers));
}

function isOptions(value) {
  return typeof value === 'object' && value !== null && typeof value.href !== 'string' &&
    !(value instanceof Uint8Array);
}

// `pathOrOptions`: a path, or `{ path, exposeInternals, exposeNumericValues }`.
function heapSnapshot(pathOrOptions = undefined) {
  if (isOptions(pathOrOptions)) return writeHeapSnapshot(pathOrOptions.path, pathOrOptions);
  return writeHeapSnapshot(pathOrOptions);
}

// How long to wait for a moment in which the process can be copied, in milliseconds.
const PATIENCE = 2000;

// A snapshot by a copy of the process, as what `takeSnapshot` returns; undefined where there can be none.
async function forkSnapshot(target, internals, numbers) {
  const { now } = require('internal/perf');
  const end = now() + PATIENCE;
  for (;;) {
    let begun;
    const taken = new Promise((resolve) => {
      begun = captureBinding.forkSnapshot(target, internals, numbers, resolve);
    });
    if (begun) return taken;
    // While V8's threads are at work, as they are after a collection, the program goes on.
    if (begun === false || now() > end) return undefined;
    await new Promise((resolve) => { setTimeout(resolve, 1); });
  }
}

// The same after the running code, as a promise. Unless `fork` is false a copy of the process takes it,
// where that can be, and the program goes on meanwhile.
heapSnapshot.async = async function(pathOrOptions = undefined) {
  const { path, fork = true, ...options } = isOptions(pathOrOptions) ? pathOrOptions : { path: pathOrOptions };
  const target = path === undefined ? undefined : toPath(path);
  const { 0: internals, 1: numbers } = contentsOf(options);
  validateBoolean(fork, 'options.fork');
  await new Promise((resolve) => { setImmediate(resolve); });
  const result = fork ? await forkSnapshot(target, internals, numbers) : undefined;
  return result === undefined ? writeHeapSnapshot(target, options) : pathOrThrow(result);
};

module.exports = { contentsOf, heapSnapshot, pathOrThrow, toPath, writeHeapSnapshot };
