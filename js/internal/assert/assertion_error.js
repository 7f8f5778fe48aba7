'use strict';

// AssertionError and its message, which shows how the two values differ.

const {
  ArrayPrototypeJoin, ArrayPrototypeSlice, Error, ErrorCaptureStackTrace,
  FunctionPrototypeSymbolHasInstance, ObjectAssign, ObjectDefineProperty, ObjectGetPrototypeOf,
  ObjectHasOwn, String, StringPrototypeRepeat, StringPrototypeSlice, StringPrototypeSplit,
  StringPrototypeTrimEnd,
} = require('internal/primordials');
const { isErrorStackTraceLimitWritable } = require('internal/errors');
const { isError } = require('internal/util');
const { inspect } = require('internal/util/inspect');
const colors = require('internal/util/colors');
const { validateObject } = require('internal/validators');
const { added, kept, myersDiff, removed } = require('internal/assert/myers_diff');

const heads = {
  __proto__: null,
  deepStrictEqual: 'Expected values to be strictly deep-equal:',
  partialDeepStrictEqual: 'Expected values to be partially and strictly deep-equal:',
  strictEqual: 'Expected values to be strictly equal:',
  strictEqualObject: 'Expected "actual" to be reference-equal to "expected":',
  deepEqual: 'Expected values to be loosely deep-equal:',
  notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:',
  notStrictEqual: 'Expected "actual" to be strictly unequal to:',
  notStrictEqualObject: 'Expected "actual" not to be reference-equal to "expected":',
  notDeepEqual: 'Expected "actual" not to be loosely deep-equal to:',
  notIdentical: 'Values have same structure but are not reference-equal:',
};
/** Operators whose message shows a diff, even below a message of the user's. */
const diffOperators = { __proto__: null, deepStrictEqual: true, partialDeepStrictEqual: true, strictEqual: true };

/** Two values this short together stand in one line: '1 !== 2'. */
const maxShortLength = 12;
const maxLines = 50;
const maxLength = 512;
/** Equal lines shown before and after a difference are cut to this many. */
const maxContext = 5;

const isObject = (value) => typeof value === 'object' && value !== null;
const isObjectOrFunction = (value) => isObject(value) || typeof value === 'function';

/** Everything that counts in a comparison, one property a line, whatever the user's defaults are. */
const inspectValue = (value) => inspect(value, {
  compact: false,
  customInspect: false,
  depth: 1000,
  maxArrayLength: Infinity,
  showHidden: false,
  showProxy: false,
  sorted: true,
  getters: true,
});

/** An error without its stack, which would only be noise in a diff. */
function copyError(source) {
  const copy = ObjectAssign({ __proto__: ObjectGetPrototypeOf(source) }, source);
  ObjectDefineProperty(copy, 'message', { __proto__: null, value: source.message });
  if (ObjectHasOwn(source, 'cause')) {
    const { cause } = source;
    ObjectDefineProperty(copy, 'cause', { __proto__: null, value: isError(cause) ? copyError(cause) : cause });
  }
  return copy;
}

const isErrorWithStack = (value) => (
  isObject(value) && 'stack' in value && FunctionPrototypeSymbolHasInstance(Error, value)
);

// ---- Diffs ------------------------------------------------------------------------------------

/** One line under the other; short ones get a mark where they begin to differ. */
function stackLines(actual, expected) {
  const text = `\n${colors.green}+${colors.white} ${actual}\n${colors.red}- ${colors.white}${expected}`;
  const width = process.stderr.isTTY ? process.stderr.columns : 80;
  if (actual.length + expected.length > width) return text;
  let at = 0;
  while (at < actual.length && actual[at] === expected[at]) at++;
  // In the first characters it is plain to see.
  if (at < 3 || at === actual.length) return text;
  return `${text}\n${StringPrototypeRepeat(' ', at + 2)}^`;
}

function diffCharacters(actual, expected) {
  const script = myersDiff(StringPrototypeSplit(actual, ''), StringPrototypeSplit(expected, ''));
  let text = '\n';
  for (let i = 0; i < script.length; i++) {
    const { 0: operation, 1: character } = script[i];
    const color = operation === added ? colors.green : operation === removed ? colors.red : colors.white;
    text += `${color}${character}${colors.white}`;
  }
  return text;
}

