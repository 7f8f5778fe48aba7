'use strict';

// ReadableStreamDefaultReader, ReadableStreamBYOBReader, and the iterator of a stream.

const {
  ArrayBufferPrototypeGetByteLength, ArrayBufferPrototypeGetDetached, AsyncIteratorPrototype, MathTrunc, NumberIsFinite,
  ObjectDefineProperty, ObjectSetPrototypeOf, Promise, PromisePrototypeThen, PromiseReject, PromiseResolve,
  PromiseWithResolvers, SymbolToStringTag,
  TypedArrayPrototypeGetLength,
} = require('internal/primordials');
const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_STATE, ERR_INVALID_THIS, ERR_OUT_OF_RANGE },
} = require('internal/errors');
const { customInspectSymbol: kInspect, kEmptyObject } = require('internal/util');
const { kValidateObjectAllowObjectsAndNull, validateBuffer, validateObject } = require('internal/validators');
const { isArrayBuffer, isDataView } = require('internal/util/types');
const { Queue, customInspect, define, kState, viewBuffer, viewByteLength } = require('internal/webstreams/util');
const {
  isReadableStream, isReadableStreamBYOBReader, isReadableStreamDefaultReader, isReadableStreamLocked,
  readableStreamDefaultReaderRead, readableStreamReaderGenericCancel, readableStreamReaderGenericInitialize,
  readableStreamReaderRelease,
} = require('internal/webstreams/readable_core');
const { isReadableByteStreamController, readableByteStreamControllerPullInto } =
  require('internal/webstreams/byte_controller');

function notAttached() {
  return new ERR_INVALID_STATE.TypeError('The reader is not attached to a stream');
}

function checkStream(stream) {
  if (!isReadableStream(stream)) throw new ERR_INVALID_ARG_TYPE('stream', 'ReadableStream', stream);
  if (isReadableStreamLocked(stream)) throw new ERR_INVALID_STATE.TypeError('ReadableStream is locked');
}

/** Settles what `read` returned. */
class ReadRequest {
  constructor(resolve, reject) {
    this.resolve = resolve;
    this.error = reject;
  }

  chunk(value) {
    this.resolve({ done: false, value });
  }

  close(value) {
    this.resolve({ done: true, value });
  }
}

class ReadableStreamDefaultReader {
  constructor(stream) {
    checkStream(stream);
    this[kState] = { stream: undefined, closed: undefined, readRequests: new Queue() };
    readableStreamReaderGenericInitialize(this, stream);
  }

  get closed() {
    if (!isReadableStreamDefaultReader(this)) return PromiseReject(new ERR_INVALID_THIS('ReadableStreamDefaultReader'));
    return this[kState].closed.promise;
  }

  cancel(reason = undefined) {
    if (!isReadableStreamDefaultReader(this)) return PromiseReject(new ERR_INVALID_THIS('ReadableStreamDefaultReader'));
    if (this[kState].stream === undefined) return PromiseReject(notAttached());
    return readableStreamReaderGenericCancel(this, reason);
  }

  read() {
    if (!isReadableStreamDefaultReader(this)) return PromiseReject(new ERR_INVALID_THIS('ReadableStreamDefaultReader'));
    if (this[kState].stream === undefined) return PromiseReject(notAttached());
    return new Promise((resolve, reject) => {
      readableStreamDefaultReaderRead(this, new ReadRequest(resolve, reject));
    });
  }

  releaseLock() {
    if (!isReadableStreamDefaultReader(this)) throw new ERR_INVALID_THIS('ReadableStreamDefaultReader');
    if (this[kState].stream !== undefined) readableStreamReaderRelease(this);
  }

  [kInspect](depth, options) {
    return customInspect(this, depth, options, 'ReadableStreamDefaultReader', {
      stream: this[kState].stream,
      readRequests: this[kState].readRequests.length,
      close: this[kState].closed.promise,
    });
  }
}
define(ReadableStreamDefaultReader, ['closed', 'cancel', 'read', 'releaseLock']);

/** `min` of the options of `read`, as a WebIDL `unsigned long long`. */
function minimumOf(options) {
  validateObject(options, 'options', kValidateObjectAllowObjectsAndNull);
  const given = options?.min;
  if (given === undefined) return 1;
  const min = +given;
  if (!NumberIsFinite(min)) throw new ERR_INVALID_ARG_VALUE('options.min', given, 'must be an integer');
  if (MathTrunc(min) <= 0) throw new ERR_INVALID_ARG_VALUE('options.min', given, 'must be greater than 0');
  return MathTrunc(min);
}

class ReadableStreamBYOBReader {
  constructor(stream) {
    checkStream(stream);
    if (!isReadableByteStreamController(stream[kState].controller)) {
      throw new ERR_INVALID_ARG_VALUE('stream', stream, 'must be a byte stream');
    }
    this[kState] = { stream: undefined, closed: undefined, readIntoRequests: new Queue() };
    readableStreamReaderGenericInitialize(this, stream);
  }

  get closed() {
    if (!isReadableStreamBYOBReader(this)) return PromiseReject(new ERR_INVALID_THIS('ReadableStreamBYOBReader'));
    return this[kState].closed.promise;
  }

  cancel(reason = undefined) {
    if (!isReadableStreamBYOBReader(this)) return PromiseReject(new ERR_INVALID_THIS('ReadableStreamBYOBReader'));
    if (this[kState].stream === undefined) return PromiseReject(notAttached());
    return readableStreamReaderGenericCancel(this, reason);
  }

