// Takes snapshots of a heap of so many MB while a timer ticks every 10 ms:
// `forked.js MB SNAPSHOTS fork|process FOLDER`. Prints JSON: times in milliseconds, memory in bytes.
'use strict';
const fs = require('fs');

const TICK = 10;
const [megabytes, count, how, folder] = process.argv.slice(2);

// After garbage is collected and V8 has given back the pages that it pools, which takes it 8 s.
async function anonymous() {
  for (const wait of [1000, 10000]) {
    gc();
    await new Promise((resolve) => { setTimeout(resolve, wait); });
  }
  return 1024 * Number(/^RssAnon:\s+(\d+)/m.exec(fs.readFileSync('/proc/self/status', 'latin1'))[1]);
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
  const gaps = [];
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    gaps.push(now - last);
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
    } else {
      heapSnapshot({ path });
    }
    times.push(performance.now() - start);
    if (i === count) {
      const end = Buffer.alloc(3);
      const file = fs.openSync(path);
      fs.readSync(file, end, 0, 3, fs.fstatSync(file).size - 3);
      fs.closeSync(file);
      if (!/\]\}\n?$/.test(end.toString())) throw new Error(`${path} ends with ${end}`);
    }
    // Some hundred milliseconds for some gigabytes.
    await fs.promises.unlink(path);
    await new Promise((resolve) => { setTimeout(resolve, 5 * TICK); });
    // The first one makes what stays.
    if (i === 0) {
      before = await anonymous();
      gaps.length = 0;
      last = performance.now();
    }
  }
  const ticked = gaps.length;
  const after = await anonymous();
  gaps.length = ticked;
  console.log(JSON.stringify({ gaps, times: times.slice(1), before, after }));
  process.exit();
}

main();
