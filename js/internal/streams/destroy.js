'use strict';

// How streams begin (`_construct`), fail and end.

const { AbortError, aggregateTwoErrors, codes: { ERR_MULTIPLE_CALLBACK } } = require('internal/errors');
const { isDestroyed, kDestroyed, isServerRequest } = require('internal/streams/kinds');

const kConstruct = Symbol('kConstruct');
const kDestroy = Symbol('kDestroy');

function note(error, writable, readable) {
  if (!error) return;
  // Its stack is made now, not when somebody looks.
  void error.stack;
  if (writable && !writable.errored) writable.errored = error;
  if (readable && !readable.errored) readable.errored = error;
}

// `stream.destroy`
function destroy(error, callback) {
  const readable = this._readableState;
  const writable = this._writableState;
  const state = writable || readable;
  if (writable?.destroyed || readable?.destroyed) {
    if (typeof callback === 'function') callback();
    return this;
  }
  note(error, writable, readable);
  if (writable) writable.destroyed = true;
  if (readable) readable.destroyed = true;
  if (state.constructed) {
    callDestroy(this, error, callback);
  } else {
    this.once(kDestroy, function(other) {
      callDestroy(this, other && error ? aggregate(other, error) : other ?? error, callback);
    });
  }
  return this;
}

function aggregate(inner, outer) {
  return aggregateTwoErrors(inner, outer);
}

function callDestroy(stream, error, callback) {
  let called = false;
  function onDestroy(failure) {
    if (called) return;
    called = true;
    const readable = stream._readableState;
    const writable = stream._writableState;
    note(failure, writable, readable);
    if (writable) writable.closed = true;
    if (readable) readable.closed = true;
    if (typeof callback === 'function') callback(failure);
    if (failure) process.nextTick(emitErrorAndClose, stream, failure);
    else process.nextTick(emitClose, stream);
  }
  try {
    stream._destroy(error || null, onDestroy);
  } catch (thrown) {
    onDestroy(thrown);
  }
}

function emitErrorAndClose(stream, error) {
  emitError(stream, error);
  emitClose(stream);
}

function emitClose(stream) {
  const readable = stream._readableState;
  const writable = stream._writableState;
  if (writable) writable.closeEmitted = true;
  if (readable) readable.closeEmitted = true;
  if (writable?.emitClose || readable?.emitClose) stream.emit('close');
}

function emitError(stream, error) {
  const readable = stream._readableState;
  const writable = stream._writableState;
  if (writable?.errorEmitted || readable?.errorEmitted) return;
  if (writable) writable.errorEmitted = true;
  if (readable) readable.errorEmitted = true;
  stream.emit('error', error);
}

// For streams that are opened anew.
function undestroy() {
  const readable = this._readableState;
  const writable = this._writableState;
  if (readable) {
    readable.constructed = true;
    readable.closed = readable.closeEmitted = readable.destroyed = false;
    readable.errored = null;
    readable.errorEmitted = readable.reading = false;
    readable.ended = readable.endEmitted = readable.readable === false;
  }
  if (writable) {
    writable.constructed = true;
    writable.destroyed = writable.closed = writable.closeEmitted = false;
    writable.errored = null;
    writable.errorEmitted = writable.finalCalled = writable.prefinished = false;
    writable.ended = writable.ending = writable.finished = writable.writable === false;
  }
}

// An error of the stream's own: ends it if it ends of itself.
function errorOrDestroy(stream, error, sync = false) {
  const readable = stream._readableState;
  const writable = stream._writableState;
  if (writable?.destroyed || readable?.destroyed) return;
  if (readable?.autoDestroy || writable?.autoDestroy) {
    stream.destroy(error);
    return;
  }
  if (!error) return;
  note(error, writable, readable);
  if (sync) process.nextTick(emitError, stream, error);
  else emitError(stream, error);
}

// Calls `_construct`, if there is one, and `callback` afterwards.
function construct(stream, callback) {
  if (typeof stream._construct !== 'function') return;
  const readable = stream._readableState;
  const writable = stream._writableState;
  if (readable) readable.constructed = false;
  if (writable) writable.constructed = false;
  stream.once(kConstruct, callback);
  // Both halves of a Duplex come here.
  if (stream.listenerCount(kConstruct) > 1) return;
  process.nextTick(callConstruct, stream);
}

function callConstruct(stream) {
  let called = false;
  function onConstruct(error) {
    if (called) {
      errorOrDestroy(stream, error ?? new ERR_MULTIPLE_CALLBACK());
      return;
    }
    called = true;
    const readable = stream._readableState;
    const writable = stream._writableState;
    if (readable) readable.constructed = true;
    if (writable) writable.constructed = true;
    if ((writable || readable).destroyed) {
      stream.emit(kDestroy, error);
    } else if (error) {
      errorOrDestroy(stream, error, true);
    } else {
      stream.emit(kConstruct);
    }
  }
  try {
    stream._construct((error) => { process.nextTick(onConstruct, error); });
  } catch (error) {
    process.nextTick(onConstruct, error);
  }
}

// Ends any stream, old ones too.
function destroyer(stream, error) {
  if (!stream || isDestroyed(stream)) return;
  if (!error && !finishedAlready(stream)) error = new AbortError();
  if (isServerRequest(stream)) {
    stream.socket = null;
    stream.destroy(error);
  } else if (typeof stream.destroy === 'function') {
    stream.destroy(error);
  } else if (typeof stream.close === 'function') {
    stream.close();
  }
  if (!stream.destroyed) stream[kDestroyed] = true;
}

function finishedAlready(stream) {
  const { isReadableFinished, isReadableNodeStream, isWritableFinished, isWritableNodeStream } =
    require('internal/streams/kinds');
  return (!isReadableNodeStream(stream) || isReadableFinished(stream) !== false) &&
    (!isWritableNodeStream(stream) || isWritableFinished(stream) !== false);
}

module.exports = { construct, destroy, destroyer, errorOrDestroy, undestroy };
