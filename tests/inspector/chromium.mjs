// The DevTools front end of a headless Chromium (the second argument) attaches, takes a heap snapshot and
// opens a CPU profile of ours. Pictures of both go to the folder that the third argument names.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CDP, Host, assert, sleep } from './host.mjs';

const [,, , chromium, pictures] = process.argv;
mkdirSync(pictures, { recursive: true });

const host = new Host(['--inspect=0'], `
  class Culprit { constructor(id) { this.name = 'culprit ' + id; } }
  globalThis.leak = Array.from({ length: 5000 }, (_, id) => new Culprit(id));
  function hotFunction() { let sum = 0; for (let i = 0; i < 1e6; i++) sum += i % 7; return sum; }
  globalThis.busyPart = function busyPart() { for (let i = 0; i < 30; i++) hotFunction(); };
  console.log('hello from oomhost', leak[0]);
  setInterval(() => {}, 1000);
`);
const browser = spawn(chromium, [
  '--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0', '--window-size=1400,900',
  `--user-data-dir=${join(host.folder, 'profile')}`, 'about:blank',
], { stdio: ['ignore', 'ignore', 'pipe'] });
process.on('exit', () => browser.kill('SIGKILL'));
let said = '';
let page;
browser.stderr.on('data', (data) => { said += data; });
const listening = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)/;
await until(() => listening.test(said), 'Chromium listens');
const port = Number(said.match(listening)[1]);

async function until(what, why, seconds = 70) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    if (await what()) return;
    await sleep(200);
  }
  await page?.Page.captureScreenshot().then(({ data }) =>
    writeFileSync(join(pictures, 'failed.png'), Buffer.from(data, 'base64')));
  assert.fail(`not within ${seconds} s: ${why}`);
}

page = await CDP({ port, host: '127.0.0.1', local: true });
await page.Page.enable();
await page.Runtime.enable();
const place = (await host.url()).replace('ws://', '');
await page.Page.navigate({ url: `http://127.0.0.1:${port}/devtools/js_app.html?v8only=true&ws=${place}` });
await host.said('stderr', /Debugger attached/);

async function evaluate(expression) {
  const { result, exceptionDetails } = await page.Runtime.evaluate({
    expression, awaitPromise: true, returnByValue: true,
  });
  assert.equal(exceptionDetails, undefined, JSON.stringify(exceptionDetails));
  return result.value;
}
async function press(text) {
  const place = await evaluate(`find(${JSON.stringify(text)})`);
  if (place === undefined) return false;
  for (const type of ['mouseMoved', 'mousePressed', 'mouseReleased']) {
    await page.Input.dispatchMouseEvent({ type, ...place, button: 'left', clickCount: 1 });
  }
  return true;
}
async function picture(name) {
  const { data } = await page.Page.captureScreenshot();
  writeFileSync(join(pictures, name), Buffer.from(data, 'base64'));
}

// All elements, those within shadow roots too.
await evaluate(`globalThis.all = function* all(root = document) {
  for (const element of root.querySelectorAll('*')) {
    yield element;
    if (element.shadowRoot) yield* all(element.shadowRoot);
  }
};
globalThis.shows = (text) => [...all()].some(({ tagName, textContent }) =>
  tagName !== 'SCRIPT' && tagName !== 'STYLE' && textContent.includes(text));
globalThis.find = (text) => {
  const found = [...all()].filter((element) => [element.getAttribute('aria-label'),
    element.textContent.trim()].includes(text)).map((element) => element.getBoundingClientRect());
  const { x, y, width, height } = found.findLast(({ width }) => width > 0) ?? { width: 0 };
  return width > 0 ? { x: x + width / 2, y: y + height / 2 } : undefined;
};
globalThis.legacy = import('/devtools/ui/legacy/legacy.js'); 1`);
const show = (view) => evaluate(
  `legacy.then((UI) => UI.ViewManager.ViewManager.instance().showView('${view}')).then(() => true)`);

await until(() => evaluate('shows("hello from oomhost")'), 'the console shows what was logged');
await picture('console.png');
await show('heap-profiler');
await until(() => press('Take snapshot'), 'there is a button for snapshots');
await until(() => evaluate('shows("Culprit")'), 'the snapshot is shown');
await picture('heap-snapshot.png');

await show('timeline');
await until(() => press('Record'), 'there is a button for profiles');
await until(() => evaluate('find("Stop") !== undefined'), 'it records');
await sleep(1000);
const client = await host.connect();
await client.Runtime.evaluate({ expression: 'busyPart()' });
await press('Stop');
await until(() => evaluate('find("Bottom-up") !== undefined'), 'the profile is shown');
await until(async () => await press('Bottom-up') && evaluate('shows("busyPart") || shows("hotFunction")'),
  'it names the function');
await picture('cpu-profile.png');
browser.kill('SIGKILL');
await once(browser, 'close');
host.child.kill('SIGKILL');
process.exit();
