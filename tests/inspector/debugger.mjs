// Debugger: the first statement, breakpoints, stepping, frames; in CommonJS, ECMAScript modules and
// TypeScript, and in code from the command line.

import { Host, assert, sleep } from './host.mjs';

const code = `globalThis.began = true;
function add(a, b) {
  const sum = a + b;
  return sum;
}
console.log(add(2, 3));
`;

for (const extension of ['js', 'mjs', 'ts']) {
  const host = new Host(['--inspect-brk=0'], code, extension);
  const client = await host.connect();
  const { Debugger, Runtime } = client;
  await Runtime.enable();
  await Debugger.enable();
  await Runtime.runIfWaitingForDebugger();
  const first = await client.next('Debugger.paused');
  assert.equal(first.callFrames[0].location.lineNumber, 0, extension);
  const parsed = client.events.filter(({ method }) => method === 'Debugger.scriptParsed');
  const script = parsed.find(({ params }) => params.url === `file://${host.script}`);
  assert.ok(script, `${extension}: ${parsed.map(({ params }) => params.url)}`);
  const before = await Runtime.evaluate({ expression: 'globalThis.began' });
  assert.equal(before.result.type, 'undefined');

  const { breakpointId, locations } = await Debugger.setBreakpointByUrl({
    url: `file://${host.script}`, lineNumber: 3,
  });
  assert.equal(locations.length, 1);
  await Debugger.resume();
  const there = await client.next('Debugger.paused');
  assert.deepEqual(there.hitBreakpoints, [breakpointId]);
  const [frame] = there.callFrames;
  assert.equal(frame.functionName, 'add');
  const value = await Debugger.evaluateOnCallFrame({
    callFrameId: frame.callFrameId, expression: 'sum * 100',
  });
  assert.equal(value.result.value, 500);
  await Debugger.stepOver();
  await client.next('Debugger.paused');
  await Debugger.stepOut();
  await client.next('Debugger.paused');
  await Debugger.resume();
  await host.said('stdout', /^5\n/);
  await client.close();
  assert.deepEqual(await host.ended, { code: 0, signal: null });
}

// Who leaves while the program is paused leaves it running.
{
  const host = new Host(['--inspect=0'], `
    const timer = setInterval(() => {
      if (!globalThis.go) return;
      clearInterval(timer);
      debugger;
      console.log('on');
    }, 10);
  `);
  const client = await host.connect();
  await client.Debugger.enable();
  await client.Runtime.evaluate({ expression: 'globalThis.go = true' });
  await client.next('Debugger.paused');
  await sleep(50);
  assert.equal(host.stdout, '');
  await client.close();
  assert.deepEqual(await host.ended, { code: 0, signal: null });
  assert.equal(host.stdout, 'on\n');
}

// A client that leaves in the middle of its own message: it evaluates what pauses.
{
  const host = new Host(['--inspect=0'], 'setTimeout(() => console.log("alive"), 1000);');
  const client = await host.connect();
  await client.Debugger.enable();
  client.Runtime.evaluate({ expression: 'debugger; 1' }).catch(() => {});
  await client.next('Debugger.paused');
  await client.close();
  assert.deepEqual(await host.ended, { code: 0, signal: null });
  assert.equal(host.stdout, 'alive\n');
}
