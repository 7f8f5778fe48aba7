'use strict';

// The heart of `util.inspect`: from a value to its text. `describe` finds out what the value is,
// the formatters make the entries, `layOut` (inspect_layout) puts them together.

const {
  ArrayIsArray, ArrayPrototypeFilter, ArrayPrototypeIncludes, ArrayPrototypeJoin, ArrayPrototypeMap,
  ArrayPrototypePop, ArrayPrototypePush, ArrayPrototypePushApply, ArrayPrototypeSlice,
  ArrayPrototypeSort, ArrayPrototypeSplice, BigIntPrototypeValueOf, BooleanPrototypeValueOf,
  DatePrototypeGetTime, DatePrototypeToISOString, DatePrototypeToString, FunctionPrototypeCall,
  FunctionPrototypeSymbolHasInstance, MapPrototypeGetSize, NumberIsNaN, NumberPrototypeValueOf,
  Object, ObjectGetOwnPropertyDescriptor, ObjectGetOwnPropertyNames, ObjectGetOwnPropertySymbols,
  ObjectGetPrototypeOf, ObjectHasOwn, ObjectKeys, ObjectPrototypePropertyIsEnumerable,
  ObjectSetPrototypeOf, ReflectOwnKeys, RegExp, RegExpPrototypeExec, RegExpPrototypeSymbolSplit,
  RegExpPrototypeToString, SafeMap, SafeSet, SetPrototypeGetSize, StringPrototypeRepeat,
  StringPrototypeReplaceAll, StringPrototypeSlice, StringPrototypeToLowerCase,
  StringPrototypeValueOf, SymbolIterator, SymbolPrototypeToString, SymbolPrototypeValueOf,
  SymbolToStringTag, TypedArrayPrototypeGetLength, TypedArrayPrototypeGetSymbolToStringTag,
} = require('internal/primordials');
const { isStackOverflowError } = require('internal/errors');
const { customInspectSymbol, isError } = require('internal/util');
const types = require('internal/util/types');
const { kArrayExtrasType, kArrayType, kObjectType, layOut } = require('internal/util/inspect_layout');
const {
  builtInObjects, describeFunction, findConstructor, getObjectPrefix, getPrefix, internalName,
  isUndetectable,
} = require('internal/util/inspect_names');
const { bigIntText, escapeText, getStringWidth, numberText, quote } = require('internal/util/inspect_text');
const { formatError } = require('internal/util/inspect_errors');
const collections = require('internal/util/inspect_collections');

const utilBinding = binding.util;

/** V8's property filters. */
const allProperties = 0;
const onlyEnumerable = 2;

/** Texts longer than this may be split at their line breaks. */
const minSplitLength = 16;
/** Characters of output on one level after which nothing is opened any more. */
const maxOutput = 2 ** 27;

const identifier = /^[a-zA-Z_][a-zA-Z_0-9]*$/;
const lineStart = /(?<=\n)/;

const noColor = (text) => text;
const isTooDeep = (ctx, depth) => ctx.depth !== null && depth > ctx.depth;

function formatPrimitive(stylize, value, ctx) {
  switch (typeof value) {
    case 'string': {
      const hidden = value.length - ctx.maxStringLength;
      const text = hidden > 0 ? StringPrototypeSlice(value, 0, ctx.maxStringLength) : value;
      const more = hidden > 0 ? `... ${hidden} more character${hidden > 1 ? 's' : ''}` : '';
      if (ctx.compact === true || text.length <= minSplitLength ||
          text.length <= ctx.breakLength - ctx.indentationLvl - 4) {
        return `${stylize(quote(text), 'string')}${more}`;
      }
      const lines = ArrayPrototypeMap(
        RegExpPrototypeSymbolSplit(lineStart, text), (line) => stylize(quote(line), 'string'));
      const gap = ` +\n${StringPrototypeRepeat(' ', ctx.indentationLvl + 2)}`;
      return `${ArrayPrototypeJoin(lines, gap)}${more}`;
    }
    case 'number':
      return stylize(numberText(value, ctx.numericSeparator), 'number');
    case 'bigint':
      return stylize(bigIntText(value, ctx.numericSeparator), 'bigint');
    case 'symbol':
      return stylize(SymbolPrototypeToString(value), 'symbol');
    default:
      return stylize(`${value}`, typeof value);
  }
}

