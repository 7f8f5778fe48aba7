'use strict';

// `net.Socket`: a duplex stream over a handle (`Pipe`, `TCP`, `PathSocket`), which is there from the
// beginning (a child's stdio, a connection that a server has taken) or after `connect()`.

const {
  ArrayPrototypeMap, NumberIsFinite, NumberIsNaN, ObjectDefineProperties, ObjectSetPrototypeOf, ReflectApply, Symbol,
} = require('internal/primordials');
const { Duplex } = require('internal/streams/duplex');
const {
  ErrnoException, genericNodeError,
  codes: {
    ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_FD_TYPE, ERR_OUT_OF_RANGE, ERR_SOCKET_CLOSED,
    ERR_SOCKET_CLOSED_BEFORE_CONNECTION,
  },
} = require('internal/errors');
const { FastBuffer } = require('internal/buffer');
const { validateFunction, validateInt32, validateNumber } = require('internal/validators');
const { isUint8Array } = require('internal/util/types');
const { Pipe, UV_EOF } = require('internal/net/pipe');

const EBADF = -9;
const EPIPE = -32;

const kState = Symbol('kState');

function handleOf(options) {
  if (options.handle) return options.handle;
  if (options.fd === undefined) return null;
  validateInt32(options.fd, 'fd', 0);
  const kind = require('internal/net/native').kind(options.fd);
  let handle;
  let status;
  if (kind === 'tcp' || kind === 'path') {
    const { PathSocket, SOCKET, TCP } = require('internal/net/tcp');
    handle = kind === 'tcp' ? new TCP(SOCKET) : new PathSocket(SOCKET);
    status = handle.adopt(options.fd);
  } else {
    handle = new Pipe();
    status = handle.open(options.fd);
  }
  if (status === -1) throw new ERR_INVALID_FD_TYPE('FILE');
  if (status < 0) throw new ErrnoException(status, 'open');
  return handle;
}

function refuseObjectMode(options) {
  const names = ['objectMode', 'readableObjectMode', 'writableObjectMode'];
  for (let i = 0; i < names.length; i++) {
    if (options[names[i]]) {
      throw new ERR_INVALID_ARG_VALUE(`options.${names[i]}`, options[names[i]], 'is not supported');
    }
  }
}

function Socket(options) {
  if (!(this instanceof Socket)) return new Socket(options);
  if (typeof options === 'number') options = { fd: options };
  else options = { ...options };
  refuseObjectMode(options);
  let keepAliveDelay = options.keepAliveInitialDelay;
  if (keepAliveDelay !== undefined) {
    validateNumber(keepAliveDelay, 'options.keepAliveInitialDelay');
    if (keepAliveDelay < 0) keepAliveDelay = 0;
  }

  this.connecting = false;
  this._hadError = false;
  this._parent = null;
  this._host = null;
  this._handle = null;
  this._closeAfterHandlingError = false;
  const handle = handleOf(options);
  Duplex.call(this, {
    ...options,
    allowHalfOpen: Boolean(options.allowHalfOpen),
    // 'close' comes when the descriptor is closed.
    emitClose: false,
    autoDestroy: true,
    decodeStrings: true,
  });
  this[kState] = {
    idle: undefined,
    reading: false,
    bytesRead: 0,
    bytesWritten: 0,
    lastQueueSize: 0,
    // Bytes that the handle counts and the stream still does.
    given: 0,
    // Asked for before there is a handle.
    noDelay: Boolean(options.noDelay),
    keepAlive: Boolean(options.keepAlive),
    keepAliveDelay: keepAliveDelay === undefined ? 0 : ~~(keepAliveDelay / 1000),
    onread: onreadOf(options.onread),
    rest: undefined,
    tos: undefined,
    reset: false,
    sockname: undefined,
    peername: undefined,
  };
  this.on('end', onReadableEnd);
  if (options.blockList) {
    if (!require('internal/net/block_list').BlockList.isBlockList(options.blockList)) {
      throw new ERR_INVALID_ARG_TYPE('options.blockList', 'net.BlockList', options.blockList);
    }
    this.blockList = options.blockList;
  }
  if (handle !== null) {
    takeHandle(this, handle);
    if (options.readable === false || options.manualStart) return;
    if (options.pauseOnCreate) this.readableFlowing = false;
    else this.read(0);
  }
}
ObjectSetPrototypeOf(Socket.prototype, Duplex.prototype);
ObjectSetPrototypeOf(Socket, Duplex);

