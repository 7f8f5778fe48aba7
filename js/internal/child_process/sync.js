'use strict';

// The forms that wait: spawnSync, execFileSync, execSync.

const {
  ArrayPrototypeJoin, ArrayPrototypeMap, ArrayPrototypePush, ArrayPrototypeSlice, ObjectAssign,
} = require('internal/primordials');
const {
  ErrnoException, genericNodeError, codes: { ERR_INVALID_ARG_TYPE },
} = require('internal/errors');
const { FastBuffer } = require('internal/buffer');
const {
  MAX_BUFFER, checkMaxBuffer, checkTimeout, killSignalOf, normalizeExecArgs, normalizeExecFileArgs,
  normalizeSpawnArguments,
} = require('internal/child_process/options');
const { getValidStdio } = require('internal/child_process/stdio');
const { nameOfSignal } = require('internal/child_process/process');

const childBinding = binding.child;

/** What the child reads from descriptor `i`, as bytes. */
function inputBytes(input, i, encoding) {
  if (ArrayBuffer.isView(input)) return input;
  if (typeof input === 'string') return require('buffer').Buffer.from(input, encoding);
  throw new ERR_INVALID_ARG_TYPE(`options.stdio[${i}]`, ['Buffer', 'TypedArray', 'DataView', 'string'], input);
}

function nativeStdio(entry, i, encoding) {
  if (entry.type !== 'pipe' && entry.type !== 'overlapped') return { fd: entry.fd };
  const input = entry.input == null ? undefined : inputBytes(entry.input, i, encoding);
  return { input, output: entry.writable };
}

function resultOf(options, outcome) {
  const { encoding } = options;
  const output = outcome.output === undefined ? null : ArrayPrototypeMap(outcome.output, (bytes) => {
    if (bytes === null) return null;
    const buffer = new FastBuffer(bytes);
    return encoding && encoding !== 'buffer' ? buffer.toString(encoding) : buffer;
  });
  const result = {};
  if (outcome.error !== undefined) {
    result.error = new ErrnoException(outcome.error, `spawnSync ${options.file}`);
    result.error.path = options.file;
    result.error.spawnargs = ArrayPrototypeSlice(options.args, 1);
  }
  result.status = outcome.status;
  result.signal = outcome.signal === 0 ? null : nameOfSignal(outcome.signal);
  result.output = output;
  result.pid = outcome.pid;
  result.stdout = output && output[1];
  result.stderr = output && output[2];
  return result;
}

function spawnSync(file, args, options) {
  options = { __proto__: null, maxBuffer: MAX_BUFFER, ...normalizeSpawnArguments(file, args, options) };
  checkTimeout(options.timeout);
  checkMaxBuffer(options.maxBuffer);
  options.killSignal = killSignalOf(options.killSignal);
  const { stdio } = getValidStdio(options.stdio || 'pipe', true);
  if (options.input) stdio[0] = { ...stdio[0], input: options.input };
  const outcome = childBinding.spawnSync({
    file: options.file,
    args: options.args,
    envPairs: options.envPairs,
    cwd: options.cwd ? `${options.cwd}` : undefined,
    detached: options.detached,
    uid: options.uid ?? undefined,
    gid: options.gid ?? undefined,
    timeout: options.timeout ?? 0,
    maxBuffer: options.maxBuffer ?? Infinity,
    killSignal: options.killSignal,
    stdio: ArrayPrototypeMap(stdio, (entry, i) => nativeStdio(entry, i, options.encoding)),
  });
  return resultOf(options, outcome);
}

/** The error of a run that went wrong, with all of its result on it. */
function errorOf(result, args, command) {
  if (result.error) return ObjectAssign(result.error, result);
  if (result.status === 0) return undefined;
  let message = `Command failed: ${command || ArrayPrototypeJoin(args, ' ')}`;
  if (result.stderr && result.stderr.length > 0) message += `\n${result.stderr.toString()}`;
  return genericNodeError(message, result);
}

function outputOf(result, args, command, showsErrors) {
  if (showsErrors && result.stderr) process.stderr.write(result.stderr);
  const error = errorOf(result, args, command);
  if (error) throw error;
  return result.stdout;
}

function execFileSync(file, args, options) {
  ({ file, args, options } = normalizeExecFileArgs(file, args, options));
  const all = [options.argv0 || file];
  ArrayPrototypePush(all, ...args);
  return outputOf(spawnSync(file, args, options), all, undefined, !options.stdio);
}

function execSync(command, options) {
  const normalized = normalizeExecArgs(command, options, null);
  const result = spawnSync(normalized.file, normalized.options);
  return outputOf(result, undefined, command, !normalized.options.stdio);
}

module.exports = { execFileSync, execSync, spawnSync };
