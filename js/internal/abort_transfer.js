'use strict';

// Signals that go to other threads: `util.transferableAbortController()`, `transferableAbortSignal()`.
// A port goes with the signal, and brings the reason of the abort.

const { ObjectDefineProperty, ObjectPrototypeIsPrototypeOf } = require('internal/primordials');
const { AbortController, AbortSignal } = require('internal/abort_controller');
const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { MessageChannel } = require('internal/worker/message_port');
const { TRANSFERABLE, kDeserialize, kTransfer, kTransferList, setMode } = require('internal/worker/transfer');

function hidden(object, name, value) {
  ObjectDefineProperty(object, name, { __proto__: null, value, configurable: true });
}

function transferableAbortSignal(signal) {
  if (!ObjectPrototypeIsPrototypeOf(AbortSignal.prototype, signal)) {
    throw new ERR_INVALID_ARG_TYPE('signal', 'AbortSignal', signal);
  }
  setMode(signal, TRANSFERABLE);
  // The other end of the port, from when a message begins to be written.
  let port;
  hidden(signal, kTransferList, () => {
    if (signal.aborted) return [];
    const { port1, port2 } = new MessageChannel();
    port1.unref();
    signal.addEventListener('abort', () => {
      port1.postMessage(signal.reason);
      port1.close();
    }, { once: true });
    port = port2;
    return [port2];
  });
  hidden(signal, kTransfer, () => ({
    data: signal.aborted ? { aborted: true, reason: signal.reason } : { aborted: false, port },
    deserializeInfo: 'internal/abort_transfer:ReceivedSignal',
  }));
  return signal;
}

// Made for a message: a plain signal.
class ReceivedSignal {
  constructor() {
    const controller = new AbortController();
    const { signal } = controller;
    hidden(signal, kDeserialize, ({ aborted, reason, port }) => {
      if (aborted) {
        controller.abort(reason);
        return;
      }
      port.onmessage = ({ data }) => {
        port.close();
        controller.abort(data);
      };
      port.unref();
    });
    return transferableAbortSignal(signal);
  }

  // Each has its own.
  [kDeserialize]() {}
}

module.exports = {
  ReceivedSignal,
  transferableAbortController() {
    const controller = new AbortController();
    transferableAbortSignal(controller.signal);
    return controller;
  },
  transferableAbortSignal,
};
