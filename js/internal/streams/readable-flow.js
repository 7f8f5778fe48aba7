'use strict';

// A Readable that flows.

const { ReflectApply } = require('internal/primordials');
const { prototype: { emit } } = require('events');
const { kCapture } = require('internal/events/capture');
const { errorOrDestroy } = require('internal/streams/destroy');

const kInFlow = Symbol('kInFlow');

// Gives chunks as long as there are any; `read` is `Readable.prototype.read`.
function flow(stream, read) {
  const state = stream._readableState;
  const outer = state[kInFlow];
  state[kInFlow] = true;
  try {
    while (state.flowing && (readNextChunk(stream, state, read) || stream.read() !== null));
  } finally {
    state[kInFlow] = outer;
  }
}

// `read()` where it is sure to give the first chunk of the buffer, and nothing has to be decided.
function readNextChunk(stream, state, read) {
  if (stream.read !== read || state.length === 0 || state.ended || state.reading || state.destroyed || state.errored !== null ||
      !state.constructed || state.multiAwaitDrain) {
    return false;
  }
  state.emittedReadable = false;
  if (state.needReadable || state.length - sizeOfFirst(state) < state.highWaterMark) {
    state.reading = true;
    state.sync = true;
    try {
      stream._read(state.highWaterMark);
    } catch (error) {
      errorOrDestroy(stream, error);
    }
    state.sync = false;
    // It may have read what there was.
    if (state.length === 0) return false;
  }
  const size = sizeOfFirst(state);
  const chunk = state.buffer[state.bufferIndex];
  dropFirst(state);
  state.length -= size;
  state.awaitDrainWriters = null;
  if (state.length === 0) {
    // It ends the stream.
    if (state.ended) stream.read(0);
    else state.needReadable = true;
  }
  if (!state.errorEmitted && !state.closeEmitted) {
    state.dataEmitted = true;
    emitData(stream, chunk);
  }
  return true;
}

// `stream.emit('data', chunk)`, without looking up the listeners by name where there is one.
function emitData(stream, chunk) {
  const listener = stream._events?.data;
  if (typeof listener === 'function' && stream.emit === emit && !stream[kCapture]) ReflectApply(listener, stream, [chunk]);
  else stream.emit('data', chunk);
}

function sizeOfFirst(state) {
  return state.objectMode ? 1 : state.buffer[state.bufferIndex].length;
}

// The array keeps its room for the next chunks.
function dropFirst(state) {
  const { buffer } = state;
  const index = state.bufferIndex;
  if (index === buffer.length - 1 && index === 0) {
    buffer.pop();
    return;
  }
  buffer[index] = null;
  if (index === buffer.length - 1) {
    state.buffer = [];
    state.bufferIndex = 0;
  } else if (index >= 1024) {
    buffer.splice(0, index + 1);
    state.bufferIndex = 0;
  } else {
    state.bufferIndex = index + 1;
  }
}

module.exports = { emitData, flow, kInFlow };
