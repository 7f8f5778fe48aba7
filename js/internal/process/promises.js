'use strict';

// Promises rejected without a handler: remembered when V8 tells, reported when the microtask queue
// is empty, by the mode of --unhandled-rejections.

const kPromiseRejectWithNoHandler = 0;
const kPromiseHandlerAddedAfterReject = 1;

// By promise, in the order of rejection.
let pending = new Map();
// Reported ones whose handler came too late, for the 'rejectionHandled' event.
let handledLater = [];
const reported = new WeakMap();
let lastId = 0;

function promiseRejectHandler(type, promise, reason) {
  if (type === kPromiseRejectWithNoHandler) {
    pending.set(promise, { promise, reason, id: ++lastId, warned: false });
  } else if (type === kPromiseHandlerAddedAfterReject) {
    if (pending.delete(promise)) return;
    const entry = reported.get(promise);
    if (entry !== undefined) {
      reported.delete(promise);
      handledLater.push(entry);
    }
  }
}

// The promise's rejection, past or to come, is nobody's to report.
function markPromiseAsHandled(promise) {
  binding.process.markPromiseAsHandled(promise);
  promiseRejectHandler(kPromiseHandlerAddedAfterReject, promise);
}

function hasRejections() {
  return pending.size !== 0 || handledLater.length !== 0;
}

function isErrorLike(value) {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'stack');
}

// The reason in V8's own words: no code of the script runs for it.
function reasonText(reason) {
  return binding.process.detailString(reason);
}

function emitWarnings(process, entry) {
  const { reason } = entry;
  const type = 'UnhandledPromiseRejectionWarning';
  let stack;
  try {
    if (isErrorLike(reason)) stack = reason.stack;
  } catch {
    // A hostile reason: it is described from outside.
  }
  process.emitWarning(stack ?? reasonText(reason), type);
  process.emitWarning(
    'Unhandled promise rejection. This error originated either by throwing inside of an async function ' +
    'without a catch block, or by rejecting a promise which was not handled with .catch(). To terminate the node ' +
    'process on unhandled promise rejection, use the CLI flag `--unhandled-rejections=strict` (see ' +
    'https://nodejs.org/api/cli.html#cli_unhandled_rejections_mode). ' +
    `(rejection id: ${entry.id})`, type);
  entry.warned = true;
}

class UnhandledPromiseRejection extends Error {
  constructor(reason) {
    super('This error originated either by throwing inside of an async function without a catch block, or by ' +
      `rejecting a promise which was not handled with .catch(). The promise rejected with the reason "${reasonText(reason)}".`);
    this.code = 'ERR_UNHANDLED_REJECTION';
  }
}
Object.defineProperty(UnhandledPromiseRejection.prototype, 'name', {
  __proto__: null, value: 'UnhandledPromiseRejection', writable: true, configurable: true,
});

function asError(reason) {
  return isErrorLike(reason) ? reason : new UnhandledPromiseRejection(reason);
}

function report(entry) {
  const process = require('process');
  const mode = require('internal/options').getOptionValue('--unhandled-rejections') ?? 'throw';
  const emit = () => process.emit('unhandledRejection', entry.reason, entry.promise);
  const raise = () => binding.process.reportUncaught(asError(entry.reason), true);
  if (mode === 'strict') {
    raise();
    if (!emit()) emitWarnings(process, entry);
  } else if (mode === 'none') {
    emit();
  } else if (mode === 'warn') {
    emit();
    emitWarnings(process, entry);
  } else if (mode === 'warn-with-error-code') {
    if (!emit()) {
      emitWarnings(process, entry);
      process.exitCode = 1;
    }
  } else if (!emit()) {
    raise();
  }
}

// Returns whether anything was reported, after which ticks and microtasks may be waiting again.
function processPromiseRejections() {
  let any = false;
  while (handledLater.length !== 0) {
    const entry = handledLater.shift();
    any = true;
    const process = require('process');
    if (entry.warned) {
      process.emitWarning(`Promise rejection was handled asynchronously (rejection id: ${entry.id})`, 'PromiseRejectionHandledWarning');
    }
    process.emit('rejectionHandled', entry.promise);
  }
  // While one is reported, the others may still be handled and new ones come.
  const reporting = pending;
  pending = new Map();
  for (const [promise, entry] of reporting) {
    reporting.delete(promise);
    any = true;
    reported.set(promise, entry);
    // Not `catch` and `throw`, which would move the error's place here.
    let done = false;
    try {
      report(entry);
      done = true;
    } finally {
      if (!done) pending = new Map([...reporting, ...pending]);
    }
  }
  return any;
}

exports.promiseRejectHandler = promiseRejectHandler;
exports.markPromiseAsHandled = markPromiseAsHandled;
exports.hasRejections = hasRejections;
exports.processPromiseRejections = processPromiseRejections;
