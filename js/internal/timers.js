'use strict';
// Timers. One native timer serves them all: timers of one duration expire in
// the order in which they were started, so each duration has a list, and a
// heap of lists knows which expires next. Names of properties and of classes
// are Node's: a heap snapshot shows them.

const { inspect } = require('internal/util/inspect');
const { append, init, peek: first, remove: unlink } =
  require('internal/linkedlist');
const { validateFunction } = require('internal/validators');
const {
  emitDestroy,
  initAsyncResource,
  kAsyncId,
  runInResource,
} = require('internal/async_hooks');

const timersBinding = binding.timers;

const kInspect = Symbol.for('nodejs.util.inspect.custom');
const kRefed = Symbol('refed');
const kHasPrimitive = Symbol('kHasPrimitive');

/** The longest delay: 2^31-1 ms, about 25 days. */
const TIMEOUT_MAX = 2 ** 31 - 1;

// `internal/process/task_queues` is loaded late: it is the engine's, and it
// may in turn want timers.
let taskQueues;
function runNextTicks() {
  taskQueues ??= require('internal/process/task_queues');
  taskQueues.runNextTicks();
}

function inspectShallow(_, options) {
  return inspect(this, {
    ...options,
    // Its neighbours in the list are of no interest.
    depth: 0,
    customInspect: false,
  });
}

class TimersList {
  constructor(expiry, msecs) {
    init(this);
    this.expiry = expiry;
    this.id = listCount++;
    this.msecs = msecs;
    this.priorityQueuePosition = null;
  }
}
Object.defineProperty(TimersList.prototype, kInspect,
                      { __proto__: null, value: inspectShallow });
let listCount = Number.MIN_SAFE_INTEGER;

/** A binary heap of timer lists by expiry, then by age. */
class PriorityQueue {
  #heap = [];

  peek() {
    return this.#heap[0];
  }

  insert(list) {
    this.#heap.push(list);
    this.#up(this.#heap.length - 1);
  }

  remove(list) {
    const position = list.priorityQueuePosition;
    const last = this.#heap.pop();
    list.priorityQueuePosition = null;
    if (last === list) return;
    this.#place(last, position);
    this.#down(position);
    this.#up(last.priorityQueuePosition);
  }

  /** `list` expires later now. */
  postponed(list) {
    this.#down(list.priorityQueuePosition);
  }

  #place(list, position) {
    this.#heap[position] = list;
    list.priorityQueuePosition = position;
  }

  #up(position) {
    const list = this.#heap[position];
    while (position > 0) {
      const parent = (position - 1) >> 1;
      if (!isBefore(list, this.#heap[parent])) break;
      this.#place(this.#heap[parent], position);
      position = parent;
    }
    this.#place(list, position);
  }

  #down(position) {
    const heap = this.#heap;
    const list = heap[position];
    for (;;) {
      let child = 2 * position + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) {
        ++child;
      }
      if (!isBefore(heap[child], list)) break;
      this.#place(heap[child], position);
      position = child;
    }
    this.#place(list, position);
  }
}

function isBefore(a, b) {
  return a.expiry === b.expiry ? a.id < b.id : a.expiry < b.expiry;
}

const timerListQueue = new PriorityQueue();
/** Lists by duration in ms. */
const timerListMap = { __proto__: null };
/** Timers that a program turned into a number. */
const knownTimersById = { __proto__: null };
/** When the native timer is due, in ms of the loop's clock. */
let nextExpiry = Infinity;
let timeoutRefs = 0;

function refTimer() {
  if (timeoutRefs++ === 0) timersBinding.toggleTimerRef(true);
}

function unrefTimer() {
  if (--timeoutRefs === 0) timersBinding.toggleTimerRef(false);
}

let warnedNegative = false;
let warnedNaN = false;

function checkedDelay(after) {
  after = after === undefined ? 1 : after * 1;
  if (after >= 1 && after <= TIMEOUT_MAX) return after;
  if (after > TIMEOUT_MAX) {
    process.emitWarning(
      `${after} does not fit into a 32-bit signed integer.` +
      '\nTimeout duration was set to 1.', 'TimeoutOverflowWarning');
  } else if (after < 0 && !warnedNegative) {
    warnedNegative = true;
    process.emitWarning(
      `${after} is a negative number.\nTimeout duration was set to 1.`,
      'TimeoutNegativeWarning');
  } else if (Number.isNaN(after) && !warnedNaN) {
    warnedNaN = true;
    process.emitWarning(
      `${after} is not a number.\nTimeout duration was set to 1.`,
      'TimeoutNaNWarning');
  }
  return 1;
}

