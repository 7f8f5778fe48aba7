'use strict';

// `dgram.Socket`.

const {
  ArrayIsArray, ArrayPrototypePush, FunctionPrototypeBind, ObjectSetPrototypeOf, Symbol, SymbolAsyncDispose,
  SymbolDispose,
} = require('internal/primordials');
const EventEmitter = require('events');
const {
  ErrnoException, ExceptionWithHostPort,
  codes: {
    ERR_BUFFER_OUT_OF_BOUNDS, ERR_INVALID_ARG_TYPE, ERR_INVALID_FD_TYPE, ERR_IP_BLOCKED, ERR_MISSING_ARGS,
    ERR_SOCKET_ALREADY_BOUND, ERR_SOCKET_BAD_BUFFER_SIZE, ERR_SOCKET_BUFFER_SIZE,
    ERR_SOCKET_DGRAM_IS_CONNECTED, ERR_SOCKET_DGRAM_NOT_CONNECTED, ERR_SOCKET_DGRAM_NOT_RUNNING,
  },
} = require('internal/errors');
const {
  isInt32, validateAbortSignal, validateNumber, validatePort, validateString, validateUint32,
} = require('internal/validators');
const { isArrayBufferView } = require('internal/util/types');
const { isIP } = require('internal/net/addresses');
const { RECEIVE, SEND, SendWrap, guessHandleType, newHandle } = require('internal/dgram/handle');

const kStateSymbol = Symbol('state symbol');

const UNBOUND = 0;
const BINDING = 1;
const BOUND = 2;
const DISCONNECTED = 0;
const CONNECTING = 1;
const CONNECTED = 2;

const IPV6_ONLY = 1;
const REUSE_ADDRESS = 4;
const REUSE_PORT = 8;

let socketChannel;

function Socket(type, listener) {
  EventEmitter.call(this);
  let options;
  if (type !== null && typeof type === 'object') {
    options = type;
    type = options.type;
    const { recvBufferSize, sendBufferSize } = options;
    if (recvBufferSize) validateUint32(recvBufferSize, 'options.recvBufferSize');
    if (sendBufferSize) validateUint32(sendBufferSize, 'options.sendBufferSize');
  }
  const handle = newHandle(type, options?.lookup);
  handle.owner = this;
  this.type = type;
  if (typeof listener === 'function') this.on('message', listener);
  this[kStateSymbol] = {
    handle,
    receiving: false,
    bindState: UNBOUND,
    connectState: DISCONNECTED,
    queue: undefined,
    reuseAddr: options?.reuseAddr,
    reusePort: options?.reusePort,
    ipv6Only: options?.ipv6Only,
    recvBufferSize: options?.recvBufferSize,
    sendBufferSize: options?.sendBufferSize,
    receiveBlockList: blockListOf(options, 'receiveBlockList'),
    sendBlockList: blockListOf(options, 'sendBlockList'),
  };
  closeOnAbort(this, options?.signal);
  socketChannel ??= require('diagnostics_channel').channel('udp.socket');
  if (socketChannel.hasSubscribers) socketChannel.publish({ socket: this });
}
ObjectSetPrototypeOf(Socket.prototype, EventEmitter.prototype);
ObjectSetPrototypeOf(Socket, EventEmitter);

function blockListOf(options, name) {
  const list = options?.[name];
  if (!list) return undefined;
  if (!require('internal/net/block_list').BlockList.isBlockList(list)) {
    throw new ERR_INVALID_ARG_TYPE(`options.${name}`, 'net.BlockList', list);
  }
  return list;
}

function closeOnAbort(socket, signal) {
  if (signal === undefined) return;
  validateAbortSignal(signal, 'options.signal');
  const onAborted = () => {
    if (socket[kStateSymbol].handle) socket.close();
  };
  if (signal.aborted) {
    onAborted();
    return;
  }
  const disposable = EventEmitter.addAbortListener(signal, onAborted);
  socket.once('close', () => disposable[SymbolDispose]());
}

