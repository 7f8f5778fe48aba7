'use strict';

// Signals as events of `process`: a signal is delivered as long as somebody listens.

const { constants: { signals } } = require('internal/os_constants');

const processBinding = binding.process;
let ignored = false;
const names = new Map(Object.entries(signals).map(([name, number]) => [number, name]));

function onSignal(number) {
  const name = names.get(number);
  require('process').emit(name, name, number);
}

function isSignal(event) {
  return typeof event === 'string' && Object.hasOwn(signals, event);
}

function installSignalListeners(process) {
  const { ErrnoException } = require('internal/errors');
  process.on('newListener', (event) => {
    if (event === 'workerMessage' && !ignored) require('internal/worker/messaging').listen();
    if (ignored || !isSignal(event) || process.listenerCount(event) !== 0) return;
    const status = processBinding.startSignal(signals[event]);
    if (status < 0) throw new ErrnoException(status, 'uv_signal_start');
  });
  process.on('removeListener', (event) => {
    if (!ignored && isSignal(event) && process.listenerCount(event) === 0) processBinding.stopSignal(signals[event]);
  });
}

// Signals are the main thread's: listeners of a worker hear nothing.
exports.ignoreSignals = function ignoreSignals() { ignored = true; };
exports.onSignal = onSignal;
exports.installSignalListeners = installSignalListeners;
