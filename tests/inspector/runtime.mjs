// Runtime: evaluation, the console, errors, the end of the program.

import { Host, assert } from './host.mjs';

const host = new Host(['--inspect-wait=0'], `
  globalThis.answer = { nested: [1, 2, 3] };
  console.log('early', { a: 1 });
  setTimeout(() => console.error('late'), 200);
  setTimeout(() => { throw new TypeError('boom'); }, 400);
`);
const client = await host.connect();
const { Runtime } = client;
assert.equal(host.stdout, '');
await Runtime.enable();
const { context } = await client.next('Runtime.executionContextCreated');
assert.deepEqual(context.auxData, { isDefault: true });
await Runtime.runIfWaitingForDebugger();

const early = await client.next('Runtime.consoleAPICalled');
assert.equal(early.type, 'log');
assert.equal(early.args[0].value, 'early');
assert.equal(early.args[1].preview.properties[0].name, 'a');
assert.ok(Math.abs(early.timestamp - Date.now()) < 10_000, `${early.timestamp}`);
const [frame] = early.stackTrace.callFrames;
assert.equal(frame.url, `file://${host.script}`);
assert.equal(frame.lineNumber, 2);
await host.said('stdout', /early \{ a: 1 \}/);

const { result } = await Runtime.evaluate({ expression: 'answer.nested', returnByValue: true });
assert.deepEqual(result.value, [1, 2, 3]);
const waited = await Runtime.evaluate({
  expression: 'new Promise((resolve) => setTimeout(resolve, 20, "\u20ac\u{1f600}\u00e9"))', awaitPromise: true,
});
assert.equal(waited.result.value, '\u20ac\u{1f600}\u00e9');
const thrown = await Runtime.evaluate({ expression: 'null.x' });
assert.match(thrown.exceptionDetails.exception.description, /^TypeError: Cannot read/);
const { result: object } = await Runtime.evaluate({ expression: 'answer' });
const properties = await Runtime.getProperties({ objectId: object.objectId, ownProperties: true });
assert.equal(properties.result[0].name, 'nested');
await assert.rejects(client.send('Nothing.there'), /wasn't found/);

assert.equal((await client.next('Runtime.consoleAPICalled')).args[0].value, 'late');
const { exceptionDetails } = await client.next('Runtime.exceptionThrown');
assert.equal(exceptionDetails.text, 'Uncaught');
assert.match(exceptionDetails.exception.description, /^TypeError: boom/);
assert.equal(exceptionDetails.lineNumber, 4);

// The program stays until its clients have gone.
await host.said('stderr', /Waiting for the debugger to disconnect\.\.\./);
await client.next('Runtime.executionContextDestroyed');
assert.equal(host.child.exitCode, null);
await client.close();
assert.deepEqual(await host.ended, { code: 1, signal: null });
assert.match(host.stderr, /Debugger attached\.\n/);
assert.match(host.stderr, /TypeError: boom\n {4}at/);
