// Out of memory with a debugger attached: the capture is as without one.

import { readdirSync } from 'node:fs';
import { Host, assert } from './host.mjs';

const code = `
  class Leaking { constructor() { this.data = new Array(50).fill(1.5); } }
  globalThis.kept = [];
  globalThis.leak = function leak() { for (;;) kept.push(new Leaking()); };
  setInterval(() => {}, 1000);
`;

for (const paused of [false, true]) {
  const host = new Host(['--inspect=0', '--max-old-space-size=30'], code);
  const client = await host.connect();
  await client.Debugger.enable();
  await client.Runtime.enable();
  await client.HeapProfiler.enable();
  if (paused) {
    client.Runtime.evaluate({ expression: 'debugger; 1' }).catch(() => {});
    const { callFrames } = await client.next('Debugger.paused');
    client.Debugger.evaluateOnCallFrame({
      callFrameId: callFrames[0].callFrameId, expression: 'leak()',
    }).catch(() => {});
  } else {
    client.Runtime.evaluate({ expression: 'leak()' }).catch(() => {});
  }
  const { signal } = await host.ended;
  assert.equal(signal, 'SIGABRT', host.stderr);
  assert.match(host.stderr, /heap near its limit of 30\.0 MB/);
  assert.match(host.stderr, /Leaking/);
  const files = readdirSync(host.folder).filter((name) => name.includes(`.${host.child.pid}.`)).sort();
  assert.equal(files.length, 2, `${files}`);
  assert.match(files[0], /^Heap\..*\.heapsnapshot$/);
  assert.match(files[1], /^report\..*\.json$/);
}
