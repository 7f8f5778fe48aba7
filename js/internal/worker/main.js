'use strict';

// The start of a worker, on its own thread.

const { ArrayPrototypePush, ObjectDefineProperty } = require('internal/primordials');
const { codes: { ERR_WORKER_UNSUPPORTED_OPERATION } } = require('internal/errors');
const { portOf } = require('internal/worker/message_port');
const { state, takeEnvironmentData } = require('internal/worker/shared');
const { workerStreams } = require('internal/worker/stdio');
const { serializeError } = require('internal/worker/error_serdes');

const workerBinding = binding.worker;
const processBinding = binding.process;

let port;
let streams;
// The port at which other threads reach this one.
let threadPortId;

function post(message) {
  port.postMessage(message);
}

// What nothing in the worker caught goes to the parent.
function reportError(error) {
  try {
    post({ type: 'error', error: serializeError(error) });
  } catch {
    post({ type: 'unserializable' });
  }
}

function refuse(name) {
  const refused = function() {
    throw new ERR_WORKER_UNSUPPORTED_OPERATION(`process.${name}()`);
  };
  refused.disabled = true;
  ObjectDefineProperty(process, name, {
    __proto__: null, value: refused, writable: true, enumerable: true, configurable: true,
  });
}

function adaptProcess(info) {
  require('internal/process/env').replaceEnv(process, info.env);
  for (const name of [
    'abort', 'chdir', 'initgroups', 'setegid', 'seteuid', 'setgid', 'setgroups', 'setuid',
  ]) {
    refuse(name);
  }
  if (process.env.NODE_CHANNEL_FD) {
    refuse('send');
    refuse('disconnect');
    for (const name of ['channel', 'connected']) {
      ObjectDefineProperty(process, name, {
        __proto__: null,
        configurable: true,
        enumerable: true,
        get() { throw new ERR_WORKER_UNSUPPORTED_OPERATION(`process.${name}`); },
      });
    }
  }
  const { umask } = process;
  process.umask = function(mask) {
    if (mask !== undefined) throw new ERR_WORKER_UNSUPPORTED_OPERATION('Setting process.umask()');
    return umask();
  };
  process.reallyExit = function(code) {
    processBinding.reallyExit(code);
    // V8 ends JavaScript at the next turn of a loop.
    for (;;);
  };
  process.argv.length = 1;
  if (info.script.kind === 'file') ArrayPrototypePush(process.argv, info.script.filename);
  else ArrayPrototypePush(process.argv, info.script.kind === 'eval' ? '[worker eval]' : info.script.filename);
  for (let i = 0; i < info.argv.length; i++) ArrayPrototypePush(process.argv, info.argv[i]);
}

function begin(info) {
  takeEnvironmentData(info.environmentData);
  state.workerData = info.workerData;
  state.parentPort = info.port;
  state.threadName = info.name || 'WorkerThread';
  adaptProcess(info);
  streams = workerStreams(port, info);
  post({ type: 'online' });
  port.unref();
  try {
    require('internal/modules/run_main').runWorker(info.script, JSON.parse(workerBinding.options()));
  } finally {
    require('internal/worker/messaging').begin(threadPortId);
  }
}

function onMessage(message) {
  if (message.type === 'start') begin(message);
  else streams.onMessage(message);
}

exports.startWorker = function startWorker(id, threadId, threadPort) {
  threadPortId = threadPort;
  state.isMainThread = false;
  require('internal/process/signals').ignoreSignals();
  state.threadId = threadId;
  const { shownLimits } = require('internal/worker/worker');
  state.resourceLimits = shownLimits(workerBinding.limits());
  require('internal/process/uncaught').reportTo(reportError);
  port = portOf(id);
  port.on('message', onMessage);
};