function onreadOf(onread) {
  if (onread === null || typeof onread !== 'object') return undefined;
  const { buffer, callback } = onread;
  if (typeof callback !== 'function' || !(isUint8Array(buffer) || typeof buffer === 'function')) return undefined;
  return isUint8Array(buffer) ? { buffer, callback } : { buffer: buffer(), make: buffer, callback };
}

function takeHandle(socket, handle) {
  socket._handle = handle;
  handle.owner = socket;
  handle.onread = (result) => onRead(socket, result);
}

function onReadableEnd() {
  // Nobody reads what would still be written.
  if (!this.allowHalfOpen) this.write = writeAfterEnd;
}

function writeAfterEnd(chunk, encoding, callback) {
  // Not yet: what is written at the other's end goes out first.
  if (!this.writableEnded) return Duplex.prototype.write.call(this, chunk, encoding, callback);
  if (typeof encoding === 'function') callback = encoding;
  const error = genericNodeError('This socket has been ended by the other party', { code: 'EPIPE' });
  if (typeof callback === 'function') process.nextTick(callback, error);
  this.destroy(error);
  return false;
}

// ---- Reading ---------------------------------------------------------------

function onRead(socket, result) {
  const state = socket[kState];
  touch(socket);
  if (typeof result !== 'number') {
    const wanted = state.onread === undefined ?
      socket.push(new FastBuffer(result)) : intoBuffer(socket, new FastBuffer(result));
    if (!wanted) stopReading(socket);
    return;
  }
  state.reading = false;
  if (result !== UV_EOF) {
    socket.destroy(new ErrnoException(result, 'read'));
    return;
  }
  // Only now: destroyed earlier, it would emit 'end' no more.
  socket.push(null);
  socket.read(0);
}

/** Copies to the buffer that the user gave, as often as it takes; false where they want a pause. */
function intoBuffer(socket, bytes) {
  const { onread } = socket[kState];
  while (bytes.length > 0) {
    const { buffer } = onread;
    const size = buffer.length < bytes.length ? buffer.length : bytes.length;
    if (size === 0) return true;
    buffer.set(bytes.subarray(0, size));
    bytes = bytes.subarray(size);
    const wanted = ReflectApply(onread.callback, socket, [size, buffer]) !== false && socket[kState].reading;
    if (onread.make !== undefined) onread.buffer = onread.make();
    if (socket.destroyed) return true;
    if (!wanted) {
      socket[kState].rest = bytes.length > 0 ? bytes : undefined;
      return false;
    }
  }
  return true;
}

function stopReading(socket) {
  socket[kState].reading = false;
  const status = socket._handle?.readStop();
  if (status < 0) socket.destroy(new ErrnoException(status, 'read'));
}

function startReading(socket) {
  const state = socket[kState];
  if (state.rest !== undefined) {
    const { rest } = state;
    state.rest = undefined;
    if (!intoBuffer(socket, rest)) return;
    if (!socket._handle) return;
  }
  state.reading = true;
  const status = socket._handle.readStart();
  if (status < 0) {
    state.reading = false;
    socket.destroy(new ErrnoException(status, 'read'));
  }
}

Socket.prototype._read = function(size) {
  if (this.connecting || !this._handle) this.once('connect', () => this._read(size));
  else if (!this[kState].reading) startReading(this);
};

Socket.prototype.read = function(size) {
  // A socket with `onread` has nothing in its own buffer.
  if (this[kState]?.onread !== undefined && !this.connecting && this._handle && !this[kState].reading) {
    startReading(this);
  }
  return Duplex.prototype.read.call(this, size);
};

Socket.prototype.pause = function() {
  if (this[kState].onread !== undefined && !this.connecting && this._handle && this[kState].reading &&
      !this.destroyed) {
    stopReading(this);
  }
  return Duplex.prototype.pause.call(this);
};

Socket.prototype.resume = function() {
  if (this[kState].onread !== undefined && !this.connecting && this._handle && !this[kState].reading) {
    startReading(this);
  }
  return Duplex.prototype.resume.call(this);
};

// ---- Writing ---------------------------------------------------------------

function writeBytes(socket, bytes, callback) {
  const state = socket[kState];
  if (socket.connecting) {
    function onConnect() {
      socket.removeListener('close', onClose);
      writeBytes(socket, bytes, callback);
    }
    function onClose() {
      socket.removeListener('connect', onConnect);
      callback(new ERR_SOCKET_CLOSED_BEFORE_CONNECTION());
    }
    socket.once('connect', onConnect);
    socket.once('close', onClose);
    return;
  }
  touch(socket);
  const handle = socket._handle;
  if (!handle) {
    callback(new ERR_SOCKET_CLOSED());
    return;
  }
  const status = handle.write(bytes, (result) => {
    state.given = 0;
    touch(socket);
    if (result < 0) callback(socket.destroyed ? null : new ErrnoException(result, 'write'));
    else callback();
  });
  if (status < 0) {
    callback(new ErrnoException(status, 'write'));
  } else if (status === 0) {
    callback();
  } else {
    state.given = bytes.length;
    state.lastQueueSize = handle.writeQueueSize;
  }
}

