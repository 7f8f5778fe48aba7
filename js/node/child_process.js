'use strict';

const {
  ArrayIsArray, ArrayPrototypeIncludes, ArrayPrototypeLastIndexOf, ArrayPrototypeSlice, ArrayPrototypeSplice,
  SymbolDispose,
} = require('internal/primordials');
const { AbortError, codes: { ERR_CHILD_PROCESS_IPC_REQUIRED } } = require('internal/errors');
const { addAbortListener } = require('internal/events/waiting');
const { checkPath } = require('internal/fs/arguments');
const { validateAbortSignal, validateArray, validateObject } = require('internal/validators');
const {
  checkAllNoNull, checkNoNull, checkTimeout, killSignalOf, normalizeSpawnArguments,
} = require('internal/child_process/options');
const { exec, execFile } = require('internal/child_process/exec');
const { ChildProcess } = require('internal/child_process/process');
const { stdioStringToArray } = require('internal/child_process/stdio');
const { execFileSync, execSync, spawnSync } = require('internal/child_process/sync');

function killAfter(child, timeout, killSignal) {
  const { clearTimeout, setTimeout } = require('timers');
  const timer = setTimeout(() => {
    try {
      child.kill(killSignal);
    } catch (error) {
      child.emit('error', error);
    }
  }, timeout);
  child.once('exit', () => clearTimeout(timer));
}

function killWhenAborted(child, signal, killSignal) {
  const onAbort = () => {
    try {
      if (child.kill(killSignal)) child.emit('error', new AbortError(undefined, { cause: signal.reason }));
    } catch (error) {
      child.emit('error', error);
    }
  };
  if (signal.aborted) {
    process.nextTick(onAbort);
    return;
  }
  const listening = addAbortListener(signal, onAbort);
  child.once('exit', () => listening[SymbolDispose]());
}

function spawn(file, args, options) {
  options = normalizeSpawnArguments(file, args, options);
  checkTimeout(options.timeout);
  if (options.signal !== undefined) validateAbortSignal(options.signal, 'options.signal');
  const killSignal = killSignalOf(options.killSignal);
  const child = new ChildProcess();
  child.spawn(options);
  if (options.timeout > 0) killAfter(child, options.timeout, killSignal);
  if (options.signal) killWhenAborted(child, options.signal, killSignal);
  return child;
}

/** Without `-e code`, which would have the child fork again, and again. */
function ownExecArgv() {
  const { execArgv } = process;
  if (process._eval == null) return execArgv;
  const index = ArrayPrototypeLastIndexOf(execArgv, process._eval);
  if (index <= 0) return execArgv;
  const rest = ArrayPrototypeSlice(execArgv);
  ArrayPrototypeSplice(rest, index - 1, 2);
  return rest;
}

function forkStdio({ stdio, silent }) {
  if (typeof stdio === 'string') return stdioStringToArray(stdio, 'ipc');
  if (!ArrayIsArray(stdio)) return stdioStringToArray(silent ? 'pipe' : 'inherit', 'ipc');
  if (!ArrayPrototypeIncludes(stdio, 'ipc')) throw new ERR_CHILD_PROCESS_IPC_REQUIRED('options.stdio');
  return stdio;
}

function fork(modulePath, args = [], options = undefined) {
  modulePath = checkPath(modulePath, 'modulePath');
  if (args == null) {
    args = [];
  } else if (typeof args === 'object' && !ArrayIsArray(args)) {
    options = args;
    args = [];
  } else {
    validateArray(args, 'args');
  }
  if (options != null) validateObject(options, 'options');
  options = { __proto__: null, ...options, shell: false };
  options.execPath ||= process.execPath;
  checkNoNull(options.execPath, 'options.execPath');
  const execArgv = options.execArgv || ownExecArgv();
  checkAllNoNull(execArgv, 'options.execArgv');
  options.stdio = forkStdio(options);
  return spawn(options.execPath, [...execArgv, modulePath, ...args], options);
}

module.exports = {
  // Only for the start of a child.
  _forkChild(fd, serializationMode) {
    require('internal/child_process/ipc').openInChild(fd, serializationMode);
  },
  ChildProcess,
  exec,
  execFile,
  execFileSync,
  execSync,
  fork,
  spawn,
  spawnSync,
};
