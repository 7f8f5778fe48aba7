'use strict';

// `socket.connect()`: to a path, to an address, to a name; and to one address of a name after the
// other, the next one when the last has taken too long (RFC 8305, as Node has it).

const { ArrayIsArray, ArrayPrototypePush, Symbol } = require('internal/primordials');
const {
  ExceptionWithHostPort, NodeAggregateError,
  codes: {
    ERR_INVALID_ADDRESS_FAMILY, ERR_INVALID_ARG_TYPE, ERR_INVALID_IP_ADDRESS, ERR_IP_BLOCKED,
    ERR_MISSING_ARGS, ERR_SOCKET_CONNECTION_TIMEOUT,
  },
} = require('internal/errors');
const {
  validateAbortSignal, validateBoolean, validateFunction, validateInt32, validateNumber, validatePort,
  validateString,
} = require('internal/validators');
const { isIP } = require('internal/net/addresses');
const { Socket, kState, takeHandle } = require('internal/net/socket');
const { PathSocket, PipeConnectWrap, SOCKET, TCP, TCPConnectWrap } = require('internal/net/tcp');

const EADDRINUSE = -98;
const ETIMEDOUT = -110;

const kNormalized = Symbol('normalizedArgs');

const defaults = { autoSelectFamily: true, attemptTimeout: 500 };
let defaultsFromOptions = false;

/** What `--network-family-autoselection` and its time say, until the program says otherwise. */
function autoSelectDefaults() {
  if (!defaultsFromOptions) {
    defaultsFromOptions = true;
    const { getOptionValue } = require('internal/options');
    if (getOptionValue('--network-family-autoselection') === false) defaults.autoSelectFamily = false;
    const time = getOptionValue('--network-family-autoselection-attempt-timeout');
    if (typeof time === 'number') defaults.attemptTimeout = time;
  }
  return defaults;
}

const isPipeName = (text) => typeof text === 'string' && toNumber(text) === false;

function toNumber(value) {
  const number = Number(value);
  return number >= 0 ? number : false;
}

/** The arguments of `connect` and `listen`, in all their forms, as `[options, callback]`. */
function normalizeArgs(args) {
  let result;
  if (args.length === 0) {
    result = [{}, null];
  } else if (args[0]?.[kNormalized]) {
    return args[0];
  } else {
    const first = args[0];
    let options = {};
    if (typeof first === 'object' && first !== null) options = first;
    else if (isPipeName(first)) options.path = first;
    else {
      options.port = first;
      if (args.length > 1 && typeof args[1] === 'string') options.host = args[1];
    }
    const callback = args[args.length - 1];
    result = [options, typeof callback === 'function' ? callback : null];
  }
  result[kNormalized] = true;
  return result;
}

function fail(socket, error) {
  socket.destroy(error);
}

let clientChannel;

Socket.prototype.connect = function(...args) {
  const { 0: options, 1: callback } = normalizeArgs(
    ArrayIsArray(args[0]) && args[0][kNormalized] ? [args[0]] : args);
  if (options.port === undefined && options.path == null) {
    throw new ERR_MISSING_ARGS(['options', 'port', 'path']);
  }
  if (this.write !== Socket.prototype.write) this.write = Socket.prototype.write;
  if (this.destroyed) revive(this);
  const { path } = options;
  const toPath = Boolean(path);
  if (!this._handle) takeHandle(this, toPath ? new PathSocket(SOCKET) : new TCP(SOCKET));
  clientChannel ??= require('diagnostics_channel').channel('net.client.socket');
  if (clientChannel.hasSubscribers) clientChannel.publish({ socket: this });
  if (callback !== null) this.once('connect', callback);
  this._unrefTimer();
  this.connecting = true;
  if (toPath) {
    validateString(path, 'options.path');
    connectToPath(this, path);
  } else {
    lookupAndConnect(this, options);
  }
  return this;
};

