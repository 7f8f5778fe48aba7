'use strict';

// The operations of the Streams standard on WritableStream and its controller, under its own names.

const {
  PromisePrototypeThen, PromiseReject, PromiseResolve, PromiseWithResolvers, Symbol,
} = require('internal/primordials');
const { codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_STATE, ERR_INVALID_THIS } } = require('internal/errors');
const { AbortController } = require('internal/abort_controller');
const { customInspectSymbol: kInspect } = require('internal/util');
const {
  Queue, SizedQueue, customInspect, define, isBrandCheck, isPromisePending, kBare, kState, promiseCallback,
  promiseResolvedWith, rejectedRecord, resolved, resolvedRecord, setPromiseHandled, startCallback,
} = require('internal/webstreams/util');

const isWritableStream = isBrandCheck('WritableStream');
const isWritableStreamDefaultController = isBrandCheck('WritableStreamDefaultController');

/** In the queue for the end. */
const kCloseSentinel = Symbol('kCloseSentinel');

function newWritableState() {
  return {
    // `writable`, `erroring`, `errored` or `closed`.
    state: 'writable',
    storedError: undefined,
    backpressure: false,
    controller: undefined,
    writer: undefined,
    writeRequests: new Queue(),
    inFlightWriteRequest: undefined,
    closeRequest: undefined,
    inFlightCloseRequest: undefined,
    pendingAbortRequest: undefined,
    // For `stream.finished`, made when somebody asks.
    closedPromise: undefined,
    // Of a stream that is about to be transferred.
    ports: undefined,
  };
}

function isWritableStreamLocked(stream) {
  return stream[kState].writer !== undefined;
}

function writableStreamClosedPromise(stream) {
  const state = stream[kState];
  if (state.closedPromise === undefined) {
    if (state.state === 'closed') state.closedPromise = resolvedRecord();
    else if (state.state === 'errored') state.closedPromise = rejectedRecord(state.storedError);
    else state.closedPromise = PromiseWithResolvers();
  }
  return state.closedPromise;
}

// ---- Streams -------------------------------------------------------------

function writableStreamAbort(stream, reason) {
  const state = stream[kState];
  if (state.state === 'closed' || state.state === 'errored') return PromiseResolve();
  abortControllerOf(state.controller).abort(reason);
  // Listeners of the signal may have ended it.
  if (state.state === 'closed' || state.state === 'errored') return PromiseResolve();
  if (state.pendingAbortRequest !== undefined) return state.pendingAbortRequest.promise;
  const wasAlreadyErroring = state.state === 'erroring';
  const { promise, resolve, reject } = PromiseWithResolvers();
  state.pendingAbortRequest = { promise, resolve, reject, reason: wasAlreadyErroring ? undefined : reason, wasAlreadyErroring };
  if (!wasAlreadyErroring) startErroring(stream, reason);
  return promise;
}

function writableStreamClose(stream) {
  const state = stream[kState];
  if (state.state === 'closed' || state.state === 'errored') {
    return PromiseReject(new ERR_INVALID_STATE.TypeError('WritableStream is closed'));
  }
  const request = PromiseWithResolvers();
  state.closeRequest = request;
  if (state.writer !== undefined && state.backpressure && state.state === 'writable') {
    state.writer[kState].ready.resolve();
  }
  state.controller[kState].queue.enqueue(kCloseSentinel, 0);
  advanceQueue(state.controller);
  return request.promise;
}

function writableStreamAddWriteRequest(stream) {
  const request = PromiseWithResolvers();
  stream[kState].writeRequests.push(request);
  return request.promise;
}

function writableStreamCloseQueuedOrInFlight(stream) {
  const { closeRequest, inFlightCloseRequest } = stream[kState];
  return closeRequest !== undefined || inFlightCloseRequest !== undefined;
}

function hasOperationInFlight(state) {
  return state.inFlightWriteRequest !== undefined || state.inFlightCloseRequest !== undefined;
}

function dealWithRejection(stream, error) {
  if (stream[kState].state === 'writable') startErroring(stream, error);
  else finishErroring(stream);
}

function startErroring(stream, reason) {
  const state = stream[kState];
  state.state = 'erroring';
  state.storedError = reason;
  if (state.writer !== undefined) ensureReadyRejected(state.writer, reason);
  if (!hasOperationInFlight(state) && state.controller[kState].started) finishErroring(stream);
}

