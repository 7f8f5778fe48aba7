'use strict';

// `histogram.export()` and `perf_hooks.importHistogram()`: a histogram in Node's bytes. These are
// CBOR: a map of HdrHistogram's fields by number, of which the last is a list of counts, each behind
// how far its index is from the one before.

const {
  ArrayPrototypePush, BigInt, DataView, MathFloor, MathLog2, MathMin, Number, NumberMAX_SAFE_INTEGER,
  TypeError, TypedArrayPrototypeGetBuffer, TypedArrayPrototypeGetByteLength, TypedArrayPrototypeGetByteOffset, Uint8Array,
} = require('internal/primordials');
const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { Buckets, recordableOf } = require('internal/histogram');
const { isUint8Array } = require('internal/util/types');

const FORMAT = 2;
const LARGEST = 2n ** 63n - 1n;
// Major types of CBOR.
const UNSIGNED = 0;
const LIST = 4;
const MAP = 5;
const FLOAT64 = 0xfb;
const FIELDS = ['format', 'lowest', 'highest', 'figures', 'total', 'min', 'max', 'offset', 'ratio', 'length', 'counts'];

function write(bytes, major, value) {
  const number = BigInt(value);
  const type = major << 5;
  if (number < 24n) {
    ArrayPrototypePush(bytes, type | Number(number));
    return;
  }
  let size = 0;
  while (number >= 2n ** (8n * 2n ** BigInt(size))) size++;
  ArrayPrototypePush(bytes, type | 24 + size);
  for (let i = 2 ** size - 1; i >= 0; i--) ArrayPrototypePush(bytes, Number(number >> BigInt(8 * i) & 0xffn));
}

// HdrHistogram's numbers of counts: as many in each bucket size as half of those of the first.
function layout({ subBuckets, unitShift, highest }) {
  const half = subBuckets / 2;
  let sizes = 1;
  for (let end = subBuckets * 2 ** unitShift; end <= highest && end < 2 ** 63; end *= 2) sizes++;
  return {
    length: (sizes + 1) * half,
    indexOf(value) {
      const unit = MathFloor(value / 2 ** unitShift);
      const size = unit < subBuckets ? 0 : MathFloor(MathLog2(unit)) - MathLog2(half);
      return size * half + MathFloor(unit / 2 ** size);
    },
    valueOf(index) {
      const size = index < subBuckets ? 0 : MathFloor(index / half) - 1;
      return (index - size * half) * 2 ** (size + unitShift);
    },
  };
}

exports.exportBuckets = function exportBuckets(buckets) {
  const { lowest, highest, figures, total, min, max } = buckets;
  const { indexOf, length } = layout(buckets);
  const bounded = (value) => (BigInt(value) > LARGEST ? LARGEST : BigInt(value));
  const bytes = [];
  write(bytes, MAP, FIELDS.length);
  const values = [
    FORMAT, lowest, bounded(highest), figures, total, total === 0 ? LARGEST : bounded(min), bounded(max), 0, undefined, length,
  ];
  for (let key = 0; key < values.length; key++) {
    write(bytes, UNSIGNED, key);
    // The ratio of values that are not integers, which there are none of: 1.
    if (values[key] === undefined) ArrayPrototypePush(bytes, FLOAT64, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0);
    else write(bytes, UNSIGNED, values[key]);
  }
  write(bytes, UNSIGNED, values.length);
  const counts = buckets.sorted();
  write(bytes, LIST, counts.length * 2);
  let last = 0;
  for (let i = 0; i < counts.length; i++) {
    const index = indexOf(counts[i][0]);
    write(bytes, UNSIGNED, index - last);
    write(bytes, UNSIGNED, counts[i][1]);
    last = index;
  }
  return new Uint8Array(bytes);
};

class Reader {
  #view;
  #at = 0;

  constructor(data) {
    this.#view = new DataView(
      TypedArrayPrototypeGetBuffer(data), TypedArrayPrototypeGetByteOffset(data), TypedArrayPrototypeGetByteLength(data));
  }

  get isAtEnd() { return this.#at === this.#view.byteLength; }

  // A number that JavaScript has whole, or more than that, near enough. What is behind the end throws.
  header(major) {
    const first = this.#view.getUint8(this.#at++);
    const size = (first & 0x1f) - 24;
    if (first >> 5 !== major || size > 3) throw new TypeError();
    if (size < 0) return first & 0x1f;
    const at = this.#at;
    this.#at += 2 ** size;
    if (size === 0) return this.#view.getUint8(at);
    if (size === 1) return this.#view.getUint16(at);
    if (size === 2) return this.#view.getUint32(at);
    return Number(this.#view.getBigUint64(at));
  }

  float() {
    if (this.#view.getUint8(this.#at) !== FLOAT64) throw new TypeError();
    this.#at += 9;
    return this.#view.getFloat64(this.#at - 8);
  }
}

function check(condition) {
  if (!condition) throw new TypeError();
}

function read(data) {
  const reader = new Reader(data);
  const fields = { __proto__: null };
  check(reader.header(MAP) === FIELDS.length);
  for (let key = 0; key < FIELDS.length - 1; key++) {
    check(reader.header(UNSIGNED) === key);
    fields[FIELDS[key]] = FIELDS[key] === 'ratio' ? reader.float() : reader.header(UNSIGNED);
  }
  const { format, lowest, highest, figures, total, min, max, offset, ratio, length } = fields;
  check(format === FORMAT && offset === 0 && ratio === 1);
  check(figures >= 1 && figures <= 5 && lowest >= 1 && highest >= 2 * lowest && highest <= 2 ** 63);
  const buckets = new Buckets(lowest, highest, figures);
  const { length: wanted, valueOf } = layout(buckets);
  check(length === wanted && reader.header(UNSIGNED) === FIELDS.length - 1);
  const numbers = reader.header(LIST);
  check(numbers % 2 === 0);
  let index = 0;
  for (let i = 0; i < numbers; i += 2) {
    const step = reader.header(UNSIGNED);
    const count = reader.header(UNSIGNED);
    index += step;
    check((step > 0 || i === 0) && index < length && count > 0);
    buckets.put(valueOf(index), count);
  }
  check(reader.isAtEnd && buckets.total === total && total <= NumberMAX_SAFE_INTEGER);
  if (total > 0) {
    check(min <= max);
    buckets.min = min;
    buckets.max = MathMin(max, highest);
  }
  return buckets;
}

exports.importHistogram = function importHistogram(data) {
  if (!isUint8Array(data)) throw new ERR_INVALID_ARG_TYPE('data', 'Uint8Array', data);
  let buckets;
  try {
    buckets = read(data);
  } catch {
    const error = new TypeError('Invalid histogram export data');
    error.code = 'ERR_INVALID_ARG_VALUE';
    throw error;
  }
  return recordableOf(buckets);
};
