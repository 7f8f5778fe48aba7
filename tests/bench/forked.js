// Takes snapshots of a heap of so many MB while a timer ticks every 10 ms:
// `forked.js MB SNAPSHOTS fork|process|nothing FOLDER`; with `nothing` it waits instead, and shows what the
// program does by itself. Prints JSON: times in milliseconds, memory in bytes.
'use strict';
const fs = require('fs');
const v8 = require('v8');

const TICK = 10;
const [megabytes, count] = process.argv.slice(2, 4).map(Number);
const [how, folder] = process.argv.slice(4);

const sleep = (time) => new Promise((resolve) => { setTimeout(resolve, time); });

// At rest: V8 gives back the pages that it pools in its own time, up to half a minute after they
// became free. The least of ten measurements (the young generation comes and goes, 1 MB or 2), once
// that no longer sinks. Compacted, for how many pages of 256 KB are half empty differs by chance, some
// up and some down, with or without snapshots.
async function anonymous() {
  const seen = [];
  for (;;) {
    v8.setFlagsFromString('--compact-on-every-full-gc');
    gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    v8.setFlagsFromString('--no-compact-on-every-full-gc');
    await sleep(3000);
    const status = fs.readFileSync('/proc/self/status', 'latin1');
    seen.push(1024 * Number(/^RssAnon:\s+(\d+)/m.exec(status)[1]));
    const now = Math.min(...seen.slice(-10));
    if (seen.length >= 20 && now > Math.min(...seen.slice(0, -10)) - 5e5) return now;
  }
}

class Item {
  constructor(number) {
    this.number = number;
    this.name = `item ${number}`;
    this.parts = [number, number + 1, { number }];
  }
}

async function main() {
  const items = [];
  while (process.memoryUsage().heapUsed < megabytes * 1e6) {
    for (let i = 0; i < 1000; i++) items.push(new Item(items.length));
  }
  // What the program does beside, until its young generation has the size that it needs.
  for (let i = 0; i < 1e6; i++) items[i % 100] = new Item(i);
  gc();
  // Room for all of them, so that what is measured does not grow by what measures.
  const gaps = new Float64Array(2 * count * 1000).fill(1);
  let ticks = 0;
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    gaps[ticks++ % gaps.length] = now - last;
    last = now;
    // A program has something to do.
    for (let i = 0; i < 100; i++) items[i] = new Item(i);
  }, TICK);
  const times = [];
  let before;
  for (let i = 0; i <= count; i++) {
    const path = `${folder}/forked.heapsnapshot`;
    const start = performance.now();
    if (how === 'fork') {
      await heapSnapshot.async({ path, fork: true });
    } else if (how === 'process') {
      heapSnapshot({ path });
    } else {
      await sleep(2000);
    }
    times.push(performance.now() - start);
    if (how !== 'nothing' && i === count) {
      const end = Buffer.alloc(3);
      const file = fs.openSync(path);
      fs.readSync(file, end, 0, 3, fs.fstatSync(file).size - 3);
      fs.closeSync(file);
      if (!/\]\}\n?$/.test(end.toString())) throw new Error(`${path} ends with ${end}`);
    }
    // Some hundred milliseconds for some gigabytes.
    await fs.promises.rm(path, { force: true });
    await sleep(5 * TICK);
    // The first one makes what stays.
    if (i === 0) {
      before = await anonymous();
      ticks = 0;
      last = performance.now();
    }
  }
  const ticked = Array.from(gaps.subarray(0, ticks));
  const after = await anonymous();
  console.log(JSON.stringify({ gaps: ticked, times: times.slice(1), before, after }));
  process.exit();
}

main();
