'use strict';

// `tee`: two streams of what one gives. What comes from the source is handed on in a microtask, so
// that an error of the source that is there already comes first.

const { PromisePrototypeThen, PromiseWithResolvers } = require('internal/primordials');
const { structuredClone } = require('internal/structured_clone');
const {
  cloneAsUint8Array, kBare, kResolvedPromise, kState, nothing, one,
} = require('internal/webstreams/util');
const { readableStreamCancel, readableStreamDefaultReaderRead, readableStreamReaderRelease } =
  require('internal/webstreams/readable_core');
const { ReadableStreamBYOBReader, ReadableStreamDefaultReader, readableStreamBYOBReaderRead } =
  require('internal/webstreams/readers');
const {
  readableStreamDefaultControllerClose, readableStreamDefaultControllerEnqueue, readableStreamDefaultControllerError,
  setupReadableStreamDefaultController,
} = require('internal/webstreams/default_controller');
const {
  isReadableByteStreamController, readableByteStreamControllerClose, readableByteStreamControllerEnqueue,
  readableByteStreamControllerError, readableByteStreamControllerRespond,
  readableByteStreamControllerRespondWithNewView, setupReadableByteStreamController,
} = require('internal/webstreams/byte_controller');

/** What both kinds have in common: the source is canceled once both branches are. */
class Tee {
  isCanceled = [false, false];
  reasons = [undefined, undefined];
  branches = [];
  reading = false;
  canceled = PromiseWithResolvers();

  constructor(stream) {
    this.stream = stream;
  }

  cancel(index, reason) {
    this.isCanceled[index] = true;
    this.reasons[index] = reason;
    if (this.isCanceled[1 - index]) this.canceled.resolve(readableStreamCancel(this.stream, this.reasons));
    return this.canceled.promise;
  }

  controller(index) {
    return this.branches[index][kState].controller;
  }

  /** Fails both branches. */
  fail(reason, errorController) {
    errorController(this.controller(0), reason);
    errorController(this.controller(1), reason);
    if (!this.isCanceled[0] || !this.isCanceled[1]) this.canceled.resolve();
  }
}

function readableStreamTee(stream, cloneForBranch2) {
  if (isReadableByteStreamController(stream[kState].controller)) return teeBytes(stream);
  return teeValues(stream, cloneForBranch2);
}

function newStream() {
  const { ReadableStream } = require('internal/webstreams/readablestream');
  return new ReadableStream(kBare);
}

function teeValues(stream, cloneForBranch2) {
  const reader = new ReadableStreamDefaultReader(stream);
  const tee = new Tee(stream);
  let readAgain = false;

  function forward(value) {
    readAgain = false;
    let other = value;
    if (!tee.isCanceled[1] && cloneForBranch2) {
      try {
        other = structuredClone(value);
      } catch (error) {
        readableStreamDefaultControllerError(tee.controller(0), error);
        readableStreamDefaultControllerError(tee.controller(1), error);
        tee.canceled.resolve(readableStreamCancel(stream, error));
        return;
      }
    }
    if (!tee.isCanceled[0]) readableStreamDefaultControllerEnqueue(tee.controller(0), value);
    if (!tee.isCanceled[1]) readableStreamDefaultControllerEnqueue(tee.controller(1), other);
    tee.reading = false;
    if (readAgain) pull();
  }

  const request = {
    chunk(value) {
      PromisePrototypeThen(kResolvedPromise, () => { forward(value); });
    },
    close() {
      tee.reading = false;
      for (let i = 0; i < 2; i++) {
        if (!tee.isCanceled[i]) readableStreamDefaultControllerClose(tee.controller(i));
      }
      if (!tee.isCanceled[0] || !tee.isCanceled[1]) tee.canceled.resolve();
    },
    error() { tee.reading = false; },
  };

  function pull() {
    if (tee.reading) {
      readAgain = true;
    } else {
      tee.reading = true;
      readableStreamDefaultReaderRead(reader, request);
    }
    return kResolvedPromise;
  }

  for (let i = 0; i < 2; i++) {
    tee.branches[i] = newStream();
    setupReadableStreamDefaultController(
      tee.branches[i], { start: nothing, pull, cancel: (reason) => tee.cancel(i, reason) }, 1, one);
  }
  PromisePrototypeThen(reader[kState].closed.promise, undefined, (reason) => {
    tee.fail(reason, readableStreamDefaultControllerError);
  });
  return tee.branches;
}

