'use strict';

// The tables of `console.table`.

const {
  ArrayFrom, ArrayIsArray, ArrayPrototypeJoin, ArrayPrototypeMap, ArrayPrototypePush, MathMax,
  ObjectHasOwn, ObjectKeys, StringPrototypeRepeat,
} = require('internal/primordials');
const types = require('internal/util/types');
const { getStringWidth } = require('internal/util/inspect_text');

const utilBinding = binding.util;

const isPrimitive = (value) => (
  value === null || (typeof value !== 'object' && typeof value !== 'function')
);

/** `heads`: the columns' names; `columns`: their cells, which may have holes. */
function renderTable(heads, columns) {
  let rows = 0;
  for (let i = 0; i < columns.length; i++) rows = MathMax(rows, columns[i].length);
  const widths = ArrayPrototypeMap(heads, (head, i) => {
    let width = getStringWidth(head);
    for (let row = 0; row < rows; row++) width = MathMax(width, getStringWidth(columns[i][row] ?? ''));
    return width;
  });
  const line = (left, middle, right) => {
    const parts = ArrayPrototypeMap(widths, (width) => StringPrototypeRepeat('\u2500', width + 2));
    return `${left}${ArrayPrototypeJoin(parts, middle)}${right}`;
  };
  const row = (cells) => {
    const padded = ArrayPrototypeMap(cells, (cell, i) => (
      `${cell}${StringPrototypeRepeat(' ', widths[i] - getStringWidth(cell))}`
    ));
    return `\u2502 ${ArrayPrototypeJoin(padded, ' \u2502 ')} \u2502`;
  };
  const lines = [
    line('\u250c', '\u252c', '\u2510'),
    row(heads),
    line('\u251c', '\u253c', '\u2524'),
  ];
  for (let i = 0; i < rows; i++) {
    ArrayPrototypePush(lines, row(ArrayPrototypeMap(columns, (column) => column[i] ?? '')));
  }
  ArrayPrototypePush(lines, line('\u2514', '\u2534', '\u2518'));
  return ArrayPrototypeJoin(lines, '\n');
}

/** Heads and columns for Maps, Sets and their iterators; null for anything else. */
function tabulateCollection(data, inspectCell) {
  let items = data;
  let isKeyValue = types.isMap(data);
  if (types.isMapIterator(data) || types.isSetIterator(data)) {
    const preview = utilBinding.previewEntries(data, true);
    items = preview[0];
    isKeyValue = types.isMapIterator(data) && preview[1];
    if (isKeyValue) items = ArrayFrom({ length: items.length / 2 }, (_, i) => [preview[0][2 * i], preview[0][2 * i + 1]]);
  } else if (!isKeyValue && !types.isSet(data)) {
    return null;
  }
  const indices = [];
  const keys = [];
  const values = [];
  for (const item of items) {
    ArrayPrototypePush(indices, inspectCell(indices.length));
    if (isKeyValue) ArrayPrototypePush(keys, inspectCell(item[0]));
    ArrayPrototypePush(values, inspectCell(isKeyValue ? item[1] : item));
  }
  return isKeyValue ? [['(iteration index)', 'Key', 'Values'], [indices, keys, values]]
    : [['(iteration index)', 'Values'], [indices, values]];
}

/** A row for each property, a column for each property of those. */
function tabulateObject(data, properties, inspectCell) {
  const indices = ObjectKeys(data);
  const columns = { __proto__: null };
  const values = [];
  for (let i = 0; i < indices.length; i++) {
    const item = data[indices[i]];
    if (isPrimitive(item) && properties === undefined) {
      values[i] = inspectCell(item);
      continue;
    }
    const keys = properties ?? ObjectKeys(item);
    for (let k = 0; k < keys.length; k++) {
      const key = keys[k];
      columns[key] ??= [];
      columns[key][i] = isPrimitive(item) || !ObjectHasOwn(item, key) ? '' : inspectCell(item[key]);
    }
  }
  const names = ObjectKeys(columns);
  const heads = ['(index)', ...names];
  const cells = [indices, ...ArrayPrototypeMap(names, (name) => columns[name])];
  if (values.length > 0) {
    ArrayPrototypePush(heads, 'Values');
    ArrayPrototypePush(cells, values);
  }
  return [heads, cells];
}

/** The table's text; `inspect(value, options)` makes a cell. */
function formatTable(data, properties, inspect) {
  const inspectCell = (value) => {
    const isLarge = !isPrimitive(value) && typeof value === 'object' && !ArrayIsArray(value) &&
      !types.isTypedArray(value) && ObjectKeys(value).length > 2;
    return inspect(value, { depth: isLarge ? -1 : 0, maxArrayLength: 3, breakLength: Infinity });
  };
  const { 0: heads, 1: columns } = tabulateCollection(data, inspectCell) ??
    tabulateObject(data, properties, inspectCell);
  return renderTable(heads, columns);
}

module.exports = { formatTable };
