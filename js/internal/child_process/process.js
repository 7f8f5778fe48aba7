'use strict';

// `ChildProcess`: a started program, its streams and its end.

const {
  ArrayPrototypeMap, ArrayPrototypePush, ArrayPrototypeSlice, SafeSet, SymbolDispose,
} = require('internal/primordials');
const EventEmitter = require('events');
const diagnostics = require('diagnostics_channel');
const { ErrnoException } = require('internal/errors');
const { validateArray, validateObject, validateOneOf, validateString } = require('internal/validators');
const { constants: { signals, errno: { EACCES, EAGAIN, EINVAL, EMFILE, ENFILE, ENOENT, ENOSYS, ESRCH } } } =
  require('internal/os_constants');
const { convertToValidSignal } = require('internal/util');
const { Socket } = require('internal/net/socket');
const { closePipes, getValidStdio } = require('internal/child_process/stdio');

const childBinding = binding.child;
const pipeBinding = binding.pipe;
const processBinding = binding.process;

const created = diagnostics.channel('child_process');
const spawning = diagnostics.tracingChannel('child_process.spawn');
const kIsUsedAsStdio = Symbol('kIsUsedAsStdio');

/** Children that run, for `process.getActiveResourcesInfo()`. */
const running = new SafeSet();

/** Failures that an 'error' event tells; others are thrown. */
const TOLD_LATER = new SafeSet([EACCES, EAGAIN, EMFILE, ENFILE, ENOENT]);

function nameOfSignal(number) {
  for (const name in signals) {
    if (signals[name] === number) return name;
  }
  return null;
}

/** The native side of a child: what Node's `ChildProcess._handle` does. */
class Process {
  #work = 0;
  #referenced = true;
  pid = undefined;
  onexit = null;

  /** 0 or a negative errno. */
  spawn(options) {
    const started = childBinding.spawn(options, (status, signal) => {
      running.delete(this);
      this.#work = 0;
      this.onexit(status, signal === 0 ? '' : nameOfSignal(signal));
    });
    if (typeof started === 'number') return started;
    this.pid = started[0];
    this.#work = started[1];
    running.add(this);
    return 0;
  }