function teeBytes(stream) {
  const tee = new Tee(stream);
  const readAgain = [false, false];
  let reader = new ReadableStreamDefaultReader(stream);

  // The source is read as the branch that pulls wants it: into its memory, or as it comes.
  function readWith(Reader) {
    if (reader instanceof Reader) return;
    readableStreamReaderRelease(reader);
    reader = new Reader(stream);
    watch(reader);
  }

  function watch(current) {
    PromisePrototypeThen(current[kState].closed.promise, undefined, (reason) => {
      if (current === reader) tee.fail(reason, readableByteStreamControllerError);
    });
  }

  /** A copy of `chunk`; undefined where there cannot be one, which ends all. */
  function copyOf(chunk) {
    try {
      return cloneAsUint8Array(chunk);
    } catch (error) {
      readableByteStreamControllerError(tee.controller(0), error);
      readableByteStreamControllerError(tee.controller(1), error);
      tee.canceled.resolve(readableStreamCancel(stream, error));
      return undefined;
    }
  }

  function readNext() {
    tee.reading = false;
    if (readAgain[0]) pull(0);
    else if (readAgain[1]) pull(1);
  }

  const defaultRequest = {
    chunk(chunk) {
      PromisePrototypeThen(kResolvedPromise, () => {
        readAgain[0] = readAgain[1] = false;
        let other = chunk;
        if (!tee.isCanceled[0] && !tee.isCanceled[1]) {
          other = copyOf(chunk);
          if (other === undefined) return;
        }
        if (!tee.isCanceled[0]) readableByteStreamControllerEnqueue(tee.controller(0), chunk);
        if (!tee.isCanceled[1]) readableByteStreamControllerEnqueue(tee.controller(1), other);
        readNext();
      });
    },
    close() {
      tee.reading = false;
      for (let i = 0; i < 2; i++) {
        if (!tee.isCanceled[i]) readableByteStreamControllerClose(tee.controller(i));
      }
      for (let i = 0; i < 2; i++) {
        if (tee.controller(i)[kState].pendingPullIntos.length > 0) readableByteStreamControllerRespond(tee.controller(i), 0);
      }
      if (!tee.isCanceled[0] || !tee.isCanceled[1]) tee.canceled.resolve();
    },
    error() { tee.reading = false; },
  };

  /** Reads into the memory of branch `index`; the other one gets a copy. */
  function pullInto(index, view) {
    const own = tee.controller(index);
    const other = tee.controller(1 - index);
    readWith(ReadableStreamBYOBReader);
    readableStreamBYOBReaderRead(reader, view, 1, {
      chunk(chunk) {
        PromisePrototypeThen(kResolvedPromise, () => {
          readAgain[0] = readAgain[1] = false;
          const ownCanceled = tee.isCanceled[index];
          if (!tee.isCanceled[1 - index]) {
            const copy = copyOf(chunk);
            if (copy === undefined) return;
            if (!ownCanceled) readableByteStreamControllerRespondWithNewView(own, chunk);
            readableByteStreamControllerEnqueue(other, copy);
          } else if (!ownCanceled) {
            readableByteStreamControllerRespondWithNewView(own, chunk);
          }
          readNext();
        });
      },
      close(chunk) {
        tee.reading = false;
        const ownCanceled = tee.isCanceled[index];
        const otherCanceled = tee.isCanceled[1 - index];
        if (!ownCanceled) readableByteStreamControllerClose(own);
        if (!otherCanceled) readableByteStreamControllerClose(other);
        if (chunk !== undefined) {
          if (!ownCanceled) readableByteStreamControllerRespondWithNewView(own, chunk);
          if (!otherCanceled && other[kState].pendingPullIntos.length > 0) readableByteStreamControllerRespond(other, 0);
        }
        if (!ownCanceled || !otherCanceled) tee.canceled.resolve();
      },
      error() { tee.reading = false; },
    });
  }

  function pull(index) {
    if (tee.reading) {
      readAgain[index] = true;
      return kResolvedPromise;
    }
    tee.reading = true;
    const request = tee.controller(index).byobRequest;
    if (request === null) {
      readWith(ReadableStreamDefaultReader);
      readableStreamDefaultReaderRead(reader, defaultRequest);
    } else {
      pullInto(index, request[kState].view);
    }
    return kResolvedPromise;
  }

  for (let i = 0; i < 2; i++) {
    tee.branches[i] = newStream();
    setupReadableByteStreamController(
      tee.branches[i],
      { start: nothing, pull: () => pull(i), cancel: (reason) => tee.cancel(i, reason) }, 0, undefined);
  }
  watch(reader);
  return tee.branches;
}

module.exports = { readableStreamTee };