class Timeout {
  constructor(callback, after, args, isRepeat, isRefed) {
    after = checkedDelay(after);
    this._idleTimeout = after;
    this._idlePrev = this;
    this._idleNext = this;
    this._idleStart = null;
    // Set after, so that V8 keeps it as a plain field for every function.
    this._onTimeout = null;
    this._onTimeout = callback;
    this._timerArgs = args;
    this._repeat = isRepeat ? after : null;
    this._destroyed = false;
    if (isRefed) refTimer();
    this[kRefed] = isRefed;
    this[kHasPrimitive] = false;
    initAsyncResource(this, 'Timeout');
  }

  refresh() {
    start(this, Boolean(this[kRefed]));
    return this;
  }

  unref() {
    if (this[kRefed]) {
      if (!this._destroyed) unrefTimer();
      this[kRefed] = false;
    }
    return this;
  }

  ref() {
    if (this[kRefed] === false) {
      if (!this._destroyed) refTimer();
      this[kRefed] = true;
    }
    return this;
  }

  hasRef() {
    return this[kRefed];
  }

  close() {
    clearTimer(this);
    return this;
  }

  [Symbol.dispose]() {
    clearTimer(this);
  }

  [Symbol.toPrimitive]() {
    const id = this[kAsyncId];
    if (!this[kHasPrimitive]) {
      this[kHasPrimitive] = true;
      knownTimersById[id] = this;
    }
    return id;
  }
}
Object.defineProperty(Timeout.prototype, kInspect,
                      { __proto__: null, value: inspectShallow });

/** Puts `timer` at the end of its duration's list. */
function insert(timer, msecs, from) {
  msecs = Math.trunc(msecs);
  timer._idleStart = from;
  let list = timerListMap[msecs];
  if (list === undefined) {
    const expiry = from + msecs;
    list = timerListMap[msecs] = new TimersList(expiry, msecs);
    timerListQueue.insert(list);
    if (nextExpiry > expiry) {
      timersBinding.scheduleTimer(msecs);
      nextExpiry = expiry;
    }
  }
  append(list, timer);
}

/** Starts or restarts `timer`; one that has fired comes to life again. */
function start(timer, refed) {
  const msecs = timer._idleTimeout;
  if (msecs === undefined || msecs < 0) return;
  insert(timer, msecs, timersBinding.getLibuvNow());
  if (timer._destroyed) {
    timer._destroyed = false;
    initAsyncResource(timer, 'Timeout');
    if (refed) refTimer();
  } else if (refed !== Boolean(timer[kRefed])) {
    if (refed) {
      refTimer();
    } else {
      unrefTimer();
    }
  }
  timer[kRefed] = refed;
}

function dropList(list) {
  timerListQueue.remove(list);
  delete timerListMap[list.msecs];
}

/** The timer is over: nothing calls it, nothing waits for it. */
function finish(timer) {
  timer._destroyed = true;
  if (timer[kHasPrimitive]) delete knownTimersById[timer[kAsyncId]];
  if (timer[kRefed]) unrefTimer();
  emitDestroy(timer[kAsyncId]);
}

function clearTimer(timer) {
  timer._onTimeout = null;
  if (timer._destroyed) return;
  unlink(timer);
  const list = timerListMap[Math.trunc(timer._idleTimeout)];
  if (list !== undefined && first(list) === null) dropList(list);
  finish(timer);
  // A later `refresh` does not bring it back.
  timer._idleTimeout = -1;
}

function clearTimeout(timer) {
  if (timer?._onTimeout) {
    clearTimer(timer);
  } else if (typeof timer === 'number' || typeof timer === 'string') {
    const known = knownTimersById[timer];
    if (known !== undefined) clearTimer(known);
  }
}

/**
 * Calls what is due at `now` (ms of the loop's clock).
 *
 * Returns when it is to be called next, in ms of that clock: 0 is never, a
 * negative time means that only timers without a reference are left. If a
 * callback throws, the lists are whole, and it has to be called again.
 */
function processTimers(now) {
  nextExpiry = Infinity;
  let ran = false;
  let list;
  while ((list = timerListQueue.peek()) !== undefined) {
    if (list.expiry > now) {
      // Perhaps due meanwhile, for callbacks take their time: what else waits in the loop goes first.
      nextExpiry = list.expiry;
      return timeoutRefs > 0 ? nextExpiry : -nextExpiry;
    }
    if (ran) runNextTicks();
    ran = true;
    runList(list, now);
  }
  return 0;
}

