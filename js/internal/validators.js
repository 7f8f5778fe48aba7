'use strict';

// Checks of arguments. Each throws Node's error for a value that does not fit and returns nothing
// otherwise, except where its comment says what it returns.

const {
  ArrayBufferIsView, ArrayIsArray, ArrayPrototypeIncludes, ArrayPrototypeJoin, ArrayPrototypeMap,
  NumberIsFinite, NumberIsInteger, NumberIsNaN, NumberMAX_SAFE_INTEGER, NumberMIN_SAFE_INTEGER,
  NumberParseInt, ObjectHasOwn, RegExpPrototypeExec, StringPrototypeIncludes,
  StringPrototypeToUpperCase, StringPrototypeTrim,
} = require('internal/primordials');
const {
  codes: {
    ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_THIS, ERR_OUT_OF_RANGE,
    ERR_SOCKET_BAD_PORT, ERR_UNKNOWN_SIGNAL,
  },
  hideStackFrames,
} = require('internal/errors');
const { normalizeEncoding } = require('internal/util/encoding_names');
const signals = require('internal/util/signals');
const typesBinding = binding.types;

const isInt32 = (value) => value === (value | 0);
const isUint32 = (value) => value === (value >>> 0);

function checkWhole(value, name, min, max) {
  if (typeof value !== 'number') throw new ERR_INVALID_ARG_TYPE(name, 'number', value);
  if (!NumberIsInteger(value)) throw new ERR_OUT_OF_RANGE(name, 'an integer', value);
  if (value < min || value > max) {
    throw new ERR_OUT_OF_RANGE(name, `>= ${min} && <= ${max}`, value);
  }
}

const validateInteger = hideStackFrames(
  (value, name, min = NumberMIN_SAFE_INTEGER, max = NumberMAX_SAFE_INTEGER) => (
    checkWhole(value, name, min, max)
  ));

const validateInt32 = hideStackFrames((value, name, min = -2147483648, max = 2147483647) => (
  checkWhole(value, name, min, max)
));

/** `positive`: zero does not fit. */
const validateUint32 = hideStackFrames((value, name, positive = false) => (
  checkWhole(value, name, positive ? 1 : 0, 4294967295)
));

const octal = /^[0-7]+$/;

/** Returns the number of a file mode given as a number, as octal text, or not at all (`def`). */
const parseFileMode = hideStackFrames((value, name, def) => {
  let mode = value ?? def;
  if (typeof mode === 'string') {
    if (RegExpPrototypeExec(octal, mode) === null) {
      throw new ERR_INVALID_ARG_VALUE(name, mode, 'must be a 32-bit unsigned integer or an octal string');
    }
    mode = NumberParseInt(mode, 8);
  }
  checkWhole(mode, name, 0, 4294967295);
  return mode + 0; // -0 becomes 0
});

/** A `hideStackFrames` check that only looks at `typeof`. */
const typeCheck = (type, expected) => hideStackFrames((value, name) => {
  // eslint-disable-next-line valid-typeof
  if (typeof value !== type) throw new ERR_INVALID_ARG_TYPE(name, expected, value);
});

const validateString = typeCheck('string', 'string');
const validateBoolean = typeCheck('boolean', 'boolean');
const validateFunction = typeCheck('function', 'Function');
const validateUndefined = typeCheck('undefined', 'undefined');

const validateStringWithoutNullBytes = hideStackFrames((value, name) => {
  if (typeof value !== 'string') throw new ERR_INVALID_ARG_TYPE(name, 'string', value);
  if (StringPrototypeIncludes(value, '\u0000')) {
    throw new ERR_INVALID_ARG_VALUE(name, value, 'must be a string without null bytes');
  }
});

const validatePlainFunction = hideStackFrames((value, name) => {
  if (typeof value !== 'function' || typesBinding.isAsyncFunction(value)) {
    throw new ERR_INVALID_ARG_TYPE(name, 'Function', value);
  }
});

const validateNumber = hideStackFrames((value, name, min = undefined, max = undefined) => {
  if (typeof value !== 'number') throw new ERR_INVALID_ARG_TYPE(name, 'number', value);
  const hasMin = min !== undefined && min !== null;
  const hasMax = max !== undefined && max !== null;
  if ((hasMin && value < min) || (hasMax && value > max) ||
      ((hasMin || hasMax) && NumberIsNaN(value))) {
    const range = `${hasMin ? `>= ${min}` : ''}${hasMin && hasMax ? ' && ' : ''}${
      hasMax ? `<= ${max}` : ''}`;
    throw new ERR_OUT_OF_RANGE(name, range, value);
  }
});

