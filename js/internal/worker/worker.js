'use strict';

// `Worker`: a thread with an isolate of its own, seen from the thread that has started it.

const {
  ArrayIsArray, ArrayPrototypeMap, Float64Array, MathMax, ObjectEntries, Promise,
  PromiseReject, PromiseResolve, PromiseWithResolvers, RegExpPrototypeExec, SafeMap, String, StringPrototypeTrim,
  Symbol, SymbolAsyncDispose,
} = require('internal/primordials');
const EventEmitter = require('events');
const path = require('path');
const {
  codes: {
    ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_WORKER_INIT_FAILED, ERR_WORKER_INVALID_EXEC_ARGV,
    ERR_WORKER_NOT_RUNNING, ERR_WORKER_OUT_OF_MEMORY, ERR_WORKER_PATH, ERR_WORKER_UNSERIALIZABLE_ERROR,
  },
} = require('internal/errors');
const { validateObject, validateNumber, validateString } = require('internal/validators');
const { isURL } = require('internal/url');
const { deserializeError } = require('internal/worker/error_serdes');
const { MessageChannel, portId } = require('internal/worker/message_port');
const { ParentStreams } = require('internal/worker/stdio');
const { environmentData, kShareEnv } = require('internal/worker/shared');

const workerBinding = binding.worker;
const messagingBinding = binding.messaging;

const kEnded = Symbol('kEnded');
// The option that makes a worker the thread of a program's asynchronous hooks.
const kHooks = Symbol('kHooks');
const LIMITS = ['maxYoungGenerationSizeMb', 'maxOldGenerationSizeMb', 'codeRangeSizeMb', 'stackSizeMb'];

/** The workers of this thread that have not ended, by their thread's id. */
const workers = new SafeMap();

/** The limits as the thread wants them: MB, 0 where V8 may choose. */
function parseLimits(given) {
  const limits = new Float64Array(LIMITS.length);
  if (given === undefined || given === null) return limits;
  validateObject(given, 'options.resourceLimits');
  for (let i = 0; i < LIMITS.length; i++) {
    const value = given[LIMITS[i]];
    if (typeof value !== 'number') continue;
    limits[i] = LIMITS[i] === 'maxOldGenerationSizeMb' ? MathMax(value, 2) : value;
  }
  return limits;
}

/** The limits as `resourceLimits` shows them. */
function shownLimits(limits) {
  const shown = {};
  for (let i = 0; i < LIMITS.length; i++) shown[LIMITS[i]] = limits[i];
  return shown;
}

/** The script: `{ kind, text, filename }`. */
function parseScript(filename, options) {
  if (options[kHooks]) return { kind: 'hooks', filename };
  if (options.eval) {
    if (typeof filename !== 'string') {
      throw new ERR_INVALID_ARG_VALUE('options.eval', options.eval, "must be false when 'filename' is not a string");
    }
    return { kind: 'eval', filename };
  }
  if (isURL(filename)) {
    if (filename.protocol === 'data:') return { kind: 'url', filename: `${filename}` };
    return { kind: 'file', filename: require('internal/url').fileURLToPath(filename) };
  }
  if (typeof filename !== 'string') throw new ERR_INVALID_ARG_TYPE('filename', ['string', 'URL'], filename);
  if (!path.isAbsolute(filename) && RegExpPrototypeExec(/^\.\.?[\\/]/, filename) === null) {
    throw new ERR_WORKER_PATH(filename);
  }
  return { kind: 'file', filename: path.resolve(filename) };
}

/** The environment: `{ shared }`, the number of what is shared, or `{ values }`. */
function parseEnv(env) {
  if (env === kShareEnv) return { shared: require('internal/process/env').shareEnv(process) };
  if (typeof env === 'object' && env !== null) {
    const values = {};
    const entries = ObjectEntries(env);
    for (let i = 0; i < entries.length; i++) values[entries[i][0]] = `${entries[i][1]}`;
    return { values };
  }
  if (env === undefined || env === null) return { values: { ...process.env } };
  throw new ERR_INVALID_ARG_TYPE(
    'options.env', ['object', 'undefined', 'null', 'worker_threads.SHARE_ENV'], env);
}

function checkArray(value, name) {
  if (value && !ArrayIsArray(value)) throw new ERR_INVALID_ARG_TYPE(name, 'Array', value);
}

class Worker extends EventEmitter {
  #id;
  #port;
  #publicPort;
  #limits;
  #name;
  #started = false;
  #referenced = true;
  #stdio;
  #lastElu;

