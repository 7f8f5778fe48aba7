'use strict';

// High Dynamic Range histograms: values are counted in buckets that keep the given number of
// significant figures, so that a few counts stand for any number of values. Buckets, percentiles and
// their steps are those of HdrHistogram.

const {
  ArrayFrom, BigInt, MapPrototypeEntries, MathCeil, MathFloor, MathLog2, MathMax, MathMin, MathSqrt, Number,
  NumberIsInteger, NumberIsNaN, NumberMAX_SAFE_INTEGER, ObjectDefineProperty, SafeMap, Symbol, SymbolDispose,
  SymbolFor,
} = require('internal/primordials');
const {
  codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_THIS, ERR_OUT_OF_RANGE },
} = require('internal/errors');
const { validateInteger, validateNumber, validateObject } = require('internal/validators');
const { inspect } = require('internal/util/inspect');
const { kEmptyObject } = require('internal/util');
const { state } = require('internal/worker/shared');
const { CLONEABLE, kClone, kDeserialize, setMode } = require('internal/worker/transfer');

const processBinding = binding.process;
const kInspect = SymbolFor('nodejs.util.inspect.custom');
const kCreate = Symbol('kCreate');
const kEmptyMin = 9223372036854775807n;

/** The counts. */
class Buckets {
  constructor(lowest, highest, figures) {
    this.highest = highest;
    this.unitShift = MathFloor(MathLog2(lowest));
    // Values of one bucket size up to here are told apart.
    this.subBuckets = 2 ** MathCeil(MathLog2(2 * 10 ** figures));
    this.lowest = lowest;
    this.figures = figures;
    this.reset();
  }

  reset() {
    this.counts = new SafeMap();
    this.total = 0;
    this.exceeds = 0;
    this.min = Infinity;
    this.max = 0;
    this.previous = 0n;
  }

  /** The number of values that one bucket at `value` holds. */
  width(value) {
    const bits = value < 1 ? 0 : MathFloor(MathLog2(value));
    const first = MathLog2(this.subBuckets) + this.unitShift;
    return 2 ** (this.unitShift + MathMax(0, bits + 1 - first));
  }

  lowestIn(value) {
    const width = this.width(value);
    return MathFloor(value / width) * width;
  }

  record(value, count = 1) {
    if (value > this.highest) {
      this.exceeds += count;
      return false;
    }
    this.put(this.lowestIn(value), count);
    this.min = MathMin(this.min, value);
    this.max = MathMax(this.max, value);
    return true;
  }

  /** Counts in the bucket with this lowest value. */
  put(key, count) {
    this.counts.set(key, (this.counts.get(key) ?? 0) + count);
    this.total += count;
  }

  /** `[lowest value, count]` of each bucket, in order. */
  sorted() {
    return ArrayFrom(this.counts.entries()).sort((a, b) => a[0] - b[0]);
  }

  mean() {
    if (this.total === 0) return NaN;
    let sum = 0;
    const buckets = this.sorted();
    for (let i = 0; i < buckets.length; i++) sum += this.middle(buckets[i][0]) * buckets[i][1];
    return sum / this.total;
  }

  middle(key) {
    const width = this.width(key);
    return width === 1 ? key : key + MathFloor(width / 2);
  }

  deviation() {
    if (this.total === 0) return NaN;
    const mean = this.mean();
    let sum = 0;
    const buckets = this.sorted();
    for (let i = 0; i < buckets.length; i++) sum += (this.middle(buckets[i][0]) - mean) ** 2 * buckets[i][1];
    return MathSqrt(sum / this.total);
  }

  atPercentile(percentile) {
    const wanted = MathMax(1, MathFloor(percentile / 100 * this.total + 0.5));
    let seen = 0;
    const buckets = this.sorted();
    for (let i = 0; i < buckets.length; i++) {
      seen += buckets[i][1];
      if (seen >= wanted) return buckets[i][0] + this.width(buckets[i][0]) - 1;
    }
    return 0;
  }

  /** `[percentile, value]`, each step half of what is left. */
  percentiles() {
    const steps = [];
    const buckets = this.sorted();
    let next = 0;
    let seen = 0;
    let value = 0;
    for (let i = 0; i < buckets.length; i++) {
      value = buckets[i][0];
      seen += buckets[i][1];
      while (100 * seen / this.total >= next) {
        steps.push([next, value]);
        next += 100 / 2 ** (MathFloor(MathLog2(100 / (100 - next))) + 1);
        if (seen === this.total) break;
      }
    }
    steps.push([100, value]);
    return steps;
  }