// ---- Custom inspection ------------------------------------------------------------------------

/** The options as a custom function gets them: what the user said, and the state of the recursion. */
function optionsForUser(ctx, isForeign) {
  const options = {
    stylize: ctx.stylize,
    showHidden: ctx.showHidden,
    depth: ctx.depth,
    colors: ctx.colors,
    customInspect: ctx.customInspect,
    showProxy: ctx.showProxy,
    maxArrayLength: ctx.maxArrayLength,
    maxStringLength: ctx.maxStringLength,
    breakLength: ctx.breakLength,
    compact: ctx.compact,
    sorted: ctx.sorted,
    getters: ctx.getters,
    numericSeparator: ctx.numericSeparator,
    ...ctx.userOptions,
  };
  if (!isForeign) return options;
  // Another context's function gets no object of this one.
  ObjectSetPrototypeOf(options, null);
  const keys = ObjectKeys(options);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    const value = options[key];
    if ((typeof value === 'object' && value !== null) || typeof value === 'function') delete options[key];
  }
  options.stylize = ObjectSetPrototypeOf((value, flavour) => {
    try {
      return `${ctx.stylize(value, flavour)}`;
    } catch {
      return value;
    }
  }, null);
  return options;
}

/** The text by the value's own `[inspect.custom]`, or undefined when it has none. */
function formatByCustom(ctx, value, original, isProxy, depth) {
  const custom = value[customInspectSymbol];
  if (typeof custom !== 'function' || custom === ctx.inspect) return undefined;
  // A prototype has its instances' method, but not their state.
  if (ObjectGetOwnPropertyDescriptor(value, 'constructor')?.value?.prototype === value) return undefined;
  const isForeign = isProxy || !FunctionPrototypeSymbolHasInstance(Object, original);
  const result = FunctionPrototypeCall(
    custom, original, ctx.depth === null ? null : ctx.depth - depth, optionsForUser(ctx, isForeign),
    ctx.inspect);
  if (result === original) return undefined;
  if (typeof result !== 'string') return formatValue(ctx, result, depth);
  return StringPrototypeReplaceAll(result, '\n', `\n${StringPrototypeRepeat(' ', ctx.indentationLvl)}`);
}

function formatProxy(ctx, details, depth) {
  if (isTooDeep(ctx, depth)) return ctx.stylize('Proxy [Array]', 'special');
  ctx.indentationLvl += 2;
  const entries = [
    formatValue(ctx, details[0], depth + 1),
    formatValue(ctx, details[1], depth + 1),
  ];
  ctx.indentationLvl -= 2;
  return layOut(ctx, entries, '', 'Proxy [', ']', kArrayExtrasType, depth + 1);
}

/**
 * The text of any value. `inTypedArray` is set for the buffer of a typed array, whose bytes are
 * told already.
 */
function formatValue(ctx, value, depth, inTypedArray) {
  if (typeof value !== 'object' && typeof value !== 'function' && !isUndetectable(value)) {
    return formatPrimitive(ctx.stylize, value, ctx);
  }
  if (value === null) return ctx.stylize('null', 'null');

  // Nothing of a proxy's may run: look at its target instead.
  let target = value;
  const details = utilBinding.getProxyDetails(value);
  if (details !== undefined) {
    if (details[0] === null) return ctx.stylize('<Revoked Proxy>', 'special');
    if (ctx.showProxy) return formatProxy(ctx, details, depth);
    target = details[0];
    while (utilBinding.getProxyDetails(target) !== undefined) {
      target = utilBinding.getProxyDetails(target)[0];
      if (target === null) return ctx.stylize('<Revoked Proxy>', 'special');
    }
  }

  if (ctx.customInspect) {
    const text = formatByCustom(ctx, target, value, details !== undefined, depth);
    if (text !== undefined) return text;
  }

  if (ArrayPrototypeIncludes(ctx.seen, target)) {
    ctx.circular ??= new SafeMap();
    let index = ctx.circular.get(target);
    if (index === undefined) {
      index = ctx.circular.size + 1;
      ctx.circular.set(target, index);
    }
    return ctx.stylize(`[Circular *${index}]`, 'special');
  }
  return formatObject(ctx, target, depth, inTypedArray);
}

