'use strict';

// How one description of an operation becomes three functions: synchronous, with a callback, with a
// promise.
//
// A request is `{ native, args, syscall, path, dest, convert, missing }`: the native function of
// `binding.fs` and its arguments, what an error tells, how the result becomes what the user gets, and
// whether ENOENT means undefined. An operation of several steps is a generator that yields requests;
// anything else that it yields is a value of the user's, awaited where the operation may wait.

const {
  ArrayPrototypePop, Error, ErrorCaptureStackTrace, ObjectDefineProperty, ObjectHasOwn, Promise, PromisePrototypeThen,
  ReflectApply, SafeSet,
} = require('internal/primordials');
const { UVException, codes: { ERR_FS_FILE_TOO_LARGE, ERR_INVALID_ARG_TYPE } } = require('internal/errors');

const fsBinding = binding.fs;

const EFBIG = -27;

class Request {
  constructor(native, args, syscall, path = undefined, dest = undefined, convert = undefined) {
    this.native = native;
    this.args = args;
    this.syscall = syscall;
    this.path = path;
    this.dest = dest;
    this.convert = convert;
    this.missing = false;
  }
}

function isFailure(result) {
  return typeof result === 'number' ? result < 0
    : typeof result === 'object' && result !== null && ObjectHasOwn(result, 'errno');
}

const isMissing = (result) => {
  const errno = typeof result === 'number' ? result : result.errno;
  return errno === -2 || errno === -20; // ENOENT, ENOTDIR
};

function errorOf(result, request) {
  if (typeof result === 'number') {
    if (result === EFBIG && request.native === 'readFile') return new ERR_FS_FILE_TOO_LARGE('unknown');
    return new UVException({
      errno: result, syscall: request.syscall, path: request.path, dest: request.dest,
    });
  }
  const { errno, syscall = request.syscall, path } = result;
  return new UVException({ errno, syscall, path, dest: path === undefined ? undefined : request.dest });
}

/** The error of an operation that ended outside any call of the script: its text, no frames. */
function errorWithoutFrames(result, request) {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return errorOf(result, request);
  } finally {
    Error.stackTraceLimit = limit;
  }
}

const valueOf = (result, request) => (request.convert === undefined ? result : request.convert(result));

function runSync(request) {
  const result = fsBinding[request.native](...request.args);
  if (!isFailure(result)) return valueOf(result, request);
  if (request.missing && isMissing(result)) return undefined;
  const error = errorOf(result, request);
  ErrorCaptureStackTrace(error, runSync);
  throw error;
}

/** Requests in progress, by what Node calls them. */
let callbacksPending = 0;
let promisesPending = 0;

function activeRequests() {
  return [
    ...new Array(promisesPending).fill('FSReqPromise'), ...new Array(callbacksPending).fill('FSReqCallback'),
  ];
}

/** What watches files and keeps the program running, for `process.getActiveResourcesInfo()`. */
const watching = new SafeSet();

const activeWatches = () => new Array(watching.size).fill('FSEventWrap');

function runCallback(request, callback) {
  callbacksPending++;
  fsBinding[request.native](...request.args, (result) => {
    callbacksPending--;
    if (isFailure(result)) {
      if (request.missing && isMissing(result)) callback(null, undefined);
      else callback(errorWithoutFrames(result, request));
      return;
    }
    let value;
    try {
      value = valueOf(result, request);
    } catch (error) {
      callback(error);
      return;
    }
    if (value === undefined) callback(null);
    else callback(null, value);
  });
}

async function runPromise(request) {
  promisesPending++;
  const result = await new Promise((resolve) => {
    fsBinding[request.native](...request.args, resolve);
  });
  promisesPending--;
  if (!isFailure(result)) return valueOf(result, request);
  if (request.missing && isMissing(result)) return undefined;
  const error = errorOf(result, request);
  ErrorCaptureStackTrace(error, runPromise);
  throw error;
}

function driveSync(steps) {
  let step = steps.next();
  while (!step.done) {
    let value = step.value;
    if (value instanceof Request) {
      try {
        value = runSync(value);
      } catch (error) {
        step = steps.throw(error);
        continue;
      }
    }
    step = steps.next(value);
  }
  return step.value;
}

async function drive(steps) {
  let step = steps.next();
  while (!step.done) {
    let value;
    try {
      value = await (step.value instanceof Request ? runPromise(step.value) : step.value);
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next(value);
  }
  return step.value;
}

/** Settles a Node callback with a promise; what the callback throws is uncaught, not a rejection. */
function settle(promise, callback) {
  PromisePrototypeThen(
    promise,
    (value) => {
      if (value === undefined) process.nextTick(callback, null);
      else process.nextTick(callback, null, value);
    },
    (error) => process.nextTick(callback, error));
}

function validateCallback(callback, name = 'cb') {
  if (typeof callback !== 'function') throw new ERR_INVALID_ARG_TYPE(name, 'Function', callback);
}

/** Takes the callback off the end of `args`; `required` is how many arguments come before it at least. */
function takeCallback(args, required, name = 'cb') {
  const last = args.length > required ? args.at(-1) : undefined;
  validateCallback(last, name);
  ArrayPrototypePop(args);
  return last;
}

function named(name, length, fn) {
  ObjectDefineProperty(fn, 'name', { __proto__: null, value: name, configurable: true });
  ObjectDefineProperty(fn, 'length', { __proto__: null, value: length, configurable: true });
  return fn;
}

/**
 * The three functions of an operation. `prepare(...args)` checks the arguments and returns a request,
 * or a generator of them, or `{ value }` where there is nothing to do. Its `length` is what is required
 * before the callback. With `checkFirst` arguments that do not fit are told of before a callback that is
 * missing; with `callbackName` it is called so.
 */
function operation(name, prepare, lengths = undefined, options = { __proto__: null }) {
  const { checkFirst = false, callbackName = 'cb' } = options;
  const required = prepare.length;
  const [syncLength, callbackLength] = lengths ?? [required, required + 1];

  const sync = named(`${name}Sync`, syncLength, (...args) => {
    const prepared = prepare(...args);
    return prepared instanceof Request ? runSync(prepared) : driveSync(prepared);
  });

  const withCallback = named(name, callbackLength, (...args) => {
    if (checkFirst && typeof args.at(-1) !== 'function') prepare(...args);
    const callback = takeCallback(args, required, callbackName);
    const prepared = prepare(...args);
    if (prepared instanceof Request) runCallback(prepared, callback);
    else settle(drive(prepared), callback);
  });

  const withPromise = {
    async [name](...args) {
      const prepared = ReflectApply(prepare, undefined, args);
      return prepared instanceof Request ? await runPromise(prepared) : await drive(prepared);
    },
  }[name];
  named(name, syncLength, withPromise);

  return { sync, callback: withCallback, promise: withPromise };
}

module.exports = {
  Request,
  activeRequests,
  activeWatches,
  drive,
  driveSync,
  errorOf,
  isFailure,
  named,
  operation,
  runCallback,
  runPromise,
  runSync,
  settle,
  takeCallback,
  validateCallback,
  watching,
};
