// The DevTools front end of a headless Chromium (the second argument) attaches, takes a heap snapshot and
// records a CPU profile; then it opens files: the snapshot that a program left at out-of-memory and the
// profile of --cpu-prof. Pictures of all go to the folder that the third argument names.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
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
await client.close();

// Files are given to the front end as a person does, by the dialog of its button.
async function open(button, file) {
  let chosen;
  page.Page.fileChooserOpened((event) => { chosen = event; });
  await page.Page.setInterceptFileChooserDialog({ enabled: true });
  await until(async () => await press(button) && chosen !== undefined, `"${button}" asks for a file`);
  await page.DOM.setFileInputFiles({ files: [file], backendNodeId: chosen.backendNodeId });
  await page.Page.setInterceptFileChooserDialog({ enabled: false });
}
const leave = (flags, code) => {
  const folder = mkdtempSync(join(host.folder, 'left-'));
  const script = join(folder, 'script.js');
  writeFileSync(script, code);
  spawnSync(process.argv[2], [...flags, script], { cwd: folder });
  const left = readdirSync(folder).find((name) => /\.(heapsnapshot|cpuprofile)$/.test(name));
  assert.ok(left, `nothing was left in ${folder}`);
  return join(folder, left);
};
const snapshot = leave(['--max-old-space-size=20', '--oom-snapshot=planted.heapsnapshot'],
  'class PlantedLeak {} globalThis.kept = []; for (;;) kept.push(new PlantedLeak());');
const profile = leave(['--cpu-prof'],
  'function plantedHeat() { let sum = 0; for (let i = 0; i < 5e8; i++) sum += i % 7; return sum; } plantedHeat();');

await show('heap-profiler');
await open('Load profile\u2026', snapshot);
const label = `[...all()].map((element) => element.getAttribute('aria-label') ?? '')
  .find((label) => label.startsWith('planted, '))`;
await until(() => evaluate(`${label} !== undefined`), 'the file is in the list');
// Pressed before it is read, it shows nothing.
await until(async () => {
  await press('Profiles');
  await press(await evaluate(label));
  await sleep(1000);
  return evaluate('shows("PlantedLeak")');
}, 'the snapshot of a file is shown');
await picture('heap-snapshot-file.png');
await show('timeline');
await open('Load trace\u2026', profile);
await until(async () => {
  await press('Bottom-up');
  if (!await press('[unattributed]')) return false;
  for (const type of ['keyDown', 'keyUp']) await page.Input.dispatchKeyEvent({ type, key: 'ArrowRight' });
  return evaluate('shows("plantedHeat")');
}, 'the profile of a file names the function');
await picture('cpu-profile-file.png');

browser.kill('SIGKILL');
await once(browser, 'close');
host.child.kill('SIGKILL');
process.exit();
