'use strict';

// process.emitWarning, and the listener that prints warnings.

const { validateString } = require('internal/validators');

// The program's own: what scripts do with theirs is not to change this.
function createWarning(message, type, code, detail, ctor) {
  const limit = Error.stackTraceLimit;
  const { isErrorStackTraceLimitWritable } = require('internal/errors');
  const writable = isErrorStackTraceLimitWritable();
  if (writable) Error.stackTraceLimit = 0;
  const warning = new Error(message);
  if (writable) Error.stackTraceLimit = limit;
  warning.name = String(type || 'Warning');
  if (code !== undefined) warning.code = code;
  if (detail !== undefined) warning.detail = detail;
  Error.captureStackTrace(warning, ctor || emitWarning);
  return warning;
}

function emitWarning(warning, type, code, ctor) {
  const process = require('process');
  const { getOptionValue } = require('internal/options');
  const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
  let detail;
  if (type !== null && typeof type === 'object' && !Array.isArray(type)) {
    ctor = type.ctor;
    code = type.code;
    if (typeof type.detail === 'string') detail = type.detail;
    type = type.type || 'Warning';
  } else if (typeof type === 'function') {
    ctor = type;
    code = '';
    type = 'Warning';
  }
  if (type !== undefined) validateString(type, 'type');
  if (typeof code === 'function') {
    ctor = code;
    code = '';
  } else if (code !== undefined) {
    validateString(code, 'code');
  }
  if (typeof warning === 'string') {
    warning = createWarning(warning, type, code === '' ? undefined : code, detail, ctor);
  } else if (!(warning instanceof Error)) {
    throw new ERR_INVALID_ARG_TYPE('warning', ['Error', 'string'], warning);
  }
  if (warning.name === 'DeprecationWarning') {
    if (process.noDeprecation) return;
    if (process.throwDeprecation || getOptionValue('--throw-deprecation')) {
      process.nextTick(() => { throw warning; });
      return;
    }
  }
  process.nextTick(() => process.emit('warning', warning));
}

let traceHintShown = false;

function printWarning(warning) {
  if (!(warning instanceof Error)) return;
  const process = require('process');
  const { getOptionValue } = require('internal/options');
  const isDeprecation = warning.name === 'DeprecationWarning';
  if (isDeprecation && process.noDeprecation) return;
  const disabled = getOptionValue('--disable-warning') ?? [];
  if (disabled.includes(warning.name) || (warning.code !== undefined && disabled.includes(warning.code))) return;
  const trace = getOptionValue('--trace-warnings') || process.traceProcessWarnings ||
    (isDeprecation && (getOptionValue('--trace-deprecation') || process.traceDeprecation));
  let text = `(node:${process.pid}) `;
  if (warning.code) text += `[${warning.code}] `;
  if (trace && warning.stack) text += `${warning.stack}`;
  else text += typeof warning.toString === 'function' ? `${warning.toString()}` : Error.prototype.toString.call(warning);
  if (typeof warning.detail === 'string') text += `\n${warning.detail}`;
  if (!trace && !traceHintShown) {
    const flag = isDeprecation ? '--trace-deprecation' : '--trace-warnings';
    text += `\n(Use \`oomhost ${flag} ...\` to show where the warning was created)`;
    traceHintShown = true;
  }
  write(text);
}

// The console's, as it was at the first warning.
let error;

/** To stderr, or to the file that the user named; where that cannot be written, to stderr again. */
function write(text) {
  const process = require('process');
  const { getOptionValue } = require('internal/options');
  const file = getOptionValue('--redirect-warnings') || process.env.NODE_REDIRECT_WARNINGS;
  if (file) {
    try {
      require('fs').appendFileSync(file, `${text}\n`);
      return;
    } catch {
      // Said on stderr instead.
    }
  }
  error ??= require('console').error;
  error(text);
}

exports.emitWarning = emitWarning;

// Before the program goes on, which may be to its end.
exports.emitWarningNow = function emitWarningNow(message) {
  require('process').emit('warning', createWarning(message));
};

exports.installWarningPrinter = function installWarningPrinter(process) {
  const { getOptionValue } = require('internal/options');
  if (getOptionValue('--no-deprecation')) process.noDeprecation = true;
  if (getOptionValue('--no-warnings') || process.env.NODE_NO_WARNINGS === '1') return;
  process.on('warning', printWarning);
};
