'use strict';

// What a process starts with: the global object (made at build time, so that it lies in the startup
// blob), the functions that the event loop calls, and `start`, which runs what the user asked for.

const { defineGlobals } = require('internal/globals');
const { getOptionValue } = require('internal/options');
const { initializeProcess } = require('internal/process/object');
const taskQueues = require('internal/process/task_queues');
const promises = require('internal/process/promises');
const uncaught = require('internal/process/uncaught');
const lifecycle = require('internal/process/lifecycle');
const signals = require('internal/process/signals');
const timers = require('internal/timers');
const transfer = require('internal/worker/transfer');
const messagePort = require('internal/worker/message_port');
const { onWorkerEnded } = require('internal/worker/worker');
require('internal/stack_trace');
require('internal/worker/uncloneable');

defineGlobals(globalThis);

exports.callbacks = {
  // Of the process, as stack traces of Node's say: 'at process.processTicksAndRejections'.
  drain: taskQueues.processTicksAndRejections.bind(require('process')),
  processTimers: timers.processTimers,
  processImmediate: timers.processImmediate,
  promiseReject: promises.promiseRejectHandler,
  uncaught: uncaught.onUncaughtException,
  formatFatal: uncaught.formatFatal,
  signal: signals.onSignal,
  beforeExit: lifecycle.emitBeforeExit,
  exit: lifecycle.emitExit,
  dataCloneError: transfer.dataCloneError,
  writeHost: transfer.writeHost,
  readHost: transfer.readHost,
  adoptPorts: messagePort.adoptPorts,
  portMessage: messagePort.onPortMessage,
  portClosed: messagePort.onPortClosed,
  workerEnded: onWorkerEnded,
  collection: require('internal/perf').onCollection,
};

// `main` is JSON: { kind: 'file', path } | { kind: 'eval', code, print } | { kind: 'stdin' }, with
// `requires` and `imports` to be loaded first.
exports.start = function start(main) {
  initializeProcess();
  // The snapshot is taken natively, so that a busy program cannot keep it off; Node has a listener.
  const signal = getOptionValue('--heapsnapshot-signal');
  if (signal) require('process').on(signal, function writeHeapSnapshot() {});
  binding.worker.bootstrapComplete();
  require('internal/modules/run_main').runMain(JSON.parse(main));
};

// A worker's thread: what it runs comes through its port.
exports.startWorker = function startWorker(port, threadId, threadPort) {
  initializeProcess();
  binding.worker.bootstrapComplete();
  require('internal/worker/main').startWorker(port, threadId, threadPort);
};
