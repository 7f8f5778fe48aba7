'use strict';

// What happens to an error that nothing caught.

let captureCallback = null;

// Returns true where the script took the error.
function onUncaughtException(error, fromPromise) {
  const process = require('process');
  const origin = fromPromise ? 'unhandledRejection' : 'uncaughtException';
  if (!process._exiting || captureCallback !== null) process.emit('uncaughtExceptionMonitor', error, origin);
  if (captureCallback !== null) {
    captureCallback(error);
    return true;
  }
  if (process.emit('uncaughtException', error, origin)) return true;
  try {
    if (!process._exiting) {
      process._exiting = true;
      if (process.exitCode === undefined) process.exitCode = 1;
      process.emit('exit', process.exitCode);
    }
  } catch {
    // The process is dying of the first error; Node drops this one too.
  }
  return false;
}

function setUncaughtExceptionCaptureCallback(fn) {
  const { codes: { ERR_INVALID_ARG_TYPE, ERR_UNCAUGHT_EXCEPTION_CAPTURE_ALREADY_SET } } = require('internal/errors');
  if (fn === null) {
    captureCallback = null;
    return;
  }
  if (typeof fn !== 'function') throw new ERR_INVALID_ARG_TYPE('fn', ['Function', 'null'], fn);
  if (captureCallback !== null) throw new ERR_UNCAUGHT_EXCEPTION_CAPTURE_ALREADY_SET();
  captureCallback = fn;
}

// The text on stderr for an error that ends the process: place, error, version line.
function formatFatal(error, arrow) {
  const { inspect } = require('internal/util/inspect');
  const footer = `\noomhost v${require('process').versions.oomhost}\n`;
  let text;
  if ((typeof error === 'object' && error !== null) || typeof error === 'function') {
    const colors = false;
    text = inspect(error, { colors });
    if (!isNativeErrorLike(error)) text = `Uncaught:\n${text}\n(Use \`oomhost --trace-uncaught ...\` to show where the exception was thrown)`;
  } else {
    text = `Uncaught:\n${inspect(error)}\n(Use \`oomhost --trace-uncaught ...\` to show where the exception was thrown)`;
  }
  return `${arrow}${arrow === '' ? '' : '\n'}${text}\n${footer}`;
}

function isNativeErrorLike(error) {
  return binding.types.isNativeError === undefined ? error instanceof Error : binding.types.isNativeError(error);
}

exports.onUncaughtException = onUncaughtException;
exports.setUncaughtExceptionCaptureCallback = setUncaughtExceptionCaptureCallback;
exports.hasUncaughtExceptionCaptureCallback = () => captureCallback !== null;
exports.formatFatal = formatFatal;
