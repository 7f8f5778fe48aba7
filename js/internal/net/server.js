'use strict';

// `net.Server`: takes connections and makes sockets of them.

const {
  ArrayPrototypeFind, ObjectDefineProperty, ObjectSetPrototypeOf, RegExpPrototypeExec, Symbol,
  SymbolAsyncDispose, SymbolDispose,
} = require('internal/primordials');
const EventEmitter = require('events');
const {
  ErrnoException, UVExceptionWithHostPort,
  codes: {
    ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_SERVER_ALREADY_LISTEN, ERR_SERVER_NOT_RUNNING,
  },
} = require('internal/errors');
const { validateAbortSignal, validateNumber, validatePort } = require('internal/validators');
const { getDefaultHighWaterMark } = require('internal/streams/state');
const { isIP } = require('internal/net/addresses');
const { isPipeName, normalizeArgs, toNumber } = require('internal/net/connect');
const { Socket } = require('internal/net/socket');
const { PathSocket, SERVER, TCP } = require('internal/net/tcp');

const EINVAL = -22;
const IPV6_ONLY = 1;
const REUSE_PORT = 2;
const BACKLOG = 511;

const kState = Symbol('kState');

let socketChannel;
let listenChannel;
function channels() {
  if (socketChannel === undefined) {
    const diagnostics = require('diagnostics_channel');
    socketChannel = diagnostics.channel('net.server.socket');
    listenChannel = diagnostics.tracingChannel('net.server.listen');
  }
  return { socketChannel, listenChannel };
}

function Server(options, connectionListener) {
  if (!(this instanceof Server)) return new Server(options, connectionListener);
  EventEmitter.call(this);
  if (typeof options === 'function') {
    connectionListener = options;
    options = {};
    this.on('connection', connectionListener);
  } else if (options == null || typeof options === 'object') {
    options = { ...options };
    if (typeof connectionListener === 'function') this.on('connection', connectionListener);
  } else {
    throw new ERR_INVALID_ARG_TYPE('options', 'Object', options);
  }
  let delay = options.keepAliveInitialDelay;
  if (delay !== undefined) {
    validateNumber(delay, 'options.keepAliveInitialDelay');
    if (delay < 0) delay = 0;
  }
  if (options.highWaterMark !== undefined) {
    validateNumber(options.highWaterMark, 'options.highWaterMark');
    if (options.highWaterMark < 0) options.highWaterMark = getDefaultHighWaterMark();
  }
  if (options.blockList !== undefined) {
    if (!require('internal/net/block_list').BlockList.isBlockList(options.blockList)) {
      throw new ERR_INVALID_ARG_TYPE('options.blockList', 'net.BlockList', options.blockList);
    }
    this.blockList = options.blockList;
  }
  this._connections = 0;
  this._handle = null;
  this._unref = false;
  this._pipeName = undefined;
  this.allowHalfOpen = Boolean(options.allowHalfOpen);
  this.pauseOnConnect = Boolean(options.pauseOnConnect);
  this.noDelay = Boolean(options.noDelay);
  this.keepAlive = Boolean(options.keepAlive);
  this.keepAliveInitialDelay = delay === undefined ? 0 : ~~(delay / 1000);
  this.highWaterMark = options.highWaterMark ?? getDefaultHighWaterMark();
  this[kState] = { listeningId: 1 };
}
ObjectSetPrototypeOf(Server.prototype, EventEmitter.prototype);
ObjectSetPrototypeOf(Server, EventEmitter);

ObjectDefineProperty(Server.prototype, 'listening', {
  __proto__: null, configurable: true, enumerable: true, get() { return Boolean(this._handle); },
});

// ---- Listening -------------------------------------------------------------

/** A handle bound to an address, or the errno of what the system refused. */
function createServerHandle(address, port, addressType, fd, flags = 0) {
  let handle;
  let status = 0;
  if (typeof fd === 'number' && fd >= 0) {
    const kind = require('internal/net/native').kind(fd);
    if (kind === undefined) return EINVAL;
    handle = kind === 'path' ? new PathSocket(SERVER) : new TCP(SERVER);
    handle.open(fd);
    return handle;
  }
  if (port === -1 && addressType === -1) {
    handle = new PathSocket(SERVER);
    status = handle.bind(address);
  } else {
    handle = new TCP(SERVER);
    if (addressType === 6) status = handle.bind6(address || '::', port, flags);
    else if (address) status = handle.bind(address, port, flags);
    else {
      // All interfaces, of both families where there are both.
      status = handle.bind6('::', port, flags);
      if (status !== 0) {
        handle.close();
        return createServerHandle('0.0.0.0', port, 4, undefined, flags);
      }
    }
  }
  if (status !== 0) {
    handle.close();
    return status;
  }
  return handle;
}

