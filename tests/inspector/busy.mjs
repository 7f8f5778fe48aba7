// A script that never returns to its loop, and one that sleeps: clients are served all the same.

import { Host, assert, sleep } from './host.mjs';

const host = new Host(['--inspect=0'], `
  globalThis.turns = 0;
  function work() { for (let i = 0; i < 1000; i++) turns++; }
  function spin() { for (;;) { work(); if (globalThis.stop) return; } }
  console.log('spinning');
  spin();
  console.log('stopped');
`);
const client = await host.connect();
await host.said('stdout', /spinning/);
const { Debugger, Runtime } = client;
const turns = async () => (await Runtime.evaluate({ expression: 'turns' })).result.value;
const before = await turns();
while (await turns() === before);

await Debugger.enable();
await Debugger.pause();
const paused = await client.next('Debugger.paused');
assert.match(paused.callFrames[0].functionName, /^(spin|work)$/);
const still = await turns();
assert.equal(await turns(), still);
await Debugger.resume();
await Runtime.evaluate({ expression: 'globalThis.stop = true' });
await host.said('stdout', /stopped/);
await client.close();
assert.deepEqual(await host.ended, { code: 0, signal: null });

// A profile of what is running already.
{
  const working = new Host(['--inspect=0'], `
    function hot() { let sum = 0; for (let i = 0; i < 2e5; i++) sum += i % 7; return sum; }
    console.log('working');
    for (;;) hot();
  `);
  const visitor = await working.connect();
  await working.said('stdout', /working/);
  const { Profiler } = visitor;
  await Profiler.enable();
  await Profiler.setSamplingInterval({ interval: 1000 });
  await Profiler.start();
  await sleep(500);
  const { profile } = await Profiler.stop();
  const hits = (name) => profile.nodes.reduce((sum, { callFrame, hitCount }) =>
    sum + (callFrame.functionName === name ? hitCount : 0), 0);
  assert.ok(profile.samples.length > 50, `${profile.samples.length}`);
  assert.ok(hits('hot') > profile.samples.length / 2, JSON.stringify(profile.nodes));
  working.child.kill('SIGTERM');
  await working.ended;
}

// Asleep in `Atomics.wait`, and in the loop.
for (const code of [
  'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500); console.log("woke");',
  'setTimeout(() => console.log("woke"), 1500);',
]) {
  const sleeper = new Host(['--inspect=0'], `console.log('asleep'); ${code}`);
  const visitor = await sleeper.connect();
  await sleeper.said('stdout', /asleep/);
  const { result } = await visitor.Runtime.evaluate({ expression: '6 * 7' });
  assert.equal(result.value, 42);
  assert.doesNotMatch(sleeper.stdout, /woke/);
  await visitor.close();
  assert.deepEqual(await sleeper.ended, { code: 0, signal: null });
  assert.match(sleeper.stdout, /woke/);
}

// Terminated, the script's turn ends, and the program goes on.
{
  const stuck = new Host(['--inspect=0'], `
    setTimeout(() => console.log('next'), 10);
    setTimeout(() => { console.log('stuck'); for (;;); }, 5);
  `);
  const visitor = await stuck.connect();
  await stuck.said('stdout', /stuck/);
  await visitor.Runtime.terminateExecution();
  await stuck.said('stdout', /next/);
  await visitor.close();
  assert.deepEqual(await stuck.ended, { code: 0, signal: null });
}
