'use strict';

// ReadableByteStreamController and ReadableStreamBYOBRequest, and what the Streams standard does to
// them, under its names. A pull-into descriptor is memory that is waiting for bytes: of a BYOB
// reader's, or of the stream's own for a default reader (`autoAllocateChunkSize`); `readerType` is
// `none` once the reader has gone.

const primordials = require('internal/primordials');
const {
  ArrayBuffer, ArrayBufferPrototypeGetByteLength, ArrayBufferPrototypeGetDetached, ArrayBufferPrototypeSlice,
  ArrayBufferPrototypeTransfer, ArrayPrototypePush, ArrayPrototypeShift, DataView, MathMin, NumberIsInteger,
  PromisePrototypeThen, TypedArrayPrototypeGetSymbolToStringTag, Uint8Array,
} = primordials;
const {
  codes: {
    ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_ARG_VALUE, ERR_INVALID_STATE, ERR_INVALID_THIS,
  },
} = require('internal/errors');
const { customInspectSymbol: kInspect } = require('internal/util');
const { validateBuffer } = require('internal/validators');
const { isArrayBuffer, isDataView } = require('internal/util/types');
const {
  Queue, copyBytes, customInspect, define, isBrandCheck, kBare, kState, promiseCallback, promiseResolvedWith, resolved,
  startCallback, viewBuffer, viewByteLength, viewByteOffset,
} = require('internal/webstreams/util');
const {
  kCancel, kPull, kRelease, pullIfWanted, readableStreamAddReadIntoRequest, readableStreamAddReadRequest,
  readableStreamClose, readableStreamError, readableStreamFulfillReadIntoRequest, readableStreamFulfillReadRequest,
  readableStreamGetNumReadIntoRequests, readableStreamGetNumReadRequests, readableStreamHasBYOBReader,
  readableStreamHasDefaultReader,
} = require('internal/webstreams/readable_core');

const isReadableByteStreamController = isBrandCheck('ReadableByteStreamController');
const isReadableStreamBYOBRequest = isBrandCheck('ReadableStreamBYOBRequest');

