'use strict';

// Fills the heap until it is full: `shapes.js SHAPE GROWTH`. A shape is what the heap consists
// of; one call of its function adds about 64 kB that stay. `fast` calls it in one loop, `slow`
// once in a turn of the event loop, after as much garbage.

class Small {
  constructor(id, next) {
    this.id = id;
    this.next = next;
    this.name = 'leak';
  }
}

function small() {
  const kept = [];
  return () => {
    for (let i = 0; i < 1200; i++) kept.push(new Small(kept.length, null));
    return kept;
  };
}

function closures() {
  const handlers = [];
  const subscribe = (topic) => {
    let calls = 0;
    handlers.push((message) => `${topic}: ${message} (${++calls})`);
  };
  return () => {
    for (let i = 0; i < 500; i++) subscribe(handlers.length);
    return handlers;
  };
}

// One array of a fixed length; once every element has an object, the objects get company.
function array(length) {
  const elements = new Array(length).fill(null);
  let count = 0;
  return () => {
    for (let i = 0; i < 1200; i++, count++) {
      const index = count % length;
      elements[index] = new Small(count, elements[index]);
    }
    return elements;
  };
}

// A Map holds at most 16 M entries: a new one after each million.
function map() {
  const maps = [];
  let count = 0;
  return () => {
    if (count % 1_000_000 === 0) maps.push(new Map());
    const last = maps[maps.length - 1];
    for (let i = 0; i < 500; i++, count++) last.set(`key ${count}`, `value of ${count}`);
    return maps;
  };
}

function strings() {
  const kept = [];
  return () => {
    const two = kept.length % 4 === 3;
    const text = `${kept.length} `.padEnd(two ? 32_768 : 65_536, two ? 'h\u00e9ap \u2713 ' : 'text ');
    // Makes one flat string of what `padEnd` has put together.
    text.charCodeAt(text.length - 1);
    kept.push(text);
    return kept;
  };
}

function list() {
  let head = null;
  let count = 0;
  return () => {
    for (let i = 0; i < 1200; i++) head = new Small(count++, head);
    return head;
  };
}

// Node's V8 has up to 64 bytes on its heap and one in a hundred of these outside; oomhost's has all
// of them outside, so that the process is twice as large as its heap.
function typed() {
  const kept = [];
  return () => {
    for (let i = 0; i < 300; i++) kept.push(new Float64Array(i % 100 === 0 ? 128 : 8).fill(i));
    return kept;
  };
}

function mixed() {
  const parts = [small(), closures(), map(), strings(), list(), typed()];
  const others = [];
  let turn = 0;
  return () => {
    for (let i = 0; i < 100; i++) {
      others.push(new Date(i), /a+/g, new Error('kept'), Symbol(i), new Set([i]), { [`key${i % 50}`]: i });
      others.push(BigInt(i) << 70n, Promise.resolve(i), new WeakRef(others), [i, `${i}`, i / 3]);
    }
    return parts[turn++ % parts.length]();
  };
}

const shapes = {
  small,
  closures,
  'array-1m': () => array(1_000_000),
  'array-4m': () => array(4_000_000),
  map,
  strings,
  list,
  typed,
  mixed,
};

const [shape, growth] = process.argv.slice(2);
globalThis.grow = shapes[shape]();
if (growth === 'fast') for (;;) globalThis.grow();

function turn() {
  const garbage = [];
  for (let i = 0; i < 1200; i++) garbage.push(new Small(i, garbage));
  globalThis.grow();
  setImmediate(turn);
}
turn();