  async read(view, options = kEmptyObject) {
    if (!isReadableStreamBYOBReader(this)) throw new ERR_INVALID_THIS('ReadableStreamBYOBReader');
    validateBuffer(view, 'view');
    const buffer = viewBuffer(view);
    if (!isArrayBuffer(buffer)) {
      throw new ERR_INVALID_ARG_VALUE('view', view, 'must not be backed by a SharedArrayBuffer');
    }
    if (viewByteLength(view) === 0 || ArrayBufferPrototypeGetByteLength(buffer) === 0 ||
        ArrayBufferPrototypeGetDetached(buffer)) {
      throw new ERR_INVALID_STATE.TypeError('View or Viewed ArrayBuffer is zero-length or detached');
    }
    const min = minimumOf(options);
    if (isDataView(view)) {
      if (min > viewByteLength(view)) throw new ERR_OUT_OF_RANGE('options.min', '<= view.byteLength', min);
    } else if (min > TypedArrayPrototypeGetLength(view)) {
      throw new ERR_OUT_OF_RANGE('options.min', '<= view.length', min);
    }
    if (this[kState].stream === undefined) throw notAttached();
    return new Promise((resolve, reject) => {
      readableStreamBYOBReaderRead(this, view, min, new ReadRequest(resolve, reject));
    });
  }

  releaseLock() {
    if (!isReadableStreamBYOBReader(this)) throw new ERR_INVALID_THIS('ReadableStreamBYOBReader');
    if (this[kState].stream !== undefined) readableStreamReaderRelease(this);
  }

  [kInspect](depth, options) {
    return customInspect(this, depth, options, 'ReadableStreamBYOBReader', {
      stream: this[kState].stream,
      readIntoRequests: this[kState].readIntoRequests.length,
      close: this[kState].closed.promise,
    });
  }
}
define(ReadableStreamBYOBReader, ['closed', 'cancel', 'read', 'releaseLock']);

/** As for the other reader; `close(view)` gives the memory back, where there is any. */
function readableStreamBYOBReaderRead(reader, view, min, request) {
  const { stream } = reader[kState];
  const state = stream[kState];
  state.disturbed = true;
  if (state.state === 'errored') request.error(state.storedError);
  else readableByteStreamControllerPullInto(state.controller, view, min, request);
}

// ---- Iteration -----------------------------------------------------------

let isIterator;

/** One call after the other: each waits for the one before it. */
class ReadableStreamAsyncIterator {
  #reader;
  #preventCancel;
  #ongoing = undefined;
  #isFinished = false;

  constructor(reader, preventCancel) {
    this.#reader = reader;
    this.#preventCancel = preventCancel;
  }

  next() {
    if (!isIterator(this)) return PromiseReject(new ERR_INVALID_THIS('ReadableStreamAsyncIterator'));
    return this.#after(() => this.#next());
  }

  return(value) {
    if (!isIterator(this)) return PromiseReject(new ERR_INVALID_THIS('ReadableStreamAsyncIterator'));
    return PromisePrototypeThen(this.#after(() => this.#return(value)), () => ({ done: true, value }));
  }

  #after(step) {
    this.#ongoing = this.#ongoing === undefined ? step() : PromisePrototypeThen(this.#ongoing, step, step);
    return this.#ongoing;
  }

  #next() {
    if (this.#isFinished) return PromiseResolve({ done: true, value: undefined });
    const reader = this.#reader;
    if (reader[kState].stream === undefined) {
      return PromiseReject(new ERR_INVALID_STATE.TypeError('The reader is not bound to a ReadableStream'));
    }
    const { promise, resolve, reject } = PromiseWithResolvers();
    readableStreamDefaultReaderRead(reader, {
      chunk(value) { resolve({ done: false, value }); },
      close: () => {
        this.#finish();
        resolve({ done: true, value: undefined });
      },
      error: (error) => {
        this.#finish();
        reject(error);
      },
    });
    // A step later, as the standard has it, so that the source may be asked again before what follows.
    return PromisePrototypeThen(promise, (result) => result);
  }

  #return(value) {
    if (this.#isFinished) return PromiseResolve();
    const reader = this.#reader;
    if (reader[kState].stream === undefined) {
      return PromiseReject(new ERR_INVALID_STATE.TypeError('The reader is not bound to a ReadableStream'));
    }
    const canceled = this.#preventCancel ? PromiseResolve() : readableStreamReaderGenericCancel(reader, value);
    this.#finish();
    return canceled;
  }

  #finish() {
    this.#isFinished = true;
    readableStreamReaderRelease(this.#reader);
  }

  static {
    isIterator = (value) => typeof value === 'object' && value !== null && #reader in value;
  }
}
ObjectSetPrototypeOf(ReadableStreamAsyncIterator.prototype, AsyncIteratorPrototype);
delete ReadableStreamAsyncIterator.prototype.constructor;
for (const name of ['next', 'return']) {
  ObjectDefineProperty(ReadableStreamAsyncIterator.prototype, name, { __proto__: null, enumerable: true });
}
ObjectDefineProperty(ReadableStreamAsyncIterator.prototype, SymbolToStringTag, {
  __proto__: null, value: 'ReadableStreamAsyncIterator', configurable: true,
});

/** What `for await` walks over; locks the stream. */
function iterate(stream, preventCancel) {
  return new ReadableStreamAsyncIterator(new ReadableStreamDefaultReader(stream), preventCancel);
}

module.exports = { ReadableStreamBYOBReader, ReadableStreamDefaultReader, iterate, readableStreamBYOBReaderRead };
