'use strict';

// `v8.promiseHooks`: functions that are called as promises come, run and settle.

const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');

const v8Binding = binding.v8;

const lists = { init: [], before: [], after: [], settled: [] };

// One function for all of a list; none where it is empty.
function combined(list) {
  if (list.length === 0) return undefined;
  if (list.length === 1) return list[0];
  const hooks = [...list];
  return (promise, parent) => {
    for (let i = 0; i < hooks.length; i++) hooks[i](promise, parent);
  };
}

function update() {
  const { init, before, after, settled } = lists;
  v8Binding.setPromiseHooks(combined(init), combined(before), combined(after), combined(settled));
}

function isPlainFunction(value) {
  const name = typeof value === 'function' ? Object.prototype.toString.call(value) : undefined;
  return name === '[object Function]';
}

function makeUse(kind) {
  return (hook) => {
    const list = lists[kind];
    // An asynchronous function would make promises itself, without end.
    if (!isPlainFunction(hook)) throw new ERR_INVALID_ARG_TYPE(`${kind}Hook`, 'function', hook);
    list.push(hook);
    update();
    return () => {
      const index = list.indexOf(hook);
      if (index === -1) return;
      list.splice(index, 1);
      update();
    };
  };
}

const onInit = makeUse('init');
const onBefore = makeUse('before');
const onAfter = makeUse('after');
const onSettled = makeUse('settled');

function createHook({ init, before, after, settled } = { __proto__: null }) {
  const stops = [];
  if (init) stops.push(onInit(init));
  if (before) stops.push(onBefore(before));
  if (after) stops.push(onAfter(after));
  if (settled) stops.push(onSettled(settled));
  return () => {
    for (const stop of stops) stop();
  };
}

module.exports = { createHook, onInit, onBefore, onAfter, onSettled };