  add(other) {
    const buckets = other.sorted();
    for (let i = 0; i < buckets.length; i++) this.record(buckets[i][0], buckets[i][1]);
    if (other.total > 0) {
      this.min = MathMin(this.min, other.min);
      this.max = MathMax(this.max, other.max);
    }
    this.exceeds += other.exceeds;
  }
}

// The counts that messages have taken along, by their number.
const shared = new SafeMap();
let lastShared = 0;

// The seam between the classes and this file.
let bucketsOf;

class Histogram {
  #buckets;

  constructor(token, buckets) {
    if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
    this.#buckets = buckets;
  }

  get count() { return bucketsOf(this).total; }
  get countBigInt() { return BigInt(bucketsOf(this).total); }
  get min() { return Number(this.minBigInt); }
  get minBigInt() {
    const { total, min } = bucketsOf(this);
    return total === 0 ? kEmptyMin : BigInt(bucketsOf(this).lowestIn(min));
  }
  get max() {
    const buckets = bucketsOf(this);
    return buckets.total === 0 ? 0 : buckets.lowestIn(buckets.max) + buckets.width(buckets.max) - 1;
  }
  get maxBigInt() { return BigInt(this.max); }
  get mean() { return bucketsOf(this).mean(); }
  get exceeds() { return bucketsOf(this).exceeds; }
  get exceedsBigInt() { return BigInt(bucketsOf(this).exceeds); }
  get stddev() { return bucketsOf(this).deviation(); }

  percentile(percentile) {
    const buckets = bucketsOf(this);
    validateNumber(percentile, 'percentile');
    if (NumberIsNaN(percentile) || percentile <= 0 || percentile > 100) {
      throw new ERR_OUT_OF_RANGE('percentile', '> 0 && <= 100', percentile);
    }
    return buckets.atPercentile(percentile);
  }

  percentileBigInt(percentile) { return BigInt(this.percentile(percentile)); }
  get percentiles() { return new Map(bucketsOf(this).percentiles()); }
  get percentilesBigInt() {
    return new Map(bucketsOf(this).percentiles().map(({ 0: percentile, 1: value }) => [percentile, BigInt(value)]));
  }

  reset() { bucketsOf(this).reset(); }

  export() { return require('internal/perf/histogram_export').exportBuckets(bucketsOf(this)); }

  [kInspect](depth, options) {
    if (depth < 0) return `[${this.constructor.name}]`;
    return `Histogram ${inspect({
      min: this.min,
      max: this.max,
      mean: this.mean,
      exceeds: this.exceeds,
      stddev: this.stddev,
      count: this.count,
      percentiles: this.percentiles,
    }, { ...options, depth: options.depth == null ? null : options.depth - 1 })}`;
  }

  toJSON() {
    return {
      count: this.count,
      min: this.min,
      max: this.max,
      mean: this.mean,
      exceeds: this.exceeds,
      stddev: this.stddev,
      percentiles: Object.fromEntries(MapPrototypeEntries(this.percentiles)),
    };
  }

  [kClone]() {
    // Within a thread the counts stay shared.
    const buckets = bucketsOf(this);
    buckets.id ??= ++lastShared;
    shared.set(buckets.id, buckets);
    const { lowest, highest, figures, exceeds, min, max } = bucketsOf(this);
    return {
      data: {
        thread: state.threadId, id: buckets.id,
        lowest, highest, figures, exceeds, min, max, buckets: buckets.sorted(),
      },
      deserializeInfo: `internal/histogram:${this instanceof RecordableHistogram ? 'CloneRecordable' : 'Clone'}`,
    };
  }

  [kDeserialize]({ thread, id, lowest, highest, figures, exceeds, min, max, buckets }) {
    if (thread === state.threadId) {
      this.#buckets = shared.get(id);
      return;
    }
    const copy = new Buckets(lowest, highest, figures);
    for (let i = 0; i < buckets.length; i++) copy.record(buckets[i][0], buckets[i][1]);
    copy.exceeds = exceeds;
    copy.min = min;
    copy.max = max;
    this.#buckets = copy;
  }

