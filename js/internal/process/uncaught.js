'use strict';

// What happens to an error that nothing caught.

const { setImmediate } = require('timers');
const { processTicksAndRejections } = require('internal/process/task_queues');
const { areStacksMapped } = require('internal/stack_trace');
const { isNativeError } = require('internal/util/types');

const processBinding = binding.process;

// Set by `events` on an error that nobody listened for: makes its stack name the emitter too.
const kEnhanceStack = Symbol.for('nodejs.internal.enhanceStackBeforeInspector');
const TRACE_HINT = '(Use `oomhost --trace-uncaught ...` to show where the exception was thrown)';

let captureCallback = null;
// Asked when that one is not there, the last that was added first, until one says true.
const addedCallbacks = [];

// Takes an error that ends a worker to its parent.
let report;

// Whether the script has taken the error.
function ask(process, error, origin) {
  if (captureCallback !== null) {
    captureCallback(error);
    return true;
  }
  for (let i = addedCallbacks.length - 1; i >= 0; i--) if (addedCallbacks[i](error) === true) return true;
  return process.emit('uncaughtException', error, origin);
}

// Returns true where the script took the error.
function onUncaughtException(error, fromPromise) {
  const process = require('process');
  const origin = fromPromise ? 'unhandledRejection' : 'uncaughtException';
  process.emit('uncaughtExceptionMonitor', error, origin);
  if (report === undefined) {
    // What the handler throws goes on from where it was thrown.
    if (!ask(process, error, origin)) {
      emitExit(process);
      return false;
    }
  } else {
    let final = error;
    let taken;
    try {
      taken = ask(process, error, origin);
    } catch (thrown) {
      final = thrown;
      taken = false;
    }
    if (!taken) {
      report(final);
      emitExit(process);
      return false;
    }
  }
  require('internal/async_hooks').clearExecuting();
  // The error cut off the ticks behind it. They run after the next callback, and an immediate is
  // one at the latest.
  if (!process._exiting) setImmediate(processTicksAndRejections);
  return true;
}

function emitExit(process) {
  if (process._exiting) return;
  process._exiting = true;
  process.exitCode = 1;
  try {
    process.emit('exit', 1);
  } catch {
    // The process is dying of the first error; Node drops this one too.
  }
  require('internal/process/lifecycle').finishCoverage();
}

function setUncaughtExceptionCaptureCallback(fn) {
  const { codes: { ERR_INVALID_ARG_TYPE, ERR_UNCAUGHT_EXCEPTION_CAPTURE_ALREADY_SET } } = require('internal/errors');
  if (fn === null) {
    captureCallback = null;
    processBinding.setCaptured(addedCallbacks.length !== 0);
    return;
  }
  if (typeof fn !== 'function') throw new ERR_INVALID_ARG_TYPE('fn', ['Function', 'null'], fn);
  if (captureCallback !== null) throw new ERR_UNCAUGHT_EXCEPTION_CAPTURE_ALREADY_SET();
  captureCallback = fn;
  processBinding.setCaptured(true);
}

function addUncaughtExceptionCaptureCallback(fn) {
  require('internal/validators').validateFunction(fn, 'fn');
  addedCallbacks.push(fn);
  processBinding.setCaptured(true);
}

// The text on stderr for an error that ends the process. `arrow` is the place and its source line
// or '', `thrownAt` the frames of the throw, one a line, or ''.
function formatFatal(error, arrow, thrownAt) {
  const process = require('process');
  const traced = require('internal/options').getOptionValue('--trace-uncaught') === true;
  const isError = isNativeError(error);
  if (arrow !== '' && areStacksMapped()) arrow = require('internal/source_maps').mapArrow(arrow);
  if (isError) enhanceStack(error);
  let text = isError ? arrow : `\n${arrow}`;
  if (isError && arrow !== '') text += '\n';
  text += `${describe(error, isError, traced)}\n`;
  if (traced && thrownAt !== '') text += `Thrown at:\n${thrownAt}\n\n`;
  return `${text}\noomhost v${process.versions.oomhost}\n`;
}

function enhanceStack(error) {
  try {
    const enhance = error[kEnhanceStack];
    if (typeof enhance === 'function') error.stack = enhance();
  } catch {
    // A frozen or hostile error: it is shown as it is.
  }
}

function describe(error, isError, traced) {
  const hint = traced ? '' : `\n${TRACE_HINT}`;
  if (isError && hasHostileStack(error)) return `${error.name}: ${error.message}${hint}`;
  if ((typeof error === 'object' && error !== null) || typeof error === 'function') {
    const { inspect } = require('internal/util/inspect');
    return inspect(error, {
      // The script's own inspectors stay out of it.
      customInspect: false,
      depth: 5,
      colors: require('process').stderr.hasColors?.() === true,
    });
  }
  return `${typeof error === 'symbol' ? '' : error}${hint}`;
}

function hasHostileStack(error) {
  try {
    return error.stack === null;
  } catch {
    return true;
  }
}

exports.addUncaughtExceptionCaptureCallback = addUncaughtExceptionCaptureCallback;
exports.reportTo = function reportTo(fn) { report = fn; };
exports.onUncaughtException = onUncaughtException;
exports.setUncaughtExceptionCaptureCallback = setUncaughtExceptionCaptureCallback;
exports.hasUncaughtExceptionCaptureCallback = () => captureCallback !== null;
exports.formatFatal = formatFatal;