function healthCheck(socket) {
  if (!socket[kStateSymbol].handle) throw new ERR_SOCKET_DGRAM_NOT_RUNNING();
  return socket[kStateSymbol].handle;
}

/** What the system says of an option, thrown where it refuses. */
function checked(status, syscall) {
  if (status) throw new ErrnoException(status, syscall);
}

// ---- Binding ---------------------------------------------------------------

function startListening(socket) {
  const state = socket[kStateSymbol];
  state.handle.onmessage = onMessage;
  state.handle.recvStart();
  state.receiving = true;
  state.bindState = BOUND;
  if (state.recvBufferSize) bufferSize(socket, state.recvBufferSize, RECEIVE);
  if (state.sendBufferSize) bufferSize(socket, state.sendBufferSize, SEND);
  socket.emit('listening');
}

function takeHandle(socket, handle) {
  const state = socket[kStateSymbol];
  const old = state.handle;
  handle.lookup = old.lookup;
  handle.bind = old.bind;
  handle.send = old.send;
  handle.connect = old.connect;
  handle.owner = socket;
  old.close();
  state.handle = handle;
}

function bindDescriptor(socket, fd) {
  const state = socket[kStateSymbol];
  const type = guessHandleType(fd);
  if (type !== 'UDP') throw new ERR_INVALID_FD_TYPE(type);
  checked(state.handle.open(fd), 'open');
  startListening(socket);
}

Socket.prototype.bind = function(port_, address_) {
  let port = port_;
  healthCheck(this);
  const state = this[kStateSymbol];
  if (state.bindState !== UNBOUND) throw new ERR_SOCKET_ALREADY_BOUND();
  state.bindState = BINDING;
  const callback = arguments.length > 0 && arguments[arguments.length - 1];
  if (typeof callback === 'function') onceListening(this, callback);

  if (port !== null && typeof port === 'object' && typeof port.recvStart === 'function') {
    takeHandle(this, port);
    startListening(this);
    return this;
  }
  if (port !== null && typeof port === 'object' && isInt32(port.fd) && port.fd > 0) {
    bindDescriptor(this, port.fd);
    return this;
  }
  let address;
  if (port !== null && typeof port === 'object') {
    address = port.address || '';
    port = port.port;
  } else {
    address = typeof address_ === 'function' ? '' : address_;
  }
  if (!address) address = this.type === 'udp4' ? '0.0.0.0' : '::';

  state.handle.lookup(address, (error, ip) => {
    // Closed meanwhile.
    if (!state.handle) return;
    let refused = error;
    if (!refused) {
      let flags = 0;
      if (state.reuseAddr) flags |= REUSE_ADDRESS;
      if (state.ipv6Only) flags |= IPV6_ONLY;
      if (state.reusePort) flags |= REUSE_PORT;
      const status = state.handle.bind(ip, port || 0, flags);
      if (status) refused = new ExceptionWithHostPort(status, 'bind', ip, port);
    }
    if (refused) {
      state.bindState = UNBOUND;
      this.emit('error', refused);
      return;
    }
    startListening(this);
  });
  return this;
};

function onceListening(socket, callback) {
  function forget() {
    socket.removeListener('error', forget);
    socket.removeListener('listening', onListening);
  }
  function onListening() {
    forget();
    callback.call(socket);
  }
  socket.on('error', forget);
  socket.on('listening', onListening);
}

/** For when it is bound. */
function enqueue(socket, work) {
  const state = socket[kStateSymbol];
  if (state.queue !== undefined) {
    ArrayPrototypePush(state.queue, work);
    return;
  }
  state.queue = [work];
  const onError = () => {
    socket.removeListener('listening', onListening);
    state.queue = undefined;
  };
  function onListening() {
    socket.removeListener(EventEmitter.errorMonitor, onError);
    const { queue } = state;
    state.queue = undefined;
    for (let i = 0; i < queue.length; i++) queue[i]();
  }
  socket.once(EventEmitter.errorMonitor, onError);
  socket.once('listening', onListening);
}