/** A socket that was closed can be connected again. */
function revive(socket) {
  socket._undestroy();
  socket._handle = null;
  socket[kState].sockname = socket[kState].peername = undefined;
}

function requestFor(socket, Request, oncomplete) {
  const request = new Request(socket._handle);
  request.oncomplete = oncomplete;
  return request;
}

function errorOf(request, status) {
  let details;
  if (request.localAddress && request.localPort) details = `${request.localAddress}:${request.localPort}`;
  else if (request.localPort) details = `${request.localPort}`;
  const error = new ExceptionWithHostPort(status, 'connect', request.address, request.port, details);
  if (details) {
    error.localAddress = request.localAddress;
    error.localPort = request.localPort;
  }
  return error;
}

/** The error of an attempt that the system refused at once. */
function refusal(socket, status, address, port) {
  const { address: local, port: localPort } = socket._getsockname();
  const details = local !== undefined && localPort !== undefined ? `${local}:${localPort}` : undefined;
  return new ExceptionWithHostPort(status, 'connect', address, port, details);
}

function connectToPath(socket, path) {
  const request = requestFor(socket, PipeConnectWrap, (status) => afterConnect(socket, request, status));
  request.address = path;
  const status = socket._handle.connect(request, path);
  if (status !== 0) fail(socket, new ExceptionWithHostPort(status, 'connect', path));
}

/** Binds the near end where somebody asked for that; an error, or undefined. */
function bindLocal(socket, family, localAddress, localPort) {
  if (!localAddress && !localPort) return undefined;
  const handle = socket._handle;
  let status;
  if (family === 4) status = handle.bind(localAddress || '0.0.0.0', localPort || 0);
  else status = handle.bind6(localAddress || '::', localPort || 0, 0);
  if (status === 0 && handle.hasFailedBind) status = EADDRINUSE;
  if (status === 0) return undefined;
  return new ExceptionWithHostPort(status, 'bind', localAddress, localPort);
}

function attempt(request, socket, address, port, family, localAddress, localPort) {
  request.address = address;
  request.port = port;
  request.localAddress = localAddress;
  request.localPort = localPort;
  request.addressType = family;
  const perf = require('internal/perf');
  if (perf.hasObserver('net')) {
    const start = perf.now();
    request.observed = () => perf.announceEntry('net', 'connect', start, { host: address, port });
  }
  const handle = socket._handle;
  return family === 4 ? handle.connect(request, address, port) : handle.connect6(request, address, port);
}

function connectToAddress(socket, address, port, family, localAddress, localPort) {
  const refused = bindLocal(socket, family, localAddress, localPort);
  if (refused !== undefined) {
    fail(socket, refused);
    return;
  }
  if (socket.blockList?.check(address, `ipv${family}`)) {
    fail(socket, new ERR_IP_BLOCKED(address));
    return;
  }
  socket.emit('connectionAttempt', address, port, family);
  if (!socket._handle) return;
  const request = requestFor(socket, TCPConnectWrap, (status) => afterConnect(socket, request, status));
  const status = attempt(request, socket, address, port, family, localAddress, localPort);
  if (status === 0) return;
  const error = refusal(socket, status, address, port);
  socket.emit('connectionAttemptFailed', address, port, family, error);
  fail(socket, error);
}

function afterConnect(socket, request, status) {
  if (socket.destroyed) return;
  const state = socket[kState];
  socket.connecting = false;
  state.sockname = undefined;
  if (status !== 0) {
    const error = errorOf(request, status);
    if (request.addressType !== undefined) {
      socket.emit('connectionAttemptFailed', request.address, request.port, request.addressType, error);
    }
    fail(socket, error);
    return;
  }
  request.observed?.();
  socket._unrefTimer();
  applyOptions(socket);
  socket.emit('connect');
  socket.emit('ready');
  if (socket._handle && socket.readable && !socket.isPaused()) socket.read(0);
}

