'use strict';

// The nextTick queue and its turns with V8's microtask queue, in Node's order: all ticks, then all
// microtasks, again until both are empty, then rejections that nobody handled.

const { validateFunction } = require('internal/validators');
const { processPromiseRejections, hasRejections } = require('internal/process/promises');

const asyncHooks = require('internal/async_hooks');

const asyncBinding = binding.async;
const processBinding = binding.process;

// Taken when first needed: `process` needs this file.
let process;

// A ring of ticks: [callback, args, context] triples, so that a tick costs no object of its own.
let queue = [];
let head = 0;

function nextTick(callback, ...args) {
  validateFunction(callback, 'callback');
  process ??= require('process');
  if (process._exiting) return;
  if (asyncHooks.hooksEnabled()) {
    queue.push(runHooked, [new TickObject(callback, args), callback, args], undefined);
    return;
  }
  queue.push(callback, args.length === 0 ? undefined : args, asyncBinding.getContinuationData());
}

// For hooks to see.
class TickObject {
  constructor(callback, args) {
    this.callback = callback;
    this.args = args;
    asyncHooks.initAsyncResource(this, 'TickObject');
  }
}

function runHooked(resource, callback, args) {
  try {
    asyncHooks.runInResource(resource, callback, undefined, args);
  } finally {
    asyncHooks.emitDestroy(resource[asyncHooks.kAsyncId]);
  }
}

// A tick that hooks do not see.
function nextTickUnhooked(callback) {
  queue.push(callback, undefined, undefined);
}

// Called by the event loop after each call into JavaScript, and after an exception that a handler
// took: it goes on where the tick that threw left the queue. Stack traces of Node's name it.
function processTicksAndRejections() {
  do {
    while (head < queue.length) {
      const callback = queue[head];
      const args = queue[head + 1];
      const context = queue[head + 2];
      queue[head] = queue[head + 1] = queue[head + 2] = undefined;
      head += 3;
      if (context !== undefined) asyncBinding.setContinuationData(context);
      try {
        if (args === undefined) callback();
        else Reflect.apply(callback, undefined, args);
      } finally {
        if (context !== undefined) asyncBinding.setContinuationData(undefined);
      }
      if (head >= 3 * 1024 && head >= queue.length / 2) {
        queue = queue.slice(head);
        head = 0;
      }
    }
    queue.length = 0;
    head = 0;
    processBinding.runMicrotasks();
  } while (head < queue.length || (hasRejections() && processPromiseRejections()) || head < queue.length);
}

// Between two timers or immediates.
function runNextTicks() {
  if (queue.length === 0 && !hasRejections()) processBinding.runMicrotasks();
  if (queue.length !== 0 || hasRejections()) processTicksAndRejections();
}

function queueMicrotask(callback) {
  validateFunction(callback, 'callback');
  if (asyncHooks.hooksEnabled()) {
    const { AsyncResource } = require('async_hooks');
    const resource = new AsyncResource('Microtask', { requireManualDestroy: true });
    const hooked = callback;
    callback = () => {
      try {
        resource.runInAsyncScope(hooked);
      } finally {
        resource.emitDestroy();
      }
    };
  }
  processBinding.enqueueMicrotask(() => {
    try {
      callback();
    } catch (error) {
      processBinding.reportUncaught(error, false);
    }
  });
}

exports.nextTick = nextTick;
exports.nextTickUnhooked = nextTickUnhooked;
exports.processTicksAndRejections = processTicksAndRejections;
exports.runNextTicks = runNextTicks;
exports.queueMicrotask = queueMicrotask;
