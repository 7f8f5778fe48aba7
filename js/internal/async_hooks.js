'use strict';
// Async ids, the stack of executing resources, hooks on resources made in
// JavaScript, and the async context that V8 carries through promises.

const asyncBinding = binding.async;

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
function callHooks(name, args) {
  for (const hook of hooks) {
    if (hook[name] !== undefined) apply(hook[name], hook, args);
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

function emitDestroy(asyncId) {
  if (wantsDestroy()) {
    process.nextTick(callHooks, 'destroy', [asyncId]);
  }
}

/** Gives `resource` its ids and tells the hooks. */
function initAsyncResource(resource, type) {
  const asyncId = resource[kAsyncId] = newAsyncId();
  const triggerId = resource[kTriggerId] = executionAsyncId();
  resource[kContextFrame] = currentFrame();
  emitInit(asyncId, type, triggerId, resource);
}

/** Calls `fn` as `resource`: in its async context, with its ids. */
function runInResource(resource, fn, thisArg, args) {
  const asyncId = resource[kAsyncId];
  const frame = resource[kContextFrame];
  const outer = currentFrame();
  if (frame !== outer) asyncBinding.setContinuationData(frame);
  emitBefore(asyncId, resource[kTriggerId], resource);
  try {
    return args === undefined ? apply(fn, thisArg, []) : apply(fn, thisArg, args);
  } finally {
    emitAfter(asyncId);
    if (frame !== outer) asyncBinding.setContinuationData(outer);
  }
}

function enableHook(hook) {
  if (!hooks.includes(hook)) hooks = [...hooks, hook];
}

function disableHook(hook) {
  hooks = hooks.filter((other) => other !== hook);
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
  currentFrame,
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
  runInResource,
  setFrame,
  triggerAsyncId,
  wantsDestroy,
};
