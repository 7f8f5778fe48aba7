'use strict';

// Signals as events of `process`: a signal is delivered as long as somebody listens.

const { constants: { signals } } = require('internal/os_constants');

const processBinding = binding.process;
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
    if (!isSignal(event) || process.listenerCount(event) !== 0) return;
    const status = processBinding.startSignal(signals[event]);
    if (status < 0) throw new ErrnoException(status, 'uv_signal_start');
  });
  process.on('removeListener', (event) => {
    if (isSignal(event) && process.listenerCount(event) === 0) processBinding.stopSignal(signals[event]);
  });
}

exports.onSignal = onSignal;
exports.installSignalListeners = installSignalListeners;