  kill(signal) {
    // A number that is nobody's any more may become somebody else's.
    if (this.#work === 0) return -ESRCH;
    return processBinding.kill(this.pid, signal);
  }

  ref() {
    this.#referenced = true;
    childBinding.setRef(this.#work, true);
  }

  unref() {
    this.#referenced = false;
    childBinding.setRef(this.#work, false);
  }

  hasRef() {
    return this.#referenced && this.#work !== 0;
  }

  close() {}
}

function closeIfAllClosed(child) {
  child._closesGot++;
  if (child._closesGot === child._closesNeeded) child.emit('close', child.exitCode, child.signalCode);
}

/** What nobody read flows away, so that the streams can end. */
function flushStdio(child) {
  const { stdio } = child;
  child._stdioFlushed = true;
  if (stdio === undefined) return;
  for (let i = 0; i < stdio.length; i++) {
    const stream = stdio[i];
    if (stream?.readable && !stream[kIsUsedAsStdio]) stream.resume();
  }
}

function onExit(child, exitCode, signalCode) {
  if (signalCode) child.signalCode = signalCode;
  else child.exitCode = exitCode;
  child.stdin?.destroy();
  child._handle?.close();
  child._handle = null;
  if (exitCode < 0) {
    const syscall = child.spawnfile ? `spawn ${child.spawnfile}` : 'spawn';
    const error = new ErrnoException(exitCode, syscall);
    if (child.spawnfile) error.path = child.spawnfile;
    error.spawnargs = ArrayPrototypeSlice(child.spawnargs, 1);
    child.emit('error', error);
  } else {
    child.emit('exit', child.exitCode, child.signalCode);
  }
  // Streams may have bytes yet.
  process.nextTick(flushStdio, child);
  closeIfAllClosed(child);
}

/** A stream of ours became the child's: this process reads no more from it. */
function giveAway({ stream, handle }) {
  handle.readStop();
  if (typeof stream.pause === 'function') {
    stream.pause();
    if (stream._readableState) stream._readableState.reading = false;
  }
  stream[kIsUsedAsStdio] = true;
}

class ChildProcess extends EventEmitter {
  constructor() {
    super();
    this._closesNeeded = 1;
    this._closesGot = 0;
    this.connected = false;
    this.signalCode = null;
    this.exitCode = null;
    this.killed = false;
    this.spawnfile = null;
    this._handle = new Process();
    this._handle.onexit = (exitCode, signalCode) => onExit(this, exitCode, signalCode);
    if (created.hasSubscribers) created.publish({ process: this });
  }

  spawn(options) {
    validateObject(options, 'options');
    validateOneOf(options.serialization, 'options.serialization', [undefined, 'json', 'advanced']);
    const serialization = options.serialization || 'json';
    let entries;
    try {
      entries = getValidStdio(options.stdio || 'pipe', false);
    } catch (error) {
      if (error.errno !== -EMFILE && error.errno !== -ENFILE) throw error;
      // No descriptor is left for its pipes: the child has none.
      this.spawnfile = options.file;
      this.spawnargs = options.args ?? [];
      process.nextTick(() => { this._handle.onexit(error.errno, ''); });
      return error.errno;
    }
    const { stdio, ipc, ipcFd } = entries;
    if (spawning.hasSubscribers) spawning.start.publish({ process: this, options });
    let status;
    try {
      status = this.#start(options, stdio, ipc, ipcFd, serialization);
    } catch (error) {
      closePipes(stdio);
      throw error;
    }
    for (let i = 0; i < stdio.length; i++) {
      if (stdio[i].theirs !== undefined) pipeBinding.closeDescriptor(stdio[i].theirs);
      stdio[i].theirs = undefined;
    }
    if (spawning.hasSubscribers) {
      if (status < 0) spawning.error.publish({ process: this, options, error: new ErrnoException(status, 'spawn') });
      else spawning.end.publish({ process: this, options });
    }
    if (status < 0 && !TOLD_LATER.has(-status)) {
      closePipes(stdio);
      this._handle = null;
      throw new ErrnoException(status, 'spawn');
    }
    if (status < 0) {
      process.nextTick(() => { this._handle.onexit(status, ''); });
      if (status === -EMFILE || status === -ENFILE) {
        closePipes(stdio);
        return status;
      }
    } else {
      process.nextTick(() => { this.emit('spawn'); });
    }
    this.pid = this._handle.pid;
    this.#makeStreams(stdio);
    if (ipc !== undefined) {
      if (status < 0) ipc.close();
      else require('internal/child_process/ipc').setupChannel(this, ipc, serialization, closeIfAllClosed);
    }
    return status;
  }

  #start(options, stdio, ipc, ipcFd, serialization) {
    let { envPairs } = options;
    if (envPairs !== undefined) validateArray(envPairs, 'options.envPairs');
    if (ipc !== undefined) {
      envPairs ??= [];
      ArrayPrototypePush(envPairs, `NODE_CHANNEL_FD=${ipcFd}`);
      ArrayPrototypePush(envPairs, `NODE_CHANNEL_SERIALIZATION_MODE=${serialization}`);
    }
    validateString(options.file, 'options.file');
    this.spawnfile = options.file;
    if (options.args === undefined) {
      this.spawnargs = [];
    } else {
      validateArray(options.args, 'options.args');
      this.spawnargs = options.args;
    }
    return this._handle.spawn({
      file: options.file,
      args: this.spawnargs,
      envPairs,
      cwd: options.cwd ? `${options.cwd}` : undefined,
      detached: options.detached,
      uid: options.uid ?? undefined,
      gid: options.gid ?? undefined,
      stdio: ArrayPrototypeMap(stdio, (entry) => entry.theirs ?? entry.fd),
    });
  }

  #makeStreams(stdio) {
    const streams = [];
    for (let i = 0; i < stdio.length; i++) {
      const entry = stdio[i];
      let stream = null;
      if (entry.ipc) {
        if (this.pid !== undefined) this._closesNeeded++;
      } else if (entry.type === 'wrap') {
        giveAway(entry);
      } else if (entry.handle !== undefined) {
        if (this.pid === undefined) {
          entry.handle.close();
          stream = new Socket({ handle: null, readable: i > 0 });
          // Ends at once for whoever reads it.
          if (i > 0) stream.push(null);
        } else {
          stream = new Socket({ handle: entry.handle, readable: i > 0, manualStart: true });
        }
        if (i > 0 && this.pid !== undefined) {
          this._closesNeeded++;
          stream.on('close', () => closeIfAllClosed(this));
        }
      }
      ArrayPrototypePush(streams, stream);
    }
    this.stdin = streams[0];
    this.stdout = streams[1];
    this.stderr = streams[2];
    this.stdio = streams;
  }

  kill(signal) {
    const number = signal === 0 ? signal : convertToValidSignal(signal === undefined ? 'SIGTERM' : signal);
    if (!this._handle) return false;
    const status = this._handle.kill(number);
    if (status === 0) {
      this.killed = true;
      return true;
    }
    if (status === -EINVAL || status === -ENOSYS) throw new ErrnoException(status, 'kill');
    if (status !== -ESRCH) this.emit('error', new ErrnoException(status, 'kill'));
    return false;
  }

  ref() {
    this._handle?.ref();
  }

  unref() {
    this._handle?.unref();
  }

  [SymbolDispose]() {
    if (!this.killed) this.kill();
  }
}

module.exports = {
  ChildProcess,
  activeChildren() {
    const names = [];
    running.forEach((child) => {
      if (child.hasRef()) ArrayPrototypePush(names, 'ProcessWrap');
    });
    return names;
  },
  nameOfSignal,
};
