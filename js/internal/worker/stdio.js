'use strict';

// Standard streams of a worker: what it writes goes through its port and is written by the parent;
// what the parent writes to `worker.stdin` comes back the same way. Each side waits for the other
// where that is slow.

const { ArrayPrototypePush, ArrayPrototypeSplice, ObjectDefineProperty } = require('internal/primordials');
const { Duplex } = require('internal/streams/duplex');

// What is written goes through a port. `hold(on)` keeps the thread alive until it is read.
class RemoteWritable extends Duplex {
  #port;
  #name;
  #hold;
  #waiting = [];

  constructor(port, name, hold) {
    super({ readable: false, decodeStrings: false });
    this.#port = port;
    this.#name = name;
    this.#hold = hold;
  }

  _write(chunk, encoding, callback) {
    this.#post([{ chunk, encoding }]);
    ArrayPrototypePush(this.#waiting, callback);
    this.#hold(true);
  }

  _final(callback) {
    this.#post([{ chunk: null, encoding: '' }]);
    callback();
  }

  #post(chunks) {
    this.#port.postMessage({ type: 'stdio', stream: this.#name, chunks });
  }

  // The other side has read what there was.
  more() {
    const callbacks = ArrayPrototypeSplice(this.#waiting, 0);
    for (let i = 0; i < callbacks.length; i++) {
      this.#hold(false);
      callbacks[i]();
    }
  }
}

// What comes through a port.
class RemoteReadable extends Duplex {
  #port;
  #name;
  #hold;
  #started = false;
  #ended = false;

  constructor(port, name, hold) {
    super({ writable: false });
    this.#port = port;
    this.#name = name;
    this.#hold = hold;
  }

  _read() {
    if (this.#ended) return;
    if (!this.#started) {
      this.#started = true;
      this.#hold(true);
    }
    this.#port.postMessage({ type: 'more', stream: this.#name });
  }

  add(chunks) {
    let wanted = true;
    for (let i = 0; i < chunks.length && !this.#ended; i++) {
      const { chunk, encoding } = chunks[i];
      if (chunk === null) this.finish();
      else wanted = this.push(typeof chunk === 'string' ? require('buffer').Buffer.from(chunk, encoding) : chunk);
    }
    if (wanted) this._read();
  }

  finish() {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#started) this.#hold(false);
    this.push(null);
  }
}

function ignore() {}

// The parent's side.
class ParentStreams {
  constructor(port, options) {
    this.stdin = options.stdin ? new RemoteWritable(port, 'stdin', ignore) : null;
    for (const name of ['stdout', 'stderr']) {
      this[name] = new RemoteReadable(port, name, ignore);
      if (!options[name]) this[name].on('data', (chunk) => process[name].write(chunk));
    }
  }

  // Whether the message was for a stream.
  onMessage({ type, stream, chunks }) {
    if (type === 'stdio') this[stream].add(chunks);
    else if (type === 'more') this.stdin?.more();
    else return false;
    return true;
  }

  end() {
    this.stdout.finish();
    this.stderr.finish();
  }
}

// The worker's side.
class WorkerStreams {
  constructor(port, { hasStdin }) {
    let holds = 0;
    const hold = (on) => {
      holds += on ? 1 : -1;
      if (holds === 1 && on) port.ref();
      else if (holds === 0) port.unref();
    };
    this.stdin = new RemoteReadable(port, 'stdin', hold);
    if (!hasStdin) this.stdin.finish();
    for (const name of ['stdout', 'stderr']) this[name] = new RemoteWritable(port, name, hold);
    for (const name of ['stdin', 'stdout', 'stderr']) {
      let stream = this[name];
      ObjectDefineProperty(process, name, {
        __proto__: null, configurable: true, enumerable: true, get: () => stream, set(value) { stream = value; },
      });
    }
  }

  onMessage({ type, stream, chunks }) {
    if (type === 'stdio') this[stream].add(chunks);
    else if (type === 'more') this[stream].more();
    else return false;
    return true;
  }
}

module.exports = { ParentStreams, WorkerStreams };
