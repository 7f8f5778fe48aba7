'use strict';

// Heap snapshots on request: the global `heapSnapshot(path)` and `v8.writeHeapSnapshot(path, options)`.
// The file gets its name only when it is complete, and its path is returned.

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

function writeHeapSnapshot(filename = undefined, options = undefined) {
  const path = filename === undefined ? undefined : toPath(filename);
  let { exposeInternals, exposeNumericValues } = { exposeInternals: false, exposeNumericValues: false };
  if (options !== undefined) {
    validateObject(options, 'options');
    ({ exposeInternals = false, exposeNumericValues = false } = options);
    validateBoolean(exposeInternals, 'options.exposeInternals');
    validateBoolean(exposeNumericValues, 'options.exposeNumericValues');
  }
  const result = captureBinding.takeSnapshot(path, exposeInternals, exposeNumericValues);
  if (typeof result === 'string') return result;
  const { 0: errno, 1: syscall, 2: failed } = result;
  throw uvException({ errno, syscall, path: failed });
}

// Named functions with the length that users see: the path is optional.
function heapSnapshot(path = undefined) {
  return writeHeapSnapshot(path);
}

module.exports = { heapSnapshot, writeHeapSnapshot };
