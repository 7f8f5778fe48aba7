'use strict';

// `pipe` and `unpipe` of a Readable.

const { errorOrDestroy } = require('internal/streams/destroy');
const { prependListener } = require('internal/streams/legacy');

function pipe(destination, options) {
  const source = this;
  const state = this._readableState;
  if (state.pipes.length === 1 && !state.multiAwaitDrain) {
    state.multiAwaitDrain = true;
    state.awaitDrainWriters = new Set(state.awaitDrainWriters ? [state.awaitDrainWriters] : []);
  }
  state.pipes.push(destination);
  const doEnd = (!options || options.end !== false) && destination !== process.stdout && destination !== process.stderr;
  const atEnd = doEnd ? onend : unpipe;
  if (state.endEmitted) process.nextTick(atEnd);
  else source.once('end', atEnd);
  destination.on('unpipe', onunpipe);
  let ondrain;
  let cleanedUp = false;

  function onunpipe(readable, info) {
    if (readable === source && info && info.hasUnpiped === false) {
      info.hasUnpiped = true;
      cleanup();
    }
  }
  function onend() {
    destination.end();
  }
  function cleanup() {
    destination.removeListener('close', onclose);
    destination.removeListener('finish', onfinish);
    if (ondrain) destination.removeListener('drain', ondrain);
    destination.removeListener('error', onerror);
    destination.removeListener('unpipe', onunpipe);
    source.removeListener('end', onend);
    source.removeListener('end', unpipe);
    source.removeListener('data', ondata);
    cleanedUp = true;
    if (ondrain && state.awaitDrainWriters &&
        (!destination._writableState || destination._writableState.needDrain)) {
      ondrain();
    }
  }
  function pause() {
    if (!cleanedUp) {
      if (state.pipes.length === 1 && state.pipes[0] === destination) {
        state.awaitDrainWriters = destination;
        state.multiAwaitDrain = false;
      } else if (state.pipes.length > 1 && state.pipes.includes(destination)) {
        state.awaitDrainWriters.add(destination);
      }
      source.pause();
    }
    if (!ondrain) {
      ondrain = pipeOnDrain(source, destination);
      destination.on('drain', ondrain);
    }
  }
  source.on('data', ondata);
  function ondata(chunk) {
    try {
      if (destination.write(chunk) === false) pause();
    } catch (error) {
      destination.destroy(error);
    }
  }
  function onerror(error) {
    unpipe();
    destination.removeListener('error', onerror);
    if (destination.listenerCount('error') === 0) {
      const other = destination._writableState || destination._readableState;
      if (other && !other.errorEmitted) errorOrDestroy(destination, error);
      else destination.emit('error', error);
    }
  }
  prependListener(destination, 'error', onerror);
  function onclose() {
    destination.removeListener('finish', onfinish);
    unpipe();
  }
  destination.once('close', onclose);
  function onfinish() {
    destination.removeListener('close', onclose);
    unpipe();
  }
  destination.once('finish', onfinish);
  function unpipe() {
    source.unpipe(destination);
  }
  destination.emit('pipe', source);
  if (destination.writableNeedDrain === true) pause();
  else if (!state.flowing) source.resume();
  return destination;
}

function pipeOnDrain(source, destination) {
  return function() {
    const state = source._readableState;
    if (state.awaitDrainWriters === destination) state.awaitDrainWriters = null;
    else if (state.multiAwaitDrain) state.awaitDrainWriters.delete(destination);
    if ((!state.awaitDrainWriters || state.awaitDrainWriters.size === 0) && source.listenerCount('data')) {
      source.resume();
    }
  };
}

function unpipe(destination) {
  const state = this._readableState;
  const info = { hasUnpiped: false };
  if (state.pipes.length === 0) return this;
  if (!destination) {
    const all = state.pipes;
    state.pipes = [];
    this.pause();
    for (const each of all) each.emit('unpipe', this, { hasUnpiped: false });
    return this;
  }
  const index = state.pipes.indexOf(destination);
  if (index === -1) return this;
  state.pipes.splice(index, 1);
  if (state.pipes.length === 0) this.pause();
  destination.emit('unpipe', this, info);
  return this;
}

module.exports = { pipe, unpipe };