  static {
    bucketsOf = (histogram) => {
      if (typeof histogram !== 'object' || histogram === null || !(#buckets in histogram)) {
        throw new ERR_INVALID_THIS('Histogram');
      }
      return histogram.#buckets;
    };
  }
}
setMode(Histogram.prototype, CLONEABLE);

class RecordableHistogram extends Histogram {
  record(value) {
    const buckets = bucketsOf(this);
    if (typeof value === 'bigint') {
      buckets.record(Number(value));
      return;
    }
    if (!NumberIsInteger(value)) throw new ERR_INVALID_ARG_TYPE('val', ['integer', 'bigint'], value);
    if (value < 1 || value > NumberMAX_SAFE_INTEGER) {
      throw new ERR_OUT_OF_RANGE('val', 'a safe integer greater than 0', value);
    }
    buckets.record(value);
  }

  recordDelta() {
    recordDelta(bucketsOf(this));
  }

  add(other) {
    if (!(other instanceof RecordableHistogram)) {
      throw new ERR_INVALID_ARG_TYPE('other', 'RecordableHistogram', other);
    }
    bucketsOf(this).add(bucketsOf(other));
  }
}

/** Counts the nanoseconds since the last call. */
function recordDelta(buckets) {
  const now = processBinding.hrtime();
  if (buckets.previous > 0n) buckets.record(MathMax(1, Number(now - buckets.previous)));
  buckets.previous = now;
}

class IntervalHistogram extends Histogram {
  #resolution;
  #timer;

  constructor(token, buckets, resolution) {
    super(token, buckets);
    this.#resolution = resolution;
  }

  enable() {
    if (this.#timer !== undefined) return false;
    const buckets = bucketsOf(this);
    buckets.previous = processBinding.hrtime();
    this.#timer = require('timers').setInterval(recordDelta, this.#resolution, buckets);
    this.#timer.unref();
    return true;
  }

  disable() {
    if (this.#timer === undefined) return false;
    require('timers').clearInterval(this.#timer);
    this.#timer = undefined;
    return true;
  }

  [SymbolDispose]() {
    this.disable();
  }
}
ObjectDefineProperty(IntervalHistogram, 'name', { __proto__: null, value: 'ELDHistogram' });

function checkOptions(lowest, highest, figures) {
  if (typeof lowest !== 'bigint') validateInteger(lowest, 'options.lowest', 1, NumberMAX_SAFE_INTEGER);
  if (typeof highest !== 'bigint') {
    validateInteger(highest, 'options.highest', 2 * Number(lowest), NumberMAX_SAFE_INTEGER);
  } else if (highest < 2n * BigInt(lowest)) {
    throw new ERR_INVALID_ARG_VALUE.RangeError('options.highest', highest);
  }
  validateInteger(figures, 'options.figures', 1, 5);
}

function createHistogram(options = kEmptyObject) {
  validateObject(options, 'options');
  const { lowest = 1, highest = NumberMAX_SAFE_INTEGER, figures = 3 } = options;
  checkOptions(lowest, highest, figures);
  return new RecordableHistogram(kCreate, new Buckets(Number(lowest), Number(highest), figures));
}

function monitorEventLoopDelay(options = kEmptyObject) {
  validateObject(options, 'options');
  const { resolution = 10 } = options;
  validateInteger(resolution, 'options.resolution', 1);
  return new IntervalHistogram(kCreate, new Buckets(1, 3_600_000_000_000, 3), resolution);
}

module.exports = {
  // What a message makes anew, before it has its counts.
  Clone: class extends Histogram {
    constructor() {
      super(kCreate);
      Object.setPrototypeOf(this, Histogram.prototype);
    }
  },
  CloneRecordable: class extends RecordableHistogram {
    constructor() {
      super(kCreate);
      Object.setPrototypeOf(this, RecordableHistogram.prototype);
    }
  },
  Buckets,
  RecordableHistogram,
  checkOptions,
  createHistogram,
  histogramOf: (buckets) => new Histogram(kCreate, buckets),
  recordableOf: (buckets) => new RecordableHistogram(kCreate, buckets),
  isRecordable: (value) => value instanceof RecordableHistogram,
  monitorEventLoopDelay,
};