function runList(list, now) {
  const { msecs } = list;
  let ran = false;
  let timer;
  while ((timer = first(list)) !== null) {
    if (now - timer._idleStart < msecs) {
      list.expiry = Math.max(timer._idleStart + msecs, now + 1);
      list.id = listCount++;
      timerListQueue.postponed(list);
      return;
    }
    if (ran) runNextTicks();
    ran = true;
    // A tick may have cleared it, and with it the list.
    if (first(list) !== timer) continue;
    unlink(timer);
    if (timer._onTimeout) {
      fire(timer);
    } else if (!timer._destroyed) {
      finish(timer);
    }
  }
  // A callback may have dropped the list, and begun another of its duration.
  if (timerListMap[msecs] === list) dropList(list);
}

function fire(timer) {
  const from = timer._repeat ? timersBinding.getLibuvNow() : 0;
  try {
    runInResource(timer, timer._onTimeout, timer, timer._timerArgs);
  } finally {
    if (timer._repeat && timer._idleTimeout !== -1) {
      timer._idleTimeout = timer._repeat;
      insert(timer, timer._idleTimeout, from);
    } else if (!timer._idleNext && !timer._idlePrev && !timer._destroyed) {
      finish(timer);
    }
  }
}

// ---- Immediates ----------------------------------------------------------

class ImmediateList {
  constructor() {
    init(this);
  }

  /** Takes over all items of `other`, which is empty afterwards. */
  take(other) {
    if (first(other) === null) return;
    this._idleNext = other._idleNext;
    this._idlePrev = other._idlePrev;
    this._idleNext._idlePrev = this;
    this._idlePrev._idleNext = this;
    init(other);
  }
}

const immediateQueue = new ImmediateList();
/** What the round under way has still to run. */
const outstandingQueue = new ImmediateList();
let immediateRefs = 0;

class Immediate {
  constructor(callback, args) {
    this._idleNext = null;
    this._idlePrev = null;
    this._onImmediate = callback;
    this._argv = args;
    this._destroyed = false;
    this[kRefed] = false;
    initAsyncResource(this, 'Immediate');
    this.ref();
    append(immediateQueue, this);
  }

  ref() {
    if (this[kRefed] === false) {
      this[kRefed] = true;
      if (immediateRefs++ === 0) timersBinding.toggleImmediateRef(true);
    }
    return this;
  }

  unref() {
    if (this[kRefed] === true) {
      this[kRefed] = false;
      dropImmediateRef();
    }
    return this;
  }

  hasRef() {
    return Boolean(this[kRefed]);
  }

  [Symbol.dispose]() {
    clearImmediate(this);
  }
}
Object.defineProperty(Immediate.prototype, kInspect,
                      { __proto__: null, value: inspectShallow });

function dropImmediateRef() {
  if (--immediateRefs === 0) timersBinding.toggleImmediateRef(false);
}

function endImmediate(immediate) {
  immediate._destroyed = true;
  if (immediate[kRefed]) dropImmediateRef();
  immediate[kRefed] = null;
  unlink(immediate);
}

function clearImmediate(immediate) {
  if (!immediate?._onImmediate || immediate._destroyed) return;
  endImmediate(immediate);
  immediate._onImmediate = null;
  emitDestroy(immediate[kAsyncId]);
}

/** An immediate threw, so that the rest of its round is still to run. */
let roundBroken = false;

/**
 * Runs the immediates that were there when the round began. If one throws, it
 * has to be called again for the rest.
 */
function processImmediate() {
  if (!roundBroken) outstandingQueue.take(immediateQueue);
  roundBroken = true;
  let ran = false;
  let immediate;
  while ((immediate = first(outstandingQueue)) !== null) {
    if (ran) {
      runNextTicks();
      // A tick may have cleared it.
      if (immediate._destroyed) continue;
    }
    ran = true;
    const { _onImmediate: callback, _argv: args } = immediate;
    endImmediate(immediate);
    try {
      runInResource(immediate, callback, immediate, args);
    } finally {
      immediate._onImmediate = null;
      emitDestroy(immediate[kAsyncId]);
    }
  }
  roundBroken = false;
}

/** A timer for built-in modules, which does not keep the program alive. */
function setUnrefTimeout(callback, after) {
  validateFunction(callback, 'callback');
  const timer = new Timeout(callback, after, undefined, false, false);
  start(timer, false);
  return timer;
}

/** What keeps the loop alive here, one name each, for `process.getActiveResourcesInfo()`. */
function activeResources() {
  return [...Array(timeoutRefs).fill('Timeout'), ...Array(immediateRefs).fill('Immediate')];
}

module.exports = {
  Immediate,
  Timeout,
  activeResources,
  clearImmediate,
  clearTimeout,
  /** Where sockets and HTTP/2's sessions and streams have their idle timer. */
  kTimeout: Symbol('timeout'),
  processImmediate,
  processTimers,
  setUnrefTimeout,
  startTimer: start,
};
