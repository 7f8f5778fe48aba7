'use strict';

// `postMessageToThread`: a message to any thread, which is there once its `process` listens to
// 'workerMessage'.

const { ArrayPrototypePush, PromiseWithResolvers } = require('internal/primordials');
const { codes } = require('internal/errors');
const { validateNumber } = require('internal/validators');
const { MessageChannel, portOf } = require('internal/worker/message_port');
const { state } = require('internal/worker/shared');

const messagingBinding = binding.messaging;

let own;

function onMessage({ value, source, reply }) {
  let failure = '';
  if (process.listenerCount('workerMessage') === 0) {
    failure = 'ERR_WORKER_MESSAGING_FAILED';
  } else {
    try {
      process.emit('workerMessage', value, source);
    } catch {
      failure = 'ERR_WORKER_MESSAGING_ERRORED';
    }
  }
  reply.postMessage(failure);
  reply.close();
}

// The main thread's first listener has come.
function listen() {
  if (own === undefined) begin(messagingBinding.openThreadPort(state.threadId));
}

// A worker has a port from its start, so that what comes before it listens waits until its script
// has run.
function begin(id) {
  own = portOf(id);
  own.on('message', onMessage);
  own.unref();
}

async function postMessageToThread(threadId, value, transferList, timeout) {
  if (typeof transferList === 'number' && timeout === undefined) {
    timeout = transferList;
    transferList = [];
  }
  if (timeout !== undefined) validateNumber(timeout, 'timeout', 0);
  if (threadId === state.threadId) throw new codes.ERR_WORKER_MESSAGING_SAME_THREAD();
  const id = messagingBinding.threadPort(threadId);
  if (id === undefined) throw new codes.ERR_WORKER_MESSAGING_FAILED();
  const out = portOf(id);
  const { port1, port2 } = new MessageChannel();
  const transfer = [...(transferList ?? [])];
  ArrayPrototypePush(transfer, port2);
  const { promise, resolve, reject } = PromiseWithResolvers();
  let timer;
  const settle = (failure) => {
    clearTimeout(timer);
    port1.close();
    if (failure === '') resolve();
    else reject(new codes[failure]());
  };
  try {
    out.postMessage({ value, source: state.threadId, reply: port2 }, transfer);
  } catch (error) {
    port1.close();
    port2.close();
    throw error;
  } finally {
    out.close();
  }
  port1.once('message', settle);
  // A thread that ends without a word closes the reply's other end.
  port1.once('close', () => settle('ERR_WORKER_MESSAGING_FAILED'));
  if (timeout !== undefined) timer = setTimeout(settle, timeout, 'ERR_WORKER_MESSAGING_TIMEOUT');
  return promise;
}

module.exports = { begin, listen, postMessageToThread };
