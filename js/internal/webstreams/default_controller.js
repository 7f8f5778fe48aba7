'use strict';

// ReadableStreamDefaultController, and its operations under the Streams standard's names.

const { PromisePrototypeThen } = require('internal/primordials');
const {
  codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_STATE, ERR_INVALID_THIS },
} = require('internal/errors');
const { customInspectSymbol: kInspect } = require('internal/util');
const {
  SizedQueue, customInspect, define, isBrandCheck, kBare, kState, promiseCallback, promiseResolvedWith, resolved,
  startCallback,
} = require('internal/webstreams/util');
const {
  isReadableStreamLocked, kCancel, kPull, kRelease, pullIfWanted, readableStreamAddReadRequest,
  readableStreamClose, readableStreamError, readableStreamFulfillReadRequest, readableStreamGetNumReadRequests,
} = require('internal/webstreams/readable_core');

const isReadableStreamDefaultController = isBrandCheck('ReadableStreamDefaultController');

class ReadableStreamDefaultController {
  constructor(token) {
    if (token !== kBare) throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  get desiredSize() {
    check(this);
    return readableStreamDefaultControllerGetDesiredSize(this);
  }

  close() {
    check(this);
    if (!readableStreamDefaultControllerCanCloseOrEnqueue(this)) {
      throw new ERR_INVALID_STATE.TypeError('Controller is already closed');
    }
    readableStreamDefaultControllerClose(this);
  }

  enqueue(chunk = undefined) {
    check(this);
    if (!readableStreamDefaultControllerCanCloseOrEnqueue(this)) {
      throw new ERR_INVALID_STATE.TypeError('Controller is already closed');
    }
    readableStreamDefaultControllerEnqueue(this, chunk);
  }

  error(error = undefined) {
    check(this);
    readableStreamDefaultControllerError(this, error);
  }

  [kCancel](reason) {
    const state = this[kState];
    state.queue = new SizedQueue();
    const result = state.cancelAlgorithm(reason);
    clearAlgorithms(state);
    return result;
  }

  [kPull](request) {
    const state = this[kState];
    if (state.queue.length === 0) {
      readableStreamAddReadRequest(state.stream, request);
      callPullIfNeeded(this);
      return;
    }
    const chunk = state.queue.dequeue();
    if (state.closeRequested && state.queue.length === 0) {
      clearAlgorithms(state);
      readableStreamClose(state.stream);
    } else {
      callPullIfNeeded(this);
    }
    request.chunk(chunk);
  }

  [kRelease]() {}

  [kInspect](depth, options) {
    return customInspect(this, depth, options, 'ReadableStreamDefaultController', {});
  }
}
define(ReadableStreamDefaultController, ['desiredSize', 'close', 'enqueue', 'error']);

function check(controller) {
  if (!isReadableStreamDefaultController(controller)) throw new ERR_INVALID_THIS('ReadableStreamDefaultController');
}

function clearAlgorithms(state) {
  state.pullAlgorithm = undefined;
  state.cancelAlgorithm = undefined;
  state.sizeAlgorithm = undefined;
}

function readableStreamDefaultControllerGetDesiredSize(controller) {
  const { stream, queue, highWaterMark } = controller[kState];
  const { state } = stream[kState];
  if (state === 'errored') return null;
  return state === 'closed' ? 0 : highWaterMark - queue.totalSize;
}

function readableStreamDefaultControllerCanCloseOrEnqueue(controller) {
  const { closeRequested, stream } = controller[kState];
  return !closeRequested && stream[kState].state === 'readable';
}

function readableStreamDefaultControllerHasBackpressure(controller) {
  return !shouldCallPull(controller);
}

function readableStreamDefaultControllerClose(controller) {
  if (!readableStreamDefaultControllerCanCloseOrEnqueue(controller)) return;
  const state = controller[kState];
  state.closeRequested = true;
  if (state.queue.length > 0) return;
  clearAlgorithms(state);
  readableStreamClose(state.stream);
}

function readableStreamDefaultControllerEnqueue(controller, chunk) {
  if (!readableStreamDefaultControllerCanCloseOrEnqueue(controller)) return;
  const state = controller[kState];
  const { stream } = state;
  if (isReadableStreamLocked(stream) && readableStreamGetNumReadRequests(stream) > 0) {
    readableStreamFulfillReadRequest(stream, chunk);
  } else {
    try {
      const size = state.sizeAlgorithm(chunk);
      state.queue.enqueue(chunk, size);
    } catch (error) {
      readableStreamDefaultControllerError(controller, error);
      throw error;
    }
  }
  callPullIfNeeded(controller);
}

function readableStreamDefaultControllerError(controller, error) {
  const state = controller[kState];
  if (state.stream[kState].state !== 'readable') return;
  state.queue = new SizedQueue();
  clearAlgorithms(state);
  readableStreamError(state.stream, error);
}

function shouldCallPull(controller) {
  const { started, stream } = controller[kState];
  if (!readableStreamDefaultControllerCanCloseOrEnqueue(controller) || !started) return false;
  if (isReadableStreamLocked(stream) && readableStreamGetNumReadRequests(stream) > 0) return true;
  return readableStreamDefaultControllerGetDesiredSize(controller) > 0;
}

function callPullIfNeeded(controller) {
  pullIfWanted(controller, shouldCallPull, readableStreamDefaultControllerError);
}

/** Gives the stream a controller. `algorithms`: `start`, which may throw, `pull` and `cancel`, of promises. */
function setupReadableStreamDefaultController(stream, algorithms, highWaterMark, sizeAlgorithm) {
  const controller = new ReadableStreamDefaultController(kBare);
  controller[kState] = {
    stream,
    queue: new SizedQueue(),
    started: false,
    closeRequested: false,
    pulling: false,
    pullAgain: false,
    highWaterMark,
    sizeAlgorithm,
    pullAlgorithm: algorithms.pull,
    cancelAlgorithm: algorithms.cancel,
  };
  stream[kState].controller = controller;
  const startResult = algorithms.start(controller);
  PromisePrototypeThen(promiseResolvedWith(startResult), () => {
    controller[kState].started = true;
    callPullIfNeeded(controller);
  }, (error) => { readableStreamDefaultControllerError(controller, error); });
}

function setupReadableStreamDefaultControllerFromSource(stream, source, highWaterMark, sizeAlgorithm) {
  // In this order they are looked up.
  const cancel = promiseCallback(source, 'cancel', 'source', resolved);
  const pull = promiseCallback(source, 'pull', 'source', resolved);
  const start = startCallback(source, 'source');
  setupReadableStreamDefaultController(stream, { start, pull, cancel }, highWaterMark, sizeAlgorithm);
}

module.exports = {
  ReadableStreamDefaultController,
  isReadableStreamDefaultController,
  readableStreamDefaultControllerCanCloseOrEnqueue,
  readableStreamDefaultControllerClose,
  readableStreamDefaultControllerEnqueue,
  readableStreamDefaultControllerError,
  readableStreamDefaultControllerGetDesiredSize,
  readableStreamDefaultControllerHasBackpressure,
  setupReadableStreamDefaultController,
  setupReadableStreamDefaultControllerFromSource,
};
