'use strict';

// TransformStream and its controller.

const { PromisePrototypeThen, PromiseReject, PromiseWithResolvers } = require('internal/primordials');
const {
  codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_ARG_VALUE, ERR_INVALID_STATE, ERR_INVALID_THIS },
} = require('internal/errors');
const { customInspectSymbol: kInspect, kEmptyObject } = require('internal/util');
const { kValidateObjectAllowObjects, kValidateObjectAllowObjectsAndNull, validateObject } = require('internal/validators');
const { TRANSFERABLE, kDeserialize, kTransfer, kTransferList, setMode } = require('internal/worker/transfer');
const {
  customInspect, define, extractHighWaterMark, extractSizeAlgorithm, isBrandCheck, kBare, kResolvedPromise, kState,
  promiseCallback, resolved, startCallback,
} = require('internal/webstreams/util');
const {
  ReadableStream, readableStreamDefaultControllerCanCloseOrEnqueue,
  readableStreamDefaultControllerClose, readableStreamDefaultControllerEnqueue, readableStreamDefaultControllerError,
  readableStreamDefaultControllerGetDesiredSize, readableStreamDefaultControllerHasBackpressure,
  setupReadableStreamDefaultController,
} = require('internal/webstreams/readablestream');
const {
  WritableStream, setupWritableStreamDefaultController, writableStreamDefaultControllerErrorIfNeeded,
} = require('internal/webstreams/writablestream');

const isTransformStream = isBrandCheck('TransformStream');
const isTransformStreamDefaultController = isBrandCheck('TransformStreamDefaultController');

class TransformStream {
  constructor(transformer = kEmptyObject, writableStrategy = kEmptyObject, readableStrategy = kEmptyObject) {
    if (transformer === kBare) return;
    validateObject(transformer, 'transformer', kValidateObjectAllowObjects);
    validateObject(writableStrategy, 'writableStrategy', kValidateObjectAllowObjectsAndNull);
    validateObject(readableStrategy, 'readableStrategy', kValidateObjectAllowObjectsAndNull);
    const { readableType, writableType } = transformer;
    if (readableType !== undefined) throw new ERR_INVALID_ARG_VALUE.RangeError('transformer.readableType', readableType);
    if (writableType !== undefined) throw new ERR_INVALID_ARG_VALUE.RangeError('transformer.writableType', writableType);
    const readableHighWaterMark = extractHighWaterMark(readableStrategy?.highWaterMark, 0);
    const readableSize = extractSizeAlgorithm(readableStrategy?.size);
    const writableHighWaterMark = extractHighWaterMark(writableStrategy?.highWaterMark, 1);
    const writableSize = extractSizeAlgorithm(writableStrategy?.size);

    const started = PromiseWithResolvers();
    initialize(
      this, () => started.promise, writableHighWaterMark, writableSize, readableHighWaterMark, readableSize);
    const start = setupControllerFromTransformer(this, transformer);
    started.resolve(start(this[kState].controller));
  }

  get readable() {
    check(this);
    return this[kState].readable;
  }

  get writable() {
    check(this);
    return this[kState].writable;
  }

  [kInspect](depth, options) {
    const { readable, writable, backpressure } = this[kState];
    return customInspect(this, depth, options, 'TransformStream', { readable, writable, backpressure });
  }

  [kTransferList]() {
    const { readable, writable } = this[kState];
    return [...readable[kTransferList](), ...writable[kTransferList]()];
  }

  [kTransfer]() {
    check(this);
    const { readable, writable } = this[kState];
    return {
      data: { readable: readable[kTransfer]().data, writable: writable[kTransfer]().data },
      deserializeInfo: 'internal/webstreams/transfer:TransferredTransformStream',
    };
  }

  [kDeserialize]({ readable, writable }) {
    this[kState] = newState();
    this[kState].readable = new ReadableStream(kBare);
    this[kState].readable[kDeserialize](readable);
    this[kState].writable = new WritableStream(kBare);
    this[kState].writable[kDeserialize](writable);
  }
}
define(TransformStream, ['readable', 'writable']);
setMode(TransformStream.prototype, TRANSFERABLE);