Socket.prototype._write = function(chunk, encoding, callback) {
  writeBytes(this, chunk, callback);
};

Socket.prototype._writev = function(chunks, callback) {
  const { Buffer } = require('buffer');
  writeBytes(this, Buffer.concat(ArrayPrototypeMap(chunks, ({ chunk }) => chunk)), callback);
};

Socket.prototype._final = function(callback) {
  if (this.connecting) {
    this.once('connect', () => this._final(callback));
    return;
  }
  if (!this._handle) {
    callback();
    return;
  }
  // The other end may have closed first, or it is a pipe of one direction.
  const status = this._handle.shutdown(() => callback());
  if (status < 0) callback(status === EBADF || status === EPIPE ? undefined : new ErrnoException(status, 'shutdown'));
};

Socket.prototype.end = function(data, encoding, callback) {
  Duplex.prototype.end.call(this, data, encoding, callback);
  return this;
};

// ---- The end ---------------------------------------------------------------

Socket.prototype._destroy = function(error, callback) {
  this.connecting = false;
  for (let socket = this; socket !== null && socket !== undefined; socket = socket._parent) clearIdle(socket);
  const state = this[kState];
  const handle = this._handle;
  if (handle) {
    const hadError = Boolean(error);
    state.bytesRead = handle.bytesRead;
    state.bytesWritten = handle.bytesWritten;
    this._handle = null;
    handle.onread = null;
    this._sockname = undefined;
    const closed = () => this.emit('close', hadError);
    if (state.reset && typeof handle.reset === 'function') {
      const status = handle.reset(closed);
      if (status < 0) {
        handle.close(closed);
        this.emit('error', new ErrnoException(status, 'reset'));
      }
    } else {
      handle.close(closed);
    }
    callback(error);
  } else {
    callback(error);
    process.nextTick(() => this.emit('close', Boolean(error)));
  }
  if (this._server) {
    this._server._connections--;
    this._server._emitCloseIfDrained?.();
  }
};

Socket.prototype.destroySoon = function() {
  if (this.writable) this.end();
  if (this.writableFinished) this.destroy();
  else this.once('finish', this.destroy);
};

/** Closes with a reset (RST), where it is a TCP connection. */
Socket.prototype.resetAndDestroy = function() {
  if (!this._handle) {
    this.destroy(new ERR_SOCKET_CLOSED());
    return this;
  }
  const { TCP } = require('internal/net/tcp');
  if (!(this._handle instanceof TCP)) {
    const { codes: { ERR_INVALID_HANDLE_TYPE } } = require('internal/errors');
    throw new ERR_INVALID_HANDLE_TYPE();
  }
  const reset = () => {
    this[kState].reset = true;
    this.destroy();
  };
  if (this.connecting) this.once('connect', reset);
  else reset();
  return this;
};

// ---- Time ------------------------------------------------------------------

function clearIdle(socket) {
  const state = socket[kState];
  if (state?.idle !== undefined) {
    require('timers').clearTimeout(state.idle);
    state.idle = undefined;
  }
}

function touch(socket) {
  for (; socket !== null && socket !== undefined; socket = socket._parent) socket[kState]?.idle?.refresh();
}

Socket.prototype._unrefTimer = function() {
  touch(this);
};

Socket.prototype._onTimeout = function() {
  const state = this[kState];
  // What is being written slowly is no idleness.
  const queued = this._handle?.writeQueueSize ?? 0;
  if (queued > 0 && queued !== state.lastQueueSize) {
    state.lastQueueSize = queued;
    touch(this);
    return;
  }
  this.emit('timeout');
};

Socket.prototype.setTimeout = function(milliseconds, callback = undefined) {
  if (this.destroyed) return this;
  const { setUnrefTimeout } = require('internal/timers');
  this.timeout = milliseconds;
  validateNumber(milliseconds, 'msecs');
  if (milliseconds < 0 || !NumberIsFinite(milliseconds)) {
    throw new ERR_OUT_OF_RANGE('msecs', 'a non-negative finite number', milliseconds);
  }
  if (callback !== undefined) validateFunction(callback, 'callback');
  const state = this[kState];
  clearIdle(this);
  if (milliseconds === 0) {
    if (callback !== undefined) this.removeListener('timeout', callback);
    return this;
  }
  state.idle = setUnrefTimeout(() => {
    // It may fire again: a timer that has fired can be refreshed.
    this._onTimeout();
  }, milliseconds);
  if (callback !== undefined) this.once('timeout', callback);
  return this;
};