const validateOneOf = hideStackFrames((value, name, allowed) => {
  if (ArrayPrototypeIncludes(allowed, value)) return;
  const list = ArrayPrototypeMap(allowed, (one) => (typeof one === 'string' ? `'${one}'` : String(one)));
  throw new ERR_INVALID_ARG_VALUE(name, value, `must be one of: ${ArrayPrototypeJoin(list, ', ')}`);
});

const kValidateObjectNone = 0;
const kValidateObjectAllowNullable = 1;
const kValidateObjectAllowArray = 2;
const kValidateObjectAllowFunction = 4;
const kValidateObjectAllowObjects = kValidateObjectAllowArray | kValidateObjectAllowFunction;
const kValidateObjectAllowObjectsAndNull = kValidateObjectAllowObjects | kValidateObjectAllowNullable;

const validateObject = hideStackFrames((value, name, options = kValidateObjectNone) => {
  let fits;
  if (value === null) fits = (options & kValidateObjectAllowNullable) !== 0;
  else if (ArrayIsArray(value)) fits = (options & kValidateObjectAllowArray) !== 0;
  else if (typeof value === 'function') fits = (options & kValidateObjectAllowFunction) !== 0;
  else fits = typeof value === 'object';
  if (!fits) throw new ERR_INVALID_ARG_TYPE(name, 'Object', value);
});

const validateDictionary = hideStackFrames((value, name) => {
  if (value !== undefined && value !== null && typeof value !== 'object' && typeof value !== 'function') {
    throw new ERR_INVALID_ARG_TYPE(name, 'a dictionary', value);
  }
});

function checkArray(value, name, minLength = 0) {
  if (!ArrayIsArray(value)) throw new ERR_INVALID_ARG_TYPE(name, 'Array', value);
  if (value.length < minLength) {
    throw new ERR_INVALID_ARG_VALUE(name, value, `must have a length of at least ${minLength}`);
  }
}

const validateArray = hideStackFrames(checkArray);

/** A check that every element has the `typeof` `type`. */
const arrayCheck = (type) => hideStackFrames((value, name) => {
  checkArray(value, name);
  for (let i = 0; i < value.length; i++) {
    // eslint-disable-next-line valid-typeof
    if (typeof value[i] !== type) throw new ERR_INVALID_ARG_TYPE(`${name}[${i}]`, type, value[i]);
  }
});

const validateStringArray = arrayCheck('string');
const validateBooleanArray = arrayCheck('boolean');

function checkAbortSignal(signal, name) {
  if (signal === undefined) return;
  if (signal === null || typeof signal !== 'object' || !('aborted' in signal)) {
    throw new ERR_INVALID_ARG_TYPE(name, 'AbortSignal', signal);
  }
}

const validateAbortSignal = hideStackFrames(checkAbortSignal);

const validateAbortSignalArray = hideStackFrames((value, name) => {
  checkArray(value, name);
  for (let i = 0; i < value.length; i++) {
    if (value[i] === undefined) throw new ERR_INVALID_ARG_TYPE(`${name}[${i}]`, 'AbortSignal', undefined);
    checkAbortSignal(value[i], `${name}[${i}]`);
  }
});

const validateSignalName = hideStackFrames((signal, name = 'signal') => {
  if (typeof signal !== 'string') throw new ERR_INVALID_ARG_TYPE(name, 'string', signal);
  if (signals[signal] !== undefined) return;
  const hint = signals[StringPrototypeToUpperCase(signal)] === undefined ? ''
    : ' (signals must use all capital letters)';
  throw new ERR_UNKNOWN_SIGNAL(`${signal}${hint}`);
});

const validateBuffer = hideStackFrames((buffer, name = 'buffer') => {
  if (!ArrayBufferIsView(buffer)) {
    throw new ERR_INVALID_ARG_TYPE(name, ['Buffer', 'TypedArray', 'DataView'], buffer);
  }
});

const validateEncoding = hideStackFrames((data, encoding) => {
  if (normalizeEncoding(encoding) === 'hex' && data.length % 2 !== 0) {
    throw new ERR_INVALID_ARG_VALUE('encoding', encoding, `is invalid for data of length ${data.length}`);
  }
});

