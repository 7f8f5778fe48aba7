'use strict';

// `util.inspect`, its options and colours, and `util.format`.

const {
  ArrayPrototypePush, JSONStringify, NumberParseFloat, NumberParseInt, ObjectAssign, ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor, ObjectGetPrototypeOf, ObjectHasOwn, ObjectKeys, ObjectSeal, String,
  StringPrototypeCharCodeAt, StringPrototypeSlice, StringPrototypeStartsWith, SymbolToPrimitive,
} = require('internal/primordials');
const { kValidateObjectAllowArray, validateObject } = require('internal/validators');
const { customInspectSymbol } = require('internal/util');
const {
  bigIntText, getStringWidth, numberText, stripVTControlCharacters,
} = require('internal/util/inspect_text');
const { builtInObjects } = require('internal/util/inspect_names');
const { identicalSequenceRange } = require('internal/util/inspect_errors');
const { formatValue } = require('internal/util/inspect_values');

const utilBinding = binding.util;

const inspectDefaultOptions = ObjectSeal({
  showHidden: false,
  depth: 2,
  colors: false,
  customInspect: true,
  showProxy: false,
  maxArrayLength: 100,
  maxStringLength: 10000,
  breakLength: 80,
  compact: 3,
  sorted: false,
  getters: false,
  numericSeparator: false,
});

const optionNames = ObjectKeys(inspectDefaultOptions);

const stylizeNoColor = (text) => text;

function stylizeWithColor(text, style) {
  const name = inspect.styles[style];
  const color = inspect.colors[name];
  if (color !== undefined) return `\u001b[${color[0]}m${text}\u001b[${color[1]}m`;
  return typeof name === 'function' ? name(text) : text;
}

/** The text of any value. Legacy arguments: value, showHidden, depth, colors. */
function inspect(value, opts) {
  const ctx = {
    ...inspectDefaultOptions,
    stylize: stylizeNoColor,
    // What the recursion carries along.
    inspect,
    userOptions: undefined,
    indentationLvl: 0,
    currentDepth: 0,
    seen: [],
    circular: undefined,
    budget: {},
    optionsOnly() {
      const options = { stylize: this.stylize };
      for (let i = 0; i < optionNames.length; i++) options[optionNames[i]] = this[optionNames[i]];
      return options;
    },
  };
  if (arguments.length > 2) {
    if (arguments[2] !== undefined) ctx.depth = arguments[2];
    if (arguments[3] !== undefined) ctx.colors = arguments[3];
  }
  if (typeof opts === 'boolean') {
    ctx.showHidden = opts;
  } else if (opts) {
    const keys = ObjectKeys(opts);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      if (ObjectHasOwn(inspectDefaultOptions, key) || key === 'stylize') ctx[key] = opts[key];
      // Custom functions get to see the user's own options.
      else ctx.userOptions = opts;
    }
  }
  if (ctx.colors) ctx.stylize = stylizeWithColor;
  ctx.maxArrayLength ??= Infinity;
  ctx.maxStringLength ??= Infinity;
  return formatValue(ctx, value, 0);
}

inspect.custom = customInspectSymbol;

ObjectDefineProperty(inspect, 'defaultOptions', {
  __proto__: null,
  get() {
    return inspectDefaultOptions;
  },
  set(options) {
    validateObject(options, 'options');
    ObjectAssign(inspectDefaultOptions, options);
  },
});

// SGR codes: on, off.
inspect.colors = {
  __proto__: null,
  reset: [0, 0],
  bold: [1, 22],
  dim: [2, 22],
  italic: [3, 23],
  underline: [4, 24],
  blink: [5, 25],
  inverse: [7, 27],
  hidden: [8, 28],
  strikethrough: [9, 29],
  doubleunderline: [21, 24],
};
const colorNames = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];
const brightNames = ['gray'];
for (let i = 1; i < colorNames.length; i++) brightNames[i] = `${colorNames[i]}Bright`;
function addColors(names, first, off, rename) {
  for (let i = 0; i < names.length; i++) inspect.colors[rename(names[i])] = [first + i, off];
}
const asBackground = (name) => `bg${name[0].toUpperCase()}${name.slice(1)}`;
addColors(colorNames, 30, 39, (name) => name);
addColors(colorNames, 40, 49, asBackground);
inspect.colors.framed = [51, 54];
inspect.colors.overlined = [53, 55];
addColors(brightNames, 90, 39, (name) => name);
addColors(brightNames, 100, 49, asBackground);

for (const [name, alias] of [
  ['gray', 'grey'], ['gray', 'blackBright'], ['bgGray', 'bgGrey'], ['bgGray', 'bgBlackBright'],
  ['dim', 'faint'], ['strikethrough', 'crossedout'], ['strikethrough', 'strikeThrough'],
  ['strikethrough', 'crossedOut'], ['hidden', 'conceal'], ['inverse', 'swapColors'],
  ['inverse', 'swapcolors'], ['doubleunderline', 'doubleUnderline'],
]) {
  ObjectDefineProperty(inspect.colors, alias, {
    __proto__: null,
    get() {
      return this[name];
    },
    set(value) {
      this[name] = value;
    },
    configurable: true,
    enumerable: false,
  });
}

const regexpColors = ['green', 'red', 'yellow', 'cyan', 'magenta'];

