'use strict';

const { ObjectDefineProperties } = require('internal/primordials');
const { codes: { ERR_CLOSED_MESSAGE_PORT, ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');
const {
  BroadcastChannel, MessageChannel, MessagePort, portId, receiveMessageOnPort,
} = require('internal/worker/message_port');
const { setMode, untransferable } = require('internal/worker/transfer');
const { getEnvironmentData, kShareEnv, setEnvironmentData, state } = require('internal/worker/shared');
const { Worker } = require('internal/worker/worker');
const { postMessageToThread } = require('internal/worker/messaging');

function isObject(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function markAsUntransferable(object) {
  if (isObject(object)) untransferable.add(object);
}

function isMarkedAsUntransferable(object) {
  return isObject(object) && untransferable.has(object);
}

function markAsUncloneable(object) {
  if (isObject(object)) setMode(object, 0);
}

// There are no other contexts.
function moveMessagePortToContext(port) {
  if (port instanceof MessagePort && portId(port) === undefined) throw new ERR_CLOSED_MESSAGE_PORT();
  throw new ERR_METHOD_NOT_IMPLEMENTED('moveMessagePortToContext()');
}

module.exports = {
  MessagePort,
  MessageChannel,
  markAsUncloneable,
  markAsUntransferable,
  isMarkedAsUntransferable,
  moveMessagePortToContext,
  receiveMessageOnPort,
  SHARE_ENV: kShareEnv,
  Worker,
  BroadcastChannel,
  setEnvironmentData,
  getEnvironmentData,
  postMessageToThread,
};

// Known only once the thread runs.
function live(name) {
  return { __proto__: null, enumerable: true, configurable: true, get: () => state[name], set(value) { state[name] = value; } };
}
ObjectDefineProperties(module.exports, {
  isMainThread: live('isMainThread'),
  threadId: live('threadId'),
  threadName: live('threadName'),
  workerData: live('workerData'),
  parentPort: live('parentPort'),
  resourceLimits: live('resourceLimits'),
  isInternalThread: { __proto__: null, enumerable: true, configurable: true, writable: true, value: false },
});
