// HeapProfiler: snapshots (ours, and V8's own with allocation stacks), objects by their id, sampling.

import { readdirSync } from 'node:fs';
import { Host, assert } from './host.mjs';

const host = new Host(['--inspect=0'], `
  class Culprit { constructor(id) { this.id = id; } }
  globalThis.kept = Array.from({ length: 1000 }, (_, id) => new Culprit(id));
  globalThis.grow = function grow() { for (let i = 0; i < 5000; i++) kept.push(new Culprit(-i)); };
  setInterval(() => {}, 1000);
  console.log('ready');
`);
const client = await host.connect();
await host.said('stdout', /ready/);
const { HeapProfiler, Runtime } = client;

async function chunksOf(ask) {
  let text = '';
  const add = ({ chunk }) => { text += chunk; };
  const remove = HeapProfiler.addHeapSnapshotChunk(add);
  await ask();
  remove();
  return JSON.parse(text);
}

function culprits({ nodes, strings, snapshot: { meta } }) {
  const ids = [];
  const width = meta.node_fields.length;
  const name = meta.node_fields.indexOf('name');
  const type = meta.node_fields.indexOf('type');
  const id = meta.node_fields.indexOf('id');
  const object = meta.node_types[0].indexOf('object');
  for (let at = 0; at < nodes.length; at += width) {
    if (nodes[at + type] === object && strings[nodes[at + name]] === 'Culprit') ids.push(nodes[at + id]);
  }
  return ids;
}

await HeapProfiler.enable();
await Runtime.enable();
const snapshot = await chunksOf(() => HeapProfiler.takeHeapSnapshot({ reportProgress: true }));
assert.equal((await client.next('HeapProfiler.reportHeapSnapshotProgress')).finished, true);
const ids = culprits(snapshot);
// The prototype has the same name.
assert.ok(ids.length >= 1000 && ids.length <= 1001, `${ids.length}`);
assert.deepEqual(readdirSync(host.folder).filter((name) => name.includes('Heap')), []);

// The ids of the snapshot are those of V8.
const { result } = await HeapProfiler.getObjectByHeapObjectId({ objectId: `${ids[3]}` });
assert.equal(result.className, 'Culprit');
const { heapSnapshotObjectId } = await HeapProfiler.getHeapObjectId({ objectId: result.objectId });
assert.equal(heapSnapshotObjectId, `${ids[3]}`);

// V8's own, because of what only it knows.
const numeric = await chunksOf(() => HeapProfiler.takeHeapSnapshot({ captureNumericValue: true }));
assert.ok(culprits(numeric).length >= 1000);
await HeapProfiler.startTrackingHeapObjects({ trackAllocations: true });
await Runtime.evaluate({ expression: 'grow()' });
const tracked = await chunksOf(() => HeapProfiler.stopTrackingHeapObjects({ reportProgress: false }));
assert.ok(culprits(tracked).length >= 6000);
assert.ok(tracked.trace_tree.length > 0);
assert.ok(tracked.strings.includes('grow'));

await HeapProfiler.startSampling({ samplingInterval: 512 });
await Runtime.evaluate({ expression: 'grow()' });
const { profile } = await HeapProfiler.stopSampling();
assert.match(JSON.stringify(profile), /"functionName":"grow"/);

// The debugger stops nothing of this.
await client.Debugger.enable();
client.Runtime.evaluate({ expression: 'debugger' }).catch(() => {});
await client.next('Debugger.paused');
const paused = await chunksOf(() => HeapProfiler.takeHeapSnapshot());
assert.ok(culprits(paused).length >= 11_000);
await client.Debugger.resume();
host.child.kill('SIGTERM');
await host.ended;
