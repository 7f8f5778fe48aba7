'use strict';

// `assert.throws`, `rejects` and their opposites: what was thrown, and whether it was meant.

const {
  ArrayPrototypePush, Error, FunctionPrototypeCall, ObjectKeys, ObjectPrototypeIsPrototypeOf,
  RegExpPrototypeExec, String,
} = require('internal/primordials');
const {
  codes: {
    ERR_AMBIGUOUS_ARGUMENT, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_RETURN_VALUE,
  },
} = require('internal/errors');
const { validateFunction } = require('internal/validators');
const { isError } = require('internal/util');
const { isPromise, isRegExp } = require('internal/util/types');
const { inspect } = require('internal/util/inspect');
const { isDeepStrictEqual } = require('internal/util/comparisons');
const AssertionError = require('internal/assert/assertion_error');

/** In place of an error: nothing was thrown. */
const nothing = {};

function getThrown(fn) {
  validateFunction(fn, 'fn');
  try {
    fn();
  } catch (error) {
    return error;
  }
  return nothing;
}

const isPromiseLike = (value) => isPromise(value) || (
  value !== null && typeof value === 'object' && typeof value.then === 'function' &&
  typeof value.catch === 'function'
);

async function getRejection(promiseFn) {
  let promise = promiseFn;
  if (typeof promiseFn === 'function') {
    promise = promiseFn();
    if (!isPromiseLike(promise)) {
      throw new ERR_INVALID_RETURN_VALUE('instance of Promise', 'promiseFn', promise);
    }
  } else if (!isPromiseLike(promiseFn)) {
    throw new ERR_INVALID_ARG_TYPE('promiseFn', ['Function', 'Promise'], promiseFn);
  }
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return nothing;
}

function fail(options) {
  if (options.message instanceof Error) throw options.message;
  throw new AssertionError(options);
}

const matches = (pattern, value) => RegExpPrototypeExec(pattern, value) !== null;

/** The compared keys of one side, for a diff; texts that match their pattern are shown as equal. */
class Comparison {
  constructor(object, keys, actual) {
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      if (!(key in object)) continue;
      const isMatch = actual !== undefined && typeof actual[key] === 'string' &&
        isRegExp(object[key]) && matches(object[key], actual[key]);
      this[key] = isMatch ? actual[key] : object[key];
    }
  }
}

function compareKeys(actual, expected, message, fn) {
  const keys = ObjectKeys(expected);
  if (expected instanceof Error) {
    ArrayPrototypePush(keys, 'name', 'message');
  } else if (keys.length === 0) {
    throw new ERR_INVALID_ARG_VALUE('error', expected, 'may not be an empty object');
  }
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (typeof actual[key] === 'string' && isRegExp(expected[key]) && matches(expected[key], actual[key])) {
      continue;
    }
    if (key in actual && isDeepStrictEqual(actual[key], expected[key])) continue;
    if (message) fail({ actual, expected, message, operator: fn.name, stackStartFn: fn });
    const error = new AssertionError({
      actual: new Comparison(actual, keys),
      expected: new Comparison(expected, keys, actual),
      operator: 'deepStrictEqual',
      stackStartFn: fn,
    });
    error.actual = actual;
    error.expected = expected;
    error.operator = fn.name;
    throw error;
  }
}

function describeWrongClass(actual, expected) {
  const head = `The error is expected to be an instance of "${expected.name}". Received `;
  if (!isError(actual)) return `${head}"${inspect(actual, { depth: -1 })}"`;
  const name = actual.constructor?.name || actual.name;
  const what = expected.name === name ? 'an error with identical name but a different prototype.'
    : `"${name}"`;
  return `${head}${what}${actual.message ? `\n\nError message:\n\n${actual.message}` : ''}`;
}

function describeWrongResult(actual, expected, result) {
  const name = expected.name ? `"${expected.name}" ` : '';
  const caught = isError(actual) ? `\n\nCaught error:\n\n${actual}` : '';
  return `The ${name}validation function is expected to return "true". Received ${inspect(result)}${caught}`;
}