// ---- Keys -------------------------------------------------------------------------------------

function getKeys(value, showHidden) {
  const symbols = ObjectGetOwnPropertySymbols(value);
  let keys;
  if (showHidden) {
    keys = ObjectGetOwnPropertyNames(value);
    ArrayPrototypePushApply(keys, symbols);
    return keys;
  }
  try {
    keys = ObjectKeys(value);
  } catch {
    // A module namespace with bindings that have no value yet.
    keys = ObjectGetOwnPropertyNames(value);
  }
  if (symbols.length !== 0) {
    ArrayPrototypePushApply(keys, ArrayPrototypeFilter(
      symbols, (key) => ObjectPrototypePropertyIsEnumerable(value, key)));
  }
  return keys;
}

const getNonIndexKeys = (ctx, value) => (
  utilBinding.getOwnNonIndexProperties(value, ctx.showHidden ? allProperties : onlyEnumerable)
);

/** The tag, unless it is shown anyway as a property of the object. */
function getTag(ctx, value) {
  let tag;
  try {
    tag = value[SymbolToStringTag];
  } catch {
    return '';
  }
  if (typeof tag !== 'string' || tag === '') return '';
  const isShown = ctx.showHidden ? ObjectHasOwn(value, SymbolToStringTag)
    : ObjectPrototypePropertyIsEnumerable(value, SymbolToStringTag);
  return isShown ? '' : tag;
}

/** Formats the data properties and accessors of up to three of the user's prototypes. */
function formatInherited(ctx, main, from, depth, entries) {
  const above = new SafeSet();
  let object = from;
  for (let layer = 0; layer < 3; layer++) {
    if (layer !== 0 || main === object) {
      object = ObjectGetPrototypeOf(object);
      if (object === null) return;
      const constructor = ObjectGetOwnPropertyDescriptor(object, 'constructor')?.value;
      if (typeof constructor === 'function' && builtInObjects.has(constructor.name)) return;
    }
    const keys = ReflectOwnKeys(object);
    ArrayPrototypePush(ctx.seen, main);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      if (key === 'constructor' || ObjectHasOwn(main, key) || above.has(key)) continue;
      const descriptor = ObjectGetOwnPropertyDescriptor(object, key);
      if (typeof descriptor.value === 'function') continue;
      const text = formatProperty(ctx, object, depth, key, kObjectType, descriptor, main);
      ArrayPrototypePush(entries, ctx.colors ? `\u001b[2m${text}\u001b[22m` : text);
    }
    ArrayPrototypePop(ctx.seen);
    for (let i = 0; i < keys.length; i++) above.add(keys[i]);
  }
}

/** The constructor's name, null for none; adds inherited properties to `inherited` if it is given. */
function getConstructorName(ctx, object, depth, inherited) {
  const { name, at, first, known } = findConstructor(object);
  if (name !== null) {
    if (inherited !== undefined && (first !== at || (!known && !builtInObjects.has(name)))) {
      formatInherited(ctx, object, first ?? object, depth, inherited);
    }
    return name;
  }
  if (first === null) return null;
  const internal = internalName(object);
  if (isTooDeep(ctx, depth)) return `${internal} <Complex prototype>`;
  const parent = getConstructorName(ctx, first, depth + 1, inherited) ??
    ctx.inspect(first, { ...ctx.optionsOnly(), customInspect: false, depth: -1 });
  return `${internal} <${parent}>`;
}

