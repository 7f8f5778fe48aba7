'use strict';

// Promises rejected without a handler: remembered when V8 tells, reported when the microtask queue
// is empty, by the mode of --unhandled-rejections.

const kPromiseRejectWithNoHandler = 0;
const kPromiseHandlerAddedAfterReject = 1;

let pending = [];
// Reported ones whose handler came too late, for the 'rejectionHandled' event.
let handledLater = [];
const reported = new WeakMap();
let lastId = 0;

function promiseRejectHandler(type, promise, reason) {
  if (type === kPromiseRejectWithNoHandler) {
    pending.push({ promise, reason, id: ++lastId, warned: false });
  } else if (type === kPromiseHandlerAddedAfterReject) {
    const index = pending.findIndex((entry) => entry.promise === promise);
    if (index !== -1) {
      pending.splice(index, 1);
      return;
    }
    const entry = reported.get(promise);
    if (entry !== undefined) {
      reported.delete(promise);
      handledLater.push(entry);
    }
  }
}

function hasRejections() {
  return pending.length !== 0 || handledLater.length !== 0;
}

function isErrorLike(value) {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'stack');
}

function warningText(entry) {
  const { inspect } = require('internal/util/inspect');
  const { reason } = entry;
  let text = 'Unhandled promise rejection. This error originated either by throwing inside of an async function ' +
    'without a catch block, or by rejecting a promise which was not handled with .catch(). To terminate the node ' +
    'process on unhandled promise rejection, use the CLI flag `--unhandled-rejections=strict` (see ' +
    'https://nodejs.org/api/cli.html#cli_unhandled_rejections_mode). ' +
    `(rejection id: ${entry.id})`;
  try {
    if (isErrorLike(reason)) text = `${text}`;
  } catch {
    // A hostile reason: the text stands as it is.
  }
  return { text, shown: isErrorLike(reason) ? reason.stack : inspect(reason) };
}

function emitWarnings(process, entry) {
  const { text, shown } = warningText(entry);
  process.emitWarning(shown, 'UnhandledPromiseRejectionWarning');
  process.emitWarning(text, 'UnhandledPromiseRejectionWarning');
}

function asError(reason) {
  if (isErrorLike(reason)) return reason;
  const { codes: { ERR_UNHANDLED_REJECTION } } = require('internal/errors');
  const { inspect } = require('internal/util/inspect');
  return new ERR_UNHANDLED_REJECTION(inspect(reason));
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
    require('process').emit('rejectionHandled', entry.promise);
  }
  const now = pending;
  pending = [];
  for (let index = 0; index < now.length; index++) {
    const entry = now[index];
    any = true;
    reported.set(entry.promise, entry);
    try {
      report(entry);
    } catch (error) {
      pending = now.slice(index + 1).concat(pending);
      throw error;
    }
  }
  return any;
}

exports.promiseRejectHandler = promiseRejectHandler;
exports.hasRejections = hasRejections;
exports.processPromiseRejections = processPromiseRejections;