/** Throws unless `actual` is what a pattern, class, function or object says of it. */
function checkThrown(actual, expected, message, fn) {
  let generated;
  if (typeof expected === 'function') {
    // Arrow functions have no prototype and would make `instanceof` throw.
    if (expected.prototype !== undefined && actual instanceof expected) return;
    if (ObjectPrototypeIsPrototypeOf(Error, expected)) {
      generated = describeWrongClass(actual, expected);
    } else {
      const result = FunctionPrototypeCall(expected, {}, actual);
      if (result === true) return;
      generated = describeWrongResult(actual, expected, result);
    }
  } else if (isRegExp(expected)) {
    const text = String(actual);
    if (matches(expected, text)) return;
    generated = `The input did not match the regular expression ${inspect(expected)}. Input:\n\n${
      inspect(text)}\n`;
  } else if (typeof actual !== 'object' || actual === null) {
    const error = new AssertionError({
      actual, expected, message, operator: 'deepStrictEqual', stackStartFn: fn,
    });
    error.operator = fn.name;
    throw error;
  } else {
    compareKeys(actual, expected, message, fn);
    return;
  }
  const error = new AssertionError({
    actual, expected, message: message || generated, operator: fn.name, stackStartFn: fn,
  });
  error.generatedMessage = !message;
  throw error;
}

const expectedTypes = ['Object', 'Error', 'Function', 'RegExp'];

/** `args`: (error, message) or (message), as the user gave them. */
function expectThrown(fn, what, actual, args) {
  let { 0: expected, 1: message } = args;
  if (typeof expected === 'string') {
    if (args.length === 2) throw new ERR_INVALID_ARG_TYPE('error', expectedTypes, expected);
    // A message that equals the error's was most likely meant as the expectation.
    if (typeof actual === 'object' && actual !== null) {
      if (actual.message === expected) {
        throw new ERR_AMBIGUOUS_ARGUMENT(
          'error/message', `The error message "${actual.message}" is identical to the message.`);
      }
    } else if (actual === expected) {
      throw new ERR_AMBIGUOUS_ARGUMENT('error/message', `The error "${actual}" is identical to the message.`);
    }
    message = expected;
    expected = undefined;
  } else if (expected !== undefined && expected !== null && typeof expected !== 'object' &&
             typeof expected !== 'function') {
    throw new ERR_INVALID_ARG_TYPE('error', expectedTypes, expected);
  }
  if (actual === nothing) {
    const name = expected?.name ? ` (${expected.name})` : '';
    fail({
      actual: undefined,
      expected,
      operator: fn.name,
      message: `Missing expected ${what}${name}${message ? `: ${message}` : '.'}`,
      stackStartFn: fn,
    });
  }
  if (expected) checkThrown(actual, expected, message, fn);
}

function isUnwanted(actual, expected) {
  if (typeof expected !== 'function') {
    if (isRegExp(expected)) return matches(expected, String(actual));
    throw new ERR_INVALID_ARG_TYPE('expected', ['Function', 'RegExp'], expected);
  }
  if (expected.prototype !== undefined && actual instanceof expected) return true;
  if (ObjectPrototypeIsPrototypeOf(Error, expected)) return false;
  return FunctionPrototypeCall(expected, {}, actual) === true;
}

function expectNothing(fn, what, actual, args) {
  if (actual === nothing) return;
  let { 0: expected, 1: message } = args;
  if (typeof expected === 'string') {
    message = expected;
    expected = undefined;
  }
  if (expected && !isUnwanted(actual, expected)) throw actual;
  fail({
    actual,
    expected,
    operator: fn.name,
    message: `Got unwanted ${what}${message ? `: ${message}` : '.'}\nActual message: "${actual?.message}"`,
    stackStartFn: fn,
  });
}

module.exports = { expectNothing, expectThrown, fail, getRejection, getThrown };
