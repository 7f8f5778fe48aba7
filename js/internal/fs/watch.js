'use strict';

// fs.watch and fsPromises.watch, over inotify: one file or folder, or a folder with all that is in it.
// Loaded when something is first watched.

const {
  ArrayIsArray, ArrayPrototypeMap, ArrayPrototypePush, ArrayPrototypeShift, ArrayPrototypeSome, Promise,
  RegExpPrototypeExec,
} = require('internal/primordials');
const EventEmitter = require('events');
const {
  AbortError, UVException, codes: { ERR_FS_WATCH_QUEUE_OVERFLOW },
} = require('internal/errors');
const {
  validateAbortSignal, validateBoolean, validateIgnoreOption, validateInteger, validateObject, validateOneOf,
} = require('internal/validators');
const { isRegExp } = require('internal/util/types');
const { kResistStopPropagation } = require('internal/event_target');
const { FastBuffer } = require('internal/buffer');
const { checkEncoding, checkPath, getOptions, nameForm, pathText } = require('internal/fs/arguments');
const { operations } = require('internal/fs/operations');
const { watching } = require('internal/fs/run');
const { TreeWatch } = require('internal/fs/watch_tree');
const pathModule = require('path');

const fsBinding = binding.fs;

// Of inotify's masks: what libuv tells as a change; all else is a rename.
const IN_MODIFY = 2;
const IN_ATTRIB = 4;

const ENOSPC = -28;

/** One watch of the kernel's, under the name and with the methods of Node's handle. */
class FSEvent {
  #id = 0;
  #name;
  onchange = null;

  get initialized() {
    return this.#id !== 0;
  }

  /** 0 or a negative errno. */
  start(path, persistent, encoding) {
    const { asBytes, convert } = nameForm(encoding);
    const own = new FastBuffer(require('buffer').Buffer.from(pathModule.basename(pathText(path))));
    this.#name = convert === undefined ? own.toString() : convert(own);
    const id = fsBinding.watchStart(path, asBytes, 0, (mask, name) => {
      const type = (mask & (IN_MODIFY | IN_ATTRIB)) === 0 ? 'rename' : 'change';
      if (name === undefined) name = this.#name;
      else if (convert !== undefined) name = convert(name);
      this.onchange(0, type, name);
    });
    if (id < 0) return id;
    this.#id = id;
    if (persistent) watching.add(this);
    else fsBinding.watchRef(id, false);
    return 0;
  }