  constructor(filename, options = {}) {
    super();
    checkArray(options.execArgv, 'options.execArgv');
    checkArray(options.argv, 'options.argv');
    const argv = options.argv ? ArrayPrototypeMap(options.argv, String) : [];
    const script = parseScript(filename, options);
    const env = parseEnv(options.env);
    let name = '';
    if (options.name) {
      validateString(options.name, 'options.name');
      name = StringPrototypeTrim(options.name);
    }
    const limits = parseLimits(options.resourceLimits);

    const { port1, port2 } = new MessageChannel();
    const { port1: publicPort, port2: theirs } = new MessageChannel();
    this.#stdio = new ParentStreams(port1, options);
    const transfer = [theirs];
    if (options.transferList) transfer.push(...options.transferList);
    try {
      port1.postMessage({
        type: 'start',
        script,
        name,
        argv,
        env,
        workerData: options.workerData,
        environmentData: environmentData(),
        port: theirs,
        hasStdin: Boolean(options.stdin),
      }, transfer);
      this.#start(name, limits, options, port2);
    } catch (error) {
      port1.close();
      publicPort.close();
      throw error;
    }

    this.#name = name || 'WorkerThread';
    this.#limits = shownLimits(limits);
    this.#port = port1;
    this.#publicPort = publicPort;
    port1.on('message', (message) => this.#onMessage(message));
    port1.unref();
    publicPort.on('message', (message) => this.emit('message', message));
    publicPort.on('messageerror', (error) => this.emit('messageerror', error));
    publicPort.unref();
    const refWhileListened = (on) => (event) => {
      if (event !== 'message' || this.listenerCount('message') !== 0 || this.#publicPort === null) return;
      if (on) this.#publicPort.ref();
      else this.#publicPort.unref();
    };
    this.on('newListener', refWhileListened(true));
    this.on('removeListener', refWhileListened(false));
    workers.set(this.#id, this);
    this.performance = {
      eventLoopUtilization: (first, second) => this.#eventLoopUtilization(first, second),
    };
    const { hasSubscribers, channel } = require('diagnostics_channel');
    if (hasSubscribers('worker_threads')) channel('worker_threads').publish({ worker: this });
    if (script.kind !== 'hooks') process.nextTick(() => process.emit('worker', this));
  }

  #start(name, limits, options, port) {
    const own = options.env && typeof options.env === 'object' && options.env !== process.env ?
      options.env.NODE_OPTIONS : undefined;
    const nodeOptions = own !== undefined && own !== process.env.NODE_OPTIONS ? `${own}` : undefined;
    const execArgv = options.execArgv ? ArrayPrototypeMap(options.execArgv, String) : undefined;
    const started = workerBinding.start(name, limits, execArgv, nodeOptions, portId(port));
    if (started.invalid !== undefined) {
      throw options.execArgv || nodeOptions === undefined ?
        new ERR_WORKER_INVALID_EXEC_ARGV(started.invalid) :
        new ERR_WORKER_INVALID_EXEC_ARGV(started.invalid, 'invalid NODE_OPTIONS env variable');
    }
    if (started.error !== undefined) throw new ERR_WORKER_INIT_FAILED(started.error);
    require('internal/worker/message_port').detach([port]);
    this.#id = started.id;
  }

  #onMessage(message) {
    switch (message.type) {
      case 'online':
        this.#started = true;
        this.emit('online');
        break;
      case 'error':
        this.emit('error', deserializeError(message.error));
        break;
      case 'unserializable':
        this.emit('error', new ERR_WORKER_UNSERIALIZABLE_ERROR());
        break;
      default:
        this.#stdio.onMessage(message);
    }
  }

  /** The thread has ended. */
  [kEnded](code, outOfMemory) {
    const publicId = portId(this.#publicPort);
    if (publicId !== undefined) messagingBinding.drainPort(publicId);
    const ownId = portId(this.#port);
    if (ownId !== undefined) messagingBinding.drainPort(ownId);
    this.removeAllListeners('message');
    this.removeAllListeners('messageerror');
    this.#publicPort.close();
    this.#port.close();
    this.#publicPort = this.#port = null;
    this.#id = undefined;
    this.#stdio.end();
    if (outOfMemory) this.emit('error', new ERR_WORKER_OUT_OF_MEMORY('JS heap out of memory'));
    this.emit('exit', code);
  }

  postMessage(...args) {
    if (this.#publicPort === null) return;
    this.#publicPort.postMessage(...args);
  }

  terminate(callback) {
    if (typeof callback === 'function') {
      process.emitWarning(
        'Passing a callback to worker.terminate() is deprecated. ' +
        'It returns a Promise instead.', 'DeprecationWarning', 'DEP0132');
      if (this.#id === undefined) return PromiseResolve();
      this.once('exit', (exitCode) => callback(null, exitCode));
    }
    if (this.#id === undefined) return PromiseResolve();
    this.ref();
    workerBinding.terminate(this.#id);
    return new Promise((resolve) => this.once('exit', resolve));
  }

  async [SymbolAsyncDispose]() {
    await this.terminate();
  }

  ref() {
    if (this.#id === undefined) return;
    workerBinding.setReferenced(this.#id, true);
    if (!this.#referenced && this.listenerCount('message') > 0) this.#publicPort.ref();
    this.#referenced = true;
  }

  unref() {
    if (this.#id === undefined) return;
    workerBinding.setReferenced(this.#id, false);
    this.#publicPort.unref();
    this.#referenced = false;
  }

  get threadId() {
    return this.#id === undefined ? -1 : this.#id;
  }

  get threadName() {
    return this.#id === undefined ? null : this.#name;
  }

  get resourceLimits() {
    return this.#id === undefined ? {} : { ...this.#limits };
  }

  get stdin() { return this.#stdio.stdin; }
  get stdout() { return this.#stdio.stdout; }
  get stderr() { return this.#stdio.stderr; }

  getHeapSnapshot(options) {
    const { contentsOf } = require('internal/heap_snapshot');
    const { streamOf, temporaryPath } = require('internal/heap_snapshot_stream');
    const { 0: internals, 1: numbers } = contentsOf(options);
    const file = temporaryPath();
    return this.#ask((done) => workerBinding.takeSnapshot(this.#id, done, file, internals, numbers), (written) => {
      try {
        return streamOf(written);
      } finally {
        require('fs').unlinkSync(written);
      }
    });
  }

  getHeapStatistics() {
    return this.#ask((done) => workerBinding.heapStatistics(this.#id, done), (figures) => figures);
  }

  startCpuProfile(options) {
    const { cpuOptions, tooMany, workerHandle } = require('internal/v8/profiles');
    const { 0: microseconds, 1: samples } = cpuOptions(options);
    return this.#ask((done) => workerBinding.startCpuProfile(this.#id, done, microseconds, samples), (number) => {
      if (number === false) throw tooMany();
      return workerHandle('CPUProfileHandle', () => this.#ask(
        (done) => workerBinding.stopCpuProfile(this.#id, done, number), (text) => text));
    });
  }

  startHeapProfile(options) {
    const { alreadyStarted, heapOptions, workerHandle } = require('internal/v8/profiles');
    const { 0: interval, 1: depth, 2: flags } = heapOptions(options);
    return this.#ask((done) => workerBinding.startHeapProfile(this.#id, done, interval, depth, flags), (started) => {
      if (!started) throw alreadyStarted();
      return workerHandle('HeapProfileHandle', () => this.#ask(
        (done) => workerBinding.stopHeapProfile(this.#id, done), (text) => text));
    });
  }

  cpuUsage(previous) {
    if (previous) {
      validateObject(previous, 'prev');
      validateNumber(previous.user, 'prev.user', 0, Number.MAX_SAFE_INTEGER);
      validateNumber(previous.system, 'prev.system', 0, Number.MAX_SAFE_INTEGER);
    }
    return this.#ask((done) => workerBinding.cpuUsage(this.#id, done), ({ 0: user, 1: system }) => (
      !previous ? { user, system } :
        { user: user - previous.user, system: system - previous.system }));
  }

  /** A promise of what the worker's thread answers. */
  #ask(start, read) {
    if (this.#id === undefined) return PromiseReject(new ERR_WORKER_NOT_RUNNING());
    const { promise, resolve, reject } = PromiseWithResolvers();
    const asked = start((answer) => {
      if (answer === undefined) {
        reject(new ERR_WORKER_NOT_RUNNING());
        return;
      }
      try {
        resolve(read(answer));
      } catch (error) {
        reject(error);
      }
    });
    if (!asked) reject(new ERR_WORKER_NOT_RUNNING());
    return promise;
  }

  #eventLoopUtilization(first, second) {
    const start = this.#id === undefined ? -1 : workerBinding.loopStart(this.#id);
    if (start === -1) return { idle: 0, active: 0, utilization: 0 };
    const { utilization } = require('internal/perf/event_loop');
    return utilization(start, workerBinding.idleTime(this.#id), first, second);
  }
}

// Called from src/builtins/worker.
function onWorkerEnded(id, code, outOfMemory) {
  const worker = workers.get(id);
  workers.delete(id);
  worker?.[kEnded](code, outOfMemory);
}

module.exports = {
  Worker,
  kHooks,
  onWorkerEnded,
  shownLimits,
  workerById(id) { return workers.get(id); },
};
