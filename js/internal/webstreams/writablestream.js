'use strict';

// WritableStream and its writer; Node's tests ask this module for the operations too.

const { PromiseReject, PromiseResolve, PromiseWithResolvers, SymbolFor } = require('internal/primordials');
const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_STATE, ERR_INVALID_THIS },
} = require('internal/errors');
const { customInspectSymbol: kInspect, kEmptyObject } = require('internal/util');
const { kValidateObjectAllowObjects, kValidateObjectAllowObjectsAndNull, validateObject } = require('internal/validators');
const { TRANSFERABLE, kDeserialize, kTransfer, kTransferList, setMode } = require('internal/worker/transfer');
const { kErrored, kWritable } = require('internal/streams/kinds');
const {
  customInspect, define, extractHighWaterMark, extractSizeAlgorithm, isBrandCheck, isPromisePending, kBare, kState,
  openPorts, rejectedRecord, resolvedRecord, setPromiseHandled, takePorts,
} = require('internal/webstreams/util');
const core = require('internal/webstreams/writable_core');
const {
  ensureReadyRejected, isWritableStream, isWritableStreamLocked, newWritableState,
  setupWritableStreamDefaultControllerFromSink, writableStreamAbort, writableStreamAddWriteRequest, writableStreamClose,
  writableStreamCloseQueuedOrInFlight, writableStreamClosedPromise,
  writableStreamDefaultControllerGetChunkSize, writableStreamDefaultControllerGetDesiredSize,
  writableStreamDefaultControllerWrite,
} = core;

const kControllerError = SymbolFor('nodejs.webstream.controllerErrorFunction');
const kIsClosedPromise = SymbolFor('nodejs.webstream.isClosedPromise');

const isWritableStreamDefaultWriter = isBrandCheck('WritableStreamDefaultWriter');

class WritableStream {
  constructor(sink = kEmptyObject, strategy = kEmptyObject) {
    if (sink === kBare) {
      this[kState] = newWritableState();
      return;
    }
    validateObject(sink, 'sink', kValidateObjectAllowObjects);
    validateObject(strategy, 'strategy', kValidateObjectAllowObjectsAndNull);
    const size = strategy?.size;
    const highWaterMark = strategy?.highWaterMark;
    const { type } = sink;
    if (type !== undefined) throw new ERR_INVALID_ARG_VALUE.RangeError('type', type);
    this[kState] = newWritableState();
    const algorithm = extractSizeAlgorithm(size);
    setupWritableStreamDefaultControllerFromSink(this, sink, extractHighWaterMark(highWaterMark, 1), algorithm);
  }

  get locked() {
    check(this);
    return isWritableStreamLocked(this);
  }

  abort(reason = undefined) {
    if (!isWritableStream(this)) return PromiseReject(new ERR_INVALID_THIS('WritableStream'));
    if (isWritableStreamLocked(this)) return PromiseReject(new ERR_INVALID_STATE.TypeError('WritableStream is locked'));
    return writableStreamAbort(this, reason);
  }

  close() {
    if (!isWritableStream(this)) return PromiseReject(new ERR_INVALID_THIS('WritableStream'));
    if (isWritableStreamLocked(this)) return PromiseReject(new ERR_INVALID_STATE.TypeError('WritableStream is locked'));
    if (writableStreamCloseQueuedOrInFlight(this)) {
      return PromiseReject(new ERR_INVALID_STATE.TypeError('Failure closing WritableStream'));
    }
    return writableStreamClose(this);
  }

  getWriter() {
    check(this);
    return new WritableStreamDefaultWriter(this);
  }

  get [kErrored]() {
    return this[kState].state === 'errored';
  }

  get [kWritable]() {
    return this[kState].state === 'writable';
  }

  get [kIsClosedPromise]() {
    return writableStreamClosedPromise(this);
  }

  [kControllerError](error) {
    this[kState].controller.error(error);
  }

  [kInspect](depth, options) {
    return customInspect(this, depth, options, 'WritableStream', { locked: this.locked, state: this[kState].state });
  }

  [kTransferList]() {
    return openPorts(this);
  }

  [kTransfer]() {
    check(this);
    const ports = takePorts(this, isWritableStreamLocked(this));
    require('internal/webstreams/transfer').sendWritable(this, ports.port1);
    return { data: { port: ports.port2 }, deserializeInfo: 'internal/webstreams/transfer:TransferredWritableStream' };
  }

  [kDeserialize]({ port }) {
    require('internal/webstreams/transfer').writeToPort(this, port, true);
  }
}
define(WritableStream, ['locked', 'abort', 'close', 'getWriter']);
setMode(WritableStream.prototype, TRANSFERABLE);

function check(stream) {
  if (!isWritableStream(stream)) throw new ERR_INVALID_THIS('WritableStream');
}

function notBound() {
  return new ERR_INVALID_STATE.TypeError('Writer is not bound to a WritableStream');
}

class WritableStreamDefaultWriter {
  constructor(stream) {
    if (!isWritableStream(stream)) throw new ERR_INVALID_ARG_TYPE('stream', 'WritableStream', stream);
    this[kState] = { stream: undefined, ready: undefined, closed: undefined };
    setupWritableStreamDefaultWriter(this, stream);
  }

  get closed() {
    if (!isWritableStreamDefaultWriter(this)) return PromiseReject(new ERR_INVALID_THIS('WritableStreamDefaultWriter'));
    return this[kState].closed.promise;
  }

