'use strict';

// The entries of arrays, Maps, Sets, iterators, buffers and promises for `util.inspect`. Each
// formatter is `(ctx, value, depth, shape)` and returns the list of the entries' texts.

const {
  ArrayPrototypeJoin, ArrayPrototypePush, ArrayPrototypeSort, MapPrototypeEntries, MapPrototypeGetSize, MathMax, MathMin,
  NumberPrototypeToString, ObjectGetOwnPropertyDescriptor, ObjectKeys, RegExpPrototypeExec,
  RegExpPrototypeSymbolReplace, SetPrototypeGetSize, SetPrototypeValues, StringPrototypePadStart,
  TypedArrayPrototypeGetLength, Uint8Array,
} = require('internal/primordials');
const { kArrayExtrasType, kArrayType, layOut } = require('internal/util/inspect_layout');
const { bigIntText, numberText } = require('internal/util/inspect_text');

const utilBinding = binding.util;

// Set by inspect_values, which needs this module.
let formatProperty;
let formatValue;

const index = /^(0|[1-9][0-9]*)$/;
const maxArrayIndex = 2 ** 32 - 2;
const promisePending = 0;
const promiseRejected = 2;

const limit = (ctx, length) => MathMin(MathMax(0, ctx.maxArrayLength), length);
const moreItems = (count) => `... ${count} more item${count > 1 ? 's' : ''}`;

function addMore(entries, count) {
  if (count > 0) ArrayPrototypePush(entries, moreItems(count));
  return entries;
}

function formatArray(ctx, value, depth) {
  const count = limit(ctx, value.length);
  const entries = [];
  for (let i = 0; i < count; i++) {
    const descriptor = ObjectGetOwnPropertyDescriptor(value, i);
    if (descriptor === undefined) return formatSparse(ctx, value, depth, count, entries, i);
    entries[i] = formatProperty(ctx, value, depth, i, kArrayType, descriptor);
  }
  return addMore(entries, value.length - count);
}

/** Goes on at index `start`, where the first hole is; a run of holes is one entry. */
function formatSparse(ctx, value, depth, count, entries, start) {
  const keys = ObjectKeys(value);
  const addHoles = (holes) => ArrayPrototypePush(
    entries, ctx.stylize(`<${holes} empty item${holes > 1 ? 's' : ''}>`, 'undefined'));
  let next = start;
  for (let i = start; i < keys.length && entries.length < count; i++) {
    const key = keys[i];
    if (RegExpPrototypeExec(index, key) === null || +key > maxArrayIndex) break;
    if (+key !== next) {
      addHoles(+key - next);
      next = +key;
      if (entries.length === count) break;
    }
    ArrayPrototypePush(entries, formatProperty(ctx, value, depth, key, kArrayType));
    next++;
  }
  const rest = value.length - next;
  if (rest > 0) {
    if (entries.length === count) ArrayPrototypePush(entries, moreItems(rest));
    else addHoles(rest);
  }
  return entries;
}

function formatTypedArray(ctx, value) {
  const length = TypedArrayPrototypeGetLength(value);
  const count = limit(ctx, length);
  const entries = [];
  // By what the array says of itself, as in Node, even where that is wrong.
  const isNumeric = value.length > 0 && typeof value[0] === 'number';
  for (let i = 0; i < count; i++) {
    entries[i] = isNumeric ?
      ctx.stylize(numberText(value[i], ctx.numericSeparator), 'number') :
      ctx.stylize(bigIntText(value[i], ctx.numericSeparator), 'bigint');
  }
  return addMore(entries, length - count);
}

function formatArrayBuffer(ctx, value) {
  let bytes;
  try {
    bytes = new Uint8Array(value);
  } catch {
    return [ctx.stylize('(detached)', 'special')];
  }
  const length = TypedArrayPrototypeGetLength(bytes);
  const shown = [];
  for (let i = 0; i < limit(ctx, length); i++) {
    shown[i] = StringPrototypePadStart(NumberPrototypeToString(bytes[i], 16), 2, '0');
  }
  const hidden = length - ctx.maxArrayLength;
  const more = hidden > 0 ? ` ... ${hidden} more byte${hidden > 1 ? 's' : ''}` : '';
  return [`${ctx.stylize('[Uint8Contents]', 'special')}: <${ArrayPrototypeJoin(shown, ' ')}${more}>`];
}