function startListening(server, { address, port, addressType, backlog, fd, flags }) {
  const traced = channels().listenChannel;
  const refuse = (status) => {
    const error = new UVExceptionWithHostPort(status, 'listen', address, port);
    if (server._handle) {
      server._handle.close();
      server._handle = null;
    }
    if (traced.error.hasSubscribers) traced.error.publish({ server, error });
    process.nextTick(() => server.emit('error', error));
  };
  if (!server._handle) {
    let handle;
    if (!address && typeof fd !== 'number') {
      handle = createServerHandle('::', port, 6, fd, flags);
      if (typeof handle === 'number') {
        handle = null;
      } else {
        address = '::';
        addressType = 6;
      }
    }
    handle ??= createServerHandle(address || (typeof fd === 'number' ? address : '0.0.0.0'), port,
      addressType, fd, flags);
    if (typeof handle === 'number') {
      refuse(handle);
      return;
    }
    server._handle = handle;
  }
  const handle = server._handle;
  handle.owner = server;
  handle.onconnection = (status, accepted) => onConnection(server, status, accepted);
  const status = handle.listen(backlog || BACKLOG);
  if (status !== 0) {
    refuse(status);
    return;
  }
  server._connectionKey = `${addressType}:${address}:${port}`;
  if (server._unref) server.unref();
  process.nextTick(() => {
    // Closed meanwhile.
    if (server._handle) server.emit('listening');
  });
  if (traced.asyncEnd.hasSubscribers) traced.asyncEnd.publish({ server });
}

Server.prototype._listen2 = function(address, port, addressType, backlog, fd, flags) {
  startListening(this, { address, port, addressType, backlog, fd, flags });
};

Server.prototype.listen = function(...args) {
  const { 0: given, 1: callback } = normalizeArgs(args);
  let options = given;
  if (this._handle) throw new ERR_SERVER_ALREADY_LISTEN();
  const traced = channels().listenChannel;
  if (traced.asyncStart.hasSubscribers) traced.asyncStart.publish({ server: this, options });
  if (callback !== null) this.once('listening', callback);
  const id = ++this[kState].listeningId;
  const backlogOf = toNumber(args.length > 1 && args[1]) || toNumber(args.length > 2 && args[2]);
  options = options._handle || options.handle || options;
  let flags = options.ipv6Only ? IPV6_ONLY : 0;
  if (options.reusePort) flags |= REUSE_PORT;
  const backlog = options.backlog || backlogOf;

  if (typeof options.listen === 'function' && typeof options.getsockname === 'function') {
    this._handle = options;
    startListening(this, { address: null, port: -1, addressType: -1, backlog: backlogOf });
    return this;
  }
  closeOnAbort(this, options);
  if (typeof options.fd === 'number' && options.fd >= 0) {
    startListening(this, { address: null, port: null, addressType: null, backlog: backlogOf, fd: options.fd });
    return this;
  }
  // `listen()` and `listen(callback)` are `listen(0)`.
  if (args.length === 0 || typeof args[0] === 'function' ||
      (options.port === undefined && 'port' in options) || options.port === null) {
    options = { ...options, port: 0 };
  }
  if (typeof options.port === 'number' || typeof options.port === 'string') {
    validatePort(options.port, 'options.port');
    const port = options.port | 0;
    if (!options.host) {
      startListening(this, { address: null, port, addressType: 4, backlog, flags });
    } else {
      lookupAndListen(this, id, { port, host: options.host, backlog, flags });
    }
    return this;
  }
  if (options.path && isPipeName(options.path)) {
    listenOnPath(this, options, backlog);
    return this;
  }
  if (!('port' in options || 'path' in options)) {
    throw new ERR_INVALID_ARG_VALUE('options', options, 'must have the property "port" or "path"');
  }
  throw new ERR_INVALID_ARG_VALUE('options', options);
};

function closeOnAbort(server, { signal }) {
  if (signal === undefined) return;
  validateAbortSignal(signal, 'options.signal');
  if (signal.aborted) {
    process.nextTick(() => server.close());
    return;
  }
  const { addAbortListener } = require('events');
  const disposable = addAbortListener(signal, () => server.close());
  server.once('close', () => disposable[SymbolDispose]());
}

function listenOnPath(server, options, backlog) {
  const path = server._pipeName = options.path;
  if (path[0] === '\0' && (options.readableAll || options.writableAll)) {
    throw new ERR_INVALID_ARG_VALUE(
      'options', options, 'can not set readableAll or writableAllt to true when path is abstract unix socket');
  }
  startListening(server, { address: path, port: -1, addressType: -1, backlog });
  if (!server._handle) return;
  let mode = 0;
  if (options.readableAll === true) mode |= 1;
  if (options.writableAll === true) mode |= 2;
  if (mode === 0) return;
  const status = server._handle.fchmod(mode);
  if (status !== 0) {
    server._handle.close();
    server._handle = null;
    throw new ErrnoException(status, 'uv_pipe_chmod');
  }
}

