'use strict';

// `util.parseArgs`: first tokens, by the rules of POSIX and GNU, then values and positionals.

const {
  ArrayPrototypePush, ArrayPrototypeSlice, ArrayPrototypeSplice, ObjectHasOwn, ObjectKeys,
  StringPrototypeIncludes, StringPrototypeIndexOf, StringPrototypeSlice, StringPrototypeStartsWith,
} = require('internal/primordials');
const {
  codes: {
    ERR_INVALID_ARG_VALUE, ERR_PARSE_ARGS_INVALID_OPTION_VALUE,
    ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL, ERR_PARSE_ARGS_UNKNOWN_OPTION,
  },
} = require('internal/errors');
const {
  validateArray, validateBoolean, validateBooleanArray, validateObject, validateString,
  validateStringArray, validateUnion,
} = require('internal/validators');
const { kEmptyObject } = require('internal/util');

const own = (object, key) => (ObjectHasOwn(object, key) ? object[key] : undefined);

/** `key` of the configuration of the option `name`. */
const setting = (options, name, key) => (
  ObjectHasOwn(options, name) ? own(options[name], key) : undefined
);

/** What follows the program and the script; with -e and -p there is no script. */
function mainArguments() {
  return ArrayPrototypeSlice(process.argv, process._eval ? 1 : 2);
}

function validateOptions(options) {
  validateObject(options, 'options');
  for (const name of ObjectKeys(options)) {
    const option = options[name];
    const path = `options.${name}`;
    validateObject(option, path);
    const type = own(option, 'type');
    validateUnion(type, `${path}.type`, ['string', 'boolean']);
    if (ObjectHasOwn(option, 'short')) {
      validateString(option.short, `${path}.short`);
      if (option.short.length !== 1) {
        throw new ERR_INVALID_ARG_VALUE(`${path}.short`, option.short, 'must be a single character');
      }
    }
    const multiple = own(option, 'multiple');
    if (ObjectHasOwn(option, 'multiple')) validateBoolean(multiple, `${path}.multiple`);
    const value = own(option, 'default');
    if (value === undefined) continue;
    const validate = type === 'string' ? (multiple ? validateStringArray : validateString)
      : (multiple ? validateBooleanArray : validateBoolean);
    validate(value, `${path}.default`);
  }
}

// ---- Tokens -----------------------------------------------------------------------------------

function longNameOf(short, options) {
  for (const name of ObjectKeys(options)) {
    if (own(options[name], 'short') === short) return name;
  }
  return short;
}

const takesValue = (options, name) => setting(options, name, 'type') === 'string';

/** '-abc' as ['-a', '-b', '-c']; from the first that takes a value on, the rest is its value. */
function splitGroup(group, options) {
  const parts = [];
  for (let i = 1; i < group.length; i++) {
    if (i < group.length - 1 && takesValue(options, longNameOf(group[i], options))) {
      ArrayPrototypePush(parts, `-${StringPrototypeSlice(group, i)}`);
      break;
    }
    ArrayPrototypePush(parts, `-${group[i]}`);
  }
  return parts;
}

function tokenize(args, options) {
  const tokens = [];
  const rest = ArrayPrototypeSlice(args);
  let at = 0; // in `rest`, which groups make longer
  let index = -1; // in `args`
  let groupLeft = 0;
  const option = (name, rawName, value, inlineValue) => (
    ArrayPrototypePush(tokens, { kind: 'option', name, rawName, index, value, inlineValue })
  );
  /** An option without a value in its own argument may have the next one. */
  const lone = (name, rawName) => {
    if (takesValue(options, name) && rest[at] !== undefined && rest[at] !== null) {
      option(name, rawName, rest[at++], false);
      index++;
    } else {
      option(name, rawName, undefined, undefined);
    }
  };
  while (at < rest.length) {
    const arg = rest[at++];
    if (groupLeft > 0) groupLeft--;
    else index++;
    if (arg === '--') {
      ArrayPrototypePush(tokens, { kind: 'option-terminator', index });
      for (; at < rest.length; at++) {
        ArrayPrototypePush(tokens, { kind: 'positional', index: ++index, value: rest[at] });
      }
    } else if (arg.length > 2 && StringPrototypeStartsWith(arg, '--')) {
      if (StringPrototypeIncludes(arg, '=', 3)) {
        const equals = StringPrototypeIndexOf(arg, '=');
        const name = StringPrototypeSlice(arg, 2, equals);
        option(name, `--${name}`, StringPrototypeSlice(arg, equals + 1), true);
      } else {
        lone(StringPrototypeSlice(arg, 2), arg);
      }
    } else if (arg.length > 1 && arg[0] === '-') {
      const name = longNameOf(arg[1], options);
      if (arg.length === 2) {
        lone(name, arg);
      } else if (takesValue(options, name)) {
        option(name, `-${arg[1]}`, StringPrototypeSlice(arg, 2), true);
      } else {
        // The parts take the group's place, and its index.
        const parts = splitGroup(arg, options);
        ArrayPrototypeSplice(rest, at, 0, ...parts);
        groupLeft = parts.length;
      }
    } else {
      ArrayPrototypePush(tokens, { kind: 'positional', index, value: arg });
    }
  }
  return tokens;
}

