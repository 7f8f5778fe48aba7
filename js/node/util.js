'use strict';

const {
  ArrayIsArray, ArrayPrototypePop, ErrorCaptureStackTrace, FunctionPrototypeBind,
  NumberIsSafeInteger, ObjectDefineProperties, ObjectDefineProperty, ObjectKeys,
  ObjectSetPrototypeOf, Promise, ReflectApply, StringPrototypeToWellFormed,
} = require('internal/primordials');
const {
  codes: { ERR_FALSY_VALUE_REJECTION, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE },
  errnoException, exceptionWithHostPort,
} = require('internal/errors');
const {
  kValidateObjectAllowObjects, validateAbortSignal, validateBoolean, validateFunction,
  validateInteger, validateNumber, validateObject,
} = require('internal/validators');
const internalUtil = require('internal/util');
const { convertProcessSignalToExitCode, defineLazyProperties, promisify, safeDescriptors } = internalUtil;
const { format, formatWithOptions, inspect, stripVTControlCharacters } = require('internal/util/inspect');
const { debuglog } = require('internal/util/debuglog');
const { areStacksMapped } = require('internal/stack_trace');
const { isDeepStrictEqual, isPartialStrictEqual } = require('internal/util/comparisons');
const { parseArgs } = require('internal/util/parse_args');
const { parseEnv } = require('internal/process/env');
const { styleText } = require('internal/util/style_text');
const { diff } = require('internal/assert/myers_diff');
const types = require('internal/util/types');

const utilBinding = binding.util;
const maxCallSites = 200;

function deprecate(fn, msg, code, { modifyPrototype } = {}) {
  return internalUtil.deprecate(fn, msg, code, undefined, modifyPrototype);
}

/** Makes `ctor`'s instances inherit from `superCtor.prototype`. */
function inherits(ctor, superCtor) {
  if (ctor === undefined || ctor === null) throw new ERR_INVALID_ARG_TYPE('ctor', 'Function', ctor);
  if (superCtor === undefined || superCtor === null) {
    throw new ERR_INVALID_ARG_TYPE('superCtor', 'Function', superCtor);
  }
  if (superCtor.prototype === undefined) {
    throw new ERR_INVALID_ARG_TYPE('superCtor.prototype', 'Object', superCtor.prototype);
  }
  ObjectDefineProperty(ctor, 'super_', {
    __proto__: null, value: superCtor, configurable: true, enumerable: false, writable: true,
  });
  ObjectSetPrototypeOf(ctor.prototype, superCtor.prototype);
}

function _extend(target, source) {
  if (source === null || typeof source !== 'object') return target;
  const keys = ObjectKeys(source);
  for (let i = keys.length - 1; i >= 0; i--) target[keys[i]] = source[keys[i]];
  return target;
}

/** A callback's first argument says whether there is an error: a falsy reason needs a wrapper. */
function callbackifyOnRejected(reason, callback) {
  let error = reason;
  if (!error) {
    error = new ERR_FALSY_VALUE_REJECTION(reason);
    ErrorCaptureStackTrace(error, callbackifyOnRejected);
  }
  callback(error);
}

function callbackify(original) {
  validateFunction(original, 'original');

  function callbackified(...args) {
    const last = ArrayPrototypePop(args);
    validateFunction(last, 'last argument');
    const callback = FunctionPrototypeBind(last, this);
    // On the next tick, so that what the callback throws is an uncaught error and no rejection.
    ReflectApply(original, this, args).then(
      (value) => process.nextTick(callback, null, value),
      (reason) => process.nextTick(callbackifyOnRejected, reason, callback));
  }

  const descriptors = safeDescriptors(original);
  if (typeof descriptors.length.value === 'number') descriptors.length.value++;
  if (typeof descriptors.name.value === 'string') descriptors.name.value += 'Callbackified';
  return ObjectDefineProperties(callbackified, descriptors);
}

function validateErrno(errno) {
  validateNumber(errno, 'err');
  if (errno >= 0 || !NumberIsSafeInteger(errno)) throw new ERR_OUT_OF_RANGE('err', 'a negative integer', errno);
}

function getSystemErrorName(err) {
  validateErrno(err);
  return internalUtil.getSystemErrorName(err);
}

function getSystemErrorMessage(err) {
  validateErrno(err);
  return internalUtil.getSystemErrorMessage(err);
}