// ---- Options ---------------------------------------------------------------

Socket.prototype.setNoDelay = function(enable) {
  const on = enable === undefined ? true : Boolean(enable);
  const state = this[kState];
  if (!this._handle || this.connecting) {
    state.noDelay = on;
  } else if (this._handle.setNoDelay && on !== state.noDelay) {
    state.noDelay = on;
    this._handle.setNoDelay(on);
  }
  return this;
};

Socket.prototype.setKeepAlive = function(enable, initialDelay) {
  const on = Boolean(enable);
  const delay = ~~(initialDelay / 1000);
  const state = this[kState];
  if (!this._handle || this.connecting) {
    state.keepAlive = on;
    state.keepAliveDelay = delay;
  } else if (this._handle.setKeepAlive && (on !== state.keepAlive || (on && delay !== state.keepAliveDelay))) {
    state.keepAlive = on;
    state.keepAliveDelay = delay;
    this._handle.setKeepAlive(on, delay);
  }
  return this;
};

/** The IPv4 type of service, the IPv6 traffic class: 0 to 255. */
Socket.prototype.setTypeOfService = function(tos) {
  if (NumberIsNaN(tos)) throw new ERR_INVALID_ARG_TYPE('tos', 'number', tos);
  validateInt32(tos, 'tos', 0, 255);
  this[kState].tos = tos;
  if (this._handle?.setTypeOfService && !this.connecting) {
    const status = this._handle.setTypeOfService(tos);
    if (status < 0) throw new ErrnoException(status, 'setTypeOfService');
  }
  return this;
};

Socket.prototype.getTypeOfService = function() {
  if (!this._handle?.getTypeOfService || this.connecting) return this[kState].tos ?? 0;
  const tos = this._handle.getTypeOfService();
  if (tos < 0) throw new ErrnoException(tos, 'getTypeOfService');
  return tos;
};

Socket.prototype.ref = function() {
  if (this._handle) this._handle.ref?.();
  else this.once('connect', this.ref);
  return this;
};

Socket.prototype.unref = function() {
  if (this._handle) this._handle.unref?.();
  else this.once('connect', this.unref);
  return this;
};

// ---- Names -----------------------------------------------------------------

function nameOf(socket, kind, method) {
  const state = socket[kState];
  if (!socket._handle?.[method]) return state[kind] ?? {};
  if (state[kind] === undefined) {
    const name = {};
    if (socket._handle[method](name) < 0) return {};
    state[kind] = name;
  }
  return state[kind];
}

Socket.prototype._getpeername = function() {
  return this.connecting ? {} : nameOf(this, 'peername', 'getpeername');
};

Socket.prototype._getsockname = function() {
  return nameOf(this, 'sockname', 'getsockname');
};

Socket.prototype.address = function() {
  return this._getsockname();
};

const getters = {
  fd() { return this._handle?.fd; },
  _connecting() { return this.connecting; },
  pending() { return !this._handle || this.connecting; },
  readyState() {
    if (this.connecting) return 'opening';
    if (this.readable && this.writable) return 'open';
    if (this.readable) return 'readOnly';
    return this.writable ? 'writeOnly' : 'closed';
  },
  bufferSize() { return this._handle ? this.writableLength : undefined; },
  bytesRead() { return this._handle ? this._handle.bytesRead : this[kState]?.bytesRead; },
  _bytesDispatched() { return this._handle ? this._handle.bytesWritten : this[kState]?.bytesWritten; },
  bytesWritten() {
    // What the stream holds, whether it waits there or for the connection.
    const state = this[kState];
    // Of the prototype itself.
    if (state === undefined) return undefined;
    const waiting = this.writableLength - state.given;
    if (this._handle) return this._handle.bytesWritten + waiting;
    return waiting === 0 && !this.destroyed ? undefined : state.bytesWritten + waiting;
  },
  remoteAddress() { return this._getpeername().address; },
  remoteFamily() { return this._getpeername().family; },
  remotePort() { return this._getpeername().port; },
  localAddress() { return this._getsockname().address; },
  localPort() { return this._getsockname().port; },
  localFamily() { return this._getsockname().family; },
};
for (const name in getters) {
  ObjectDefineProperties(Socket.prototype, {
    [name]: { __proto__: null, get: getters[name], configurable: false, enumerable: true },
  });
}

module.exports = { Socket, kState, takeHandle };
