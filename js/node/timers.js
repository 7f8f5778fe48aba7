'use strict';

const { validateFunction } = require('internal/validators');
const internal = require('internal/timers');

const { Immediate, Timeout, clearImmediate, clearTimeout, startTimer } =
  internal;
const kPromisify = Symbol.for('nodejs.util.promisify.custom');

let promises;
function lazyPromises() {
  return promises ??= require('timers/promises');
}

function setTimeout(callback, after, ...args) {
  validateFunction(callback, 'callback');
  const timeout = new Timeout(
    callback, after, args.length > 0 ? args : undefined, false, true);
  startTimer(timeout, true);
  return timeout;
}

function setInterval(callback, repeat, ...args) {
  validateFunction(callback, 'callback');
  const timeout = new Timeout(
    callback, repeat, args.length > 0 ? args : undefined, true, true);
  startTimer(timeout, true);
  return timeout;
}

function clearInterval(timer) {
  // One pool of timers: each is cleared by either function.
  clearTimeout(timer);
}

function setImmediate(callback, ...args) {
  validateFunction(callback, 'callback');
  return new Immediate(callback, args.length > 0 ? args : undefined);
}

for (const [fn, name] of
  [[setTimeout, 'setTimeout'], [setImmediate, 'setImmediate']]) {
  Object.defineProperty(fn, kPromisify, {
    __proto__: null,
    enumerable: true,
    get() {
      return lazyPromises()[name];
    },
  });
}

module.exports = {
  setTimeout,
  clearTimeout,
  setImmediate,
  clearImmediate,
  setInterval,
  clearInterval,
};
Object.defineProperty(module.exports, 'promises', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  get: lazyPromises,
});
