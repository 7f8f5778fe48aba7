'use strict';

// watchFile: looks at a file again and again.

const { SafeMap } = require('internal/primordials');
const EventEmitter = require('events');
const { validateFunction, validateUint32 } = require('internal/validators');
const { operations } = require('internal/fs/operations');
const { checkPath, pathText } = require('internal/fs/arguments');
const { toStats } = require('internal/fs/stats');

/** Milliseconds between two looks where nobody says otherwise: Node's, a prime. */
const INTERVAL = 5007;

/** What Node tells of a file that is not there. */
const nothing = (bigint) => toStats(new Array(18).fill(bigint ? 0n : 0));

const differ = (a, b) => a.ino !== b.ino || a.dev !== b.dev || a.mode !== b.mode || a.size !== b.size ||
  a.nlink !== b.nlink || a.uid !== b.uid || a.gid !== b.gid || a.mtimeMs !== b.mtimeMs || a.ctimeMs !== b.ctimeMs;

class StatWatcher extends EventEmitter {
  #path;
  #bigint;
  #interval;
  #referenced = true;
  #timer;
  #previous;
  #stopped = false;

  constructor(path, bigint, interval) {
    super();
    this.#path = path;
    this.#bigint = bigint;
    this.#interval = interval;
    this.#look();
  }

  #look() {
    // The time between two looks keeps the program alive, or not; the look itself is short.
    operations.stat.callback(this.#path, { bigint: this.#bigint }, (error, stats) => {
      if (this.#stopped) return;
      const current = error ? nothing(this.#bigint) : stats;
      const previous = this.#previous;
      this.#previous = current;
      this.#timer = setTimeout(() => this.#look(), this.#interval);
      if (!this.#referenced) this.#timer.unref();
      // The first look tells only of a file that is not there.
      if (previous === undefined ? error : differ(previous, current)) {
        this.emit('change', current, previous ?? current);
      }
    });
  }

  stop() {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#timer);
    process.nextTick(() => this.emit('stop'));
  }

  ref() {
    this.#referenced = true;
    this.#timer?.ref();
    return this;
  }

  unref() {
    this.#referenced = false;
    this.#timer?.unref();
    return this;
  }
}

const watchers = new SafeMap();

const keyOf = (filename) => require('path').resolve(pathText(checkPath(filename, 'filename')));

function watchFile(filename, options, listener) {
  if (options === null || typeof options !== 'object') {
    listener = options;
    options = {};
  }
  validateFunction(listener, 'listener');
  const key = keyOf(filename);
  const { bigint = false, interval = INTERVAL, persistent = true } = options;
  validateUint32(interval, 'interval');
  let watcher = watchers.get(key);
  if (watcher === undefined) {
    watcher = new StatWatcher(key, bigint, interval);
    if (!persistent) watcher.unref();
    watchers.set(key, watcher);
  }
  watcher.on('change', listener);
  return watcher;
}

function unwatchFile(filename, listener) {
  const key = keyOf(filename);
  const watcher = watchers.get(key);
  if (watcher === undefined) return;
  if (typeof listener === 'function') watcher.removeListener('change', listener);
  else watcher.removeAllListeners('change');
  if (watcher.listenerCount('change') === 0) {
    watcher.stop();
    watchers.delete(key);
  }
}

module.exports = { unwatchFile, watchFile };
