// What makes V8's heap snapshots use names of every kind: indices of long, sparse and holey arrays,
// formatted names, names that do not fit V8's buffer of 4,096 bytes.
'use strict';

class Item {
  constructor(index) {
    this.index = index;
    this[`property${index % 7}`] = { of: index };
  }
}

const long = 'n'.repeat(5000);
const kept = {
  array: Array.from({ length: 50000 }, (_, index) => new Item(index)),
  holey: Object.assign([], { 3: {}, 70: {}, 900: {} }),
  sparse: Object.assign([], { 5: {}, 40000000: {}, 4294967294: {} }),
  indexed: { 0: {}, 4294967295: {}, '-1': {}, '-2147483648': {}, '00': {} },
  map: new Map(Array.from({ length: 1000 }, (_, index) => [{ key: index }, `value ${index}`])),
  set: new Set(Array.from({ length: 1000 }, (_, index) => `element ${index}`)),
  weakMap: new WeakMap(),
  symbols: { [Symbol('described')]: {}, [Symbol()]: {}, [Symbol(long)]: {} },
  closures: Array.from({ length: 100 }, (_, index) => () => index),
  bound: ((...all) => all).bind(null, {}, {}, {}, {}),
  accessors: { get both() { return 1; }, set both(value) { kept.last = value; } },
  named: { [long]() { return 1; } },
  bytes: new Uint8Array(1000),
  view: new DataView(new ArrayBuffer(1000)),
  expression: /expression/g,
  text: `caf\u00e9 ${long}`,
  error: new RangeError('kept'),
  promise: Promise.resolve({}),
  generator: (function* generator() { yield kept; })(),
};
kept.array.forEach((item) => kept.weakMap.set(item, { of: item }));
kept.named[long]();
globalThis.kept = kept;

heapSnapshot('kept.heapsnapshot');
console.log(process.resourceUsage().maxRSS);