// ---- What an object is ------------------------------------------------------------------------

const boxedTypes = [
  ['isNumberObject', 'Number', NumberPrototypeValueOf],
  ['isStringObject', 'String', StringPrototypeValueOf],
  ['isBooleanObject', 'Boolean', BooleanPrototypeValueOf],
  ['isBigIntObject', 'BigInt', BigIntPrototypeValueOf],
  ['isSymbolObject', 'Symbol', SymbolPrototypeValueOf],
];

function describeBoxed(ctx, value, keys, constructor, tag) {
  for (let i = 0; i < boxedTypes.length; i++) {
    const { 0: is, 1: type, 2: valueOf } = boxedTypes[i];
    if (!types[is](value)) continue;
    const primitive = valueOf(value);
    // A String's characters are properties too.
    if (type === 'String') ArrayPrototypeSplice(keys, 0, primitive.length);
    let name = '';
    if (constructor === null) name = ' (null prototype)';
    else if (constructor !== type) name = ` (${constructor})`;
    const text = `[${type}${name}: ${formatPrimitive(noColor, primitive, ctx)}]${
      tag !== '' && tag !== constructor ? ` [${tag}]` : ''}`;
    return keys.length === 0 ? ctx.stylize(text, StringPrototypeToLowerCase(type)) : text;
  }
  return '';
}

const isUrl = (value) => (
  typeof value.href === 'string' && FunctionPrototypeSymbolHasInstance(require('url').URL, value)
);

function iteratorOpening(type, tag) {
  const own = `${type} Iterator`;
  if (tag === own) return `[${own}] {`;
  return tag === '' ? `[${own}] {` : `[${tag}] [${own}] {`;
}

/**
 * Fills `shape` for what has an iterator; false when it is nothing of that kind.
 * A `shape.text` is the whole result.
 */
function describeIterable(ctx, shape, value, constructor, tag, isPlain) {
  if (ArrayIsArray(value)) {
    const prefix = constructor !== 'Array' || tag !== '' ?
      getPrefix(constructor, tag, 'Array', `(${value.length})`) : '';
    shape.keys = getNonIndexKeys(ctx, value);
    shape.open = `${prefix}[`;
    shape.close = ']';
    if (value.length === 0 && shape.keys.length === 0 && isPlain) shape.text = `${shape.open}]`;
    shape.type = kArrayExtrasType;
    shape.format = collections.formatArray;
  } else if (types.isSet(value)) {
    const size = SetPrototypeGetSize(value);
    const prefix = getPrefix(constructor, tag, 'Set', `(${size})`);
    shape.keys = getKeys(value, ctx.showHidden);
    if (size === 0 && shape.keys.length === 0 && isPlain) shape.text = `${prefix}{}`;
    shape.open = `${prefix}{`;
    shape.format = constructor === null ? collections.formatBareSet : collections.formatSet;
  } else if (types.isMap(value)) {
    const size = MapPrototypeGetSize(value);
    const prefix = getPrefix(constructor, tag, 'Map', `(${size})`);
    shape.keys = getKeys(value, ctx.showHidden);
    if (size === 0 && shape.keys.length === 0 && isPlain) shape.text = `${prefix}{}`;
    shape.open = `${prefix}{`;
    shape.format = constructor === null ? collections.formatBareMap : collections.formatMap;
  } else if (types.isTypedArray(value)) {
    const fallback = constructor === null ? TypedArrayPrototypeGetSymbolToStringTag(value) : '';
    const size = TypedArrayPrototypeGetLength(value);
    shape.keys = getNonIndexKeys(ctx, value);
    shape.open = `${getPrefix(constructor, tag, fallback, `(${size})`)}[`;
    shape.close = ']';
    if (size === 0 && shape.keys.length === 0 && !ctx.showHidden) shape.text = `${shape.open}]`;
    shape.type = kArrayExtrasType;
    shape.format = collections.formatTypedArray;
    if (ctx.showHidden) {
      shape.extraKeys = ['BYTES_PER_ELEMENT', 'length', 'byteLength', 'byteOffset', 'buffer'];
      shape.inTypedArray = true;
    }
  } else if (types.isMapIterator(value) || types.isSetIterator(value)) {
    shape.keys = getKeys(value, ctx.showHidden);
    shape.open = iteratorOpening(types.isMapIterator(value) ? 'Map' : 'Set', tag);
    shape.format = collections.formatIterator;
  } else {
    return false;
  }
  return true;
}

