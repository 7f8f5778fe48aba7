// A client that takes a snapshot and does not read it: it costs the program neither memory nor, with a
// snapshot of ours, time. One that reads nothing else either is let go.

import net from 'node:net';
import { Host, assert, sleep } from './host.mjs';

const host = new Host(['--inspect=0'], `
  globalThis.kept = Array.from({ length: 300000 }, (_, id) => ({ id, name: 'n' + id }));
  globalThis.ticks = 0;
  setInterval(() => { ticks++; }, 10);
  console.log('ready');
`);
await host.said('stdout', /ready/);
const url = new URL(await host.url());

// A WebSocket by hand, so that nobody reads from it. Frames of a client are masked; the mask is 0.
function frame(text) {
  const bytes = Buffer.from(text);
  const head = Buffer.from([0x81, 0x80 | 126, bytes.length >> 8, bytes.length & 255, 0, 0, 0, 0]);
  return Buffer.concat([head, bytes]);
}

async function slowClient() {
  const socket = net.connect(url.port, url.hostname);
  socket.write(`GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\n` +
    'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
  return socket;
}

const send = (socket, id, method, params) => socket.write(frame(JSON.stringify({ id, method, params })));

// The texts of all frames in `bytes`.
function* texts(bytes) {
  for (let at = 0; at < bytes.length;) {
    let length = bytes[at + 1];
    at += 2;
    if (length === 126) {
      length = bytes.readUInt16BE(at);
      at += 2;
    } else if (length === 127) {
      length = Number(bytes.readBigUInt64BE(at));
      at += 8;
    }
    yield bytes.toString('utf8', at, at + length);
    at += length;
  }
}

async function readToAnswer(socket, id) {
  const parts = [];
  socket.on('data', (data) => parts.push(data));
  socket.resume();
  const end = `{"id":${id},`;
  while (!parts.length || !Buffer.concat(parts.slice(-4)).toString('latin1').includes(end)) await sleep(20);
  let snapshot = '';
  for (const text of texts(Buffer.concat(parts))) {
    const message = JSON.parse(text);
    if (message.method === 'HeapProfiler.addHeapSnapshotChunk') snapshot += message.params.chunk;
  }
  return JSON.parse(snapshot);
}

const other = await host.connect();
const ticks = async () => (await other.Runtime.evaluate({ expression: 'ticks' })).result.value;

// Ours: a file, which the program does not wait for.
{
  const socket = await slowClient();
  const before = host.anonymous();
  send(socket, 1, 'HeapProfiler.takeHeapSnapshot', {});
  const count = await ticks();
  // The timer goes on.
  while (await ticks() < count + 10) await sleep(20);
  await sleep(500);
  const grown = (host.anonymous() - before) / 2 ** 20;
  assert.ok(grown < 24, `${grown} MB more while nobody reads`);
  const snapshot = await readToAnswer(socket, 1);
  assert.ok(snapshot.snapshot.node_count > 300_000);
  console.log(`ours: ${grown.toFixed(1)} MB anonymous memory more`);
  socket.destroy();
}

// V8's own: the program waits, so that at most 1 MB of it is queued.
{
  const socket = await slowClient();
  send(socket, 1, 'HeapProfiler.takeHeapSnapshot', { captureNumericValue: true });
  await sleep(4000);
  const answered = ticks().then(() => true);
  assert.equal(await Promise.race([answered, sleep(1000)]), undefined, 'the program does not wait');
  const snapshot = await readToAnswer(socket, 1);
  assert.ok(snapshot.snapshot.node_count > 300_000);
  assert.equal(typeof await ticks(), 'number');
  socket.destroy();
}

// It leaves in the middle of V8's own: the program goes on.
{
  const socket = await slowClient();
  send(socket, 1, 'HeapProfiler.takeHeapSnapshot', { captureNumericValue: true });
  await sleep(2000);
  socket.destroy();
  assert.equal(typeof await ticks(), 'number');
}

// A program that logs to a client which does not read.
{
  const socket = await slowClient();
  send(socket, 1, 'Runtime.enable');
  await sleep(100);
  let closed = false;
  socket.on('close', () => { closed = true; });
  await other.Runtime.evaluate({
    expression: 'for (let i = 0; i < 1000; i++) console.debug("x".repeat(100_000)); 1',
  });
  socket.resume();
  while (!closed) await sleep(20);
  assert.equal(typeof await ticks(), 'number');
}
host.child.kill('SIGTERM');
await host.ended;
