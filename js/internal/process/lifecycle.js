'use strict';

// The end of the process: exit codes, 'beforeExit', 'exit'.

const processBinding = binding.process;

let exitCode;

function validateExitCode(value) {
  const { codes: { ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE } } = require('internal/errors');
  if (value === null || value === undefined) return;
  if (typeof value === 'string' && value !== '' && Number.isInteger(Number(value))) return;
  if (typeof value !== 'number') throw new ERR_INVALID_ARG_TYPE('code', ['integer', 'string'], value);
  if (!Number.isInteger(value)) throw new ERR_OUT_OF_RANGE('code', 'an integer', value);
}

function getExitCode() {
  return exitCode;
}

function setExitCode(value) {
  validateExitCode(value);
  exitCode = value ?? undefined;
  processBinding.setExitCode(exitCode === undefined ? undefined : Number(exitCode));
}

function exit(code) {
  const process = require('process');
  if (arguments.length !== 0 && code !== undefined) process.exitCode = code;
  if (!process._exiting) {
    process._exiting = true;
    process.emit('exit', process.exitCode === undefined ? 0 : Number(process.exitCode));
  }
  process.reallyExit(Number(process.exitCode ?? 0));
}

function emitBeforeExit() {
  const process = require('process');
  process.emit('beforeExit', Number(process.exitCode ?? 0));
}

// Returns the code to exit with. `kUnsettledTopLevelAwait` where the main module still waits.
function emitExit() {
  const process = require('process');
  if (!process._exiting) {
    process._exiting = true;
    const { unsettledMain } = require('internal/modules/run_main');
    if (process.exitCode === undefined && unsettledMain()) process.exitCode = 13;
    process.emit('exit', Number(process.exitCode ?? 0));
  }
  return Number(process.exitCode ?? 0);
}

exports.getExitCode = getExitCode;
exports.setExitCode = setExitCode;
exports.exit = exit;
exports.emitBeforeExit = emitBeforeExit;
exports.emitExit = emitExit;