function finishErroring(stream) {
  const state = stream[kState];
  state.state = 'errored';
  resetController(state.controller);
  const error = state.storedError;
  const requests = state.writeRequests;
  state.writeRequests = new Queue();
  while (requests.length > 0) requests.shift().reject(error);
  const request = state.pendingAbortRequest;
  if (request === undefined) {
    rejectClosed(stream);
    return;
  }
  state.pendingAbortRequest = undefined;
  if (request.wasAlreadyErroring) {
    request.reject(error);
    rejectClosed(stream);
    return;
  }
  const controller = state.controller[kState];
  const aborted = controller.abortAlgorithm(request.reason);
  clearAlgorithms(controller);
  PromisePrototypeThen(aborted, () => {
    request.resolve();
    rejectClosed(stream);
  }, (failure) => {
    request.reject(failure);
    rejectClosed(stream);
  });
}

function finishInFlightWriteWithError(stream, error) {
  const state = stream[kState];
  state.inFlightWriteRequest.reject(error);
  state.inFlightWriteRequest = undefined;
  dealWithRejection(stream, error);
}

function finishInFlightClose(stream) {
  const state = stream[kState];
  state.inFlightCloseRequest.resolve();
  state.inFlightCloseRequest = undefined;
  if (state.state === 'erroring') {
    // The end was reached all the same.
    state.storedError = undefined;
    state.pendingAbortRequest?.resolve();
    state.pendingAbortRequest = undefined;
  }
  state.state = 'closed';
  state.writer?.[kState].closed.resolve();
  state.closedPromise?.resolve();
}

function finishInFlightCloseWithError(stream, error) {
  const state = stream[kState];
  state.inFlightCloseRequest.reject(error);
  state.inFlightCloseRequest = undefined;
  state.pendingAbortRequest?.reject(error);
  state.pendingAbortRequest = undefined;
  dealWithRejection(stream, error);
}

function rejectClosed(stream) {
  const state = stream[kState];
  const { storedError, writer } = state;
  state.closeRequest?.reject(storedError);
  state.closeRequest = undefined;
  if (writer !== undefined) {
    writer[kState].closed.reject(storedError);
    setPromiseHandled(writer[kState].closed.promise);
  }
  if (state.closedPromise !== undefined) {
    setPromiseHandled(state.closedPromise.promise);
    state.closedPromise.reject(storedError);
  }
}

function updateBackpressure(stream, backpressure) {
  const state = stream[kState];
  if (state.writer !== undefined && backpressure !== state.backpressure) {
    if (backpressure) state.writer[kState].ready = PromiseWithResolvers();
    else state.writer[kState].ready.resolve();
  }
  state.backpressure = backpressure;
}

/** The writer's `ready` is rejected: the pending one, or else a new one. */
function ensureReadyRejected(writer, error) {
  const slots = writer[kState];
  if (isPromisePending(slots.ready.promise)) {
    slots.ready.reject(error);
    setPromiseHandled(slots.ready.promise);
  } else {
    slots.ready = rejectedRecord(error);
  }
}

// ---- Controllers ---------------------------------------------------------