class ReadableStreamBYOBRequest {
  constructor(token) {
    if (token !== kBare) throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  get view() {
    if (!isReadableStreamBYOBRequest(this)) throw new ERR_INVALID_THIS('ReadableStreamBYOBRequest');
    return this[kState].view;
  }

  respond(bytesWritten) {
    if (!isReadableStreamBYOBRequest(this)) throw new ERR_INVALID_THIS('ReadableStreamBYOBRequest');
    const { view, controller } = this[kState];
    if (controller === undefined) throw new ERR_INVALID_STATE.TypeError('This BYOB request has been invalidated');
    const number = +bytesWritten;
    if (!(number >= 0) || number === Infinity) throw new ERR_INVALID_ARG_VALUE('bytesWritten', bytesWritten);
    if (ArrayBufferPrototypeGetDetached(viewBuffer(view))) {
      throw new ERR_INVALID_STATE.TypeError('Viewed ArrayBuffer is detached');
    }
    readableByteStreamControllerRespond(controller, number - number % 1);
  }

  respondWithNewView(view) {
    if (!isReadableStreamBYOBRequest(this)) throw new ERR_INVALID_THIS('ReadableStreamBYOBRequest');
    const { controller } = this[kState];
    if (controller === undefined) throw new ERR_INVALID_STATE.TypeError('This BYOB request has been invalidated');
    validateBuffer(view, 'view');
    const buffer = viewBuffer(view);
    if (!isArrayBuffer(buffer)) {
      throw new ERR_INVALID_ARG_VALUE('view', view, 'must not be backed by a SharedArrayBuffer');
    }
    if (ArrayBufferPrototypeGetDetached(buffer)) throw new ERR_INVALID_STATE.TypeError('Viewed ArrayBuffer is detached');
    readableByteStreamControllerRespondWithNewView(controller, view);
  }

  [kInspect](depth, options) {
    const { view, controller } = this[kState];
    return customInspect(this, depth, options, 'ReadableStreamBYOBRequest', { view, controller });
  }
}
define(ReadableStreamBYOBRequest, ['view', 'respond', 'respondWithNewView']);

class ReadableByteStreamController {
  constructor(token) {
    if (token !== kBare) throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  get byobRequest() {
    check(this);
    const state = this[kState];
    const { 0: first } = state.pendingPullIntos;
    if (state.byobRequest === null && first !== undefined) {
      const request = new ReadableStreamBYOBRequest(kBare);
      const { buffer, byteOffset, byteLength, bytesFilled } = first;
      request[kState] = {
        view: new Uint8Array(buffer, byteOffset + bytesFilled, byteLength - bytesFilled),
        controller: this,
      };
      state.byobRequest = request;
    }
    return state.byobRequest;
  }

  get desiredSize() {
    check(this);
    return readableByteStreamControllerGetDesiredSize(this);
  }

  close() {
    check(this);
    if (this[kState].closeRequested) throw new ERR_INVALID_STATE.TypeError('Controller is already closed');
    if (this[kState].stream[kState].state !== 'readable') {
      throw new ERR_INVALID_STATE.TypeError('ReadableStream is already closed');
    }
    readableByteStreamControllerClose(this);
  }

  enqueue(chunk) {
    check(this);
    validateBuffer(chunk);
    const buffer = viewBuffer(chunk);
    if (!isArrayBuffer(buffer)) {
      throw new ERR_INVALID_ARG_VALUE('chunk', chunk, 'must not be backed by a SharedArrayBuffer');
    }
    if (viewByteLength(chunk) === 0 || ArrayBufferPrototypeGetByteLength(buffer) === 0 ||
        ArrayBufferPrototypeGetDetached(buffer)) {
      throw new ERR_INVALID_STATE.TypeError('chunk ArrayBuffer is zero-length or detached');
    }
    if (this[kState].closeRequested) throw new ERR_INVALID_STATE.TypeError('Controller is already closed');
    if (this[kState].stream[kState].state !== 'readable') {
      throw new ERR_INVALID_STATE.TypeError('ReadableStream is already closed');
    }
    readableByteStreamControllerEnqueue(this, chunk);
  }

  error(error = undefined) {
    check(this);
    readableByteStreamControllerError(this, error);
  }

  [kCancel](reason) {
    const state = this[kState];
    clearPendingPullIntos(state);
    resetQueue(state);
    const result = state.cancelAlgorithm(reason);
    clearAlgorithms(state);
    return result;
  }

  [kPull](request) {
    const state = this[kState];
    if (state.queueTotalSize > 0) {
      fillReadRequestFromQueue(this, request);
      return;
    }
    const size = state.autoAllocateChunkSize;
    if (size !== undefined) {
      let buffer;
      try {
        buffer = new ArrayBuffer(size);
      } catch (error) {
        request.error(error);
        return;
      }
      ArrayPrototypePush(state.pendingPullIntos, {
        buffer, bufferByteLength: size, byteOffset: 0, byteLength: size, bytesFilled: 0, minimumFill: 1, elementSize: 1,
        View: Uint8Array, readerType: 'default',
      });
    }
    readableStreamAddReadRequest(state.stream, request);
    callPullIfNeeded(this);
  }

  [kRelease]() {
    const state = this[kState];
    const { 0: first } = state.pendingPullIntos;
    if (first === undefined) return;
    first.readerType = 'none';
    state.pendingPullIntos = [first];
  }

  [kInspect](depth, options) {
    return customInspect(this, depth, options, 'ReadableByteStreamController', {});
  }
}
define(ReadableByteStreamController, ['byobRequest', 'desiredSize', 'close', 'enqueue', 'error']);

function check(controller) {
  if (!isReadableByteStreamController(controller)) throw new ERR_INVALID_THIS('ReadableByteStreamController');
}

// ---- State ---------------------------------------------------------------

function clearAlgorithms(state) {
  state.pullAlgorithm = undefined;
  state.cancelAlgorithm = undefined;
}

function resetQueue(state) {
  state.queue = new Queue();
  state.queueTotalSize = 0;
}

function invalidateBYOBRequest(state) {
  if (state.byobRequest === null) return;
  state.byobRequest[kState].controller = undefined;
  state.byobRequest[kState].view = null;
  state.byobRequest = null;
}

function clearPendingPullIntos(state) {
  invalidateBYOBRequest(state);
  state.pendingPullIntos = [];
}

function shiftPendingPullInto(state) {
  return ArrayPrototypeShift(state.pendingPullIntos);
}

function readableByteStreamControllerGetDesiredSize(controller) {
  const { stream, highWaterMark, queueTotalSize } = controller[kState];
  const { state } = stream[kState];
  if (state === 'errored') return null;
  return state === 'closed' ? 0 : highWaterMark - queueTotalSize;
}

function readableByteStreamControllerError(controller, error) {
  const state = controller[kState];
  if (state.stream[kState].state !== 'readable') return;
  clearPendingPullIntos(state);
  resetQueue(state);
  clearAlgorithms(state);
  readableStreamError(state.stream, error);
}

function readableByteStreamControllerClose(controller) {
  const state = controller[kState];
  const { stream } = state;
  if (state.closeRequested || stream[kState].state !== 'readable') return;
  if (state.queueTotalSize > 0) {
    state.closeRequested = true;
    return;
  }
  const { 0: first } = state.pendingPullIntos;
  if (first !== undefined && first.bytesFilled % first.elementSize !== 0) {
    const error = new ERR_INVALID_STATE.TypeError('Partial read');
    readableByteStreamControllerError(controller, error);
    throw error;
  }
  clearAlgorithms(state);
  readableStreamClose(stream);
}

// ---- The source is asked -------------------------------------------------

function shouldCallPull(controller) {
  const { stream, closeRequested, started } = controller[kState];
  if (stream[kState].state !== 'readable' || closeRequested || !started) return false;
  if (readableStreamGetNumReadRequests(stream) > 0 || readableStreamGetNumReadIntoRequests(stream) > 0) return true;
  return readableByteStreamControllerGetDesiredSize(controller) > 0;
}

function callPullIfNeeded(controller) {
  pullIfWanted(controller, shouldCallPull, readableByteStreamControllerError);
}

// ---- The source gives ----------------------------------------------------

function readableByteStreamControllerEnqueue(controller, chunk) {
  const state = controller[kState];
  const { stream } = state;
  if (state.closeRequested || stream[kState].state !== 'readable') return;
  const byteOffset = viewByteOffset(chunk);
  const byteLength = viewByteLength(chunk);
  const buffer = ArrayBufferPrototypeTransfer(viewBuffer(chunk));
  const { 0: first } = state.pendingPullIntos;
  if (first !== undefined) {
    if (ArrayBufferPrototypeGetDetached(first.buffer)) {
      throw new ERR_INVALID_STATE.TypeError('Destination ArrayBuffer is detached');
    }
    invalidateBYOBRequest(state);
    first.buffer = ArrayBufferPrototypeTransfer(first.buffer);
    if (first.readerType === 'none') enqueueDetachedPullInto(controller, first);
  }
  if (readableStreamHasDefaultReader(stream)) {
    processReadRequestsUsingQueue(controller);
    if (readableStreamGetNumReadRequests(stream) === 0) {
      enqueueChunk(state, buffer, byteOffset, byteLength);
    } else {
      // Of a default reader; its memory is not needed.
      if (state.pendingPullIntos.length > 0) shiftPendingPullInto(state);
      readableStreamFulfillReadRequest(stream, new Uint8Array(buffer, byteOffset, byteLength));
    }
  } else {
    enqueueChunk(state, buffer, byteOffset, byteLength);
    if (readableStreamHasBYOBReader(stream)) commitFilled(controller);
  }
  callPullIfNeeded(controller);
}

function enqueueChunk(state, buffer, byteOffset, byteLength) {
  state.queue.push({ buffer, byteOffset, byteLength });
  state.queueTotalSize += byteLength;
}

function enqueueClonedChunk(controller, buffer, byteOffset, byteLength) {
  let copy;
  try {
    copy = ArrayBufferPrototypeSlice(buffer, byteOffset, byteOffset + byteLength);
  } catch (error) {
    readableByteStreamControllerError(controller, error);
    throw error;
  }
  enqueueChunk(controller[kState], copy, 0, byteLength);
}

function enqueueDetachedPullInto(controller, descriptor) {
  const { buffer, byteOffset, bytesFilled } = descriptor;
  if (bytesFilled > 0) enqueueClonedChunk(controller, buffer, byteOffset, bytesFilled);
  shiftPendingPullInto(controller[kState]);
}

function processReadRequestsUsingQueue(controller) {
  const state = controller[kState];
  const { reader } = state.stream[kState];
  const requests = reader[kState].readRequests;
  while (requests.length > 0 && state.queueTotalSize > 0) fillReadRequestFromQueue(controller, requests.shift());
}

function fillReadRequestFromQueue(controller, request) {
  const state = controller[kState];
  const { buffer, byteOffset, byteLength } = state.queue.shift();
  state.queueTotalSize -= byteLength;
  handleQueueDrain(controller);
  request.chunk(new Uint8Array(buffer, byteOffset, byteLength));
}

function handleQueueDrain(controller) {
  const state = controller[kState];
  if (state.queueTotalSize === 0 && state.closeRequested) {
    clearAlgorithms(state);
    readableStreamClose(state.stream);
  } else {
    callPullIfNeeded(controller);
  }
}

// ---- Memory is filled ----------------------------------------------------

/** Copies what there is; whether the descriptor has as much as it must have. */
function fillFromQueue(state, descriptor) {
  const { byteLength, elementSize, minimumFill } = descriptor;
  const most = descriptor.bytesFilled + MathMin(state.queueTotalSize, byteLength - descriptor.bytesFilled);
  const mostAligned = most - most % elementSize;
  const isReady = mostAligned >= minimumFill;
  const end = isReady ? mostAligned : most;
  while (descriptor.bytesFilled < end) {
    const head = state.queue.peek();
    const count = MathMin(end - descriptor.bytesFilled, head.byteLength);
    copyBytes(descriptor.buffer, descriptor.byteOffset + descriptor.bytesFilled, head.buffer, head.byteOffset, count);
    if (head.byteLength === count) {
      state.queue.shift();
    } else {
      head.byteOffset += count;
      head.byteLength -= count;
    }
    state.queueTotalSize -= count;
    descriptor.bytesFilled += count;
  }
  return isReady;
}

function readableByteStreamControllerConvertPullIntoDescriptor(descriptor) {
  const { bytesFilled, byteLength, byteOffset, elementSize, View } = descriptor;
  if (bytesFilled > byteLength) throw new ERR_INVALID_STATE.RangeError('The buffer size is invalid');
  return new View(ArrayBufferPrototypeTransfer(descriptor.buffer), byteOffset, bytesFilled / elementSize);
}

function commitPullInto(stream, descriptor) {
  const isDone = stream[kState].state === 'closed';
  const view = readableByteStreamControllerConvertPullIntoDescriptor(descriptor);
  if (descriptor.readerType === 'default') readableStreamFulfillReadRequest(stream, view);
  else readableStreamFulfillReadIntoRequest(stream, view, isDone);
}

/** Descriptors that the queue has enough for. All are filled before any reader hears of it. */
function takeFilled(state) {
  const filled = [];
  while (state.pendingPullIntos.length > 0 && state.queueTotalSize > 0) {
    if (fillFromQueue(state, state.pendingPullIntos[0])) ArrayPrototypePush(filled, shiftPendingPullInto(state));
  }
  return filled;
}

function commitAll(stream, descriptors) {
  for (let i = 0; i < descriptors.length; i++) commitPullInto(stream, descriptors[i]);
}

function commitFilled(controller) {
  const state = controller[kState];
  commitAll(state.stream, takeFilled(state));
}

// ---- A BYOB reader asks --------------------------------------------------

function readableByteStreamControllerPullInto(controller, view, min, request) {
  const state = controller[kState];
  const { stream } = state;
  const isData = isDataView(view);
  const name = TypedArrayPrototypeGetSymbolToStringTag(view);
  // Float16Array is younger than the list of primordials.
  const View = isData ? DataView : primordials[name] ?? globalThis[name];
  const elementSize = isData ? 1 : View.BYTES_PER_ELEMENT;
  const byteOffset = viewByteOffset(view);
  const byteLength = viewByteLength(view);
  let buffer;
  try {
    buffer = ArrayBufferPrototypeTransfer(viewBuffer(view));
  } catch (error) {
    request.error(error);
    return;
  }
  const descriptor = {
    buffer, bufferByteLength: ArrayBufferPrototypeGetByteLength(buffer), byteOffset, byteLength, bytesFilled: 0,
    minimumFill: min * elementSize, elementSize, View, readerType: 'byob',
  };
  if (state.pendingPullIntos.length > 0) {
    ArrayPrototypePush(state.pendingPullIntos, descriptor);
    readableStreamAddReadIntoRequest(stream, request);
    return;
  }
  if (stream[kState].state === 'closed') {
    request.close(new View(buffer, byteOffset, 0));
    return;
  }
  if (state.queueTotalSize > 0) {
    if (fillFromQueue(state, descriptor)) {
      const filled = readableByteStreamControllerConvertPullIntoDescriptor(descriptor);
      handleQueueDrain(controller);
      request.chunk(filled);
      return;
    }
    if (state.closeRequested) {
      const error = new ERR_INVALID_STATE.TypeError('ReadableStream closed');
      readableByteStreamControllerError(controller, error);
      request.error(error);
      return;
    }
  }
  ArrayPrototypePush(state.pendingPullIntos, descriptor);
  readableStreamAddReadIntoRequest(stream, request);
  callPullIfNeeded(controller);
}

// ---- The source answers --------------------------------------------------

function readableByteStreamControllerRespond(controller, bytesWritten) {
  const { pendingPullIntos: { 0: first }, stream } = controller[kState];
  if (stream[kState].state === 'closed') {
    if (bytesWritten !== 0) throw new ERR_INVALID_ARG_VALUE('bytesWritten', bytesWritten);
  } else {
    if (bytesWritten === 0) throw new ERR_INVALID_ARG_VALUE('bytesWritten', bytesWritten);
    if (first.bytesFilled + bytesWritten > first.byteLength) {
      throw new ERR_INVALID_ARG_VALUE.RangeError('bytesWritten', bytesWritten);
    }
  }
  first.buffer = ArrayBufferPrototypeTransfer(first.buffer);
  respondInternal(controller, bytesWritten);
}

function readableByteStreamControllerRespondWithNewView(controller, view) {
  const { pendingPullIntos: { 0: first }, stream } = controller[kState];
  const byteLength = viewByteLength(view);
  const buffer = viewBuffer(view);
  if (stream[kState].state === 'closed') {
    if (byteLength !== 0) throw new ERR_INVALID_STATE.TypeError('View is not zero-length');
  } else if (byteLength === 0) {
    throw new ERR_INVALID_STATE.TypeError('View is zero-length');
  }
  if (first.byteOffset + first.bytesFilled !== viewByteOffset(view) ||
      first.bufferByteLength !== ArrayBufferPrototypeGetByteLength(buffer) ||
      first.bytesFilled + byteLength > first.byteLength) {
    throw new ERR_INVALID_ARG_VALUE.RangeError('view', view);
  }
  first.buffer = ArrayBufferPrototypeTransfer(buffer);
  respondInternal(controller, byteLength);
}

function respondInternal(controller, bytesWritten) {
  const state = controller[kState];
  const { 0: first } = state.pendingPullIntos;
  invalidateBYOBRequest(state);
  if (state.stream[kState].state === 'closed') respondInClosedState(state, first);
  else respondInReadableState(controller, bytesWritten, first);
  callPullIfNeeded(controller);
}

function respondInClosedState(state, first) {
  if (first.readerType === 'none') shiftPendingPullInto(state);
  const { stream } = state;
  const filled = [];
  while (filled.length < readableStreamGetNumReadIntoRequests(stream)) {
    ArrayPrototypePush(filled, shiftPendingPullInto(state));
  }
  commitAll(stream, filled);
}

function respondInReadableState(controller, bytesWritten, descriptor) {
  const state = controller[kState];
  descriptor.bytesFilled += bytesWritten;
  if (descriptor.readerType === 'none') {
    enqueueDetachedPullInto(controller, descriptor);
    commitFilled(controller);
    return;
  }
  if (descriptor.bytesFilled < descriptor.minimumFill) return;
  shiftPendingPullInto(state);
  // A part of an element waits for the rest of it.
  const remainder = descriptor.bytesFilled % descriptor.elementSize;
  if (remainder > 0) {
    const end = descriptor.byteOffset + descriptor.bytesFilled;
    enqueueClonedChunk(controller, descriptor.buffer, end - remainder, remainder);
    descriptor.bytesFilled -= remainder;
  }
  const filled = takeFilled(state);
  commitPullInto(state.stream, descriptor);
  commitAll(state.stream, filled);
}

// ---- Setting up ----------------------------------------------------------

/** As of a default controller; `autoAllocateChunkSize` is undefined where there is none. */
function setupReadableByteStreamController(stream, algorithms, highWaterMark, autoAllocateChunkSize) {
  const controller = new ReadableByteStreamController(kBare);
  controller[kState] = {
    stream,
    queue: new Queue(),
    queueTotalSize: 0,
    started: false,
    closeRequested: false,
    pulling: false,
    pullAgain: false,
    highWaterMark,
    autoAllocateChunkSize,
    byobRequest: null,
    pendingPullIntos: [],
    pullAlgorithm: algorithms.pull,
    cancelAlgorithm: algorithms.cancel,
  };
  stream[kState].controller = controller;
  const startResult = algorithms.start(controller);
  PromisePrototypeThen(promiseResolvedWith(startResult), () => {
    controller[kState].started = true;
    callPullIfNeeded(controller);
  }, (error) => { readableByteStreamControllerError(controller, error); });
}

function setupReadableByteStreamControllerFromSource(stream, source, highWaterMark) {
  const size = source.autoAllocateChunkSize;
  const cancel = promiseCallback(source, 'cancel', 'source', resolved);
  const pull = promiseCallback(source, 'pull', 'source', resolved);
  const start = startCallback(source, 'source');
  if (size !== undefined && !(NumberIsInteger(+size) && +size > 0)) {
    throw new ERR_INVALID_ARG_VALUE('source.autoAllocateChunkSize', size);
  }
  setupReadableByteStreamController(
    stream, { start, pull, cancel }, highWaterMark, size === undefined ? undefined : +size);
}

module.exports = {
  ReadableByteStreamController,
  ReadableStreamBYOBRequest,
  isReadableByteStreamController,
  readableByteStreamControllerClose,
  readableByteStreamControllerConvertPullIntoDescriptor,
  readableByteStreamControllerEnqueue,
  readableByteStreamControllerError,
  readableByteStreamControllerPullInto,
  readableByteStreamControllerRespond,
  readableByteStreamControllerRespondWithNewView,
  setupReadableByteStreamController,
  setupReadableByteStreamControllerFromSource,
};