/** Returns the port as a number. */
const validatePort = hideStackFrames((port, name = 'Port', allowZero = true) => {
  const isText = typeof port === 'string';
  if ((typeof port !== 'number' && !isText) || (isText && StringPrototypeTrim(port) === '') ||
      !isUint32(+port) || +port > 0xffff || (+port === 0 && !allowZero)) {
    throw new ERR_SOCKET_BAD_PORT(name, port, allowZero);
  }
  return port | 0;
});

const validateUnion = hideStackFrames((value, name, union) => {
  if (!ArrayPrototypeIncludes(union, value)) {
    throw new ERR_INVALID_ARG_TYPE(name, `('${ArrayPrototypeJoin(union, '|')}')`, value);
  }
});

// <uri> and then parameters, by RFC 8288 section 3.
const linkValue = /^(?:<[^>\r\n]*>)(?:\s*;\s*[^;"\s]+(?:=(")?[^;"\s]*\1)?)*$/;

/** Returns the header's value: the hints joined by commas. */
const validateLinkHeaderValue = hideStackFrames((hints) => {
  const reason = 'must be an array or string of format "</styles.css>; rel=preload; as=style"';
  if (typeof hints !== 'string' && !ArrayIsArray(hints)) {
    throw new ERR_INVALID_ARG_VALUE('hints', hints, reason);
  }
  const list = typeof hints === 'string' ? [hints] : hints;
  for (let i = 0; i < list.length; i++) {
    if (list[i] === undefined || RegExpPrototypeExec(linkValue, list[i]) === null) {
      throw new ERR_INVALID_ARG_VALUE('hints', list[i], reason);
    }
  }
  return ArrayPrototypeJoin(list, ', ');
});

const validateThisInternalField = hideStackFrames((object, field, className) => {
  if (typeof object !== 'object' || object === null || !ObjectHasOwn(object, field)) {
    throw new ERR_INVALID_THIS(className);
  }
});

function checkIgnoreElement(value, name) {
  if (typeof value === 'string') {
    if (value === '') throw new ERR_INVALID_ARG_VALUE(name, value, 'must be a non-empty string');
  } else if (typeof value !== 'function' && !typesBinding.isRegExp(value)) {
    throw new ERR_INVALID_ARG_TYPE(name, ['string', 'RegExp', 'Function'], value);
  }
}

const validateIgnoreOption = hideStackFrames((value, name) => {
  if (value === undefined || value === null) return;
  if (!ArrayIsArray(value)) {
    checkIgnoreElement(value, name);
    return;
  }
  for (let i = 0; i < value.length; i++) checkIgnoreElement(value[i], `${name}[${i}]`);
});

function checkFinite(number, name) {
  if (number === undefined || NumberIsNaN(number)) return false;
  if (NumberIsFinite(number)) return true;
  if (typeof number !== 'number') throw new ERR_INVALID_ARG_TYPE(name, 'number', number);
  throw new ERR_OUT_OF_RANGE(name, 'a finite number', number);
}

/** Returns false for undefined and NaN, true for a finite number. */
const validateFiniteNumber = hideStackFrames(checkFinite);

/** Returns `def` for undefined and NaN, otherwise the number, which must be within the bounds. */
const checkRangesOrGetDefault = hideStackFrames((number, name, lower, upper, def) => {
  if (!checkFinite(number, name)) return def;
  if (number < lower || number > upper) {
    throw new ERR_OUT_OF_RANGE(name, `>= ${lower} and <= ${upper}`, number);
  }
  return number;
});

module.exports = {
  checkRangesOrGetDefault,
  isInt32,
  isUint32,
  kValidateObjectAllowArray,
  kValidateObjectAllowFunction,
  kValidateObjectAllowNullable,
  kValidateObjectAllowObjects,
  kValidateObjectAllowObjectsAndNull,
  kValidateObjectNone,
  parseFileMode,
  validateAbortSignal,
  validateAbortSignalArray,
  validateArray,
  validateBoolean,
  validateBooleanArray,
  validateBuffer,
  validateDictionary,
  validateEncoding,
  validateFiniteNumber,
  validateFunction,
  validateIgnoreOption,
  validateInt32,
  validateInteger,
  validateLinkHeaderValue,
  validateNumber,
  validateObject,
  validateOneOf,
  validatePlainFunction,
  validatePort,
  validateSignalName,
  validateString,
  validateStringArray,
  validateStringWithoutNullBytes,
  validateThisInternalField,
  validateUint32,
  validateUndefined,
  validateUnion,
};