function describeOther(ctx, shape, value, constructor, tag, isPlain, depth) {
  const keys = getKeys(value, ctx.showHidden);
  shape.keys = keys;
  // Without properties, what is told before the braces is all there is.
  const alone = (style) => {
    if (keys.length === 0 && isPlain) shape.text = style === undefined ? shape.base : ctx.stylize(shape.base, style);
  };
  const open = (fallback) => { shape.open = `${getPrefix(constructor, tag, fallback)}{`; };
  const prefixed = (own, text) => {
    const prefix = getPrefix(constructor, tag, own);
    return prefix === `${own} ` ? text : `${prefix}${text}`;
  };

  if (typeof value === 'function') {
    shape.base = describeFunction(value, constructor, tag, (name) => formatValue(ctx, name));
    alone('special');
  } else if (constructor === 'Object') {
    if (types.isArgumentsObject(value)) shape.open = '[Arguments] {';
    else if (tag !== '') open('Object');
    if (keys.length === 0 && isPlain) shape.text = `${shape.open}}`;
  } else if (types.isRegExp(value)) {
    const source = RegExpPrototypeToString(constructor === null ? new RegExp(value) : value);
    shape.base = prefixed('RegExp', source);
    alone('regexp');
    if (isTooDeep(ctx, depth)) shape.text = ctx.stylize(shape.base, 'regexp');
  } else if (types.isDate(value)) {
    const isInvalid = NumberIsNaN(DatePrototypeGetTime(value));
    shape.base = prefixed('Date', isInvalid ? DatePrototypeToString(value) : DatePrototypeToISOString(value));
    alone('date');
  } else if (isError(value)) {
    shape.base = formatError(ctx, value, constructor, tag, keys, formatValue);
    alone();
  } else if (types.isAnyArrayBuffer(value)) {
    open(types.isArrayBuffer(value) ? 'ArrayBuffer' : 'SharedArrayBuffer');
    if (shape.inTypedArray === undefined) {
      shape.format = collections.formatArrayBuffer;
    } else if (keys.length === 0 && isPlain) {
      const size = ctx.stylize(numberText(value.byteLength, false), 'number');
      shape.text = `${shape.open} [byteLength]: ${size} }`;
    }
    shape.extraKeys = ['byteLength'];
  } else if (types.isDataView(value)) {
    open('DataView');
    shape.extraKeys = ['byteLength', 'byteOffset', 'buffer'];
  } else if (types.isPromise(value)) {
    open('Promise');
    shape.format = collections.formatPromise;
  } else if (types.isWeakSet(value)) {
    open('WeakSet');
    shape.format = ctx.showHidden ? collections.formatWeakSet : collections.formatUnknownItems;
  } else if (types.isWeakMap(value)) {
    open('WeakMap');
    shape.format = ctx.showHidden ? collections.formatWeakMap : collections.formatUnknownItems;
  } else if (types.isModuleNamespaceObject(value)) {
    open('Module');
    shape.format = formatNamespace;
  } else if (types.isBoxedPrimitive(value)) {
    shape.base = describeBoxed(ctx, value, keys, constructor, tag);
    alone();
  } else if (isUrl(value) && !isTooDeep(ctx, depth)) {
    shape.base = value.href;
    alone();
  } else {
    const prefix = getObjectPrefix(value, constructor, tag);
    shape.open = `${prefix}{`;
    if (keys.length === 0 && isPlain) {
      shape.text = types.isExternal(value) ?
        ctx.stylize(`[External: ${utilBinding.getExternalValue(value).toString(16)}]`, 'special') :
        `${prefix}{}`;
    }
  }
}