// ---- Connecting ------------------------------------------------------------

Socket.prototype.connect = function(port, address, callback) {
  port = validatePort(port, 'Port', false);
  if (typeof address === 'function') {
    callback = address;
    address = '';
  } else if (address === undefined) {
    address = '';
  }
  validateString(address, 'address');
  const state = this[kStateSymbol];
  if (state.connectState !== DISCONNECTED) throw new ERR_SOCKET_DGRAM_IS_CONNECTED();
  state.connectState = CONNECTING;
  if (state.bindState === UNBOUND) this.bind({ port: 0, exclusive: true }, null);
  if (state.bindState !== BOUND) enqueue(this, () => connectNow(this, port, address, callback));
  else connectNow(this, port, address, callback);
};

function connectNow(socket, port, address, callback) {
  const state = socket[kStateSymbol];
  if (callback) socket.once('connect', callback);
  state.handle.lookup(address, (error, ip) => {
    if (!state.handle) return;
    let refused = error;
    if (!refused && state.sendBlockList?.check(ip, `ipv${isIP(ip)}`)) refused = new ERR_IP_BLOCKED(ip);
    if (!refused) {
      const status = state.handle.connect(ip, port);
      if (status) refused = new ExceptionWithHostPort(status, 'connect', address, port);
    }
    if (!refused) {
      state.connectState = CONNECTED;
      process.nextTick(() => socket.emit('connect'));
      return;
    }
    state.connectState = DISCONNECTED;
    process.nextTick(() => {
      if (callback) {
        socket.removeListener('connect', callback);
        callback(refused);
      } else {
        socket.emit('error', refused);
      }
    });
  });
}

Socket.prototype.disconnect = function() {
  const state = this[kStateSymbol];
  if (state.connectState !== CONNECTED) throw new ERR_SOCKET_DGRAM_NOT_CONNECTED();
  checked(state.handle.disconnect(), 'connect');
  state.connectState = DISCONNECTED;
};

// ---- Sending and receiving -------------------------------------------------

const BUFFER_TYPES = ['Buffer', 'TypedArray', 'DataView', 'string'];

function viewOf(value) {
  if (typeof value === 'string') return require('buffer').Buffer.from(value);
  return isArrayBufferView(value) ? value : undefined;
}

function part(buffer, offset, length) {
  const view = viewOf(buffer);
  if (view === undefined) throw new ERR_INVALID_ARG_TYPE('buffer', BUFFER_TYPES, buffer);
  offset >>>= 0;
  length >>>= 0;
  if (offset > view.byteLength) throw new ERR_BUFFER_OUT_OF_BOUNDS('offset');
  if (offset + length > view.byteLength) throw new ERR_BUFFER_OUT_OF_BOUNDS('length');
  return require('buffer').Buffer.from(view.buffer, view.byteOffset + offset, length);
}

function listOf(buffer) {
  if (!ArrayIsArray(buffer)) {
    const view = viewOf(buffer);
    if (view === undefined) throw new ERR_INVALID_ARG_TYPE('buffer', BUFFER_TYPES, buffer);
    return [view];
  }
  const list = [];
  for (let i = 0; i < buffer.length; i++) {
    const view = viewOf(buffer[i]);
    if (view === undefined) throw new ERR_INVALID_ARG_TYPE('buffer list arguments', BUFFER_TYPES, buffer);
    ArrayPrototypePush(list, view);
  }
  return list;
}