  close() {
    if (this.#id === 0) return;
    fsBinding.watchStop(this.#id);
    this.#id = 0;
    watching.delete(this);
  }

  ref() {
    if (this.#id === 0) return;
    fsBinding.watchRef(this.#id, true);
    watching.add(this);
  }

  unref() {
    if (this.#id === 0) return;
    fsBinding.watchRef(this.#id, false);
    watching.delete(this);
  }
}

function watchError(errno, path) {
  const error = new UVException({
    errno, syscall: 'watch', path,
    message: errno === ENOSPC ? 'System limit for number of file watchers reached' : undefined,
  });
  error.filename = path;
  return error;
}

/** Whether `ignore` (patterns, regular expressions, functions) leaves a name out. */
function ignoring(ignore) {
  if (ignore === undefined || ignore === null) return () => false;
  const matchers = ArrayPrototypeMap(ArrayIsArray(ignore) ? ignore : [ignore], (matcher) => {
    if (typeof matcher === 'string') return require('internal/glob/match').nameMatcher(matcher);
    if (isRegExp(matcher)) return (name) => RegExpPrototypeExec(matcher, name) !== null;
    return matcher;
  });
  return (name) => ArrayPrototypeSome(matchers, (matches) => matches(name));
}

/**
 * Starts to watch; `onEvent(eventType, filename)` is called of each thing that happens, `onError` once
 * no more will. Returns what is to be closed. Throws what the system says.
 */
function startWatch(path, { encoding, ignore, persistent, recursive }, onEvent, onError) {
  const ignores = ignoring(ignore);
  if (recursive && operations.stat.sync(path).isDirectory()) {
    const { convert } = nameForm(encoding);
    const { Buffer } = require('buffer');
    const named = convert === undefined ? onEvent : (type, name) => onEvent(type, convert(Buffer.from(name)));
    const tree = new TreeWatch(pathText(path), persistent, ignores, named, (errno, folder) => {
      onError(watchError(errno, folder));
    });
    const errno = tree.start();
    if (errno < 0) throw watchError(errno, path);
    return tree;
  }
  const handle = new FSEvent();
  handle.onchange = (status, eventType, filename) => {
    if (status < 0) onError(watchError(status, filename));
    else if (!ignores(filename)) onEvent(eventType, filename);
  };
  const errno = handle.start(path, persistent, encoding);
  if (errno < 0) throw watchError(errno, path);
  return handle;
}

class FSWatcher extends EventEmitter {
  _handle = null;

  constructor(path, options) {
    super();
    try {
      this._handle = startWatch(
        path, options,
        (eventType, filename) => this.emit('change', eventType, filename),
        (error) => {
          this._handle?.close();
          this._handle = null;
          this.emit('error', error);
        });
    } catch (error) {
      error.filename = path;
      throw error;
    }
  }

  // It is started when it is made.
  start() {}

  close() {
    if (this._handle === null) return;
    this._handle.close();
    this._handle = null;
    process.nextTick(() => this.emit('close'));
  }

  ref() {
    this._handle?.ref();
    return this;
  }

  unref() {
    this._handle?.unref();
    return this;
  }
}

function watch(filename, options, listener) {
  if (typeof options === 'function') listener = options;
  const path = checkPath(filename);
  const { encoding, ignore, persistent = true, recursive = false, signal } = getOptions(options);
  validateBoolean(persistent, 'options.persistent');
  validateBoolean(recursive, 'options.recursive');
  validateIgnoreOption(ignore, 'options.ignore');
  const watcher = new FSWatcher(path, { encoding, ignore, persistent, recursive });
  if (listener) watcher.addListener('change', listener);
  if (signal) {
    const onAbort = () => watcher.close();
    if (signal.aborted) {
      process.nextTick(onAbort);
    } else {
      signal.addEventListener('abort', onAbort, { __proto__: null, once: true, [kResistStopPropagation]: true });
      watcher.once('close', () => signal.removeEventListener('abort', onAbort));
    }
  }
  return watcher;
}

/** What happens, one object each; what nobody has asked for yet waits, `maxQueue` of it. */
async function* watchEvents(filename, options = { __proto__: null }) {
  const path = checkPath(filename);
  validateObject(options, 'options');
  const {
    encoding = 'utf8', ignore, maxQueue = 2048, overflow = 'ignore', persistent = true, recursive = false, signal,
  } = options;
  validateBoolean(persistent, 'options.persistent');
  validateBoolean(recursive, 'options.recursive');
  validateInteger(maxQueue, 'options.maxQueue');
  validateOneOf(overflow, 'options.overflow', ['ignore', 'error']);
  validateAbortSignal(signal, 'options.signal');
  validateIgnoreOption(ignore, 'options.ignore');
  if (encoding !== 'buffer') checkEncoding(encoding);
  if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });

  const queue = [];
  let failure;
  let wake = () => {};
  const fail = (error) => {
    failure ??= error;
    wake();
  };
  const onAbort = () => fail(new AbortError(undefined, { cause: signal.reason }));
  const handle = startWatch(path, { encoding, ignore, persistent, recursive }, (eventType, filename) => {
    if (queue.length < maxQueue) {
      ArrayPrototypePush(queue, { __proto__: null, eventType, filename });
      wake();
    } else if (overflow === 'error') {
      queue.length = 0;
      fail(new ERR_FS_WATCH_QUEUE_OVERFLOW(maxQueue));
    } else {
      process.emitWarning('fs.watch maxQueue exceeded');
    }
  }, fail);
  signal?.addEventListener('abort', onAbort, { __proto__: null, once: true, [kResistStopPropagation]: true });
  try {
    while (true) {
      while (queue.length > 0) yield ArrayPrototypeShift(queue);
      if (failure !== undefined) throw failure;
      await new Promise((resolve) => { wake = resolve; });
    }
  } finally {
    handle.close();
    signal?.removeEventListener('abort', onAbort);
  }
}

module.exports = { FSWatcher, watch, watchEvents };
