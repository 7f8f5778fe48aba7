'use strict';

// The end of the process: exit codes, 'beforeExit', 'exit'.

const processBinding = binding.process;

let exitCode;

// What writes `NODE_V8_COVERAGE`'s file, once coverage is collected.
let writeCoverage;

// The code as a number, or undefined for one that is taken back.
function validExitCode(value) {
  const { codes: { ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE } } = require('internal/errors');
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string' && value !== '' && Number.isInteger(Number(value))) return Number(value);
  if (typeof value !== 'number') throw new ERR_INVALID_ARG_TYPE('code', 'number', value);
  if (!Number.isInteger(value)) throw new ERR_OUT_OF_RANGE('code', 'an integer', value);
  return value;
}

function getExitCode() {
  return exitCode;
}

function setExitCode(value) {
  exitCode = validExitCode(value);
  processBinding.setExitCode(exitCode);
}

function exit(code) {
  const process = require('process');
  if (arguments.length !== 0) process.exitCode = code;
  if (!process._exiting) {
    process._exiting = true;
    process.emit('exit', exitCode ?? 0);
  }
  if (require('internal/options').getOptionValue('--trace-exit')) traceExit(process);
  process.reallyExit(exitCode ?? 0);
}

// --trace-exit: who ends the process, or the thread.
function traceExit(process) {
  const { state: { threadId } } = require('internal/worker/shared');
  const who = threadId ? `${process.pid}, thread:${threadId}` : process.pid;
  const at = {};
  Error.captureStackTrace(at, traceExit);
  const frames = `${at.stack}`.split('\n').slice(1).join('\n');
  processBinding.write(2, `(node:${who}) WARNING: Exited the environment with code ${exitCode ?? 0}\n${frames}\n\n`);
}

function emitBeforeExit() {
  const process = require('process');
  process.emit('beforeExit', exitCode ?? 0);
}

// Returns the code to exit with: Node's 13 where the main module still waits.
function emitExit() {
  const process = require('process');
  if (!process._exiting) {
    process._exiting = true;
    const { unsettledMain } = require('internal/modules/run_main');
    if (exitCode === undefined && unsettledMain()) process.exitCode = 13;
    process.emit('exit', exitCode ?? 0);
  }
  finishCoverage();
  return exitCode ?? 0;
}

function onFinishCoverage(write) {
  writeCoverage = write;
}

function finishCoverage() {
  writeCoverage?.();
}

exports.getExitCode = getExitCode;
exports.setExitCode = setExitCode;
exports.exit = exit;
exports.emitBeforeExit = emitBeforeExit;
exports.emitExit = emitExit;
exports.onFinishCoverage = onFinishCoverage;
exports.finishCoverage = finishCoverage;