// ---- An object's text -------------------------------------------------------------------------

function formatObject(ctx, value, depth, inTypedArray) {
  let inherited = ctx.showHidden && !isTooDeep(ctx, depth) ? [] : undefined;
  const constructor = getConstructorName(ctx, value, depth, inherited);
  if (inherited?.length === 0) inherited = undefined;
  const tag = getTag(ctx, value);

  const shape = {
    text: undefined, base: '', open: '{', close: '}', keys: undefined, extraKeys: undefined,
    type: kObjectType, format: () => [], inTypedArray,
  };
  const isPlain = inherited === undefined;
  // Without a constructor there may be no iterator in sight on something that has one by birth.
  const isIterable = (SymbolIterator in value || constructor === null) &&
    describeIterable(ctx, shape, value, constructor, tag, isPlain);
  if (!isIterable) describeOther(ctx, shape, value, constructor, tag, isPlain, depth);
  if (shape.text !== undefined) return shape.text;

  const shortName = () => StringPrototypeSlice(getObjectPrefix(value, constructor, tag), 0, -1);
  if (isTooDeep(ctx, depth)) {
    return ctx.stylize(constructor === null ? shortName() : `[${shortName()}]`, 'special');
  }

  const { indentationLvl } = ctx;
  let entries;
  ArrayPrototypePush(ctx.seen, value);
  ctx.currentDepth = depth + 1;
  try {
    entries = formatEntries(ctx, shape, value, depth + 1);
    if (inherited !== undefined) ArrayPrototypePushApply(entries, inherited);
  } catch (error) {
    if (!isStackOverflowError(error)) throw error;
    ArrayPrototypePop(ctx.seen);
    ctx.indentationLvl = indentationLvl;
    return ctx.stylize(`[${shortName()}: Inspection interrupted prematurely. ` +
      'Maximum call stack size exceeded.]', 'special');
  }
  const reference = ctx.circular?.get(value);
  if (reference !== undefined) {
    const text = ctx.stylize(`<ref *${reference}>`, 'special');
    if (ctx.compact === true) shape.open = `${text} ${shape.open}`;
    else shape.base = shape.base === '' ? text : `${text} ${shape.base}`;
  }
  ArrayPrototypePop(ctx.seen);

  const text = layOut(ctx, sortEntries(ctx, entries, shape), shape.base, shape.open, shape.close,
                      shape.type, depth + 1, value);
  ctx.indentationLvl = indentationLvl;
  // An object shared by many may be told many times: stop opening objects before memory ends.
  const written = (ctx.budget[ctx.indentationLvl] || 0) + text.length;
  ctx.budget[ctx.indentationLvl] = written;
  if (written > maxOutput) ctx.depth = -1;
  return text;
}

function formatEntries(ctx, shape, value, depth) {
  const entries = shape.format(ctx, value, depth, shape);
  const { extraKeys, keys, type } = shape;
  if (extraKeys !== undefined) {
    for (let i = 0; i < extraKeys.length; i++) {
      const key = extraKeys[i];
      ctx.indentationLvl += 2;
      const text = formatValue(ctx, readExtra(ctx, value, key), depth, shape.inTypedArray);
      ctx.indentationLvl -= 2;
      ArrayPrototypePush(entries, `${ctx.stylize(`[${key}]`, 'string')}: ${text}`);
    }
  }
  for (let i = 0; i < keys.length; i++) {
    ArrayPrototypePush(entries, formatProperty(ctx, value, depth, keys[i], type));
  }
  return entries;
}

function readExtra(ctx, value, key) {
  try {
    return value[key];
  } catch {
    // The view of a detached buffer throws; the buffer itself does not. Node goes in deeper here.
    ctx.indentationLvl += 2;
    return value.buffer[key];
  }
}

