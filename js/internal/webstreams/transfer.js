'use strict';

// Streams in messages: the stream stays, and what it gives or takes goes through a pair of message
// ports, whose messages are `pull`, `chunk`, `close` and `error`.

const { PromisePrototypeThen, PromiseReject, PromiseResolve, PromiseWithResolvers } = require('internal/primordials');
const { DOMException } = require('internal/domexception');
const { kBare, kState, nothing, one, setPromiseHandled } = require('internal/webstreams/util');
const {
  ReadableStream, readableStreamDefaultControllerClose, readableStreamDefaultControllerEnqueue,
  readableStreamDefaultControllerError, readableStreamPipeTo, setupReadableStreamDefaultController,
} = require('internal/webstreams/readablestream');
const { WritableStream, setupWritableStreamDefaultController, writableStreamDefaultControllerErrorIfNeeded } =
  require('internal/webstreams/writablestream');
const { TransformStream } = require('internal/webstreams/transformstream');

function post(port, type, value) {
  port.postMessage({ type, value });
}

/** Says why it ends; what cannot be cloned is replaced by why, which is thrown too. */
function postError(port, reason) {
  try {
    post(port, 'error', reason);
  } catch (error) {
    post(port, 'error', error);
    throw error;
  }
}

/** A message that could not be read ends both sides. */
function onUnreadable(port, fail) {
  port.onmessageerror = () => {
    const error = new DOMException('Internal transferred stream error', 'DataCloneError');
    post(port, 'error', error);
    fail(error);
    port.close();
  };
}

/** Ends the port with an error, as a promise. */
function endWithError(port, reason) {
  try {
    postError(port, reason);
    return PromiseResolve();
  } catch (error) {
    return PromiseReject(error);
  } finally {
    port.close();
  }
}

/** Makes `stream` one that reads from the port. Where `holds`, waiting for a chunk keeps the process alive. */
function readFromPort(stream, port, holds) {
  const controller = () => stream[kState].controller;
  setupReadableStreamDefaultController(stream, {
    start: nothing,
    pull() {
      if (holds) port.ref();
      post(port, 'pull');
      return PromiseResolve();
    },
    cancel: (reason) => endWithError(port, reason),
  }, 0, one);
  port.onmessage = ({ data: { type, value } }) => {
    if (type === 'chunk') {
      readableStreamDefaultControllerEnqueue(controller(), value);
    } else if (type === 'close') {
      readableStreamDefaultControllerClose(controller());
      port.close();
    } else if (type === 'error') {
      readableStreamDefaultControllerError(controller(), value);
      port.close();
    }
  };
  onUnreadable(port, (error) => { readableStreamDefaultControllerError(controller(), error); });
  port.unref();
}

/** Makes `stream` one that writes to the port, a chunk each time that the other side asks. */
function writeToPort(stream, port, holds) {
  let asked = PromiseWithResolvers();
  const controller = () => stream[kState].controller;
  setupWritableStreamDefaultController(stream, {
    start: nothing,
    write(chunk) {
      if (holds) port.ref();
      return PromisePrototypeThen(asked.promise, () => {
        asked = PromiseWithResolvers();
        try {
          post(port, 'chunk', chunk);
        } catch (error) {
          post(port, 'error', error);
          port.close();
          throw error;
        }
      });
    },
    close() {
      post(port, 'close');
      port.close();
      return PromiseResolve();
    },
    abort: (reason) => endWithError(port, reason),
  }, 1, one);
  port.onmessage = ({ data: { type, value } }) => {
    if (type === 'error') writableStreamDefaultControllerErrorIfNeeded(controller(), value);
    if (type === 'pull' || type === 'error') asked.resolve();
  };
  onUnreadable(port, (error) => {
    writableStreamDefaultControllerErrorIfNeeded(controller(), error);
    asked.resolve();
  });
  port.unref();
}

/** `port` gets what the stream, which is locked from now on, gives. */
function sendReadable(stream, port) {
  const writable = new WritableStream(kBare);
  writeToPort(writable, port, false);
  setPromiseHandled(readableStreamPipeTo(stream, writable, false, false, false));
}

/** The stream, which is locked from now on, gets what comes from `port`. */
function sendWritable(stream, port) {
  const readable = new ReadableStream(kBare);
  readFromPort(readable, port, false);
  setPromiseHandled(readableStreamPipeTo(readable, stream, false, false, false));
}

// What a message makes anew, before it has its ports.

function TransferredReadableStream() {
  return new ReadableStream(kBare);
}

function TransferredWritableStream() {
  return new WritableStream(kBare);
}

function TransferredTransformStream() {
  return new TransformStream(kBare);
}

for (const [make, { prototype }] of [
  [TransferredReadableStream, ReadableStream], [TransferredWritableStream, WritableStream],
  [TransferredTransformStream, TransformStream],
]) {
  make.prototype = prototype;
}

module.exports = {
  TransferredReadableStream,
  TransferredTransformStream,
  TransferredWritableStream,
  readFromPort,
  sendReadable,
  sendWritable,
  writeToPort,
};
