'use strict';

// The operations of the Streams standard on ReadableStream and its readers, under its own names.
// Controllers are known by three methods alone.

const { PromisePrototypeThen, PromiseReject, PromiseResolve, PromiseWithResolvers, Symbol } = require('internal/primordials');
const { codes: { ERR_INVALID_STATE } } = require('internal/errors');
const {
  Queue, isBrandCheck, kState, nothing, rejectedRecord, resolvedRecord, setPromiseHandled,
} = require('internal/webstreams/util');

const kCancel = Symbol('kCancel');
const kPull = Symbol('kPull');
const kRelease = Symbol('kRelease');

const isReadableStream = isBrandCheck('ReadableStream');
const isReadableStreamDefaultReader = isBrandCheck('ReadableStreamDefaultReader');
const isReadableStreamBYOBReader = isBrandCheck('ReadableStreamBYOBReader');

function newReadableState() {
  return {
    disturbed: false,
    state: 'readable',
    storedError: undefined,
    reader: undefined,
    controller: undefined,
    // For `stream.finished`, made when somebody asks.
    closedPromise: undefined,
    // Of a stream that is about to be transferred.
    ports: undefined,
  };
}

function isReadableStreamLocked(stream) {
  return stream[kState].reader !== undefined;
}

function readableStreamClosedPromise(stream) {
  const state = stream[kState];
  if (state.closedPromise === undefined) {
    if (state.state === 'readable') state.closedPromise = PromiseWithResolvers();
    else if (state.state === 'closed') state.closedPromise = resolvedRecord();
    else state.closedPromise = rejectedRecord(state.storedError);
  }
  return state.closedPromise;
}

// ---- Streams -------------------------------------------------------------

function readableStreamCancel(stream, reason) {
  const state = stream[kState];
  state.disturbed = true;
  if (state.state === 'closed') return PromiseResolve();
  if (state.state === 'errored') return PromiseReject(state.storedError);
  readableStreamClose(stream);
  const { reader } = state;
  if (reader !== undefined && isReadableStreamBYOBReader(reader)) {
    const requests = reader[kState].readIntoRequests;
    reader[kState].readIntoRequests = new Queue();
    while (requests.length > 0) requests.shift().close(undefined);
  }
  return PromisePrototypeThen(state.controller[kCancel](reason), nothing);
}

function readableStreamClose(stream) {
  const state = stream[kState];
  state.state = 'closed';
  state.closedPromise?.resolve();
  const { reader } = state;
  if (reader === undefined) return;
  reader[kState].closed.resolve();
  if (!isReadableStreamDefaultReader(reader)) return;
  const requests = reader[kState].readRequests;
  reader[kState].readRequests = new Queue();
  while (requests.length > 0) requests.shift().close();
}

function readableStreamError(stream, error) {
  const state = stream[kState];
  state.state = 'errored';
  state.storedError = error;
  if (state.closedPromise !== undefined) {
    setPromiseHandled(state.closedPromise.promise);
    state.closedPromise.reject(error);
  }
  const { reader } = state;
  if (reader === undefined) return;
  reader[kState].closed.reject(error);
  setPromiseHandled(reader[kState].closed.promise);
  errorRequests(reader, error);
}

/** All that was asked of the reader fails. */
function errorRequests(reader, error) {
  const state = reader[kState];
  const name = isReadableStreamDefaultReader(reader) ? 'readRequests' : 'readIntoRequests';
  const requests = state[name];
  state[name] = new Queue();
  while (requests.length > 0) requests.shift().error(error);
}

function readableStreamAddReadRequest(stream, request) {
  stream[kState].reader[kState].readRequests.push(request);
}

function readableStreamAddReadIntoRequest(stream, request) {
  stream[kState].reader[kState].readIntoRequests.push(request);
}

function readableStreamFulfillReadRequest(stream, chunk) {
  stream[kState].reader[kState].readRequests.shift().chunk(chunk);
}

function readableStreamFulfillReadIntoRequest(stream, chunk, done) {
  const request = stream[kState].reader[kState].readIntoRequests.shift();
  if (done) request.close(chunk);
  else request.chunk(chunk);
}