// `send(data, [offset, length,] [port, [address,]] [callback])`
Socket.prototype.send = function(buffer, offset, length, port, address, callback) {
  const state = this[kStateSymbol];
  const connected = state.connectState === CONNECTED;
  if (!connected) {
    if (address || (port && typeof port !== 'function')) {
      buffer = part(buffer, offset, length);
    } else {
      callback = port;
      port = offset;
      address = length;
    }
  } else {
    if (typeof length === 'number') {
      buffer = part(buffer, offset, length);
      if (typeof port === 'function') {
        callback = port;
        port = null;
      }
    } else {
      callback = offset;
    }
    if (port || address) throw new ERR_SOCKET_DGRAM_IS_CONNECTED();
  }
  const list = listOf(buffer);
  if (!connected) port = validatePort(port, 'Port', false);
  if (typeof callback !== 'function') callback = undefined;
  if (typeof address === 'function') {
    callback = address;
    address = undefined;
  } else if (address != null) {
    validateString(address, 'address');
  }
  healthCheck(this);
  if (state.bindState === UNBOUND) this.bind({ port: 0, exclusive: true }, null);
  if (list.length === 0) ArrayPrototypePush(list, require('buffer').Buffer.alloc(0));
  if (state.bindState !== BOUND) {
    enqueue(this, FunctionPrototypeBind(this.send, this, list, port, address, callback));
    return;
  }
  const go = (error, ip) => sendNow(this, { error, ip, list, address, port, callback });
  if (connected) go(null, null);
  else state.handle.lookup(address, go);
};

Socket.prototype.sendto = function(buffer, offset, length, port, address, callback) {
  validateNumber(offset, 'offset');
  validateNumber(length, 'length');
  validateNumber(port, 'port');
  validateString(address, 'address');
  this.send(buffer, offset, length, port, address, callback);
};

function sendNow(socket, { error, ip, list, address, port, callback }) {
  const state = socket[kStateSymbol];
  if (error) {
    if (callback) process.nextTick(callback, error);
    else process.nextTick(() => socket.emit('error', error));
    return;
  }
  if (!state.handle) return;
  if (ip && state.sendBlockList?.check(ip, `ipv${isIP(ip)}`)) {
    if (callback) process.nextTick(callback, new ERR_IP_BLOCKED(ip));
    return;
  }
  const request = new SendWrap();
  request.list = list;
  request.address = address;
  request.port = port;
  if (callback) {
    request.callback = callback;
    request.oncomplete = (status, sent) => {
      if (status < 0) callback(new ExceptionWithHostPort(status, 'send', address, port));
      else callback(null, sent);
    };
  }
  const status = port ?
    state.handle.send(request, list, list.length, port, ip, Boolean(callback)) :
    state.handle.send(request, list, list.length, Boolean(callback));
  if (!callback) return;
  // The count and 1: it has gone out.
  if (status >= 1) process.nextTick(callback, null, status - 1);
  else if (status < 0) process.nextTick(callback, new ExceptionWithHostPort(status, 'send', address, port));
}

function onMessage(count, handle, buffer, from) {
  const socket = handle.owner;
  if (count < 0) {
    socket.emit('error', new ErrnoException(count, 'recvmsg'));
    return;
  }
  const { receiveBlockList } = socket[kStateSymbol];
  if (receiveBlockList?.check(from.address, from.family === 'IPv6' ? 'ipv6' : 'ipv4')) return;
  from.size = buffer.length;
  socket.emit('message', buffer, from);
}

// ---- The end ---------------------------------------------------------------

Socket.prototype.close = function(callback) {
  const state = this[kStateSymbol];
  const { queue } = state;
  if (typeof callback === 'function') this.on('close', callback);
  if (queue !== undefined) {
    ArrayPrototypePush(queue, () => this.close());
    return this;
  }
  const handle = healthCheck(this);
  state.receiving = false;
  handle.close();
  state.handle = null;
  process.nextTick(() => this.emit('close'));
  return this;
};

Socket.prototype[SymbolAsyncDispose] = async function() {
  if (!this[kStateSymbol].handle) return;
  await new Promise((resolve) => this.close(resolve));
};

