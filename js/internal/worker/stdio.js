'use strict';

// Standard streams of a worker: what it writes goes through its port and is written by the parent;
// what the parent writes to `worker.stdin` comes back the same way. Each side waits for the other
// where that is slow.

const { ArrayPrototypePush, ObjectDefineProperty } = require('internal/primordials');

// A writable whose chunks go through `port`. `hold(on)` keeps the thread alive until they are read.
function remoteWritable(port, name, hold) {
  const { Writable } = require('stream');
  const waiting = [];
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, encoding, callback) {
      port.postMessage({ type: 'stdio', stream: name, chunks: [{ chunk, encoding }] });
      ArrayPrototypePush(waiting, callback);
      hold(true);
    },
    writev(list, callback) {
      port.postMessage({
        type: 'stdio', stream: name, chunks: list.map(({ chunk, encoding }) => ({ chunk, encoding })),
      });
      ArrayPrototypePush(waiting, callback);
      hold(true);
    },
    final(callback) {
      port.postMessage({ type: 'stdio', stream: name, chunks: [{ chunk: null, encoding: '' }] });
      callback();
    },
  });
  // The other side has read what there was.
  const more = () => {
    for (const callback of waiting.splice(0)) {
      hold(false);
      callback();
    }
  };
  return { stream, more };
}

// A readable of the chunks that come through `port`.
function remoteReadable(port, name, hold) {
  const { Readable } = require('stream');
  let started = false;
  const stream = new Readable({
    read() {
      if (!started) {
        started = true;
        hold(true);
      }
      port.postMessage({ type: 'more', stream: name });
    },
  });
  const push = (chunks) => {
    for (let i = 0; i < chunks.length; i++) {
      const { chunk, encoding } = chunks[i];
      if (chunk === null && started) {
        started = false;
        hold(false);
      }
      if (!stream.readableEnded && !stream.destroyed) stream.push(chunk, encoding);
    }
  };
  return { stream, push };
}

function ignore() {}

// The parent's side.
class ParentStreams {
  #input;
  #outputs = {};

  constructor(port, options) {
    this.#input = options.stdin ? remoteWritable(port, 'stdin', ignore) : undefined;
    for (const name of ['stdout', 'stderr']) {
      const output = remoteReadable(port, name, ignore);
      this.#outputs[name] = output;
      if (!options[name]) {
        output.stream.on('data', (chunk) => process[name].write(chunk));
      }
    }
  }

  get stdin() { return this.#input === undefined ? null : this.#input.stream; }
  get stdout() { return this.#outputs.stdout.stream; }
  get stderr() { return this.#outputs.stderr.stream; }

  // Whether the message was for a stream.
  onMessage({ type, stream, chunks }) {
    if (type === 'stdio') this.#outputs[stream].push(chunks);
    else if (type === 'more') this.#input?.more();
    else return false;
    return true;
  }

  end() {
    const { stdout, stderr } = this;
    if (!stdout.readableEnded) this.#outputs.stdout.push([{ chunk: null }]);
    if (!stderr.readableEnded) this.#outputs.stderr.push([{ chunk: null }]);
  }
}

// The worker's side.
class WorkerStreams {
  #streams = {};

  constructor(port, { hasStdin }) {
    let holds = 0;
    const hold = (on) => {
      holds += on ? 1 : -1;
      if (holds === 1 && on) port.ref();
      else if (holds === 0) port.unref();
    };
    const input = this.#streams.stdin = remoteReadable(port, 'stdin', hold);
    if (!hasStdin) input.stream.push(null);
    for (const name of ['stdout', 'stderr']) this.#streams[name] = remoteWritable(port, name, hold);
    for (const name of ['stdin', 'stdout', 'stderr']) {
      let { stream } = this.#streams[name];
      ObjectDefineProperty(process, name, {
        __proto__: null, configurable: true, enumerable: true, get: () => stream, set(value) { stream = value; },
      });
    }
  }

  onMessage({ type, stream, chunks }) {
    if (type === 'stdio') this.#streams[stream].push(chunks);
    else if (type === 'more') this.#streams[stream].more();
    else return false;
    return true;
  }
}

// Until there is `stream`, a worker has the streams of the process.
class NoStreams {
  stdin = null;
  stdout = null;
  stderr = null;
  onMessage() { return false; }
  end() {}
}

function hasStreams() {
  return require('internal/modules/builtins').builtinId('stream') !== undefined;
}

module.exports = {
  parentStreams: (port, options) => (hasStreams() ? new ParentStreams(port, options) : new NoStreams()),
  workerStreams: (port, info) => (hasStreams() ? new WorkerStreams(port, info) : new NoStreams()),
};