/** The diff of values that take a line each. */
function diffSimple(actual, actualLine, expected, expectedLine, head) {
  const quotes = (typeof actual === 'string' ? 2 : 0) + (typeof expected === 'string' ? 2 : 0);
  const length = actualLine.length + expectedLine.length - quotes;
  if (length <= maxShortLength && (actual !== 0 || expected !== 0)) {
    return { head: '', text: `${actualLine} !== ${expectedLine}` };
  }
  if (typeof actual === 'string' && typeof expected === 'string' && colors.hasColors) {
    return {
      head: `${colors.green}actual${colors.white} ${colors.red}expected${colors.white}`,
      text: diffCharacters(actualLine, expectedLine),
    };
  }
  return { head, text: stackLines(actualLine, expectedLine) };
}

/** Prints an edit script; long runs of equal lines are cut in their middle. */
function printScript(script, isPartial) {
  let text = '';
  let skipped = false;
  const print = (mark, line) => { text += `${mark} ${line}\n`; };
  const equal = (i) => print(`${colors.white} `, script[i][1]);
  const addedMark = isPartial ? `${colors.gray}${colors.hasColors ? ' ' : '+'}` : `${colors.green}+${colors.white}`;
  for (let i = 0; i < script.length;) {
    const { 0: operation, 1: line } = script[i];
    if (operation !== kept) {
      // What is only in the actual value does no harm to a partial comparison: its line is grey.
      if (operation === removed) print(`${colors.red}-${colors.white}`, line);
      else print(addedMark, isPartial ? `${line}${colors.white}` : line);
      i++;
      continue;
    }
    let end = i;
    while (end < script.length && script[end][0] === kept) end++;
    const rest = end - i - maxContext;
    for (let at = i; at < end && at < i + maxContext; at++) equal(at);
    // At the end nothing follows that would need more context.
    if (end < script.length && rest > 0) {
      if (rest > 2) {
        text += `${colors.blue}...${colors.white}\n`;
        skipped = true;
      } else if (rest === 2) {
        equal(end - 2);
      }
      equal(end - 1);
    }
    i = end;
  }
  return { text: `\n${StringPrototypeTrimEnd(text)}`, skipped };
}

function describeDifference(actual, expected, operator, message, diff) {
  let shownOperator = operator;
  if (operator === 'strictEqual' && ((isObject(actual) && isObject(expected)) ||
      (typeof actual === 'function' && typeof expected === 'function'))) {
    shownOperator = 'strictEqualObject';
  }
  const actualText = inspectValue(actual);
  const expectedText = inspectValue(expected);
  const actualLines = StringPrototypeSplit(actualText, '\n');
  const expectedLines = StringPrototypeSplit(expectedText, '\n');
  let head = `${colors.green}+ actual${colors.white} ${colors.red}- expected${colors.white}`;
  let text;
  let skipped = false;
  if (actualLines.length === 1 && expectedLines.length === 1 && !(isObject(actual) && isObject(expected))) {
    ({ head, text } = diffSimple(actual, actualLines[0], expected, expectedLines[0], head));
  } else if (actualText === expectedText) {
    shownOperator = 'notIdentical';
    head = '';
    skipped = actualLines.length > maxLines && diff !== 'full';
    text = skipped ? `${ArrayPrototypeJoin(ArrayPrototypeSlice(actualLines, 0, maxLines), '\n')}\n...}`
      : actualText;
  } else {
    const isPartial = shownOperator === 'partialDeepStrictEqual';
    const script = myersDiff(actualLines, expectedLines, isObject(actual));
    ({ text, skipped } = printScript(script, isPartial));
    if (isPartial) {
      head = `${colors.gray}${colors.hasColors ? '' : '+ '}actual${colors.white} ${colors.red}- expected${
        colors.white}`;
    }
  }
  return `${message || heads[shownOperator]}\n${head}${skipped ? '\n... Skipped lines' : ''}\n${text}\n`;
}

// ---- Messages without a diff --------------------------------------------------------------------

function describeUnwanted(actual, operator, diff) {
  const head = heads[operator === 'notStrictEqual' && isObjectOrFunction(actual) ?
    'notStrictEqualObject' : operator];
  const lines = StringPrototypeSplit(inspectValue(actual), '\n');
  if (lines.length > maxLines && diff !== 'full') {
    lines[46] = `${colors.blue}...${colors.white}`;
    lines.length = 47;
  }
  if (lines.length > 1) return `${head}\n\n${ArrayPrototypeJoin(lines, '\n')}\n`;
  return `${head}${lines[0].length > 5 ? '\n\n' : ' '}${lines[0]}`;
}