  get desiredSize() {
    if (!isWritableStreamDefaultWriter(this)) throw new ERR_INVALID_THIS('WritableStreamDefaultWriter');
    if (this[kState].stream === undefined) throw notBound();
    return writableStreamDefaultWriterGetDesiredSize(this);
  }

  get ready() {
    if (!isWritableStreamDefaultWriter(this)) return PromiseReject(new ERR_INVALID_THIS('WritableStreamDefaultWriter'));
    return this[kState].ready.promise;
  }

  abort(reason = undefined) {
    if (!isWritableStreamDefaultWriter(this)) return PromiseReject(new ERR_INVALID_THIS('WritableStreamDefaultWriter'));
    const { stream } = this[kState];
    return stream === undefined ? PromiseReject(notBound()) : writableStreamAbort(stream, reason);
  }

  close() {
    if (!isWritableStreamDefaultWriter(this)) return PromiseReject(new ERR_INVALID_THIS('WritableStreamDefaultWriter'));
    const { stream } = this[kState];
    if (stream === undefined) return PromiseReject(notBound());
    if (writableStreamCloseQueuedOrInFlight(stream)) {
      return PromiseReject(new ERR_INVALID_STATE.TypeError('Failure to close WritableStream'));
    }
    return writableStreamClose(stream);
  }

  releaseLock() {
    if (!isWritableStreamDefaultWriter(this)) throw new ERR_INVALID_THIS('WritableStreamDefaultWriter');
    if (this[kState].stream !== undefined) writableStreamDefaultWriterRelease(this);
  }

  write(chunk = undefined) {
    if (!isWritableStreamDefaultWriter(this)) return PromiseReject(new ERR_INVALID_THIS('WritableStreamDefaultWriter'));
    if (this[kState].stream === undefined) return PromiseReject(notBound());
    return writableStreamDefaultWriterWrite(this, chunk);
  }

  [kInspect](depth, options) {
    return customInspect(this, depth, options, 'WritableStreamDefaultWriter', {
      stream: this[kState].stream,
      close: this[kState].closed.promise,
      ready: this[kState].ready.promise,
      desiredSize: this[kState].stream === undefined ? null : this.desiredSize,
    });
  }
}
define(WritableStreamDefaultWriter, ['closed', 'desiredSize', 'ready', 'abort', 'close', 'releaseLock', 'write']);

function setupWritableStreamDefaultWriter(writer, stream) {
  if (isWritableStreamLocked(stream)) throw new ERR_INVALID_STATE.TypeError('WritableStream is locked');
  const slots = writer[kState];
  const state = stream[kState];
  slots.stream = stream;
  state.writer = writer;
  switch (state.state) {
    case 'writable':
      slots.ready = !writableStreamCloseQueuedOrInFlight(stream) && state.backpressure ?
        PromiseWithResolvers() : resolvedRecord();
      slots.closed = PromiseWithResolvers();
      break;
    case 'erroring':
      slots.ready = rejectedRecord(state.storedError);
      slots.closed = PromiseWithResolvers();
      break;
    case 'closed':
      slots.ready = resolvedRecord();
      slots.closed = resolvedRecord();
      break;
    default:
      slots.ready = rejectedRecord(state.storedError);
      slots.closed = rejectedRecord(state.storedError);
  }
}

function writableStreamDefaultWriterCloseWithErrorPropagation(writer) {
  const { stream } = writer[kState];
  const { state, storedError } = stream[kState];
  if (writableStreamCloseQueuedOrInFlight(stream) || state === 'closed') return PromiseResolve();
  return state === 'errored' ? PromiseReject(storedError) : writableStreamClose(stream);
}

function writableStreamDefaultWriterGetDesiredSize(writer) {
  const { state, controller } = writer[kState].stream[kState];
  if (state === 'errored' || state === 'erroring') return null;
  return state === 'closed' ? 0 : writableStreamDefaultControllerGetDesiredSize(controller);
}

function writableStreamDefaultWriterRelease(writer) {
  const slots = writer[kState];
  const error = new ERR_INVALID_STATE.TypeError('Writer has been released');
  ensureReadyRejected(writer, error);
  if (isPromisePending(slots.closed.promise)) {
    slots.closed.reject(error);
    setPromiseHandled(slots.closed.promise);
  } else {
    slots.closed = rejectedRecord(error);
  }
  slots.stream[kState].writer = undefined;
  slots.stream = undefined;
}

function writableStreamDefaultWriterWrite(writer, chunk) {
  const { stream } = writer[kState];
  const state = stream[kState];
  const { controller } = state;
  const size = writableStreamDefaultControllerGetChunkSize(controller, chunk);
  if (stream !== writer[kState].stream) return PromiseReject(new ERR_INVALID_STATE.TypeError('Mismatched WritableStreams'));
  if (state.state === 'errored') return PromiseReject(state.storedError);
  if (writableStreamCloseQueuedOrInFlight(stream) || state.state === 'closed') {
    return PromiseReject(new ERR_INVALID_STATE.TypeError('WritableStream is closed'));
  }
  if (state.state === 'erroring') return PromiseReject(state.storedError);
  const promise = writableStreamAddWriteRequest(stream);
  writableStreamDefaultControllerWrite(controller, chunk, size);
  return promise;
}

module.exports = {
  ...core,
  WritableStream,
  WritableStreamDefaultWriter,
  isWritableStreamDefaultWriter,
  writableStreamDefaultWriterCloseWithErrorPropagation,
  writableStreamDefaultWriterGetDesiredSize,
  writableStreamDefaultWriterRelease,
  writableStreamDefaultWriterWrite,
};
