'use strict';

const {
  ArrayPrototypeIndexOf, ArrayPrototypeJoin, ArrayPrototypeSlice, Error, NumberIsNaN, ObjectAssign,
  ObjectDefineProperty, ObjectIs, RegExpPrototypeExec, StringPrototypeIndexOf,
  StringPrototypeSlice, StringPrototypeSplit,
} = require('internal/primordials');
const {
  codes: { ERR_CONSTRUCT_CALL_REQUIRED, ERR_INVALID_ARG_TYPE, ERR_MISSING_ARGS },
} = require('internal/errors');
const { validateOneOf } = require('internal/validators');
const { isError } = require('internal/util');
const { isRegExp } = require('internal/util/types');
const { inspect } = require('internal/util/inspect');
const { isDeepEqual, isDeepStrictEqual, isPartialStrictEqual } = require('internal/util/comparisons');
const AssertionError = require('internal/assert/assertion_error');
const {
  expectNothing, expectThrown, fail: failWith, getRejection, getThrown,
} = require('internal/assert/exceptions');
const { describeFalsy } = require('internal/assert/source');

const kOptions = Symbol('options');
let warnedOfFail = false;

/** Assertions with options: `{ diff: 'simple' | 'full', strict = true, skipPrototype = false }`. */
function Assert(options) {
  if (!new.target) throw new ERR_CONSTRUCT_CALL_REQUIRED('Assert');
  const all = ObjectAssign({ __proto__: null, strict: true, skipPrototype: false }, options);
  if (all.diff !== undefined) validateOneOf(all.diff, 'options.diff', ['simple', 'full']);
  this.AssertionError = AssertionError;
  ObjectDefineProperty(this, kOptions, {
    __proto__: null, value: all, configurable: false, enumerable: false, writable: false,
  });
  if (all.strict) {
    this.equal = this.strictEqual;
    this.deepEqual = this.deepStrictEqual;
    this.notEqual = this.notStrictEqual;
    this.notDeepEqual = this.notDeepStrictEqual;
  }
}

function checkTruthy(fn, args) {
  if (args[0]) return;
  let message = args[1];
  let generated = false;
  if (args.length === 0) {
    generated = true;
    message = 'No value argument passed to `assert.ok()`';
  } else if (message === undefined || message === null) {
    generated = true;
    message = describeFalsy(fn);
  } else if (isError(message)) {
    throw message;
  }
  const error = new AssertionError({
    actual: args[0], expected: true, message, operator: '==', stackStartFn: fn,
  });
  error.generatedMessage = generated;
  throw error;
}

function ok(...args) {
  checkTruthy(ok, args);
}

function strict(...args) {
  checkTruthy(strict, args);
}

const assert = module.exports = ok;

/**
 * A method `name(actual, expected, message)` that fails unless `holds(actual, expected, options)`.
 * Taken off its instance it goes on without the instance's options.
 */
function defineComparison(name, operator, holds) {
  const method = {
    [name](actual, expected, message) {
      if (arguments.length < 2) throw new ERR_MISSING_ARGS('actual', 'expected');
      const options = this?.[kOptions];
      if (holds(actual, expected, options)) return;
      failWith({ actual, expected, message, operator, stackStartFn: method, diff: options?.diff });
    },
  }[name];
  Assert.prototype[name] = method;
}

// eslint-disable-next-line eqeqeq
const isLooselyEqual = (a, b) => a == b || (NumberIsNaN(a) && NumberIsNaN(b));
const isStrictlyDeepEqual = (a, b, options) => isDeepStrictEqual(a, b, options?.skipPrototype);

Assert.prototype.fail = function fail(actual, expected, message, operator, stackStartFn) {
  const count = arguments.length;
  let text = message;
  let shownActual = actual;
  let shownOperator = operator;
  const isBare = (actual === undefined || actual === null) && count <= 1;
  if (isBare) {
    text = 'Failed';
  } else if (count === 1) {
    text = actual;
    shownActual = undefined;
  } else {
    if (!warnedOfFail) {
      warnedOfFail = true;
      process.emitWarning(
        'assert.fail() with more than one argument is deprecated. Please use assert.strictEqual() ' +
        'instead or only pass a message.', 'DeprecationWarning', 'DEP0094');
    }
    if (count === 2) shownOperator = '!=';
  }
  if (text instanceof Error) throw text;
  const error = new AssertionError({
    actual: shownActual,
    expected,
    operator: shownOperator === undefined ? 'fail' : shownOperator,
    stackStartFn: stackStartFn || fail,
    message: text,
    diff: this?.[kOptions]?.diff,
  });
  if (isBare) error.generatedMessage = true;
  throw error;
};

Assert.prototype.ok = function ok(...args) {
  checkTruthy(ok, args);
};