const cut = (text, length, diff) => (
  text.length > length && diff !== 'full' ? `${StringPrototypeSlice(text, 0, length - 3)}...` : text
);

function describeLoosely(actual, expected, operator, diff) {
  const actualText = inspectValue(actual);
  const expectedText = inspectValue(expected);
  if (operator === 'notDeepEqual' && actualText === expectedText) {
    return cut(`${heads.notDeepEqual}\n\n${actualText}`, 1024, diff);
  }
  const shortActual = cut(actualText, maxLength, diff);
  const shortExpected = cut(expectedText, maxLength, diff);
  if (operator === 'deepEqual') {
    return `${heads.deepEqual}\n\n${shortActual}\n\nshould loosely deep-equal\n\n${shortExpected}`;
  }
  if (operator === 'notDeepEqual') {
    return `Expected values not to be loosely deep-equal:\n\n${shortActual}\n\nshould not loosely ` +
      `deep-equal\n\n${shortExpected}`;
  }
  return `${shortActual} ${operator} ${shortExpected}`;
}

function describe({ actual, expected, operator, message, diff }) {
  const hasMessage = message !== undefined && message !== null;
  if (operator in diffOperators) return describeDifference(actual, expected, operator, message, diff);
  if (hasMessage) return String(message);
  if (operator === 'notDeepStrictEqual' || operator === 'notStrictEqual') {
    return describeUnwanted(actual, operator, diff);
  }
  return describeLoosely(actual, expected, operator, diff);
}

/** Long texts belong into the message, not into the properties below it. */
function addEllipsis(text) {
  const lines = StringPrototypeSplit(text, '\n', 11);
  if (lines.length > 10) return `${ArrayPrototypeJoin(ArrayPrototypeSlice(lines, 0, 10), '\n')}\n...`;
  return text.length > maxLength ? `${StringPrototypeSlice(text, maxLength)}...` : text;
}

class AssertionError extends Error {
  constructor(options) {
    validateObject(options, 'options');
    const { message, operator, stackStartFn, stackStartFunction, details, diff = 'simple' } = options;
    let { actual, expected } = options;
    if (message === undefined || message === null) {
      colors.refresh();
      if (isErrorWithStack(actual) && isErrorWithStack(expected)) {
        actual = copyError(actual);
        expected = copyError(expected);
      }
    }
    const text = describe({ actual, expected, operator, message, diff });
    const limit = Error.stackTraceLimit;
    const isLimitWritable = isErrorStackTraceLimitWritable();
    if (isLimitWritable) Error.stackTraceLimit = 0;
    super(text);
    if (isLimitWritable) Error.stackTraceLimit = limit;

    this.generatedMessage = !message;
    // For the stack's head line, which is written when the stack is first read.
    ObjectDefineProperty(this, 'name', {
      __proto__: null, value: 'AssertionError [ERR_ASSERTION]', configurable: true, enumerable: false, writable: true,
    });
    this.code = 'ERR_ASSERTION';
    if (details) {
      this.actual = undefined;
      this.expected = undefined;
      this.operator = undefined;
      for (let i = 0; i < details.length; i++) {
        this[`message ${i}`] = details[i].message;
        this[`actual ${i}`] = details[i].actual;
        this[`expected ${i}`] = details[i].expected;
        this[`operator ${i}`] = details[i].operator;
        this[`stack trace ${i}`] = details[i].stack;
      }
    } else {
      this.actual = actual;
      this.expected = expected;
      this.operator = operator;
    }
    ErrorCaptureStackTrace(this, stackStartFn || stackStartFunction);
    this.stack; // eslint-disable-line no-unused-expressions
    this.name = 'AssertionError';
    this.diff = diff;
  }

  toString() {
    return `${this.name} [${this.code}]: ${this.message}`;
  }

  [inspect.custom](depth, options) {
    const { actual, expected } = this;
    if (typeof actual === 'string') this.actual = addEllipsis(actual);
    if (typeof expected === 'string') this.expected = addEllipsis(expected);
    // The message shows the values in full.
    const text = inspect(this, { ...options, customInspect: false, depth: 0 });
    this.actual = actual;
    this.expected = expected;
    return text;
  }
}

module.exports = AssertionError;
