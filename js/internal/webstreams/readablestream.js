'use strict';

// ReadableStream; Node's tests ask this module for the operations too.

const { ObjectDefineProperty, PromiseReject, SymbolAsyncIterator, SymbolFor } = require('internal/primordials');
const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_STATE, ERR_INVALID_THIS },
} = require('internal/errors');
const { customInspectSymbol: kInspect, kEmptyObject } = require('internal/util');
const {
  kValidateObjectAllowObjects, kValidateObjectAllowObjectsAndNull, validateAbortSignal, validateObject,
} = require('internal/validators');
const { TRANSFERABLE, kDeserialize, kTransfer, kTransferList, setMode } = require('internal/worker/transfer');
const { kDisturbed, kErrored, kReadable } = require('internal/streams/kinds');
const {
  customInspect, define, extractHighWaterMark, extractSizeAlgorithm, kBare, kState, openPorts, setPromiseHandled,
  takePorts,
} = require('internal/webstreams/util');
const core = require('internal/webstreams/readable_core');
const { isReadableStream, isReadableStreamLocked, newReadableState, readableStreamCancel, readableStreamClosedPromise } = core;
const defaultController = require('internal/webstreams/default_controller');
const byteController = require('internal/webstreams/byte_controller');
const { ReadableStreamBYOBReader, ReadableStreamDefaultReader, iterate } = require('internal/webstreams/readers');
const { isWritableStream, isWritableStreamLocked } = require('internal/webstreams/writable_core');
const { readableStreamTee } = require('internal/webstreams/tee');
const { readableStreamPipeTo } = require('internal/webstreams/pipe_to');
const { readableStreamFromIterable } = require('internal/webstreams/from');

const kControllerError = SymbolFor('nodejs.webstream.controllerErrorFunction');
const kIsClosedPromise = SymbolFor('nodejs.webstream.isClosedPromise');

class ReadableStream {
  constructor(source = kEmptyObject, strategy = kEmptyObject) {
    if (source === kBare) {
      this[kState] = newReadableState();
      return;
    }
    validateObject(source, 'source', kValidateObjectAllowObjects);
    validateObject(strategy, 'strategy', kValidateObjectAllowObjectsAndNull);
    this[kState] = newReadableState();
    // The strategy is looked at first.
    const size = strategy?.size;
    const highWaterMark = strategy?.highWaterMark;
    const { type } = source;
    if (`${type}` === 'bytes') {
      if (size !== undefined) throw new ERR_INVALID_ARG_VALUE.RangeError('strategy.size', size);
      byteController.setupReadableByteStreamControllerFromSource(this, source, extractHighWaterMark(highWaterMark, 0));
    } else {
      if (type !== undefined) throw new ERR_INVALID_ARG_VALUE('source.type', type);
      const algorithm = extractSizeAlgorithm(size);
      defaultController.setupReadableStreamDefaultControllerFromSource(
        this, source, extractHighWaterMark(highWaterMark, 1), algorithm);
    }
  }

  static from(iterable) {
    return readableStreamFromIterable(iterable);
  }

  get locked() {
    check(this);
    return isReadableStreamLocked(this);
  }

  cancel(reason = undefined) {
    if (!isReadableStream(this)) return PromiseReject(new ERR_INVALID_THIS('ReadableStream'));
    if (isReadableStreamLocked(this)) return PromiseReject(new ERR_INVALID_STATE.TypeError('ReadableStream is locked'));
    return readableStreamCancel(this, reason);
  }

  getReader(options = kEmptyObject) {
    check(this);
    validateObject(options, 'options', kValidateObjectAllowObjectsAndNull);
    const mode = options?.mode;
    if (mode === undefined) return new ReadableStreamDefaultReader(this);
    if (`${mode}` !== 'byob') throw new ERR_INVALID_ARG_VALUE('options.mode', mode);
    return new ReadableStreamBYOBReader(this);
  }

  pipeThrough(transform, options = kEmptyObject) {
    check(this);
    const readable = transform?.readable;
    if (!isReadableStream(readable)) throw new ERR_INVALID_ARG_TYPE('transform.readable', 'ReadableStream', readable);
    const writable = transform?.writable;
    if (!isWritableStream(writable)) throw new ERR_INVALID_ARG_TYPE('transform.writable', 'WritableStream', writable);
    setPromiseHandled(pipe(this, writable, options));
    return readable;
  }

  // An `async` function: whatever is wrong rejects.
  async pipeTo(destination, options = kEmptyObject) {
    check(this);
    if (!isWritableStream(destination)) {
      throw new ERR_INVALID_ARG_TYPE('transform.writable', 'WritableStream', destination);
    }
    return pipe(this, destination, options);
  }

  tee() {
    check(this);
    return readableStreamTee(this, false);
  }

  values(options = kEmptyObject) {
    check(this);
    validateObject(options, 'options', kValidateObjectAllowObjectsAndNull);
    return iterate(this, !!options?.preventCancel);
  }

  get [kDisturbed]() {
    return this[kState].disturbed;
  }

  get [kErrored]() {
    return this[kState].state === 'errored';
  }

  get [kReadable]() {
    return this[kState].state === 'readable';
  }

  get [kIsClosedPromise]() {
    return readableStreamClosedPromise(this);
  }

  [kControllerError](error) {
    this[kState].controller.error(error);
  }

  [kInspect](depth, options) {
    const { state, controller } = this[kState];
    return customInspect(this, depth, options, 'ReadableStream', {
      locked: this.locked,
      state,
      supportsBYOB: byteController.isReadableByteStreamController(controller),
    });
  }

  [kTransferList]() {
    return openPorts(this);
  }

  [kTransfer]() {
    check(this);
    const ports = takePorts(this, isReadableStreamLocked(this));
    require('internal/webstreams/transfer').sendReadable(this, ports.port1);
    return { data: { port: ports.port2 }, deserializeInfo: 'internal/webstreams/transfer:TransferredReadableStream' };
  }

  [kDeserialize]({ port }) {
    require('internal/webstreams/transfer').readFromPort(this, port, true);
  }
}
define(ReadableStream, ['locked', 'cancel', 'getReader', 'pipeThrough', 'pipeTo', 'tee', 'values']);
ObjectDefineProperty(ReadableStream, 'from', { __proto__: null, enumerable: true });
ObjectDefineProperty(ReadableStream.prototype, SymbolAsyncIterator, {
  __proto__: null, value: ReadableStream.prototype.values, writable: true, enumerable: false, configurable: true,
});
setMode(ReadableStream.prototype, TRANSFERABLE);

function check(stream) {
  if (!isReadableStream(stream)) throw new ERR_INVALID_THIS('ReadableStream');
}

function pipe(source, destination, options) {
  validateObject(options, 'options', kValidateObjectAllowObjectsAndNull);
  // In this order they are looked up.
  const preventAbort = !!options?.preventAbort;
  const preventCancel = !!options?.preventCancel;
  const preventClose = !!options?.preventClose;
  const signal = options?.signal;
  if (signal !== undefined) validateAbortSignal(signal, 'options.signal');
  if (isReadableStreamLocked(source)) throw new ERR_INVALID_STATE.TypeError('The ReadableStream is locked');
  if (isWritableStreamLocked(destination)) throw new ERR_INVALID_STATE.TypeError('The WritableStream is locked');
  return readableStreamPipeTo(source, destination, preventClose, preventAbort, preventCancel, signal);
}

module.exports = {
  ...core,
  ...defaultController,
  ...byteController,
  ReadableStream,
  ReadableStreamBYOBReader,
  ReadableStreamDefaultReader,
  readableStreamPipeTo,
  readableStreamTee,
};