function highlightRegExp(text) {
  const names = highlightRegExp.colors?.length > 0 ? highlightRegExp.colors : regexpColors;
  const palette = [];
  for (let i = 0; i < names.length; i++) {
    const color = inspect.colors[names[i]];
    if (color !== undefined) ArrayPrototypePush(palette, [`\u001b[${color[0]}m`, `\u001b[${color[1]}m`]);
  }
  if (palette.length === 0) return text;
  return require('internal/util/highlight_regexp').highlightRegExp(text, palette);
}
highlightRegExp.colors = [...regexpColors];

inspect.styles = {
  __proto__: null,
  special: 'cyan',
  number: 'yellow',
  bigint: 'yellow',
  boolean: 'yellow',
  undefined: 'grey',
  null: 'bold',
  string: 'green',
  symbol: 'green',
  date: 'magenta',
  regexp: highlightRegExp,
  module: 'underline',
};

// ---- format -----------------------------------------------------------------------------------

const percent = 37;
const [letterO, letterC, letterD, letterF, letterI, letterJ, letterSmallO, letterS] =
  ['O', 'c', 'd', 'f', 'i', 'j', 'o', 's'].map((letter) => letter.charCodeAt(0));

/** Whether `%s` would print '[object Object]': no toString of the user's own. */
function hasBuiltInToString(object) {
  let value = object;
  for (let details = utilBinding.getProxyDetails(value); details !== undefined;
    details = utilBinding.getProxyDetails(value)) {
    if (details[0] === null) return true;
    value = details[0];
  }
  const keys = [];
  if (typeof value.toString === 'function') keys[0] = 'toString';
  if (typeof value[SymbolToPrimitive] === 'function') keys[keys.length] = SymbolToPrimitive;
  if (keys.length === 0) return true;
  const hasAny = (at) => ObjectHasOwn(at, keys[0]) || (keys.length === 2 && ObjectHasOwn(at, keys[1]));
  if (hasAny(value)) return false;
  let at = value;
  do {
    at = ObjectGetPrototypeOf(at);
  } while (!hasAny(at));
  const constructor = ObjectGetOwnPropertyDescriptor(at, 'constructor')?.value;
  return typeof constructor === 'function' && builtInObjects.has(constructor.name);
}

function stringify(value) {
  try {
    return JSONStringify(value);
  } catch (error) {
    if (error.name === 'TypeError' &&
        StringPrototypeStartsWith(error.message, 'Converting circular structure to JSON')) {
      return '[Circular]';
    }
    throw error;
  }
}

function asNumber(value, options, convert) {
  const separate = options?.numericSeparator ?? inspectDefaultOptions.numericSeparator;
  if (typeof value === 'bigint' && convert !== NumberParseFloat) return bigIntText(value, separate);
  return typeof value === 'symbol' ? 'NaN' : numberText(convert(value), separate);
}

function asText(value, options) {
  if (typeof value === 'number' || typeof value === 'bigint') return asNumber(value, options, Number);
  if (typeof value !== 'object' || value === null || !hasBuiltInToString(value)) return String(value);
  return inspect(value, { ...options, depth: 0, colors: false, compact: 3 });
}

/** The text for one placeholder, or undefined when the letter is none. */
function replacePlaceholder(letter, value, options) {
  switch (letter) {
    case letterS:
      return asText(value, options);
    case letterJ:
      return `${stringify(value)}`;
    case letterD:
      return asNumber(value, options, Number);
    case letterI:
      return asNumber(value, options, NumberParseInt);
    case letterF:
      return asNumber(value, options, NumberParseFloat);
    case letterO:
      return inspect(value, options);
    case letterSmallO:
      return inspect(value, { ...options, showHidden: true, showProxy: true, depth: 4 });
    case letterC:
      return '';
    default:
      return undefined;
  }
}

/** What `format(...args)` gives, with options for `inspect`. */
function formatArgs(options, args) {
  const first = args[0];
  if (typeof first !== 'string') return joinRest('', options, args, 0);
  if (args.length === 1) return first;
  let text = '';
  let done = 0; // characters of `first` that are in `text`
  let used = 1; // arguments that are in `text`
  for (let i = 0; i < first.length - 1; i++) {
    if (StringPrototypeCharCodeAt(first, i) !== percent) continue;
    const letter = StringPrototypeCharCodeAt(first, ++i);
    if (letter === percent) {
      text += StringPrototypeSlice(first, done, i);
      done = i + 1;
    } else if (used < args.length) {
      const replacement = replacePlaceholder(letter, args[used], options);
      if (replacement === undefined) continue;
      text += `${StringPrototypeSlice(first, done, i - 1)}${replacement}`;
      done = i + 1;
      used++;
    }
  }
  return joinRest(`${text}${StringPrototypeSlice(first, done)}`, options, args, used);
}

/** Adds the arguments from `from` on, each behind a blank. */
function joinRest(start, options, args, from) {
  let text = start;
  for (let i = from; i < args.length; i++) {
    if (i > 0) text += ' ';
    text += typeof args[i] === 'string' ? args[i] : inspect(args[i], options);
  }
  return text;
}

function format(...args) {
  return formatArgs(undefined, args);
}

function formatWithOptions(inspectOptions, ...args) {
  validateObject(inspectOptions, 'inspectOptions', kValidateObjectAllowArray);
  return formatArgs(inspectOptions, args);
}

module.exports = {
  format,
  formatArgs,
  formatWithOptions,
  getStringWidth,
  identicalSequenceRange,
  inspect,
  inspectDefaultOptions,
  stripVTControlCharacters,
};
