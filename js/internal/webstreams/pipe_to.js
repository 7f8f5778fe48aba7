'use strict';

// `pipeTo`.

const {
  ArrayPrototypePush, PromiseAll, PromisePrototypeThen, PromiseReject, PromiseWithResolvers, SafeArrayIterator,
} = require('internal/primordials');
const { AbortError, codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_STATE } } = require('internal/errors');
const { DOMException } = require('internal/domexception');
const { validateAbortSignal } = require('internal/validators');
const { kResolvedPromise, kState, nothing, setPromiseHandled } = require('internal/webstreams/util');
const { isReadableStream, readableStreamCancel, readableStreamDefaultReaderRead, readableStreamReaderRelease } =
  require('internal/webstreams/readable_core');
const { ReadableStreamDefaultReader } = require('internal/webstreams/readers');
const { isWritableStream, writableStreamAbort, writableStreamCloseQueuedOrInFlight } =
  require('internal/webstreams/writable_core');
const {
  WritableStreamDefaultWriter, writableStreamDefaultWriterCloseWithErrorPropagation,
  writableStreamDefaultWriterGetDesiredSize, writableStreamDefaultWriterRelease, writableStreamDefaultWriterWrite,
} = require('internal/webstreams/writablestream');

/** A pipe from its beginning to its end, which is `result`. */
class Pipe {
  #source;
  #destination;
  #reader;
  #writer;
  #signal;
  #onAbort;
  #isShuttingDown = false;
  #lastWrite = kResolvedPromise;
  #request;
  result = PromiseWithResolvers();

  constructor(source, destination, signal) {
    this.#source = source;
    this.#destination = destination;
    this.#signal = signal;
    this.#reader = new ReadableStreamDefaultReader(source);
    this.#writer = new WritableStreamDefaultWriter(destination);
    source[kState].disturbed = true;
    this.#request = {
      // Written in a microtask: the source's `enqueue` must not run the sink.
      chunk: (value) => {
        this.#lastWrite = PromisePrototypeThen(kResolvedPromise, () => this.#write(value));
        setPromiseHandled(this.#lastWrite);
      },
      close: nothing,
      error: nothing,
    };
  }

  start({ preventClose, preventAbort, preventCancel }) {
    const source = this.#source;
    const destination = this.#destination;
    const writer = this.#writer;
    if (this.#signal !== undefined && !this.#listen(preventAbort, preventCancel)) return;

    whenErrored(source, this.#reader, (error) => {
      this.#shutdown(preventAbort ? undefined : () => writableStreamAbort(destination, error), true, error);
    });
    whenErrored(destination, writer, (error) => {
      this.#shutdown(preventCancel ? undefined : () => readableStreamCancel(source, error), true, error);
    });
    whenClosed(source, this.#reader, () => {
      this.#shutdown(
        preventClose ? undefined : () => writableStreamDefaultWriterCloseWithErrorPropagation(writer), false, undefined);
    });
    if (writableStreamCloseQueuedOrInFlight(destination) || destination[kState].state === 'closed') {
      const error = new ERR_INVALID_STATE.TypeError('Destination WritableStream is closed');
      this.#shutdown(preventCancel ? undefined : () => readableStreamCancel(source, error), true, error);
    }
    this.#step();
  }

  /** Whether the signal has not been aborted yet. */
  #listen(preventAbort, preventCancel) {
    this.#onAbort = () => {
      const { reason } = this.#signal;
      // Node's own streams abort with an Error that is no DOMException.
      const error = reason instanceof AbortError ? new DOMException(reason.message, 'AbortError') : reason;
      this.#shutdown(() => {
        const actions = [];
        if (!preventAbort && this.#destination[kState].state === 'writable') {
          ArrayPrototypePush(actions, writableStreamAbort(this.#destination, error));
        }
        if (!preventCancel && this.#source[kState].state === 'readable') {
          ArrayPrototypePush(actions, readableStreamCancel(this.#source, error));
        }
        return PromiseAll(new SafeArrayIterator(actions));
      }, true, error);
    };
    if (this.#signal.aborted) {
      this.#onAbort();
      return false;
    }
    this.#signal.addEventListener('abort', this.#onAbort, { once: true });
    return true;
  }

  /** Reads the next chunk once the destination wants one. */
  #step() {
    if (this.#isShuttingDown) return;
    if (writableStreamDefaultWriterGetDesiredSize(this.#writer) > 0) {
      readableStreamDefaultReaderRead(this.#reader, this.#request);
    } else {
      PromisePrototypeThen(this.#writer[kState].ready.promise, () => { this.#step(); }, nothing);
    }
  }

  #write(value) {
    // Released where the destination failed meanwhile.
    if (this.#writer[kState].stream === undefined) return undefined;
    const written = writableStreamDefaultWriterWrite(this.#writer, value);
    this.#step();
    return written;
  }

  #shutdown(action, isError, error) {
    if (this.#isShuttingDown) return;
    this.#isShuttingDown = true;
    const rest = () => {
      if (action === undefined) {
        this.#finalize(isError, error);
        return;
      }
      PromisePrototypeThen(
        action(), () => { this.#finalize(isError, error); }, (failure) => { this.#finalize(true, failure); });
    };
    const { state } = this.#destination[kState];
    if (state === 'writable' && !writableStreamCloseQueuedOrInFlight(this.#destination)) this.#afterWrites(rest);
    else rest();
  }

  // What was read is written, and the last write is done after all others.
  #afterWrites(then) {
    const last = this.#lastWrite;
    const again = () => {
      if (last === this.#lastWrite) then();
      else this.#afterWrites(then);
    };
    PromisePrototypeThen(last, again, again);
  }

  #finalize(isError, error) {
    writableStreamDefaultWriterRelease(this.#writer);
    readableStreamReaderRelease(this.#reader);
    if (this.#onAbort !== undefined) this.#signal.removeEventListener('abort', this.#onAbort);
    if (isError) this.result.reject(error);
    else this.result.resolve();
  }
}

function whenErrored(stream, end, callback) {
  if (stream[kState].state === 'errored') callback(stream[kState].storedError);
  else PromisePrototypeThen(end[kState].closed.promise, undefined, callback);
}

function whenClosed(stream, end, callback) {
  if (stream[kState].state === 'closed') callback();
  else PromisePrototypeThen(end[kState].closed.promise, callback, nothing);
}

function readableStreamPipeTo(source, destination, preventClose, preventAbort, preventCancel, signal) {
  try {
    if (!isReadableStream(source)) throw new ERR_INVALID_ARG_TYPE('source', 'ReadableStream', source);
    if (!isWritableStream(destination)) throw new ERR_INVALID_ARG_TYPE('destination', 'WritableStream', destination);
    validateAbortSignal(signal, 'options.signal');
    const pipe = new Pipe(source, destination, signal);
    pipe.start({ preventClose, preventAbort, preventCancel });
    return pipe.result.promise;
  } catch (error) {
    return PromiseReject(error);
  }
}

module.exports = { readableStreamPipeTo };