function lookupAndListen(server, id, { port, host, backlog, flags }) {
  const family = isIP(host);
  const listenAt = (address, addressType) => startListening(server, { address, port, addressType, backlog, flags });
  if (family !== 0) {
    listenAt(host, family);
    return;
  }
  require('dns').lookup(host, { all: true }, (error, addresses) => {
    // Closed, or asked to listen elsewhere, meanwhile.
    if (server[kState].listeningId !== id) return;
    if (error) {
      server.emit('error', error);
      return;
    }
    // An address of one link only says nothing without its interface.
    const { address, family: addressType } =
      ArrayPrototypeFind(addresses, (found) => !isLinkLocal(found.address)) ?? addresses[0];
    listenAt(address, addressType ?? 4);
  });
}

/** `fe80::/10`. */
function isLinkLocal(address) {
  return RegExpPrototypeExec(/^fe[89ab][0-9a-f]:/i, address) !== null;
}

// ---- Connections -----------------------------------------------------------

function onConnection(server, status, handle) {
  if (status !== 0) {
    server.emit('error', new ErrnoException(status, 'accept'));
    return;
  }
  const dropped = droppedEnds(server, handle);
  if (dropped !== undefined) {
    handle.close();
    server.emit('drop', dropped);
    return;
  }
  const socket = new Socket({
    handle,
    allowHalfOpen: server.allowHalfOpen,
    pauseOnCreate: server.pauseOnConnect,
    readable: true,
    writable: true,
    readableHighWaterMark: server.highWaterMark,
    writableHighWaterMark: server.highWaterMark,
    noDelay: server.noDelay,
    keepAlive: server.keepAlive,
    keepAliveInitialDelay: server.keepAliveInitialDelay * 1000,
  });
  if (server.noDelay) handle.setNoDelay?.(true);
  if (server.keepAlive) handle.setKeepAlive?.(true, server.keepAliveInitialDelay);
  server._connections++;
  socket.server = server;
  socket._server = server;
  const { socketChannel } = channels();
  server.emit('connection', socket);
  if (socketChannel.hasSubscribers) socketChannel.publish({ socket });
}

/** Both ends of a connection that is not taken: there are enough, or its address is blocked. */
function droppedEnds(server, handle) {
  const full = server.maxConnections != null && server._connections >= server.maxConnections;
  if (!full && server.blockList === undefined) return undefined;
  const local = {};
  const remote = {};
  handle.getsockname?.(local);
  handle.getpeername?.(remote);
  const blocked = !full && remote.address !== undefined && remote.family !== undefined &&
    server.blockList.check(remote.address, remote.family === 'IPv6' ? 'ipv6' : 'ipv4');
  if (!full && !blocked) return undefined;
  return {
    localAddress: local.address,
    localPort: local.port,
    localFamily: local.family,
    remoteAddress: remote.address,
    remotePort: remote.port,
    remoteFamily: remote.family,
  };
}

// ---- The rest --------------------------------------------------------------

Server.prototype.address = function() {
  if (!this._handle) return null;
  if (this._pipeName) return this._pipeName;
  const name = {};
  const status = this._handle.getsockname(name);
  if (status !== 0) throw new ErrnoException(status, 'address');
  return typeof name.address === 'string' && name.port === undefined ? name.address : name;
};

Server.prototype.getConnections = function(callback) {
  process.nextTick(callback, null, this._connections);
  return this;
};

Server.prototype.close = function(callback) {
  this[kState].listeningId++;
  if (typeof callback === 'function') {
    if (!this._handle) {
      this.once('close', () => callback(new ERR_SERVER_NOT_RUNNING()));
    } else {
      this.once('close', callback);
    }
  }
  if (this._handle) {
    this._handle.close();
    this._handle = null;
  }
  this._emitCloseIfDrained();
  return this;
};

Server.prototype._emitCloseIfDrained = function() {
  if (this._handle || this._connections > 0) return;
  process.nextTick(() => this.emit('close'));
};

Server.prototype[SymbolAsyncDispose] = async function() {
  if (!this._handle) return;
  await require('internal/util').promisify(this.close).call(this);
};

Server.prototype[EventEmitter.captureRejectionSymbol] = function(error, event, socket) {
  if (event === 'connection') socket.destroy(error);
  else this.emit('error', error);
};

Server.prototype.ref = function() {
  this._unref = false;
  this._handle?.ref();
  return this;
};

Server.prototype.unref = function() {
  this._unref = true;
  this._handle?.unref();
  return this;
};

module.exports = { Server, createServerHandle };
