'use strict';
// Async ids, the stack of executing resources, hooks on resources made in
// JavaScript, and the async context that V8 carries through promises.

const asyncBinding = binding.async;
const processBinding = binding.process;

const { apply } = Reflect;
const kAsyncId = Symbol('asyncId');
const kTriggerId = Symbol('triggerId');
const kContextFrame = Symbol('kAsyncContextFrame');

// 1 is the main script; 0 is "no JavaScript is to blame".
const kMainId = 1;
let lastId = kMainId;
/** One entry a nested resource: its id, its trigger's, and itself. */
const executing = [];
const mainResource = {};

/** Enabled hooks; replaced, not changed, so that a round sees one list. */
let hooks = [];

function newAsyncId() {
  return ++lastId;
}

function executionAsyncId() {
  return executing.length > 0 ? executing.at(-1).asyncId : kMainId;
}

function triggerAsyncId() {
  return executing.length > 0 ? executing.at(-1).triggerAsyncId : 0;
}

function executionAsyncResource() {
  return executing.length > 0 ? executing.at(-1).resource : mainResource;
}

/** What a hook throws ends the process: it has no caller to go to. */
function fatalError(error) {
  const text = typeof error?.stack === 'string' ? error.stack : `${require('internal/util/inspect').inspect(error)}`;
  processBinding.write(2, `${text}\n`);
  process.exitCode = 1;
  process._exiting = true;
  process.reallyExit(1);
}

// `isPromise`: of a promise, which some hooks do not want to see.
function callHooks(name, args, isPromise = false) {
  const list = hooks;
  for (let i = 0; i < list.length; i++) {
    const hook = list[i];
    if (hook[name] === undefined || (isPromise && !hook.trackPromises)) continue;
    try {
      apply(hook[name], hook.owner, args);
    } catch (error) {
      fatalError(error);
    }
  }
}

function emitInit(asyncId, type, triggerId, resource) {
  if (hooks.length > 0) callHooks('init', [asyncId, type, triggerId, resource]);
}

function emitBefore(asyncId, triggerId, resource) {
  executing.push({ asyncId, triggerAsyncId: triggerId, resource });
  if (hooks.length > 0) callHooks('before', [asyncId]);
}

function emitAfter(asyncId) {
  if (hooks.length > 0) callHooks('after', [asyncId]);
  executing.pop();
}

function hooksEnabled() {
  return hooks.length > 0;
}

function wantsDestroy() {
  return hooks.length > 0 && hooks.some((hook) => hook.destroy !== undefined);
}

// Destroyed resources whose hooks are still to be told, in a turn of its own.
let destroyed = [];

function emitDestroy(asyncId) {
  if (!wantsDestroy()) return;
  destroyed.push(asyncId);
  if (destroyed.length === 1) require('internal/process/task_queues').nextTickUnhooked(tellDestroyed);
}

function tellDestroyed() {
  const list = destroyed;
  destroyed = [];
  for (let i = 0; i < list.length; i++) callHooks('destroy', [list[i]]);
}

/** Gives `resource` its ids and tells the hooks. What runs now has triggered it, unless told otherwise. */
function initAsyncResource(resource, type, triggerId = executionAsyncId()) {
  const asyncId = resource[kAsyncId] = newAsyncId();
  resource[kTriggerId] = triggerId;
  resource[kContextFrame] = currentFrame();
  emitInit(asyncId, type, triggerId, resource);
}

/**
 * Calls `fn` as `resource`: in its async context, with its ids. For callbacks of the loop: after an
 * error hooks see the end when the error has been handled (`clearExecuting`).
 */
function runInResource(resource, fn, thisArg, args) {
  const asyncId = resource[kAsyncId];
  const frame = resource[kContextFrame];
  const outer = currentFrame();
  if (frame !== outer) asyncBinding.setContinuationData(frame);
  emitBefore(asyncId, resource[kTriggerId], resource);
  let result;
  try {
    result = args === undefined ? apply(fn, thisArg, []) : apply(fn, thisArg, args);
  } finally {
    if (frame !== outer) asyncBinding.setContinuationData(outer);
  }
  emitAfter(asyncId);
  return result;
}

