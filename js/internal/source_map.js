'use strict';

// `module.SourceMap`: version 3 of the source map format, decoded into numbers that lie outside of
// V8's heap. Hostile maps throw, or say nothing of a place; they do not run on.

const {
  ArrayIsArray, ArrayPrototypePush, ArrayPrototypeSlice, Int32Array, StringPrototypeCharCodeAt, TypeError,
  TypedArrayPrototypeSet, TypedArrayPrototypeSlice, TypedArrayPrototypeSubarray,
} = require('internal/primordials');
const { validateObject } = require('internal/validators');

// A mapping: generated line and column, the source, its line and column, the name; -1 is none.
const FIELDS = 6;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const LARGEST_SHIFT = 30;

// By character code: the digit's value, or -1.
const digits = new Int32Array(128).fill(-1);
{
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  for (let i = 0; i < alphabet.length; i++) digits[StringPrototypeCharCodeAt(alphabet, i)] = i;
}

function copyOf(payload) {
  validateObject(payload, 'payload');
  const copy = { ...payload };
  for (const list of ['sources', 'sourcesContent', 'names']) {
    if (ArrayIsArray(copy[list])) copy[list] = ArrayPrototypeSlice(copy[list]);
  }
  if (ArrayIsArray(copy.sections)) {
    copy.sections = copy.sections.map(({ offset, map }) => ({ offset: { ...offset }, map: copyOf(map) }));
  }
  return copy;
}

class Mappings {
  sources = [];
  names = [];
  count = 0;
  values = new Int32Array(64 * FIELDS);
  sorted = true;

  push(line, column, source, sourceLine, sourceColumn, name) {
    let at = this.count * FIELDS;
    if (at === this.values.length) {
      const larger = new Int32Array(at * 2);
      TypedArrayPrototypeSet(larger, this.values);
      this.values = larger;
    }
    const { values } = this;
    if (at !== 0 && (line < values[at - FIELDS] || (line === values[at - FIELDS] && column < values[at - FIELDS + 1]))) {
      this.sorted = false;
    }
    values[at++] = line;
    values[at++] = column;
    values[at++] = source;
    values[at++] = sourceLine;
    values[at++] = sourceColumn;
    values[at] = name;
    this.count++;
  }

  // Takes a map that begins at a place of the generated text.
  add({ mappings: text, sources, names }, line, column) {
    if (typeof text !== 'string') throw new TypeError('A source map has its mappings in a string');
    if (!ArrayIsArray(sources)) throw new TypeError('A source map has a list of sources');
    const firstSource = this.sources.length;
    const firstName = this.names.length;
    for (let i = 0; i < sources.length; i++) ArrayPrototypePush(this.sources, sources[i]);
    if (ArrayIsArray(names)) for (let i = 0; i < names.length; i++) ArrayPrototypePush(this.names, names[i]);
    let at = 0;
    const sums = [column, 0, 0, 0, 0];
    const readSegment = () => {
      let fields = 0;
      while (at < text.length) {
        let code = StringPrototypeCharCodeAt(text, at);
        if (code === COMMA || code === SEMICOLON) break;
        let value = 0;
        let shift = 0;
        for (;;) {
          const digit = code < 128 ? digits[code] : -1;
          if (digit === -1 || shift > LARGEST_SHIFT) throw new TypeError(`No number at ${at} of the mappings`);
          value += (digit & 31) * 2 ** shift;
          at++;
          if ((digit & 32) === 0) break;
          shift += 5;
          code = at < text.length ? StringPrototypeCharCodeAt(text, at) : 128;
        }
        const negative = value % 2 === 1;
        if (fields < sums.length) sums[fields] += negative ? -((value - 1) / 2) : value / 2;
        fields++;
      }
      return fields;
    };
    while (at < text.length) {
      const code = StringPrototypeCharCodeAt(text, at);
      if (code === SEMICOLON) {
        line++;
        sums[0] = 0;
        at++;
      } else if (code === COMMA) {
        at++;
      } else {
        const fields = readSegment();
        if (fields < 4) this.push(line, sums[0], -1, -1, -1, -1);
        else this.push(line, sums[0], firstSource + sums[1], sums[2], sums[3], fields > 4 ? firstName + sums[4] : -1);
      }
    }
  }

  finish() {
    const { count, values } = this;
    if (this.sorted) {
      this.values = TypedArrayPrototypeSlice(values, 0, count * FIELDS);
      return;
    }
    // Stable, as mappings of one place are in the order of the text.
    const order = [];
    for (let i = 0; i < count; i++) order[i] = i * FIELDS;
    order.sort((a, b) => values[a] - values[b] || values[a + 1] - values[b + 1]);
    this.values = new Int32Array(count * FIELDS);
    for (let i = 0; i < count; i++) {
      TypedArrayPrototypeSet(this.values, TypedArrayPrototypeSubarray(values, order[i], order[i] + FIELDS), i * FIELDS);
    }
    this.sorted = true;
  }

  // Where in `values` the last mapping at or before the place is, or -1.
  last(line, column) {
    let low = 0;
    let high = this.count;
    const { values } = this;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = middle * FIELDS;
      if (values[at] < line || (values[at] === line && values[at + 1] <= column)) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? -1 : (low - 1) * FIELDS;
  }
}

class SourceMap {
  #payload;
  #lineLengths;
  #mappings = new Mappings();

  constructor(payload, { lineLengths } = { __proto__: null }) {
    this.#payload = copyOf(payload);
    const { sections } = this.#payload;
    if (sections) {
      for (let i = 0; i < sections.length; i++) {
        this.#mappings.add(sections[i].map, sections[i].offset.line, sections[i].offset.column);
      }
    } else {
      this.#mappings.add(this.#payload, 0, 0);
    }
    this.#mappings.finish();
    if (ArrayIsArray(lineLengths) && lineLengths.length !== 0) this.#lineLengths = lineLengths;
  }

  get payload() {
    return copyOf(this.#payload);
  }

  get lineLengths() {
    return this.#lineLengths && ArrayPrototypeSlice(this.#lineLengths);
  }

  // Lines and columns from 0.
  findEntry(lineOffset, columnOffset) {
    const { sources, names, values } = this.#mappings;
    const at = this.#mappings.last(lineOffset, columnOffset);
    if (at === -1) return {};
    const hasSource = values[at + 2] !== -1;
    return {
      generatedLine: values[at],
      generatedColumn: values[at + 1],
      originalSource: hasSource ? sources[values[at + 2]] : undefined,
      originalLine: hasSource ? values[at + 3] : undefined,
      originalColumn: hasSource ? values[at + 4] : undefined,
      name: values[at + 5] === -1 ? undefined : names[values[at + 5]],
    };
  }

  // Lines and columns from 1.
  findOrigin(lineNumber, columnNumber) {
    const entry = this.findEntry(lineNumber - 1, columnNumber - 1);
    if (entry.originalSource === undefined) return {};
    return {
      name: entry.name,
      fileName: entry.originalSource,
      lineNumber: entry.originalLine + lineNumber - entry.generatedLine,
      columnNumber: entry.originalColumn + columnNumber - entry.generatedColumn,
    };
  }
}

exports.SourceMap = SourceMap;
