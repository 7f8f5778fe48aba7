'use strict';

// `perf_hooks.createSlidingWindowHistogram()`: a histogram of the last records, or of the last time, in
// chunks of which the oldest goes as a new one begins.

const { ArrayFrom, BigInt, MathMin, Number, NumberMAX_SAFE_INTEGER, Symbol } = require('internal/primordials');
const { codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE } } = require('internal/errors');
const { Buckets, checkOptions, histogramOf } = require('internal/histogram');
const { validateInteger, validateObject } = require('internal/validators');
const { setMode } = require('internal/worker/transfer');

const MOST_CHUNKS = 1024;
const LONGEST_CHUNK = 18_446_744_073_709;
const LARGEST = 2n ** 63n - 1n;
const kCreate = Symbol('kCreate');

class SlidingWindowHistogram {
  #chunks;
  #make;
  // The chunk that is filled, counted from the first; its place is the rest by the number of chunks.
  #current = 0;
  #records = 0;
  // How many have begun since: at a record or, by time, at any call.
  #due;

  constructor(token, count, make, { perChunk, duration }) {
    if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
    this.#make = make;
    this.#chunks = ArrayFrom({ length: count }, make);
    let begin = binding.process.hrtime();
    this.#due = duration === undefined ?
      (records) => (records && this.#records >= perChunk ? 1 : 0) :
      () => {
        const passed = (binding.process.hrtime() - begin) / duration;
        begin += passed * duration;
        return Number(passed);
      };
    setMode(this, 0);
  }

  #rotate(records) {
    const due = this.#due(records);
    if (due === 0) return;
    this.#records = 0;
    const gone = MathMin(due, this.#chunks.length);
    this.#current += due;
    for (let i = 0; i < gone; i++) this.#chunks[(this.#current - i) % this.#chunks.length] = this.#make();
  }

  record(val) {
    if (typeof val === 'bigint') {
      if (val < 0n || val > LARGEST) throw new ERR_OUT_OF_RANGE('val', `>= 0 && <= ${LARGEST}`, val);
    } else {
      validateInteger(val, 'val', 0);
    }
    this.#rotate(true);
    this.#records++;
    this.#chunks[this.#current % this.#chunks.length].record(Number(val));
  }

  snapshot() {
    this.#rotate(false);
    const all = this.#make();
    for (let i = 0; i < this.#chunks.length; i++) all.add(this.#chunks[i]);
    return histogramOf(all);
  }

  reset() {
    this.#rotate(false);
    this.#records = 0;
    this.#chunks = ArrayFrom(this.#chunks, () => this.#make());
  }
}

exports.createSlidingWindowHistogram = function createSlidingWindowHistogram(options) {
  validateObject(options, 'options');
  const { chunks, chunkDuration, recordsPerChunk, lowest = 1, highest = NumberMAX_SAFE_INTEGER, figures = 3 } = options;
  validateInteger(chunks, 'options.chunks', 1, MOST_CHUNKS);
  checkOptions(lowest, highest, figures);
  if ((chunkDuration === undefined) === (recordsPerChunk === undefined)) {
    throw new ERR_INVALID_ARG_VALUE(
      'options', options, 'must specify exactly one of "chunkDuration" or "recordsPerChunk"');
  }
  let duration;
  if (chunkDuration === undefined) {
    validateInteger(recordsPerChunk, 'options.recordsPerChunk', 1, NumberMAX_SAFE_INTEGER);
  } else {
    validateInteger(chunkDuration, 'options.chunkDuration', 1, LONGEST_CHUNK);
    duration = BigInt(chunkDuration) * 1_000_000n;
  }
  const make = () => new Buckets(Number(lowest), Number(highest), figures);
  return new SlidingWindowHistogram(kCreate, chunks, make, { perChunk: recordsPerChunk, duration });
};