/** What was asked for before there was a connection. */
function applyOptions(socket) {
  const state = socket[kState];
  const handle = socket._handle;
  if (state.tos !== undefined) handle.setTypeOfService?.(state.tos);
  if (state.noDelay) handle.setNoDelay?.(true);
  if (state.keepAlive) handle.setKeepAlive?.(true, state.keepAliveDelay);
}

// ---- Names -----------------------------------------------------------------

function lookupAndConnect(socket, options) {
  const { localAddress, localPort } = options;
  const host = options.host || 'localhost';
  validateString(host, 'options.host');
  let { port, autoSelectFamily, autoSelectFamilyAttemptTimeout: time } = options;
  if (localAddress && !isIP(localAddress)) throw new ERR_INVALID_IP_ADDRESS(localAddress);
  if (localPort) validateNumber(localPort, 'options.localPort');
  if (port !== undefined) {
    if (typeof port !== 'number' && typeof port !== 'string') {
      throw new ERR_INVALID_ARG_TYPE('options.port', ['number', 'string'], port);
    }
    validatePort(port);
  }
  port |= 0;
  if (autoSelectFamily != null) validateBoolean(autoSelectFamily, 'options.autoSelectFamily');
  else autoSelectFamily = autoSelectDefaults().autoSelectFamily;
  if (time != null) {
    validateInt32(time, 'options.autoSelectFamilyAttemptTimeout', 1);
    if (time < 10) time = 10;
  } else {
    time = autoSelectDefaults().attemptTimeout;
  }

  const family = isIP(host);
  if (family !== 0) {
    process.nextTick(() => {
      if (socket.connecting) connectToAddress(socket, host, port, family, localAddress, localPort);
    });
    return;
  }
  if (options.lookup != null) validateFunction(options.lookup, 'options.lookup');
  const wanted = { family: familyOf(options.family), hints: options.hints || 0 };
  const lookup = options.lookup || require('dns').lookup;
  if (wanted.family !== 4 && wanted.family !== 6 && wanted.hints === 0) {
    wanted.hints = require('dns').ADDRCONFIG;
  }
  socket._host = host;
  const either = wanted.family !== 4 && wanted.family !== 6;
  if (autoSelectFamily && either && !localAddress) {
    wanted.all = true;
    lookup(host, wanted, (error, addresses) => {
      afterLookupAll(socket, { error, addresses, host, port, options, localAddress, localPort, time });
    });
    return;
  }
  lookup(host, wanted, (error, address, family) => {
    socket.emit('lookup', error, address, family, host);
    if (!socket.connecting) return;
    const refused = error || reasonAgainst(address, family, options);
    if (refused) {
      process.nextTick(fail, socket, refused);
      return;
    }
    socket._unrefTimer();
    connectToAddress(socket, address, port, family, localAddress, localPort);
  });
}

function familyOf(family) {
  if (family === 'IPv4') return 4;
  return family === 'IPv6' ? 6 : family;
}

/** Why that is no address to connect to; undefined where it is one. */
function reasonAgainst(address, family, options) {
  if (typeof address !== 'string' || !isIP(address)) return new ERR_INVALID_IP_ADDRESS(address);
  if (family === 4 || family === 6) return undefined;
  return new ERR_INVALID_ADDRESS_FAMILY(family, options.host, options.port);
}

