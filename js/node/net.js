'use strict';

const { ObjectDefineProperty } = require('internal/primordials');
const { validateBoolean, validateInt32 } = require('internal/validators');
const { isIP, isIPv4, isIPv6 } = require('internal/net/addresses');
const { Socket } = require('internal/net/socket');
const { autoSelectDefaults, connect, normalizeArgs } = require('internal/net/connect');
const { Server, createServerHandle } = require('internal/net/server');

function createServer(options, connectionListener) {
  return new Server(options, connectionListener);
}

const getDefaultAutoSelectFamily = () => autoSelectDefaults().autoSelectFamily;
const getDefaultAutoSelectFamilyAttemptTimeout = () => autoSelectDefaults().attemptTimeout;

function setDefaultAutoSelectFamily(value) {
  validateBoolean(value, 'value');
  autoSelectDefaults().autoSelectFamily = value;
}

function setDefaultAutoSelectFamilyAttemptTimeout(value) {
  validateInt32(value, 'value', 1);
  autoSelectDefaults().attemptTimeout = value < 10 ? 10 : value;
}

module.exports = {
  _createServerHandle: createServerHandle,
  _normalizeArgs: normalizeArgs,
  _setSimultaneousAccepts() {},
  get BlockList() { return require('internal/net/block_list').BlockList; },
  get SocketAddress() { return require('internal/net/block_list').SocketAddress; },
  connect,
  createConnection: connect,
  createServer,
  isIP,
  isIPv4,
  isIPv6,
  Server,
  Socket,
  Stream: Socket,
  getDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout,
  setDefaultAutoSelectFamily,
  setDefaultAutoSelectFamilyAttemptTimeout,
};
