'use strict';
// URLPattern. The standard's parser is native: it gives each component's
// pattern and the source of a regular expression for it.

const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { setMode } = require('internal/worker/transfer');

const patternBinding = binding.urlPattern;
const { apply } = Reflect;
const exec = RegExp.prototype.exec;

const components = [
  'protocol', 'username', 'password', 'hostname', 'port', 'pathname', 'search',
  'hash',
];
const members = [...components, 'baseURL'];

/** Node throws these natively: the name has no code in it. */
function typeError(message, code) {
  const error = new TypeError(message);
  error.code = code;
  return error;
}

const wrongType = (message) => typeError(message, 'ERR_INVALID_ARG_TYPE');

function isObject(value) {
  return typeof value === 'object' ? value !== null :
    typeof value === 'function';
}

/** The members of a URLPatternInit, in the order of the standard's IDL. */
function initOf(object) {
  return members.map((name) => {
    const value = object[name];
    return value === undefined ? undefined : `${value}`.toWellFormed();
  });
}

/** A string, or the members of an object; without one an empty object. */
function inputOf(value, message) {
  if (value == null) return initOf({});
  if (typeof value === 'string') return value.toWellFormed();
  if (!isObject(value)) throw wrongType(message);
  return initOf(value);
}

function readIgnoreCase(options) {
  if (options == null) return false;
  if (!isObject(options)) throw wrongType('options must be an object');
  const { ignoreCase } = options;
  if (ignoreCase !== undefined && typeof ignoreCase !== 'boolean') {
    throw new ERR_INVALID_ARG_TYPE('options.ignoreCase', 'boolean', ignoreCase);
  }
  return ignoreCase === true;
}

/** `(input, baseURL, options)` or `(input, options)`. */
function constructorArguments(args) {
  const { 0: input, 1: second, 2: third } = args;
  const pattern = inputOf(input, 'Input must be an object or a string');
  if (typeof second === 'string') {
    return {
      pattern, baseURL: second.toWellFormed(), ignoreCase: readIgnoreCase(third),
    };
  }
  if (second != null && !isObject(second)) {
    throw wrongType('second argument must be a string or object');
  }
  return { pattern, baseURL: undefined, ignoreCase: readIgnoreCase(second ?? third) };
}

function URLPattern(...args) {
  if (new.target === undefined) {
    throw typeError('Cannot call constructor without `new`',
                    'ERR_CONSTRUCT_CALL_REQUIRED');
  }
  const { pattern, baseURL, ignoreCase } = constructorArguments(args);
  return Reflect.construct(
    Pattern, [compile(pattern, baseURL, ignoreCase)], new.target);
}

function compile(pattern, baseURL, ignoreCase) {
  const parsed = patternBinding.parse(pattern, baseURL, ignoreCase);
  try {
    if (parsed !== undefined) {
      return {
        hasRegExpGroups: parsed.at(-1),
        components: components.map((name, i) => ({
          name,
          pattern: parsed[i * 3],
          regexp: new RegExp(parsed[i * 3 + 1], ignoreCase ? 'vi' : 'v'),
          groups: parsed[i * 3 + 2],
        })),
      };
    }
  } catch {
    // What JavaScript takes for no regular expression is no pattern.
  }
  throw typeError('Failed to construct URLPattern', 'ERR_INVALID_URL_PATTERN');
}

class Pattern {
  #compiled;

  constructor(compiled) {
    this.#compiled = compiled;
  }

  static compiled(value) {
    if (!isObject(value) || !(#compiled in value)) {
      throw new TypeError('Illegal invocation');
    }
    return value.#compiled;
  }
}

/** What `input` matches: the result of `exec`, or null. */
function match(pattern, input, baseURL, failure) {
  const compiled = Pattern.compiled(pattern);
  const given = inputOf(
    input, 'URLPattern input needs to be a string or an object');
  if (baseURL !== undefined && typeof baseURL !== 'string') {
    throw wrongType('baseURL must be a string');
  }
  const texts = patternBinding.matchInput(given, baseURL?.toWellFormed());
  if (texts === false) throw typeError(failure, 'ERR_OPERATION_FAILED');
  if (texts === undefined) return null;

  const found = [];
  for (let i = 0; i < components.length; ++i) {
    const { regexp, groups } = compiled.components[i];
    const captures = apply(exec, regexp, [texts[i]]);
    if (captures === null) return null;
    found.push({
      groups: Object.fromEntries(
        groups.map((name, index) => [name, captures[index + 1]])),
      input: texts[i],
    });
  }
  const result = { __proto__: null };
  // Node's order.
  for (const name of [...components, 'inputs'].sort()) {
    result[name] = name === 'inputs' ?
      inputsOf(input, baseURL) : found[components.indexOf(name)];
  }
  return result;
}

/** What was matched, as the result shows it. */
function inputsOf(input, baseURL) {
  if (typeof input === 'string') {
    return baseURL === undefined ? [input] : [input, baseURL];
  }
  const given = initOf(input ?? {});
  return [Object.fromEntries(
    members.map((name, i) => [name, given[i]])
      .filter(({ 1: value }) => value !== undefined))];
}

const prototype = URLPattern.prototype;
const getters = {
  __proto__: null,
  hasRegExpGroups: (pattern) => Pattern.compiled(pattern).hasRegExpGroups,
};
components.forEach((name, i) => {
  getters[name] = (pattern) => Pattern.compiled(pattern).components[i].pattern;
});
for (const name of [...components, 'hasRegExpGroups']) {
  const get = getters[name];
  Object.defineProperty(prototype, name, {
    __proto__: null,
    enumerable: true,
    get() {
      return get(this);
    },
  });
}

const methods = {
  exec(...args) {
    return match(this, args[0], args[1], 'Failed to exec URLPattern');
  },
  test(...args) {
    return match(this, args[0], args[1], 'Failed to test URLPattern') !== null;
  },
};
for (const name of ['exec', 'test']) prototype[name] = methods[name];
Object.defineProperty(prototype, Symbol.toStringTag, {
  __proto__: null,
  configurable: true,
  value: 'URLPattern',
});

// No message can hold one.
setMode(prototype, 0);

module.exports = { URLPattern };
