'use strict';

// What the sides of `worker_threads` share: which thread this is, environment data, SHARE_ENV.

const { SafeMap, SymbolFor } = require('internal/primordials');

const kShareEnv = SymbolFor('nodejs.worker_threads.SHARE_ENV');

const state = {
  __proto__: null,
  isMainThread: true,
  threadId: 0,
  threadName: '',
  workerData: null,
  parentPort: null,
  resourceLimits: {},
};

let data = new SafeMap();

function setEnvironmentData(key, value) {
  if (value === undefined) data.delete(key);
  else data.set(key, value);
}

function getEnvironmentData(key) {
  return data.get(key);
}

module.exports = {
  environmentData: () => new Map(data),
  getEnvironmentData,
  kShareEnv,
  setEnvironmentData,
  state,
  takeEnvironmentData(given) { data = new SafeMap(given); },
};
