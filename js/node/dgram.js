'use strict';

const { ObjectDefineProperty } = require('internal/primordials');
const { deprecate } = require('internal/util');
const { createSocketHandle } = require('internal/dgram/handle');
const { Socket, healthCheck, kStateSymbol } = require('internal/dgram/socket');

function createSocket(type, listener) {
  return new Socket(type, listener);
}

// What was never meant to be public, with Node's warning.
const fields = {
  _handle: 'handle', _receiving: 'receiving', _bindState: 'bindState', _queue: 'queue', _reuseAddr: 'reuseAddr',
};
for (const name in fields) {
  const message = `Socket.prototype.${name} is deprecated`;
  ObjectDefineProperty(Socket.prototype, name, {
    __proto__: null,
    get: deprecate(function() { return this[kStateSymbol][fields[name]]; }, message, 'DEP0112'),
    set: deprecate(function(value) { this[kStateSymbol][fields[name]] = value; }, message, 'DEP0112'),
  });
}

Socket.prototype._healthCheck = deprecate(function() {
  healthCheck(this);
}, 'Socket.prototype._healthCheck() is deprecated', 'DEP0112');

Socket.prototype._stopReceiving = deprecate(function() {
  const state = this[kStateSymbol];
  if (!state.receiving) return;
  state.handle.recvStop();
  state.receiving = false;
}, 'Socket.prototype._stopReceiving() is deprecated', 'DEP0112');

module.exports = {
  createSocket,
  Socket,
};
ObjectDefineProperty(module.exports, '_createSocketHandle', {
  __proto__: null,
  enumerable: false,
  value: deprecate(createSocketHandle, 'dgram._createSocketHandle() is deprecated', 'DEP0112'),
});