// ---- Names and options -----------------------------------------------------

Socket.prototype.address = function() {
  const name = {};
  checked(healthCheck(this).getsockname(name), 'getsockname');
  return name;
};

Socket.prototype.remoteAddress = function() {
  const handle = healthCheck(this);
  if (this[kStateSymbol].connectState !== CONNECTED) throw new ERR_SOCKET_DGRAM_NOT_CONNECTED();
  const name = {};
  checked(handle.getpeername(name), 'getpeername');
  return name;
};

Socket.prototype.setBroadcast = function(on) {
  checked(healthCheck(this).setBroadcast(on ? 1 : 0), 'setBroadcast');
};

Socket.prototype.setTTL = function(ttl) {
  validateNumber(ttl, 'ttl');
  checked(healthCheck(this).setTTL(ttl), 'setTTL');
  return ttl;
};

Socket.prototype.setMulticastTTL = function(ttl) {
  validateNumber(ttl, 'ttl');
  checked(healthCheck(this).setMulticastTTL(ttl), 'setMulticastTTL');
  return ttl;
};

Socket.prototype.setMulticastLoopback = function(on) {
  checked(healthCheck(this).setMulticastLoopback(on ? 1 : 0), 'setMulticastLoopback');
  return on;
};

Socket.prototype.setMulticastInterface = function(interfaceAddress) {
  const handle = healthCheck(this);
  validateString(interfaceAddress, 'interfaceAddress');
  checked(handle.setMulticastInterface(interfaceAddress), 'setMulticastInterface');
};

function membershipOf(name) {
  return { [name](multicastAddress, interfaceAddress) {
    const handle = healthCheck(this);
    if (!multicastAddress) throw new ERR_MISSING_ARGS('multicastAddress');
    checked(handle[name](multicastAddress, interfaceAddress), name);
  } }[name];
}

function sourceMembershipOf(name) {
  return { [name](sourceAddress, groupAddress, interfaceAddress) {
    const handle = healthCheck(this);
    validateString(sourceAddress, 'sourceAddress');
    validateString(groupAddress, 'groupAddress');
    checked(handle[name](sourceAddress, groupAddress, interfaceAddress), name);
  } }[name];
}

Socket.prototype.addMembership = membershipOf('addMembership');
Socket.prototype.dropMembership = membershipOf('dropMembership');
Socket.prototype.addSourceSpecificMembership = sourceMembershipOf('addSourceSpecificMembership');
Socket.prototype.dropSourceSpecificMembership = sourceMembershipOf('dropSourceSpecificMembership');

function bufferSize(socket, size, receives) {
  if (size >>> 0 !== size) throw new ERR_SOCKET_BAD_BUFFER_SIZE();
  const context = {};
  const result = socket[kStateSymbol].handle.bufferSize(size, receives, context);
  if (result === undefined) throw new ERR_SOCKET_BUFFER_SIZE(context);
  return result;
}

Socket.prototype.setRecvBufferSize = function(size) { bufferSize(this, size, RECEIVE); };
Socket.prototype.setSendBufferSize = function(size) { bufferSize(this, size, SEND); };
Socket.prototype.getRecvBufferSize = function() { return bufferSize(this, 0, RECEIVE); };
Socket.prototype.getSendBufferSize = function() { return bufferSize(this, 0, SEND); };
Socket.prototype.getSendQueueSize = function() { return this[kStateSymbol].handle.getSendQueueSize(); };
Socket.prototype.getSendQueueCount = function() { return this[kStateSymbol].handle.getSendQueueCount(); };

Socket.prototype.ref = function() {
  this[kStateSymbol].handle?.ref();
  return this;
};

Socket.prototype.unref = function() {
  this[kStateSymbol].handle?.unref();
  return this;
};

module.exports = { Socket, healthCheck, kStateSymbol };