function check(stream) {
  if (!isTransformStream(stream)) throw new ERR_INVALID_THIS('TransformStream');
}

class TransformStreamDefaultController {
  constructor(token) {
    if (token !== kBare) throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  get desiredSize() {
    checkController(this);
    return readableStreamDefaultControllerGetDesiredSize(readableController(this[kState].stream));
  }

  enqueue(chunk = undefined) {
    checkController(this);
    transformStreamDefaultControllerEnqueue(this, chunk);
  }

  error(reason = undefined) {
    checkController(this);
    transformStreamError(this[kState].stream, reason);
  }

  terminate() {
    checkController(this);
    transformStreamDefaultControllerTerminate(this);
  }

  [kInspect](depth, options) {
    return customInspect(this, depth, options, 'TransformStreamDefaultController', { stream: this[kState].stream });
  }
}
define(TransformStreamDefaultController, ['desiredSize', 'enqueue', 'error', 'terminate']);

function checkController(controller) {
  if (!isTransformStreamDefaultController(controller)) throw new ERR_INVALID_THIS('TransformStreamDefaultController');
}

function readableController(stream) {
  return stream[kState].readable[kState].controller;
}

// ---- Streams -------------------------------------------------------------

function newState() {
  return {
    readable: undefined,
    writable: undefined,
    controller: undefined,
    // Undefined until it is first set.
    backpressure: undefined,
    backpressureChange: undefined,
  };
}

function initialize(stream, start, writableHighWaterMark, writableSize, readableHighWaterMark, readableSize) {
  stream[kState] = newState();
  const writable = new WritableStream(kBare);
  setupWritableStreamDefaultController(writable, {
    start,
    write: (chunk) => sinkWrite(stream, chunk),
    close: () => sinkClose(stream),
    abort: (reason) => sinkAbort(stream, reason),
  }, writableHighWaterMark, writableSize);
  stream[kState].writable = writable;
  const readable = new ReadableStream(kBare);
  setupReadableStreamDefaultController(readable, {
    start,
    pull: () => sourcePull(stream),
    cancel: (reason) => sourceCancel(stream, reason),
  }, readableHighWaterMark, readableSize);
  stream[kState].readable = readable;
  setBackpressure(stream, true);
}

function transformStreamError(stream, reason) {
  readableStreamDefaultControllerError(readableController(stream), reason);
  errorWritableAndUnblockWrite(stream, reason);
}

function errorWritableAndUnblockWrite(stream, reason) {
  const state = stream[kState];
  clearAlgorithms(state.controller);
  writableStreamDefaultControllerErrorIfNeeded(state.writable[kState].controller, reason);
  unblockWrite(stream);
}

function unblockWrite(stream) {
  if (stream[kState].backpressure) setBackpressure(stream, false);
}

function setBackpressure(stream, backpressure) {
  const state = stream[kState];
  state.backpressureChange?.resolve();
  state.backpressureChange = PromiseWithResolvers();
  state.backpressure = backpressure;
}

// ---- Controllers ---------------------------------------------------------

/** Returns the `start` of the transformer, which is to be called with the controller. */
function setupControllerFromTransformer(stream, transformer) {
  const controller = new TransformStreamDefaultController(kBare);
  // In this order they are looked up.
  const cancel = promiseCallback(transformer, 'cancel', 'transformer', resolved);
  const flush = promiseCallback(transformer, 'flush', 'transformer', resolved);
  const start = startCallback(transformer, 'transformer');
  const transform = promiseCallback(transformer, 'transform', 'transformer', (chunk) => {
    try {
      transformStreamDefaultControllerEnqueue(controller, chunk);
      return kResolvedPromise;
    } catch (error) {
      return PromiseReject(error);
    }
  });
  controller[kState] = {
    stream,
    transformAlgorithm: transform,
    flushAlgorithm: flush,
    cancelAlgorithm: cancel,
    // Settled once the readable was canceled, or the writable closed or aborted, whichever came first.
    finish: undefined,
  };
  stream[kState].controller = controller;
  return start;
}

function clearAlgorithms(controller) {
  const state = controller[kState];
  state.transformAlgorithm = undefined;
  state.flushAlgorithm = undefined;
  state.cancelAlgorithm = undefined;
}

function transformStreamDefaultControllerEnqueue(controller, chunk) {
  const { stream } = controller[kState];
  const readable = readableController(stream);
  if (!readableStreamDefaultControllerCanCloseOrEnqueue(readable)) {
    throw new ERR_INVALID_STATE.TypeError('Unable to enqueue');
  }
  try {
    readableStreamDefaultControllerEnqueue(readable, chunk);
  } catch (error) {
    errorWritableAndUnblockWrite(stream, error);
    throw stream[kState].readable[kState].storedError;
  }
  const backpressure = readableStreamDefaultControllerHasBackpressure(readable);
  if (backpressure !== stream[kState].backpressure) setBackpressure(stream, true);
}

function transformStreamDefaultControllerTerminate(controller) {
  const { stream } = controller[kState];
  readableStreamDefaultControllerClose(readableController(stream));
  errorWritableAndUnblockWrite(stream, new ERR_INVALID_STATE.TypeError('TransformStream has been terminated'));
}

function performTransform(controller, chunk) {
  const { transformAlgorithm, stream } = controller[kState];
  // Gone when the stream was ended while the chunk waited.
  if (transformAlgorithm === undefined) return kResolvedPromise;
  return PromisePrototypeThen(transformAlgorithm(chunk, controller), undefined, (error) => {
    transformStreamError(stream, error);
    throw error;
  });
}

// ---- The writable's sink -------------------------------------------------

function sinkWrite(stream, chunk) {
  const state = stream[kState];
  const { controller } = state;
  if (!state.backpressure) return performTransform(controller, chunk);
  return PromisePrototypeThen(state.backpressureChange.promise, () => {
    const writable = state.writable[kState];
    if (writable.state === 'erroring') throw writable.storedError;
    return performTransform(controller, chunk);
  });
}

/**
 * Ends a transformer by its `cancel` or `flush`, once, whichever side asks first. Then `done` is called,
 * unless the `other` side has failed meanwhile, or `failed` with what the algorithm rejected with.
 */
function finish(controller, algorithm, other, done, failed) {
  const slots = controller[kState];
  if (slots.finish !== undefined) return slots.finish.promise;
  slots.finish = PromiseWithResolvers();
  const ended = algorithm(slots);
  clearAlgorithms(controller);
  PromisePrototypeThen(ended, () => {
    if (other[kState].state === 'errored') {
      slots.finish.reject(other[kState].storedError);
    } else {
      done();
      slots.finish.resolve();
    }
  }, (error) => {
    failed(error);
    slots.finish.reject(error);
  });
  return slots.finish.promise;
}

function sinkAbort(stream, reason) {
  const { controller, readable } = stream[kState];
  const fail = (error) => { readableStreamDefaultControllerError(readableController(stream), error); };
  return finish(controller, (slots) => slots.cancelAlgorithm(reason), readable, () => { fail(reason); }, fail);
}

function sinkClose(stream) {
  const { controller, readable } = stream[kState];
  return finish(controller, (slots) => slots.flushAlgorithm(controller), readable,
                () => { readableStreamDefaultControllerClose(readableController(stream)); },
                (error) => { readableStreamDefaultControllerError(readableController(stream), error); });
}

// ---- The readable's source -----------------------------------------------

function sourcePull(stream) {
  setBackpressure(stream, false);
  return stream[kState].backpressureChange.promise;
}

function sourceCancel(stream, reason) {
  const { controller, writable } = stream[kState];
  const fail = (error) => {
    writableStreamDefaultControllerErrorIfNeeded(writable[kState].controller, error);
    unblockWrite(stream);
  };
  return finish(controller, (slots) => slots.cancelAlgorithm(reason), writable, () => { fail(reason); }, fail);
}

module.exports = { TransformStream, TransformStreamDefaultController, isTransformStream };