function _errnoException(...args) {
  validateErrno(args[0]);
  const error = errnoException(...args);
  ErrorCaptureStackTrace(error, _errnoException);
  return error;
}

function _exceptionWithHostPort(...args) {
  validateErrno(args[0]);
  const error = exceptionWithHostPort(...args);
  ErrorCaptureStackTrace(error, _exceptionWithHostPort);
  return error;
}

/** The frames above the caller, innermost first: (frameCount = 10, options) or (options). */
function getCallSites(frameCount = 10, options = undefined) {
  let count = frameCount;
  let given = options;
  if (given === undefined && typeof count === 'object') {
    given = count;
    count = 10;
  }
  if (given !== undefined) {
    validateObject(given, 'options');
    if (given.sourceMap !== undefined) validateBoolean(given.sourceMap, 'options.sourceMap');
  }
  validateInteger(count, 'frameCount', 1, maxCallSites);
  const sites = utilBinding.getCallSites(count);
  for (let i = 0; i < sites.length; i++) {
    const { 0: functionName, 1: scriptId, 2: scriptName, 3: lineNumber, 4: columnNumber } = sites[i];
    const site = { __proto__: null, functionName, scriptId, scriptName, lineNumber, columnNumber, column: columnNumber };
    sites[i] = given?.sourceMap ?? areStacksMapped() ? require('internal/source_maps').mapCallSite(site) : site;
  }
  return sites;
}

/** A promise for the signal's abort, which does not keep `resource` alive. */
async function aborted(signal, resource) {
  if (signal === undefined) throw new ERR_INVALID_ARG_TYPE('signal', 'AbortSignal', signal);
  validateAbortSignal(signal, 'signal');
  validateObject(resource, 'resource', kValidateObjectAllowObjects);
  if (signal.aborted) return undefined;
  return new Promise((resolve) => {
    const { kResistStopPropagation, kWeakHandler } = require('internal/event_target');
    signal.addEventListener('abort', () => resolve(), {
      __proto__: null, once: true, [kResistStopPropagation]: true, [kWeakHandler]: resource,
    });
  });
}

function isPartialDeepStrictEqual(a, b) {
  return isPartialStrictEqual(a, b);
}

function markPromiseAsHandled(promise) {
  if (!types.isPromise(promise)) throw new ERR_INVALID_ARG_TYPE('promise', 'Promise', promise);
  require('internal/process/promises').markPromiseAsHandled(promise);
}

function transferableAbortController() {
  return require('internal/abort_transfer').transferableAbortController();
}

function transferableAbortSignal(signal) {
  return require('internal/abort_transfer').transferableAbortSignal(signal);
}

function debounce(fn, wait, options) {
  return require('internal/util/rate_limits').debounce(fn, wait, options);
}

function throttle(fn, limit, interval, options) {
  return require('internal/util/rate_limits').throttle(fn, limit, interval, options);
}

module.exports = {
  _errnoException,
  _exceptionWithHostPort,
  _extend: internalUtil.deprecate(
    _extend, 'The `util._extend` API is deprecated. Please use Object.assign() instead.', 'DEP0060'),
  callbackify,
  convertProcessSignalToExitCode,
  debounce,
  debug: debuglog,
  debuglog,
  deprecate,
  format,
  styleText,
  formatWithOptions,
  getCallSites,
  getSystemErrorMap: internalUtil.getSystemErrorMap,
  getSystemErrorName,
  getSystemErrorMessage,
  inherits,
  inspect,
  isArray: internalUtil.deprecate(
    ArrayIsArray, 'The `util.isArray` API is deprecated. Please use `Array.isArray()` instead.', 'DEP0044'),
  isDeepStrictEqual(a, b, skipPrototype) {
    return isDeepStrictEqual(a, b, skipPrototype);
  },
  isPartialDeepStrictEqual,
  markPromiseAsHandled,
  promisify,
  stripVTControlCharacters,
  toUSVString(input) {
    return StringPrototypeToWellFormed(`${input}`);
  },
  aborted,
  throttle,
  transferableAbortController,
  transferableAbortSignal,
  types,
  parseEnv,
  parseArgs,
  diff,
};

defineLazyProperties(module.exports, 'internal/encoding', ['TextDecoder', 'TextEncoder']);
defineLazyProperties(module.exports, 'internal/mime', ['MIMEType', 'MIMEParams']);
