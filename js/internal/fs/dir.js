'use strict';

// Dir: a folder's entries one after the other. They are read when it is opened.

const {
  ArrayPrototypePush, ArrayPrototypeShift, ObjectDefineProperty, PromisePrototypeThen, PromiseReject,
  SymbolAsyncDispose, SymbolAsyncIterator, SymbolDispose,
} = require('internal/primordials');
const {
  codes: { ERR_DIR_CLOSED, ERR_DIR_CONCURRENT_OPERATION, ERR_INVALID_THIS, ERR_MISSING_ARGS },
} = require('internal/errors');
const { validateFunction, validateUint32 } = require('internal/validators');
const { Request, runSync } = require('internal/fs/run');
const { define } = require('internal/fs/operations');
const { checkPath, getOptions, nameForm, pathText } = require('internal/fs/arguments');
const { Dirent } = require('internal/fs/stats');

class Dir {
  #entries;
  #path;
  #options;
  #closed = false;
  #reading = 0;

  constructor(entries, path, options) {
    if (entries === undefined) throw new ERR_MISSING_ARGS('handle');
    this.#entries = entries;
    this.#path = path;
    this.#options = options;
  }

  get path() {
    if (!(#path in this)) throw new ERR_INVALID_THIS('Dir');
    return this.#path;
  }

  #throwIfClosed() {
    if (this.#closed) throw new ERR_DIR_CLOSED();
  }

  /** For what cannot wait until reading in progress is done. */
  #throwIfBusy() {
    this.#throwIfClosed();
    if (this.#reading > 0) throw new ERR_DIR_CONCURRENT_OPERATION();
  }

  #next() {
    const entries = this.#entries;
    const entry = entries.length === 0 ? null : ArrayPrototypeShift(entries);
    if (entry === null || !this.#options.recursive || !entry.isDirectory()) return entry;
    const below = runSync(entriesRequest(`${entry.parentPath}/${entry.name}`, this.#options.encoding));
    this.#entries = [...below, ...entries];
    return entry;
  }

  read(callback = undefined) {
    if (callback === undefined) return this.#readLater();
    this.#throwIfClosed();
    validateFunction(callback, 'callback');
    PromisePrototypeThen(
      this.#readLater(),
      (entry) => process.nextTick(callback, null, entry),
      (error) => process.nextTick(callback, error));
    return undefined;
  }

  async #readLater() {
    this.#throwIfClosed();
    this.#reading++;
    try {
      return await this.#next();
    } finally {
      this.#reading--;
    }
  }

  readSync() {
    this.#throwIfBusy();
    return this.#next();
  }

  close(callback = undefined) {
    if (callback === undefined) {
      if (this.#closed) return PromiseReject(new ERR_DIR_CLOSED());
      return this.#closeLater();
    }
    validateFunction(callback, 'callback');
    if (this.#closed) {
      process.nextTick(callback, new ERR_DIR_CLOSED());
      return undefined;
    }
    this.#end();
    process.nextTick(callback, null);
    return undefined;
  }

  async #closeLater() {
    this.#end();
  }

  closeSync() {
    this.#throwIfBusy();
    this.#end();
  }

  #end() {
    this.#closed = true;
    this.#entries = [];
  }

  async* entries() {
    try {
      while (true) {
        const entry = await this.read();
        if (entry === null) break;
        yield entry;
      }
    } finally {
      if (!this.#closed) this.#end();
    }
  }

  [SymbolDispose]() {
    if (!this.#closed) this.closeSync();
  }

  async [SymbolAsyncDispose]() {
    if (!this.#closed) await this.close();
  }
}

for (const name of ['path', 'read', 'readSync', 'close', 'closeSync', 'entries']) {
  ObjectDefineProperty(Dir.prototype, name, { __proto__: null, enumerable: true });
}
ObjectDefineProperty(Dir.prototype, SymbolAsyncIterator, {
  __proto__: null, value: Dir.prototype.entries, enumerable: false, configurable: true, writable: true,
});

function entriesRequest(path, encoding, convertAll = undefined) {
  const { asBytes, convert } = nameForm(encoding);
  const folder = pathText(path);
  return new Request('readdir', [path, asBytes, true], 'opendir', path, undefined, (flat) => {
    const entries = [];
    for (let i = 0; i < flat.length; i += 2) {
      ArrayPrototypePush(
        entries, new Dirent(convert === undefined ? flat[i] : convert(flat[i]), flat[i + 1], folder));
    }
    return convertAll === undefined ? entries : convertAll(entries);
  });
}

define('opendir', (path, options = undefined) => {
  path = checkPath(path);
  options = getOptions(options, { encoding: 'utf8' });
  if (options.bufferSize !== undefined) validateUint32(options.bufferSize, 'options.bufferSize', true);
  return entriesRequest(path, options.encoding, (entries) => new Dir(entries, path, options));
}, [2, 3], { __proto__: null, callbackName: 'callback' });

module.exports = { Dir };