/** `items` is the Set, or its values where it has lost its prototype. */
function formatItems(ctx, items, size, depth) {
  const count = limit(ctx, size);
  const entries = [];
  ctx.indentationLvl += 2;
  for (const item of items) {
    if (entries.length >= count) break;
    ArrayPrototypePush(entries, formatValue(ctx, item, depth));
  }
  ctx.indentationLvl -= 2;
  return addMore(entries, size - count);
}

const formatSet = (ctx, value, depth) => formatItems(ctx, value, value.size, depth);
const formatBareSet = (ctx, value, depth) => (
  formatItems(ctx, SetPrototypeValues(value), SetPrototypeGetSize(value), depth)
);

const formatPair = (ctx, key, value, depth) => (
  `${formatValue(ctx, key, depth)} => ${formatValue(ctx, value, depth)}`
);

function formatPairs(ctx, pairs, size, depth) {
  const count = limit(ctx, size);
  const entries = [];
  ctx.indentationLvl += 2;
  for (const { 0: key, 1: value } of pairs) {
    if (entries.length >= count) break;
    ArrayPrototypePush(entries, formatPair(ctx, key, value, depth));
  }
  ctx.indentationLvl -= 2;
  return addMore(entries, size - count);
}

const formatMap = (ctx, value, depth) => formatPairs(ctx, value, value.size, depth);
const formatBareMap = (ctx, value, depth) => (
  formatPairs(ctx, MapPrototypeEntries(value), MapPrototypeGetSize(value), depth)
);

/** V8's preview of a collection: items, or keys and values in turn. */
function formatPreview(ctx, items, isKeyValue, depth, formatTwo) {
  const total = isKeyValue ? items.length / 2 : items.length;
  const count = limit(ctx, total);
  const entries = [];
  ctx.indentationLvl += 2;
  for (let i = 0; i < count; i++) {
    entries[i] = isKeyValue ? formatTwo(ctx, items[2 * i], items[2 * i + 1], depth)
      : formatValue(ctx, items[i], depth);
  }
  ctx.indentationLvl -= 2;
  return { entries, rest: total - count };
}

/** Weak collections have no order: sorted, they read the same every time. */
function formatWeak(ctx, value, depth, isKeyValue) {
  const items = utilBinding.previewEntries(value);
  const { entries, rest } = formatPreview(ctx, items, isKeyValue, depth, formatPair);
  if (!ctx.sorted) ArrayPrototypeSort(entries);
  return addMore(entries, rest);
}

const formatWeakSet = (ctx, value, depth) => formatWeak(ctx, value, depth, false);
const formatWeakMap = (ctx, value, depth) => formatWeak(ctx, value, depth, true);
const formatUnknownItems = (ctx) => [ctx.stylize('<items unknown>', 'special')];

function formatBracketedPair(ctx, key, value, depth) {
  const pair = [formatValue(ctx, key, depth), formatValue(ctx, value, depth)];
  return layOut(ctx, pair, '', '[', ']', kArrayExtrasType, depth);
}

function formatIterator(ctx, value, depth, shape) {
  const { 0: items, 1: isKeyValue } = utilBinding.previewEntries(value, true);
  if (isKeyValue) {
    shape.open = RegExpPrototypeSymbolReplace(/ Iterator] {$/, shape.open, ' Entries] {');
  }
  const { entries, rest } = formatPreview(ctx, items, isKeyValue, depth, formatBracketedPair);
  return addMore(entries, rest);
}

function formatPromise(ctx, value, depth) {
  const { 0: state, 1: result } = utilBinding.getPromiseDetails(value);
  if (state === promisePending) return [ctx.stylize('<pending>', 'special')];
  ctx.indentationLvl += 2;
  const text = formatValue(ctx, result, depth);
  ctx.indentationLvl -= 2;
  return [state === promiseRejected ? `${ctx.stylize('<rejected>', 'special')} ${text}` : text];
}

module.exports = {
  connect(functions) {
    ({ formatProperty, formatValue } = functions);
  },
  formatArray,
  formatArrayBuffer,
  formatBareMap,
  formatBareSet,
  formatIterator,
  formatMap,
  formatPromise,
  formatSet,
  formatTypedArray,
  formatUnknownItems,
  formatWeakMap,
  formatWeakSet,
};
