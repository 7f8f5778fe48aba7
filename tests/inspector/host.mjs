// Starts oomhost with its port open and connects clients to it. The program is the first argument.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Installed by tests/it/inspector.rs, outside of the sources.
export const CDP = createRequire(join(process.env.INSPECTOR_CLIENT, 'x.js'))('chrome-remote-interface');

const folder = mkdtempSync(join(tmpdir(), 'oomhost-inspector-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
process.on('unhandledRejection', (error) => { throw error; });

const children = [];
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));
// A test that hangs says where it came to.
setTimeout(() => { throw new Error('the test took too long'); }, 240_000).unref();

export class Host {
  stdout = '';
  stderr = '';

  constructor(flags, code, extension = 'js') {
    this.script = join(folder, `script-${children.length}.${extension}`);
    writeFileSync(this.script, code);
    const args = [...flags, this.script];
    this.child = spawn(process.argv[2], args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(this.child);
    this.child.stdout.on('data', (data) => { this.stdout += data; });
    this.child.stderr.on('data', (data) => { this.stderr += data; });
    this.ended = once(this.child, 'close').then(([code, signal]) => ({ code, signal }));
    this.folder = folder;
  }

  // Until `stdout` or `stderr` has `what`; returns the match.
  async said(stream, what) {
    for (;;) {
      const match = this[stream].match(what);
      if (match) return match;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        await this.ended;
        const last = this[stream].match(what);
        if (last) return last;
        assert.fail(`the program ended without ${what}: ${this.stdout}${this.stderr}`);
      }
      await sleep(10);
    }
  }

  async url() {
    return (await this.said('stderr', /^Debugger listening on (ws:.*)$/m))[1];
  }

  async connect() {
    const target = await this.url();
    const client = await CDP({ target, local: false, port: new URL(target).port, host: '127.0.0.1' });
    client.events = [];
    client.on('event', (message) => client.events.push(message));
    // The next event of that name that has not been waited for.
    client.next = async (method) => {
      for (;;) {
        const at = client.events.findIndex((message) => message.method === method);
        if (at >= 0) return client.events.splice(at, 1)[0].params;
        await sleep(5);
      }
    };
    return client;
  }

  // Anonymous resident memory in bytes.
  anonymous() {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'latin1');
    return Number(status.match(/RssAnon:\s+(\d+) kB/)[1]) * 1024;
  }
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export { assert };
