// `inspector.open`, `close`, `url`, `waitForDebugger` of a script.

import { Host, assert, sleep } from './host.mjs';

const host = new Host(['--inspect-port=localhost:0'], `
  const inspector = require('inspector');
  console.log(inspector.url());
  {
    using port = inspector.open();
    console.log(inspector.url().replace(/:\\d+.*/, ''));
    try { inspector.open(0); } catch ({ code }) { console.log(code); }
  }
  console.log(inspector.url());
  inspector.open(0, '127.0.0.1', true);
  console.log('attached');
  setTimeout(() => { inspector.close(); console.log('closed'); }, 100);
`);
await host.said('stderr', /Debugger ending on ws:[^]*Debugger listening on/);
const [, url] = [...host.stderr.matchAll(/^Debugger listening on (.*)$/mg)].map((match) => match[1]);
await sleep(100);
assert.equal(host.stdout, 'undefined\nws://127.0.0.1\nERR_INSPECTOR_ALREADY_ACTIVATED\nundefined\n');
host.url = async () => url;
const client = await host.connect();
const gone = new Promise((resolve) => client.on('disconnect', resolve));
await client.Runtime.runIfWaitingForDebugger();
await host.said('stdout', /attached/);
await gone;
assert.deepEqual(await host.ended, { code: 0, signal: null });
assert.match(host.stdout, /closed\n$/);
assert.doesNotMatch(host.stderr, /Waiting/);