function readableStreamGetNumReadRequests(stream) {
  return stream[kState].reader?.[kState].readRequests?.length ?? 0;
}

function readableStreamGetNumReadIntoRequests(stream) {
  return stream[kState].reader?.[kState].readIntoRequests?.length ?? 0;
}

function readableStreamHasDefaultReader(stream) {
  const { reader } = stream[kState];
  return reader !== undefined && isReadableStreamDefaultReader(reader);
}

function readableStreamHasBYOBReader(stream) {
  const { reader } = stream[kState];
  return reader !== undefined && isReadableStreamBYOBReader(reader);
}

// ---- Readers -------------------------------------------------------------

function readableStreamReaderGenericInitialize(reader, stream) {
  const { state, storedError } = stream[kState];
  stream[kState].reader = reader;
  const slots = reader[kState];
  slots.stream = stream;
  if (state === 'readable') slots.closed = PromiseWithResolvers();
  else if (state === 'closed') slots.closed = resolvedRecord();
  else slots.closed = rejectedRecord(storedError);
}

function readableStreamReaderGenericCancel(reader, reason) {
  return readableStreamCancel(reader[kState].stream, reason);
}

function readableStreamReaderGenericRelease(reader) {
  const slots = reader[kState];
  const state = slots.stream[kState];
  const error = new ERR_INVALID_STATE.TypeError('Reader released');
  if (state.state === 'readable') {
    slots.closed.reject(error);
    setPromiseHandled(slots.closed.promise);
  } else {
    slots.closed = rejectedRecord(error);
  }
  state.controller[kRelease]();
  state.reader = undefined;
  slots.stream = undefined;
}

/** `releaseLock` of either reader. */
function readableStreamReaderRelease(reader) {
  readableStreamReaderGenericRelease(reader);
  if (reader[kState].readRequests?.length > 0 || reader[kState].readIntoRequests?.length > 0) {
    errorRequests(reader, new ERR_INVALID_STATE.TypeError('Releasing reader'));
  }
}

/** `request` has `chunk(value)`, `close()` and `error(reason)`, of which one is called. */
function readableStreamDefaultReaderRead(reader, request) {
  const { stream } = reader[kState];
  const state = stream[kState];
  state.disturbed = true;
  if (state.state === 'closed') request.close();
  else if (state.state === 'errored') request.error(state.storedError);
  else state.controller[kPull](request);
}

/**
 * The standard's "call pull if needed" for a controller of either kind: one pull at a time, and another
 * where more is wanted by its end.
 */
function pullIfWanted(controller, isWanted, fail) {
  if (!isWanted(controller)) return;
  const state = controller[kState];
  if (state.pulling) {
    state.pullAgain = true;
    return;
  }
  state.pulling = true;
  PromisePrototypeThen(state.pullAlgorithm(controller), () => {
    state.pulling = false;
    if (state.pullAgain) {
      state.pullAgain = false;
      pullIfWanted(controller, isWanted, fail);
    }
  }, (error) => { fail(controller, error); });
}

module.exports = {
  isReadableStream,
  isReadableStreamBYOBReader,
  isReadableStreamDefaultReader,
  isReadableStreamLocked,
  kCancel,
  kPull,
  kRelease,
  newReadableState,
  pullIfWanted,
  readableStreamAddReadIntoRequest,
  readableStreamAddReadRequest,
  readableStreamCancel,
  readableStreamClose,
  readableStreamClosedPromise,
  readableStreamDefaultReaderRead,
  readableStreamError,
  readableStreamFulfillReadIntoRequest,
  readableStreamFulfillReadRequest,
  readableStreamGetNumReadIntoRequests,
  readableStreamGetNumReadRequests,
  readableStreamHasBYOBReader,
  readableStreamHasDefaultReader,
  readableStreamReaderGenericCancel,
  readableStreamReaderGenericInitialize,
  readableStreamReaderGenericRelease,
  readableStreamReaderRelease,
};
