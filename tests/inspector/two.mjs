// Two clients at a time, and one that comes after.

import { Host, assert } from './host.mjs';

const host = new Host(['--inspect=0'], `
  setInterval(() => { globalThis.ticks = (globalThis.ticks ?? 0) + 1; }, 5);
  globalThis.work = function work() { debugger; return ticks; };
  console.log('ready');
`);
const [one, two] = await Promise.all([host.connect(), host.connect()]);
await host.said('stdout', /ready/);
await Promise.all([one.Runtime.enable(), two.Runtime.enable()]);
await Promise.all([one.Debugger.enable(), two.Debugger.enable()]);
const numbers = Array.from({ length: 200 }, (_, index) => index);
const evaluate = (client, index) => client.Runtime.evaluate({ expression: `${index} * 2` });
const answers = await Promise.all(numbers.map((index) => evaluate(index % 2 ? one : two, index)));
assert.deepEqual(answers.map(({ result }) => result.value), numbers.map((index) => index * 2));

// Both see the pause; the other one ends it.
const working = one.Runtime.evaluate({ expression: 'work()' });
const [seen] = await Promise.all([one.next('Debugger.paused'), two.next('Debugger.paused')]);
assert.equal(seen.callFrames[0].functionName, 'work');
await two.Debugger.resume();
await Promise.all([one.next('Debugger.resumed'), two.next('Debugger.resumed')]);
assert.equal((await working).result.type, 'number');

await one.Runtime.evaluate({ expression: 'console.log("for all")' });
for (const client of [one, two]) {
  for (;;) {
    const { args } = await client.next('Runtime.consoleAPICalled');
    if (args[0].value === 'for all') break;
  }
}
await one.close();
assert.equal((await two.Runtime.evaluate({ expression: '1' })).result.value, 1);
const three = await host.connect();
assert.equal((await three.Runtime.evaluate({ expression: '3' })).result.value, 3);
two.Runtime.evaluate({ expression: 'process.exit(5)' }).catch(() => {});
await host.said('stderr', /Waiting for the debugger/);
await two.close();
await three.close();
assert.deepEqual(await host.ended, { code: 5, signal: null });