/** Objects sort all they have, arrays only what is not an element. */
function sortEntries(ctx, entries, shape) {
  if (!ctx.sorted) return entries;
  const compare = ctx.sorted === true ? undefined : ctx.sorted;
  if (shape.type === kObjectType) return ArrayPrototypeSort(entries, compare);
  if (shape.keys.length < 2) return entries;
  const elements = entries.length - shape.keys.length;
  const sorted = ArrayPrototypeSort(ArrayPrototypeSlice(entries, elements), compare);
  for (let i = 0; i < sorted.length; i++) entries[elements + i] = sorted[i];
  return entries;
}

function formatNamespace(ctx, value, depth, { keys }) {
  const entries = [];
  for (let i = 0; i < keys.length; i++) {
    try {
      entries[i] = formatProperty(ctx, value, depth, keys[i], kObjectType);
    } catch {
      const uninitialized = ctx.stylize('<uninitialized>', 'special');
      entries[i] = `${propertyName(ctx, keys[i], true)}: ${uninitialized}`;
    }
  }
  keys.length = 0; // done with
  return entries;
}

// ---- Properties -------------------------------------------------------------------------------

function propertyName(ctx, key, isEnumerable) {
  let name;
  if (typeof key === 'symbol') name = ctx.stylize(escapeText(SymbolPrototypeToString(key)), 'symbol');
  else if (key === '__proto__') name = "['__proto__']";
  else if (RegExpPrototypeExec(identifier, key) !== null) name = ctx.stylize(key, 'name');
  else name = ctx.stylize(quote(key), 'string');
  return isEnumerable ? name : `[${name}]`;
}

function formatAccessor(ctx, descriptor, self, depth) {
  const special = (text) => ctx.stylize(text, 'special');
  const hasSetter = descriptor.set !== undefined;
  const label = hasSetter ? 'Getter/Setter' : 'Getter';
  const { getters } = ctx;
  if (!getters || !(getters === true || (getters === 'get' && !hasSetter) || (getters === 'set' && hasSetter))) {
    return special(`[${label}]`);
  }
  ctx.indentationLvl += 2;
  let text;
  try {
    const value = FunctionPrototypeCall(descriptor.get, self);
    if ((typeof value === 'object' && value !== null) || typeof value === 'function') {
      text = `${special(`[${label}]`)} ${formatValue(ctx, value, depth)}`;
    } else {
      text = `${special(`[${label}:`)} ${formatValue(ctx, value, depth)}${special(']')}`;
    }
  } catch (error) {
    text = `${special(`[${label}:`)} <Inspection threw (${formatValue(ctx, error, depth)})>${special(']')}`;
  }
  ctx.indentationLvl -= 2;
  return text;
}

/** 'name: value'; only the value for an element of an array. `self` is what getters are read on. */
function formatProperty(ctx, object, depth, key, type, known = undefined, self = object) {
  const descriptor = known ?? ObjectGetOwnPropertyDescriptor(object, key);
  let gap = ' ';
  let text;
  if (descriptor.value !== undefined) {
    const step = ctx.compact === true && type === kObjectType ? 3 : 2;
    ctx.indentationLvl += step;
    text = formatValue(ctx, descriptor.value, depth);
    if (step === 3 && ctx.breakLength < getStringWidth(text, ctx.colors)) {
      gap = `\n${StringPrototypeRepeat(' ', ctx.indentationLvl)}`;
    }
    ctx.indentationLvl -= step;
  } else if (descriptor.get !== undefined) {
    text = formatAccessor(ctx, descriptor, self, depth);
  } else if (descriptor.set !== undefined) {
    text = ctx.stylize('[Setter]', 'special');
  } else {
    text = ctx.stylize('undefined', 'undefined');
  }
  if (type === kArrayType) return text;
  return `${propertyName(ctx, key, descriptor.enumerable !== false)}:${gap}${text}`;
}

collections.connect({ formatProperty, formatValue });

module.exports = { formatValue };
