'use strict';

// Every error with a `code` that built-in modules throw. `codes.ERR_X` are constructors; what they
// make prints as `TypeError [ERR_X]: message` in its stack while `name` stays the class's name.

const {
  AggregateError, ArrayIsArray, ArrayPrototypePush, ArrayPrototypeUnshift, Error,
  ErrorCaptureStackTrace, ObjectAssign, ObjectDefineProperty, ObjectGetOwnPropertyDescriptor, ObjectIsExtensible,
  ObjectKeys, RangeError, ReflectApply, ReflectOwnKeys, SyntaxError, TypeError, URIError,
} = require('internal/primordials');
const fixedMessages = require('internal/errors/messages');
const { computed, determineSpecificType, formatList } = require('internal/errors/computed');

const kIsNodeError = Symbol('kIsNodeError');

const classes = { __proto__: null, Error, RangeError, SyntaxError, TypeError, URIError };
const codes = {};
const messages = { __proto__: null };

function setHidden(object, key, value) {
  ObjectDefineProperty(object, key, {
    __proto__: null, value, configurable: true, enumerable: false, writable: true,
  });
}

function isErrorStackTraceLimitWritable() {
  const descriptor = ObjectGetOwnPropertyDescriptor(Error, 'stackTraceLimit');
  if (descriptor === undefined) return ObjectIsExtensible(Error);
  return descriptor.writable === undefined ? descriptor.set !== undefined : descriptor.writable;
}

/**
 * Gives `error` a stack that starts at the caller of `above`. V8 writes the head line when the
 * stack is first read, so it is read here, while the name carries the code.
 */
function captureWithCode(error, above) {
  setHidden(error, 'name', `${error.name} [${error.code}]`);
  ErrorCaptureStackTrace(error, above);
  error.stack; // eslint-disable-line no-unused-expressions
  delete error.name;
}

function copyProperties(to, from) {
  const keys = ReflectOwnKeys(from);
  for (let i = 0; i < keys.length; i++) {
    ObjectDefineProperty(to, keys[i], {
      __proto__: null, ...ObjectGetOwnPropertyDescriptor(from, keys[i]),
    });
  }
}

/** `target` gets the properties that come with the message; `args` is used up. */
function messageOf(code, args, target) {
  const message = messages[code];
  if (typeof message === 'function') {
    ArrayPrototypeUnshift(args, target);
    return ReflectApply(message, undefined, args);
  }
  if (args.length === 0) return message;
  ArrayPrototypeUnshift(args, message);
  return require('internal/util/inspect').formatArgs(undefined, args);
}

function makeNodeError(Base, code) {
  class NodeError extends Base {
    constructor(...args) {
      // The message may come with properties, which go behind `code`.
      const properties = {};
      const message = messageOf(code, args, properties);
      const limit = Error.stackTraceLimit;
      const writable = isErrorStackTraceLimitWritable();
      if (writable) Error.stackTraceLimit = 0;
      super(message);
      if (writable) Error.stackTraceLimit = limit;
      this.code = code;
      copyProperties(this, properties);
      captureWithCode(this, new.target);
    }

    get ['constructor']() {
      return Base;
    }

    get [kIsNodeError]() {
      return true;
    }

    toString() {
      return `${this.name} [${code}]: ${this.message}`;
    }
  }
  return NodeError;
}

/** Registers a code: `message` is a text, a format, or a function of `(error, ...args)`. */
function E(code, message, First, ...others) {
  messages[code] = message;
  if (First.isSystemError) {
    codes[code] = First.withCode(code);
    return;
  }
  codes[code] = makeNodeError(First, code);
  for (let i = 0; i < others.length; i++) {
    codes[code][others[i].name] = makeNodeError(others[i], code);
  }
}

/**
 * Wraps `fn` so that what it throws has a stack that starts where the wrapper was called; for
 * checks of arguments, whose own frames tell a user nothing.
 */
function hideStackFrames(fn) {
  function wrapped(...args) {
    try {
      return ReflectApply(fn, this, args);
    } catch (error) {
      if (Error.stackTraceLimit && error !== null && typeof error === 'object' &&
          ObjectIsExtensible(error)) {
        if (error[kIsNodeError] === true) captureWithCode(error, wrapped);
        else ErrorCaptureStackTrace(error, wrapped);
      }
      throw error;
    }
  }
  wrapped.withoutStackTrace = fn;
  return wrapped;
}

/** An AggregateError of both, or the one that there is. */
function aggregateTwoErrors(innerError, outerError) {
  if (!innerError || !outerError || innerError === outerError) return innerError || outerError;
  if (ArrayIsArray(outerError.errors)) {
    ArrayPrototypePush(outerError.errors, innerError);
    return outerError;
  }
  const error = new AggregateError([outerError, innerError], outerError.message);
  ErrorCaptureStackTrace(error, aggregateTwoErrors);
  error.code = outerError.code;
  return error;
}

class NodeAggregateError extends AggregateError {
  constructor(errors, message) {
    super(errors, message);
    this.code = errors[0]?.code;
  }

  get ['constructor']() {
    return AggregateError;
  }

  get [kIsNodeError]() {
    return true;
  }
}

/** What `AbortController` users get: an Error, not a DOMException, with a code and a name. */
class AbortError extends Error {
  constructor(message = 'The operation was aborted', options = undefined) {
    if (options !== undefined && typeof options !== 'object') {
      throw new codes.ERR_INVALID_ARG_TYPE('options', 'Object', options);
    }
    super(message, options);
    this.code = 'ABORT_ERR';
    this.name = 'AbortError';
  }
}

/** A plain Error with `properties` on it. */
const genericNodeError = hideStackFrames((message, properties) => (
  ObjectAssign(new Error(message), properties)
));

function inspectWithNoCustomRetry(value, options) {
  const { inspect } = require('internal/util/inspect');
  try {
    return inspect(value, options);
  } catch {
    return inspect(value, { ...options, customInspect: false });
  }
}

const isStackOverflowError = (error) => (
  error?.name === 'RangeError' && error.message === 'Maximum call stack size exceeded'
);

module.exports = {
  AbortError,
  E,
  NodeAggregateError,
  aggregateTwoErrors,
  codes,
  determineSpecificType,
  formatList,
  genericNodeError,
  getMessage: messageOf,
  hideStackFrames,
  inspectWithNoCustomRetry,
  isErrorStackTraceLimitWritable,
  isStackOverflowError,
  kIsNodeError,
};

const system = require('internal/errors/system');
for (const name of ObjectKeys(system)) module.exports[name] = system[name];
classes.SystemError = system.SystemError;

for (const [names, table] of fixedMessages) {
  for (const code of ObjectKeys(table)) {
    E(code, table[code], ...names.map((name) => classes[name]));
  }
}
for (const code of ObjectKeys(computed)) {
  const [names, message] = computed[code];
  E(code, message, ...names.map((name) => classes[name]));
}