class WritableStreamDefaultController {
  constructor(token) {
    if (token !== kBare) throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  get signal() {
    if (!isWritableStreamDefaultController(this)) throw new ERR_INVALID_THIS('WritableStreamDefaultController');
    return abortControllerOf(this).signal;
  }

  error(error = undefined) {
    if (!isWritableStreamDefaultController(this)) throw new ERR_INVALID_THIS('WritableStreamDefaultController');
    if (this[kState].stream[kState].state === 'writable') writableStreamDefaultControllerError(this, error);
  }

  [kInspect](depth, options) {
    return customInspect(this, depth, options, 'WritableStreamDefaultController', { stream: this[kState].stream });
  }
}
define(WritableStreamDefaultController, ['signal', 'error']);

function abortControllerOf(controller) {
  return controller[kState].abortController ??= new AbortController();
}

function resetController(controller) {
  controller[kState].queue = new SizedQueue();
}

function clearAlgorithms(state) {
  state.writeAlgorithm = undefined;
  state.closeAlgorithm = undefined;
  state.abortAlgorithm = undefined;
  state.sizeAlgorithm = undefined;
}

function writableStreamDefaultControllerGetDesiredSize(controller) {
  const { highWaterMark, queue } = controller[kState];
  return highWaterMark - queue.totalSize;
}

function hasBackpressure(controller) {
  return writableStreamDefaultControllerGetDesiredSize(controller) <= 0;
}

function writableStreamDefaultControllerGetChunkSize(controller, chunk) {
  const { sizeAlgorithm } = controller[kState];
  // Gone when the size itself, asked before, ended the stream.
  if (sizeAlgorithm === undefined) return 1;
  try {
    return sizeAlgorithm(chunk);
  } catch (error) {
    writableStreamDefaultControllerErrorIfNeeded(controller, error);
    return 1;
  }
}

function writableStreamDefaultControllerWrite(controller, chunk, size) {
  const { queue, stream } = controller[kState];
  try {
    queue.enqueue(chunk, size);
  } catch (error) {
    writableStreamDefaultControllerErrorIfNeeded(controller, error);
    return;
  }
  if (!writableStreamCloseQueuedOrInFlight(stream) && stream[kState].state === 'writable') {
    updateBackpressure(stream, hasBackpressure(controller));
  }
  advanceQueue(controller);
}

function writableStreamDefaultControllerError(controller, error) {
  clearAlgorithms(controller[kState]);
  startErroring(controller[kState].stream, error);
}

function writableStreamDefaultControllerErrorIfNeeded(controller, error) {
  if (controller[kState].stream[kState].state === 'writable') writableStreamDefaultControllerError(controller, error);
}

function advanceQueue(controller) {
  const { queue, started, stream } = controller[kState];
  const state = stream[kState];
  if (!started || state.inFlightWriteRequest !== undefined) return;
  if (state.state === 'erroring') {
    finishErroring(stream);
    return;
  }
  if (queue.length === 0) return;
  const { value } = queue.peek();
  if (value === kCloseSentinel) processClose(controller);
  else processWrite(controller, value);
}

function processClose(controller) {
  const slots = controller[kState];
  const { stream } = slots;
  const state = stream[kState];
  state.inFlightCloseRequest = state.closeRequest;
  state.closeRequest = undefined;
  slots.queue.dequeue();
  const closed = slots.closeAlgorithm();
  clearAlgorithms(slots);
  PromisePrototypeThen(
    closed, () => { finishInFlightClose(stream); }, (error) => { finishInFlightCloseWithError(stream, error); });
}

function processWrite(controller, chunk) {
  const slots = controller[kState];
  const { stream } = slots;
  const state = stream[kState];
  state.inFlightWriteRequest = state.writeRequests.shift();
  PromisePrototypeThen(slots.writeAlgorithm(chunk, controller), () => {
    state.inFlightWriteRequest.resolve();
    state.inFlightWriteRequest = undefined;
    slots.queue.dequeue();
    if (!writableStreamCloseQueuedOrInFlight(stream) && state.state === 'writable') {
      updateBackpressure(stream, hasBackpressure(controller));
    }
    advanceQueue(controller);
  }, (error) => {
    if (state.state === 'writable') clearAlgorithms(slots);
    finishInFlightWriteWithError(stream, error);
  });
}

// ---- Setting up ----------------------------------------------------------

/** `algorithms`: `start`, which may throw, `write`, `close` and `abort`, of promises. */
function setupWritableStreamDefaultController(stream, algorithms, highWaterMark, sizeAlgorithm) {
  const controller = new WritableStreamDefaultController(kBare);
  controller[kState] = {
    stream,
    queue: new SizedQueue(),
    // Made when the signal is asked for.
    abortController: undefined,
    started: false,
    highWaterMark,
    sizeAlgorithm,
    writeAlgorithm: algorithms.write,
    closeAlgorithm: algorithms.close,
    abortAlgorithm: algorithms.abort,
  };
  stream[kState].controller = controller;
  updateBackpressure(stream, hasBackpressure(controller));
  const startResult = algorithms.start(controller);
  PromisePrototypeThen(promiseResolvedWith(startResult), () => {
    controller[kState].started = true;
    advanceQueue(controller);
  }, (error) => {
    controller[kState].started = true;
    dealWithRejection(stream, error);
  });
}

function setupWritableStreamDefaultControllerFromSink(stream, sink, highWaterMark, sizeAlgorithm) {
  // In this order they are looked up.
  const abort = promiseCallback(sink, 'abort', 'sink', resolved);
  const close = promiseCallback(sink, 'close', 'sink', resolved);
  const start = startCallback(sink, 'sink');
  const write = promiseCallback(sink, 'write', 'sink', resolved);
  setupWritableStreamDefaultController(stream, { start, write, close, abort }, highWaterMark, sizeAlgorithm);
}

module.exports = {
  WritableStreamDefaultController,
  ensureReadyRejected,
  isWritableStream,
  isWritableStreamDefaultController,
  isWritableStreamLocked,
  newWritableState,
  setupWritableStreamDefaultController,
  setupWritableStreamDefaultControllerFromSink,
  writableStreamAbort,
  writableStreamAddWriteRequest,
  writableStreamClose,
  writableStreamCloseQueuedOrInFlight,
  writableStreamClosedPromise,
  writableStreamDefaultControllerError,
  writableStreamDefaultControllerErrorIfNeeded,
  writableStreamDefaultControllerGetChunkSize,
  writableStreamDefaultControllerGetDesiredSize,
  writableStreamDefaultControllerWrite,
};