function afterLookupAll(socket, { error, addresses, host, port, options, localAddress, localPort, time }) {
  if (!socket.connecting) return;
  if (error) {
    socket.emit('lookup', error, undefined, undefined, host);
    process.nextTick(fail, socket, error);
    return;
  }
  const ofFamily = { 4: [], 6: [] };
  let first;
  for (let i = 0; i < addresses.length; i++) {
    const { address, family } = addresses[i];
    socket.emit('lookup', error, address, family, host);
    if (!socket.connecting) return;
    if (typeof address === 'string' && isIP(address) && (family === 4 || family === 6)) {
      first ??= family;
      ArrayPrototypePush(ofFamily[family], { address, family });
    }
  }
  if (first === undefined) {
    const { address, family } = addresses[0] ?? {};
    process.nextTick(fail, socket, reasonAgainst(address, family, options));
    return;
  }
  // One of each family in turn, beginning with that of the first.
  const firsts = ofFamily[first];
  const others = ofFamily[first === 4 ? 6 : 4];
  const list = [];
  for (let i = 0; i < firsts.length || i < others.length; i++) {
    if (i < firsts.length) ArrayPrototypePush(list, firsts[i]);
    if (i < others.length) ArrayPrototypePush(list, others[i]);
  }
  socket._unrefTimer();
  if (list.length === 1) {
    connectToAddress(socket, list[0].address, port, list[0].family, localAddress, localPort);
    return;
  }
  socket.autoSelectFamilyAttemptedAddresses = [];
  connectToNext({ socket, list, next: 0, port, localPort, time, errors: [], timer: undefined });
}

function connectToNext(race) {
  const { socket, list, port, errors } = race;
  require('timers').clearTimeout(race.timer);
  if (race.next === list.length) {
    if (errors.length === 0) fail(socket, new ERR_SOCKET_CONNECTION_TIMEOUT());
    else fail(socket, new NodeAggregateError(errors));
    return;
  }
  const turn = race.next++;
  const { address, family } = list[turn];
  if (turn > 0) replaceHandle(socket);
  const handle = socket._handle;
  if (race.localPort) {
    const refused = bindLocal(socket, family, undefined, race.localPort);
    if (refused !== undefined) {
      ArrayPrototypePush(errors, refused);
      connectToNext(race);
      return;
    }
  }
  const failed = (error) => {
    ArrayPrototypePush(errors, error);
    socket.emit('connectionAttemptFailed', address, port, family, error);
    if (socket.connecting) connectToNext(race);
  };
  if (socket.blockList?.check(address, `ipv${family}`)) {
    failed(new ERR_IP_BLOCKED(address));
    return;
  }
  ArrayPrototypePush(socket.autoSelectFamilyAttemptedAddresses, `${address}:${port}`);
  socket.emit('connectionAttempt', address, port, family);
  if (!socket.connecting) return;
  const request = requestFor(socket, TCPConnectWrap, (status) => {
    require('timers').clearTimeout(race.timer);
    if (socket.destroyed || socket._handle !== handle) {
      handle.close();
    } else if (status !== 0) {
      failed(errorOf(request, status));
    } else {
      afterConnect(socket, request, status);
    }
  });
  const status = attempt(request, socket, address, port, family, undefined, race.localPort);
  if (status !== 0) {
    failed(refusal(socket, status, address, port));
    return;
  }
  if (turn === list.length - 1) return;
  race.timer = require('timers').setTimeout(() => {
    socket.emit('connectionAttemptTimeout', address, port, family);
    request.oncomplete = undefined;
    ArrayPrototypePush(errors, errorOf(request, ETIMEDOUT));
    handle.close();
    if (socket.connecting) connectToNext(race);
  }, race.time);
}

/** The handle of the last attempt is of no use any more. */
function replaceHandle(socket) {
  const old = socket._handle;
  old.onread = null;
  old.close();
  socket[kState].sockname = undefined;
  takeHandle(socket, new TCP(SOCKET));
}

/** `net.connect()`. */
function connect(...args) {
  const normalized = normalizeArgs(args);
  const { 0: options } = normalized;
  if (options.signal !== undefined) validateAbortSignal(options.signal, 'options.signal');
  const socket = new Socket(options);
  if (options.timeout) socket.setTimeout(options.timeout);
  return socket.connect(normalized);
}

module.exports = { autoSelectDefaults, connect, isPipeName, kNormalized, normalizeArgs, toNumber };