defineComparison('equal', '==', isLooselyEqual);
defineComparison('notEqual', '!=', (a, b) => !isLooselyEqual(a, b));
defineComparison('deepEqual', 'deepEqual', isDeepEqual);
defineComparison('notDeepEqual', 'notDeepEqual', (a, b) => !isDeepEqual(a, b));
defineComparison('deepStrictEqual', 'deepStrictEqual', isStrictlyDeepEqual);
defineComparison('notDeepStrictEqual', 'notDeepStrictEqual', (a, b, options) => !isStrictlyDeepEqual(a, b, options));
defineComparison('strictEqual', 'strictEqual', ObjectIs);
defineComparison('notStrictEqual', 'notStrictEqual', (a, b) => !ObjectIs(a, b));
defineComparison('partialDeepStrictEqual', 'partialDeepStrictEqual', isPartialStrictEqual);

Assert.prototype.throws = function throws(promiseFn, ...args) {
  expectThrown(throws, 'exception', getThrown(promiseFn), args);
};

Assert.prototype.rejects = async function rejects(promiseFn, ...args) {
  expectThrown(rejects, 'rejection', await getRejection(promiseFn), args);
};

Assert.prototype.doesNotThrow = function doesNotThrow(fn, ...args) {
  expectNothing(doesNotThrow, 'exception', getThrown(fn), args);
};

Assert.prototype.doesNotReject = async function doesNotReject(fn, ...args) {
  expectNothing(doesNotReject, 'rejection', await getRejection(fn), args);
};

/** The frames of `stack` in a list, without its head. */
function framesOf(stack) {
  const start = StringPrototypeIndexOf(stack, '\n    at');
  return start === -1 ? [] : StringPrototypeSplit(StringPrototypeSlice(stack, start + 1), '\n');
}

/** The own frames up to where the original's begin, then the original's. */
function joinStacks(stack, original) {
  const frames = framesOf(original);
  if (frames.length === 0) return stack;
  let lines = StringPrototypeSplit(stack, '\n');
  for (let i = 0; i < frames.length; i++) {
    const at = ArrayPrototypeIndexOf(lines, frames[i]);
    if (at !== -1) {
      lines = ArrayPrototypeSlice(lines, 0, at);
      break;
    }
  }
  return `${ArrayPrototypeJoin(lines, '\n')}\n${ArrayPrototypeJoin(frames, '\n')}`;
}

Assert.prototype.ifError = function ifError(err) {
  if (err === null || err === undefined) return;
  let text;
  if (typeof err !== 'object' || typeof err.message !== 'string') text = inspect(err);
  else text = err.message.length === 0 && err.constructor ? err.constructor.name : err.message;
  const error = new AssertionError({
    actual: err,
    expected: null,
    operator: 'ifError',
    message: `ifError got unwanted exception: ${text}`,
    stackStartFn: ifError,
    diff: this?.[kOptions]?.diff,
  });
  const original = err.stack;
  if (typeof original === 'string') error.stack = joinStacks(error.stack, original);
  throw error;
};

function checkMatch(string, regexp, message, fn, wanted) {
  if (!isRegExp(regexp)) throw new ERR_INVALID_ARG_TYPE('regexp', 'RegExp', regexp);
  if (typeof string === 'string' && (RegExpPrototypeExec(regexp, string) !== null) === wanted) return;
  if (message instanceof Error) throw message;
  let text = message;
  if (!message) {
    if (typeof string !== 'string') {
      text = `The "string" argument must be of type string. Received type ${typeof string} (${inspect(string)})`;
    } else {
      text = `The input ${wanted ? 'did not match' : 'was expected to not match'} the regular expression ${
        inspect(regexp)}. Input:\n\n${inspect(string)}\n`;
    }
  }
  const error = new AssertionError({
    actual: string, expected: regexp, message: text, operator: fn.name, stackStartFn: fn,
  });
  error.generatedMessage = !message;
  throw error;
}

Assert.prototype.match = function match(string, regexp, message) {
  checkMatch(string, regexp, message, match, true);
};

Assert.prototype.doesNotMatch = function doesNotMatch(string, regexp, message) {
  checkMatch(string, regexp, message, doesNotMatch, false);
};

assert.AssertionError = AssertionError;
assert.ok = assert;
for (const name of [
  'fail', 'equal', 'notEqual', 'deepEqual', 'notDeepEqual', 'deepStrictEqual',
  'notDeepStrictEqual', 'strictEqual', 'notStrictEqual', 'partialDeepStrictEqual', 'match',
  'doesNotMatch', 'throws', 'rejects', 'doesNotThrow', 'doesNotReject', 'ifError',
]) {
  assert[name] = Assert.prototype[name];
}

assert.strict = ObjectAssign(strict, assert, {
  equal: assert.strictEqual,
  deepEqual: assert.deepStrictEqual,
  notEqual: assert.notStrictEqual,
  notDeepEqual: assert.notDeepStrictEqual,
});
assert.strict.Assert = Assert;
assert.strict.strict = assert.strict;
assert.Assert = Assert;