/** The same for a call whose errors somebody may catch. */
function runInAsyncScope(resource, fn, thisArg, args) {
  const asyncId = resource[kAsyncId];
  const frame = resource[kContextFrame];
  const outer = currentFrame();
  if (frame !== outer) asyncBinding.setContinuationData(frame);
  const depth = executing.length;
  emitBefore(asyncId, resource[kTriggerId], resource);
  try {
    return apply(fn, thisArg, args);
  } finally {
    if (executing.length > depth) emitAfter(asyncId);
    if (frame !== outer) asyncBinding.setContinuationData(outer);
  }
}

function enableHook(hook) {
  if (hooks.includes(hook)) return;
  hooks = [...hooks, hook];
  followPromises();
}

function disableHook(hook) {
  if (!hooks.includes(hook)) return;
  hooks = hooks.filter((other) => other !== hook);
  followPromises();
}

// ---- Promises ------------------------------------------------------------

let stopFollowing;

/** V8 tells of promises as long as a hook wants to know of them. */
function followPromises() {
  const wanted = hooks.some((hook) => hook.trackPromises);
  if (wanted === (stopFollowing !== undefined)) return;
  if (wanted) {
    stopFollowing = require('internal/v8/promise_hooks').createHook({
      init: onPromiseInit,
      before: onPromiseBefore,
      after: onPromiseAfter,
      settled: onPromiseSettled,
    });
  } else {
    stopFollowing();
    stopFollowing = undefined;
  }
}

/** A promise gets its ids when it is seen first, which may be late. */
function track(promise, parent) {
  if (promise[kAsyncId] !== undefined) return false;
  promise[kAsyncId] = newAsyncId();
  if (parent !== undefined) track(parent);
  promise[kTriggerId] = parent === undefined ? executionAsyncId() : parent[kAsyncId];
  return true;
}

function onPromiseInit(promise, parent) {
  track(promise, parent);
  callHooks('init', [promise[kAsyncId], 'PROMISE', promise[kTriggerId], promise], true);
  if (wantsDestroy()) destroyWhenCollected(promise);
}

function onPromiseBefore(promise) {
  track(promise);
  executing.push({ asyncId: promise[kAsyncId], triggerAsyncId: promise[kTriggerId], resource: promise });
  callHooks('before', [promise[kAsyncId]], true);
}

function onPromiseAfter(promise) {
  track(promise);
  callHooks('after', [promise[kAsyncId]], true);
  // The hooks may have come between the two.
  if (executionAsyncId() === promise[kAsyncId]) executing.pop();
}

function onPromiseSettled(promise) {
  track(promise);
  callHooks('promiseResolve', [promise[kAsyncId]], true);
}

// Resources whose `destroy` follows their collection. Made when needed: V8's startup blob holds no
// registry.
let collected;
function destroyWhenCollected(resource) {
  collected ??= new FinalizationRegistry(emitDestroy);
  collected.register(resource, resource[kAsyncId], resource);
}

function destroyNow(resource) {
  collected?.unregister(resource);
  emitDestroy(resource[kAsyncId]);
}

/** After an error that nothing caught: no resource is executing any more. */
function clearExecuting() {
  while (executing.length > 0) emitAfter(executing.at(-1).asyncId);
}

// ---- Async context -------------------------------------------------------

/** An immutable set of stores; V8 carries the current one. */
class AsyncContextFrame extends Map {
  constructor(outer, storage, value) {
    super(outer);
    this.set(storage, value);
  }
}

function currentFrame() {
  return asyncBinding.getContinuationData();
}

function setFrame(frame) {
  asyncBinding.setContinuationData(frame);
}

function exchangeFrame(frame) {
  const outer = currentFrame();
  setFrame(frame);
  return outer;
}

module.exports = {
  AsyncContextFrame,
  clearExecuting,
  currentFrame,
  destroyNow,
  destroyWhenCollected,
  disableHook,
  emitDestroy,
  emitInit,
  enableHook,
  exchangeFrame,
  executionAsyncId,
  executionAsyncResource,
  hooksEnabled,
  initAsyncResource,
  kAsyncId,
  kContextFrame,
  kTriggerId,
  newAsyncId,
  runInAsyncScope,
  runInResource,
  setFrame,
  triggerAsyncId,
  wantsDestroy,
};
