'use strict';

// What `cargo bench --bench node_layer` measures, for oomhost and Node alike:
// `tasks.js TASK FOLDER` prints how many milliseconds the task takes, the median of five times
// after two that do not count. In FOLDER are `files/N.txt`, `modules/N.js` and `main.js`, an empty script.

const { performance } = require('node:perf_hooks');
const path = require('node:path');

const [, , name, folder] = process.argv;
const FILES = 1000;

const fileName = (i) => path.join(folder, 'files', `${i}.txt`);

// Texts that stand for what programs have: short keys, and a page with some letters beyond ASCII.
const SHORT = 'user:1234567:session';
const ASCII = 'The quick brown fox jumps over the lazy dog. '.repeat(1000);
const WIDE = 'The quick brown fox, \u00fcber den faulen Hund \u2013 \u72d0\u72f8. '.repeat(1000);

// `Buffer.from` and `toString`, with a short text many times and a long one some times.
function encodingTasks(encoding, long, times) {
  const tasks = {};
  for (const [name, text, count] of [['short', SHORT, 500_000], ['long', long, times]]) {
    tasks[`Buffer.from ${encoding}, ${name}`] = () => {
      const encoded = Buffer.from(text).toString(encoding);
      return () => {
        let length = 0;
        for (let i = 0; i < count; i++) length += Buffer.from(encoded, encoding).length;
        return length;
      };
    };
    tasks[`toString ${encoding}, ${name}`] = () => {
      const buffer = Buffer.from(text);
      return () => {
        let length = 0;
        for (let i = 0; i < count; i++) length += buffer.toString(encoding).length;
        return length;
      };
    };
  }
  return tasks;
}

const tasks = {
  'emit': () => {
    const EventEmitter = require('node:events');
    const emitter = new EventEmitter();
    let sum = 0;
    emitter.on('one', (a, b) => { sum += a + b; });
    for (let i = 0; i < 5; i++) emitter.on('five', (a) => { sum += a; });
    return () => {
      for (let i = 0; i < 2_000_000; i++) {
        emitter.emit('one', i, 1);
        emitter.emit('none');
      }
      for (let i = 0; i < 500_000; i++) emitter.emit('five', i);
      return sum;
    };
  },
  'once': () => {
    const EventEmitter = require('node:events');
    let sum = 0;
    const listener = () => { sum++; };
    return () => {
      for (let i = 0; i < 100_000; i++) {
        const emitter = new EventEmitter();
        emitter.once('data', listener);
        emitter.on('end', listener);
        emitter.emit('data');
        emitter.emit('end');
        emitter.removeListener('end', listener);
      }
      return sum;
    };
  },

  ...encodingTasks('utf8', WIDE, 1000),
  ...encodingTasks('latin1', ASCII, 2000),
  ...encodingTasks('base64', ASCII, 2000),
  ...encodingTasks('hex', ASCII, 500),

  'readFileSync': () => {
    const fs = require('node:fs');
    return () => {
      let length = 0;
      for (let round = 0; round < 5; round++) {
        for (let i = 0; i < FILES; i++) length += fs.readFileSync(fileName(i), 'utf8').length;
      }
      return length;
    };
  },
  'readFile': () => {
    const fs = require('node:fs');
    return () => new Promise((resolve, reject) => {
      let left = FILES;
      for (let i = 0; i < FILES; i++) {
        fs.readFile(fileName(i), 'utf8', (error) => {
          if (error) reject(error);
          if (--left === 0) resolve();
        });
      }
    });
  },
  'fs.promises.readFile': () => {
    const fs = require('node:fs/promises');
    return () => Promise.all(Array.from({ length: FILES }, (_, i) => fs.readFile(fileName(i), 'utf8')));
  },
  'stat and readdir': () => {
    const fs = require('node:fs');
    return () => {
      let size = 0;
      for (let round = 0; round < 5; round++) {
        for (const entry of fs.readdirSync(path.join(folder, 'files'))) {
          size += fs.statSync(path.join(folder, 'files', entry)).size;
        }
      }
      return size;
    };
  },

  'pipeline': () => {
    const { Readable, Transform, Writable } = require('node:stream');
    const { pipeline } = require('node:stream/promises');
    const chunk = Buffer.alloc(1024);
    return () => {
      let left = 100_000;
      let length = 0;
      return pipeline(
        new Readable({ read() { this.push(left-- > 0 ? chunk : null); } }),
        new Transform({ transform(data, encoding, callback) { callback(null, data); } }),
        new Writable({ write(data, encoding, callback) { length += data.length; callback(); } }),
      );
    };
  },
  'pipeline of objects': () => {
    const { Readable, Writable } = require('node:stream');
    const { pipeline } = require('node:stream/promises');
    return () => pipeline(
      Readable.from((function* numbers() { for (let i = 0; i < 50_000; i++) yield { i }; })()),
      async function* double(source) { for await (const { i } of source) yield { i: i * 2 }; },
      new Writable({ objectMode: true, write(data, encoding, callback) { callback(); } }),
    );
  },

  'setTimeout, clearTimeout': () => () => {
    const timers = new Array(300_000);
    for (let i = 0; i < timers.length; i++) timers[i] = setTimeout(() => {}, 1000 + (i % 100));
    for (let i = 0; i < timers.length; i++) clearTimeout(timers[i]);
  },
  'setTimeout that fires': () => () => new Promise((resolve) => {
    let left = 50_000;
    const done = () => { if (--left === 0) resolve(); };
    for (let i = left; i > 0; i--) setTimeout(done, 1);
  }),
  'setImmediate': () => () => new Promise((resolve) => {
    let left = 300_000;
    const next = () => { if (--left <= 0) resolve(); else if (left % 100 === 0) for (let i = 0; i < 100; i++) setImmediate(next); };
    for (let i = 0; i < 100; i++) setImmediate(next);
  }),
  'nextTick and promises': () => async () => {
    for (let i = 0; i < 100_000; i++) {
      await null;
      await new Promise(process.nextTick);
    }
  },

  'worker start': () => {
    const { Worker } = require('node:worker_threads');
    return async () => {
      for (let i = 0; i < 5; i++) {
        await new Promise((resolve, reject) => {
          new Worker(path.join(folder, 'main.js')).on('exit', resolve).on('error', reject);
        });
      }
    };
  },
};

async function main() {
  const task = tasks[name]();
  const times = [];
  for (let round = 0; round < 7; round++) {
    const start = performance.now();
    await task();
    if (round >= 2) times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  console.log(times[2]);
}

main();