// ---- Values -----------------------------------------------------------------------------------

function checkToken({ options, allowNegative, allowPositionals }, token) {
  const { rawName, value } = token;
  let { name } = token;
  if (!ObjectHasOwn(options, name)) {
    const isNegation = allowNegative && StringPrototypeStartsWith(name, 'no-');
    if (isNegation) name = StringPrototypeSlice(name, 3);
    if (!isNegation || setting(options, name, 'type') !== 'boolean') {
      throw new ERR_PARSE_ARGS_UNKNOWN_OPTION(rawName, allowPositionals);
    }
  }
  const short = setting(options, name, 'short');
  const shown = `${short ? `-${short}, ` : ''}--${name}`;
  if (takesValue(options, name) && typeof value !== 'string') {
    throw new ERR_PARSE_ARGS_INVALID_OPTION_VALUE(`Option '${shown} <value>' argument missing`);
  }
  if (setting(options, name, 'type') === 'boolean' && value !== undefined && value !== null) {
    throw new ERR_PARSE_ARGS_INVALID_OPTION_VALUE(`Option '${shown}' does not take an argument`);
  }
  if (!token.inlineValue && typeof value === 'string' && value.length > 1 && value[0] === '-') {
    const example = StringPrototypeStartsWith(rawName, '--') ? `'${rawName}=-XYZ'`
      : `'--${token.name}=-XYZ' or '${rawName}-XYZ'`;
    throw new ERR_PARSE_ARGS_INVALID_OPTION_VALUE(
      `Option '${rawName}' argument is ambiguous.\n` +
      `Did you forget to specify the option argument for '${rawName}'?\n` +
      `To specify an option argument starting with a dash use ${example}.`);
  }
}

function store({ options, allowNegative }, token, values) {
  if (token.name === '__proto__') return;
  let value = token.value ?? true;
  if (allowNegative && StringPrototypeStartsWith(token.name, 'no-') && token.value === undefined) {
    token.name = StringPrototypeSlice(token.name, 3);
    value = false;
  }
  const { name } = token;
  if (!setting(options, name, 'multiple')) values[name] = value;
  else if (values[name]) ArrayPrototypePush(values[name], value);
  else values[name] = [value];
}

function parseArgs(config = kEmptyObject) {
  const args = own(config, 'args') ?? mainArguments();
  const strict = own(config, 'strict') ?? true;
  const allowPositionals = own(config, 'allowPositionals') ?? !strict;
  const returnTokens = own(config, 'tokens') ?? false;
  const allowNegative = own(config, 'allowNegative') ?? false;
  const options = own(config, 'options') ?? { __proto__: null };
  validateArray(args, 'args');
  validateBoolean(strict, 'strict');
  validateBoolean(allowPositionals, 'allowPositionals');
  validateBoolean(returnTokens, 'tokens');
  validateBoolean(allowNegative, 'allowNegative');
  validateOptions(options);

  const settings = { options, allowNegative, allowPositionals };
  const tokens = tokenize(args, options);
  const values = { __proto__: null };
  const positionals = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token.kind === 'option') {
      if (strict) checkToken(settings, token);
      store(settings, token, values);
    } else if (token.kind === 'positional') {
      if (!allowPositionals) throw new ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL(token.value);
      ArrayPrototypePush(positionals, token.value);
    }
  }
  for (const name of ObjectKeys(options)) {
    const value = own(options[name], 'default');
    if (name !== '__proto__' && value !== undefined && values[name] === undefined) values[name] = value;
  }
  return returnTokens ? { values, positionals, tokens } : { values, positionals };
}

module.exports = { parseArgs };
