'use strict';

// What the functions of child_process take, checked and made into what `ChildProcess.spawn` takes.

const {
  ArrayIsArray, ArrayPrototypeJoin, ArrayPrototypePush, ArrayPrototypeSlice, ArrayPrototypeUnshift,
  NumberIsInteger, ObjectHasOwn, StringPrototypeIncludes,
} = require('internal/primordials');
const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE } } = require('internal/errors');
const {
  validateBoolean, validateFunction, validateInt32, validateObject, validateString,
} = require('internal/validators');
const { convertToValidSignal, kEmptyObject } = require('internal/util');
const { checkPath } = require('internal/fs/arguments');

/** Bytes of output that `exec` and the synchronous functions keep. */
const MAX_BUFFER = 1024 * 1024;

function checkNoNull(value, name) {
  if (typeof value === 'string' && StringPrototypeIncludes(value, '\u0000')) {
    throw new ERR_INVALID_ARG_VALUE(name, value, 'must be a string without null bytes');
  }
}

function checkAllNoNull(values, name) {
  for (let i = 0; i < values.length; i++) checkNoNull(values[i], `${name}[${i}]`);
}

function checkTimeout(timeout) {
  if (timeout == null) return;
  if (typeof timeout !== 'number') throw new ERR_INVALID_ARG_TYPE('timeout', 'number', timeout);
  if (!NumberIsInteger(timeout) || timeout < 0) {
    throw new ERR_OUT_OF_RANGE('timeout', 'an unsigned integer', timeout);
  }
}

function checkMaxBuffer(maxBuffer) {
  if (maxBuffer == null) return;
  if (typeof maxBuffer !== 'number') throw new ERR_INVALID_ARG_TYPE('options.maxBuffer', 'number', maxBuffer);
  if (!(maxBuffer >= 0)) throw new ERR_OUT_OF_RANGE('options.maxBuffer', 'a positive number', maxBuffer);
}

/** The signal's number; undefined for none. */
function killSignalOf(killSignal) {
  if (typeof killSignal === 'string' || typeof killSignal === 'number') return convertToValidSignal(killSignal);
  if (killSignal != null) throw new ERR_INVALID_ARG_TYPE('options.killSignal', ['string', 'number'], killSignal);
  return undefined;
}

function checkOptional(check, value, name) {
  if (value != null) check(value, name);
}

/** `[file, args, options]` of a function that may be called without args. */
function splitArguments(args, options) {
  if (ArrayIsArray(args)) return [ArrayPrototypeSlice(args), options];
  if (args == null) return [[], options];
  if (typeof args !== 'object') throw new ERR_INVALID_ARG_TYPE('args', 'object', args);
  return [[], args];
}

let warnedOfShell = false;

function commandLine(file, args) {
  if (args.length === 0) return file;
  if (!warnedOfShell) {
    warnedOfShell = true;
    process.emitWarning(
      'Passing args to a child process with shell option true can lead to security ' +
      'vulnerabilities, as the arguments are not escaped, only concatenated.',
      'DeprecationWarning', 'DEP0190');
  }
  return ArrayPrototypeJoin([file, ...args], ' ');
}

/** `NAME=value` of all that is enumerable in `env`, inherited too. */
function environmentPairs(env) {
  const pairs = [];
  for (const name in env) {
    const value = env[name];
    if (value === undefined) continue;
    checkNoNull(name, `options.env['${name}']`);
    checkNoNull(value, `options.env['${name}']`);
    ArrayPrototypePush(pairs, `${name}=${value}`);
  }
  return pairs;
}

/** Coverage reaches programs that are started with an environment of their own. */
function withCoverage(env, given) {
  const name = 'NODE_V8_COVERAGE';
  const folder = process.env[name];
  return given && folder !== undefined && !ObjectHasOwn(given, name) ? { ...given, [name]: folder } : env;
}

function normalizeSpawnArguments(file, args, options) {
  validateString(file, 'file');
  checkNoNull(file, 'file');
  if (file.length === 0) throw new ERR_INVALID_ARG_VALUE('file', file, 'cannot be empty');
  ({ 0: args, 1: options } = splitArguments(args, options));
  checkAllNoNull(args, 'args');
  if (options === undefined) options = kEmptyObject;
  else validateObject(options, 'options');
  options = { __proto__: null, ...options };

  let { cwd } = options;
  if (cwd != null) cwd = checkPath(cwd, 'options.cwd');
  checkOptional(validateBoolean, options.detached, 'options.detached');
  checkOptional(validateInt32, options.uid, 'options.uid');
  checkOptional(validateInt32, options.gid, 'options.gid');
  if (options.shell != null && typeof options.shell !== 'boolean' && typeof options.shell !== 'string') {
    throw new ERR_INVALID_ARG_TYPE('options.shell', ['boolean', 'string'], options.shell);
  }
  if (options.argv0 != null) {
    validateString(options.argv0, 'options.argv0');
    checkNoNull(options.argv0, 'options.argv0');
  }
  checkOptional(validateBoolean, options.windowsHide, 'options.windowsHide');
  checkOptional(validateBoolean, options.windowsVerbatimArguments, 'options.windowsVerbatimArguments');

  if (options.shell) {
    checkNoNull(options.shell, 'options.shell');
    const command = commandLine(file, args);
    file = typeof options.shell === 'string' ? options.shell : '/bin/sh';
    args = ['-c', command];
  }
  ArrayPrototypeUnshift(args, typeof options.argv0 === 'string' ? options.argv0 : file);

  return {
    __proto__: null,
    ...options,
    args,
    cwd,
    detached: Boolean(options.detached),
    envPairs: environmentPairs(withCoverage(options.env || process.env, options.env)),
    file,
    windowsHide: Boolean(options.windowsHide),
    windowsVerbatimArguments: Boolean(options.windowsVerbatimArguments),
  };
}

function normalizeExecArgs(command, options, callback) {
  validateString(command, 'command');
  checkNoNull(command, 'command');
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  options = { __proto__: null, ...options };
  options.shell = typeof options.shell === 'string' ? options.shell : true;
  return { file: command, options, callback };
}

function normalizeExecFileArgs(file, args, options, callback) {
  if (ArrayIsArray(args)) {
    args = ArrayPrototypeSlice(args);
  } else if (args != null && typeof args === 'object') {
    callback = options;
    options = args;
    args = null;
  } else if (typeof args === 'function') {
    callback = args;
    options = null;
    args = null;
  }
  args ??= [];
  if (typeof options === 'function') callback = options;
  else if (options != null) validateObject(options, 'options');
  options = typeof options === 'object' && options !== null ? options : {};
  if (callback != null) validateFunction(callback, 'callback');
  if (options.argv0 != null) {
    validateString(options.argv0, 'options.argv0');
    checkNoNull(options.argv0, 'options.argv0');
  }
  return { file, args, options, callback };
}

module.exports = {
  MAX_BUFFER,
  checkAllNoNull,
  checkMaxBuffer,
  checkNoNull,
  checkTimeout,
  killSignalOf,
  normalizeExecArgs,
  normalizeExecFileArgs,
  normalizeSpawnArguments,
};
