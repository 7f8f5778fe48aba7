'use strict';

// Sockets of the system with the methods of Node's `TCP` and `Pipe` handles: they listen, or are
// connected and then read and write as a `Pipe` does. Statuses are 0 or a negative errno.

const { emitDestroy, initAsyncResource, kAsyncId, runInResource } = require('internal/async_hooks');
const netBinding = require('internal/net/native');
const { Pipe, openHandles } = require('internal/net/pipe');

const pipeBinding = binding.pipe;

const SOCKET = 0;
const SERVER = 1;

const EADDRINUSE = -98;
const EBADF = -9;
const ECANCELED = -125;
const EINVAL = -22;

/** A connection that was asked for: `oncomplete(status, handle, request, readable, writable)`. */
class ConnectRequest {
  oncomplete = undefined;
}

class SocketHandle extends Pipe {
  #kind;
  // Until it is connected, and for good where it listens: the descriptor, and what waits on it.
  #fd = -1;
  #waiting = 0;
  #request;
  #isOpen = false;
  #closed = false;
  #listening = false;
  #referenced = true;
  #startsReading = false;
  /** What libuv keeps until `listen` or `connect`. */
  #delayed = 0;
  onconnection = null;

  constructor(kind, type) {
    super();
    this.#kind = kind;
    initAsyncResource(this, type);
  }

  get fd() {
    return this.#isOpen ? super.fd : this.#fd;
  }

  get isActive() {
    return this.hasRef();
  }

  get isServer() {
    return this.#kind === SERVER;
  }

  get hasFailedBind() {
    return this.#delayed !== 0;
  }

  getAsyncId() {
    return this[kAsyncId];
  }

  /** Makes the socket if there is none; 0 or a negative errno. */
  need(family) {
    if (this.#closed) return EBADF;
    if (this.fd !== -1) return 0;
    const fd = netBinding.socket(family, false);
    if (fd < 0) return fd;
    this.#fd = fd;
    openHandles.add(this);
    return 0;
  }

  /** Address and port, or a path. */
  bindTo(family, address, port, flags) {
    if (this.#delayed !== 0) return EINVAL;
    const made = this.need(family);
    if (made < 0) return made;
    const status = netBinding.bind(this.#fd, address, port, flags);
    if (status !== EADDRINUSE || port === undefined) return status;
    this.#delayed = status;
    return 0;
  }

  /** Takes a descriptor over that is a socket already. */
  open(fd) {
    if (this.#kind === SERVER) {
      this.#fd = fd;
      openHandles.add(this);
      return 0;
    }
    const status = super.open(fd);
    if (status < 0) return status;
    this.#isOpen = true;
    openHandles.add(this);
    if (!this.#referenced) super.unref();
    if (this.#startsReading) super.readStart();
    return 0;
  }

  /** The same, of a socket that may not be connected yet. */
  adopt(fd) {
    if (typeof netBinding.peerName(fd) !== 'number') return this.open(fd);
    this.#fd = fd;
    openHandles.add(this);
    return 0;
  }

  shutdown(callback) {
    const request = {};
    initAsyncResource(request, 'SHUTDOWNWRAP', this[kAsyncId]);
    return super.shutdown((status) => {
      runInResource(request, callback, undefined, [status]);
      emitDestroy(request[kAsyncId]);
    });
  }

  deliver(result) {
    runInResource(this, super.deliver, this, [result]);
  }

  /** Before it is connected that is for when it is. */
  readStart() {
    if (this.#isOpen || this.#fd === -1) return super.readStart();
    this.#startsReading = true;
    return 0;
  }

  readStop() {
    this.#startsReading = false;
    return super.readStop();
  }

  listen(backlog) {
    if (this.#delayed !== 0) return this.#delayed;
    if (this.#listening) return 0;
    const made = this.need(this.defaultFamily);
    if (made < 0) return made;
    const id = netBinding.listen(this.#fd, backlog, (fd) => runInResource(this, () => this.#onConnection(fd)));
    if (id < 0) return id;
    this.#waiting = id;
    this.#listening = true;
    if (!this.#referenced) netBinding.setRef(id, false);
    return 0;
  }

  #onConnection(fd) {
    if (fd < 0) {
      this.onconnection?.(fd);
      return;
    }
    const handle = this.makeAccepted();
    const status = handle.open(fd);
    if (status < 0) {
      pipeBinding.closeDescriptor(fd);
      this.onconnection?.(status);
    } else if (typeof this.onconnection === 'function') {
      this.onconnection(0, handle);
    } else {
      handle.close();
    }
  }

  connectTo(request, family, address, port) {
    if (this.#waiting !== 0 || this.#isOpen) return EINVAL;
    const made = this.need(family);
    if (made < 0) return made;
    const done = (status) => runInResource(request, () => this.#onConnect(request, status));
    const delayed = this.#delayed;
    if (delayed !== 0) {
      require('timers').setImmediate(done, delayed);
      return 0;
    }
    const id = netBinding.connect(this.#fd, address, port, done);
    if (id < 0) return id;
    this.#waiting = id;
    this.#request = request;
    return 0;
  }

  #onConnect(request, status) {
    this.#waiting = 0;
    this.#request = undefined;
    if (status === 0) {
      const fd = this.#fd;
      this.#fd = -1;
      status = this.open(fd);
      if (status < 0) this.#fd = fd;
    }
    request.oncomplete?.(status, this, request, true, true);
    emitDestroy(request[kAsyncId]);
  }

  close(callback) {
    if (this.#closed) return;
    this.#closed = true;
    openHandles.delete(this);
    if (this.#waiting !== 0) netBinding.stopWaiting(this.#waiting);
    this.#waiting = 0;
    if (this.#fd !== -1) pipeBinding.closeDescriptor(this.#fd);
    this.#fd = -1;
    const request = this.#request;
    this.#request = undefined;
    super.close(() => {
      if (request !== undefined) {
        runInResource(request, () => request.oncomplete?.(ECANCELED, this, request, false, false));
        emitDestroy(request[kAsyncId]);
      }
      if (typeof callback === 'function') runInResource(this, callback);
      emitDestroy(this[kAsyncId]);
    });
  }

  /** Closes with a reset: the other side gets ECONNRESET. */
  reset(callback) {
    const status = netBinding.setReset(this.fd);
    if (status < 0) return status;
    this.close(callback);
    return 0;
  }

  ref() {
    this.#referenced = true;
    if (this.#isOpen) super.ref();
    else if (this.#listening && this.#waiting !== 0) netBinding.setRef(this.#waiting, true);
  }

  unref() {
    this.#referenced = false;
    if (this.#isOpen) super.unref();
    else if (this.#listening && this.#waiting !== 0) netBinding.setRef(this.#waiting, false);
  }

  hasRef() {
    return this.#referenced && !this.#closed;
  }

  getsockname(result) {
    return nameInto(result, netBinding.name(this.fd));
  }

  getpeername(result) {
    return nameInto(result, netBinding.peerName(this.fd));
  }
}

function nameInto(result, name) {
  if (typeof name === 'number') return name;
  if (typeof name === 'string') result.address = name;
  else Object.assign(result, name);
  return 0;
}

class TCP extends SocketHandle {
  constructor(kind) {
    super(kind, kind === SERVER ? 'TCPSERVERWRAP' : 'TCPWRAP');
  }

  get resourceName() {
    return this.isServer ? 'TCPServerWrap' : 'TCPSocketWrap';
  }

  get defaultFamily() {
    return 4;
  }

  makeAccepted() {
    return new TCP(SOCKET);
  }

  bind(address, port, flags = 0) {
    return this.bindTo(4, address, port, flags);
  }

  bind6(address, port, flags = 0) {
    return this.bindTo(6, address, port, flags);
  }

  connect(request, address, port) {
    return this.connectTo(request, 4, address, port);
  }

  connect6(request, address, port) {
    return this.connectTo(request, 6, address, port);
  }

  setNoDelay(on) {
    return this.fd === -1 ? 0 : netBinding.setNoDelay(this.fd, on);
  }

  setTypeOfService(tos) {
    return this.fd === -1 ? 0 : netBinding.setTypeOfService(this.fd, tos);
  }

  getTypeOfService() {
    return netBinding.getTypeOfService(this.fd);
  }

  /** `delay` in seconds. */
  setKeepAlive(on, delay) {
    return this.fd === -1 ? 0 : netBinding.setKeepAlive(this.fd, on, delay);
  }
}

/** A socket with a path in the file system, Node's `Pipe`. */
class PathSocket extends SocketHandle {
  #path;

  constructor(kind) {
    super(kind, kind === SERVER ? 'PIPESERVERWRAP' : 'PIPEWRAP');
  }

  get resourceName() {
    return 'PipeWrap';
  }

  get defaultFamily() {
    return 0;
  }

  makeAccepted() {
    return new PathSocket(SOCKET);
  }

  bind(path) {
    const status = this.bindTo(0, path);
    if (status === 0 && path[0] !== '\0') this.#path = path;
    return status;
  }

  connect(request, path) {
    return this.connectTo(request, 0, path);
  }

  /** For everybody to read, write, or both (libuv's UV_READABLE and UV_WRITABLE). */
  fchmod(mode) {
    const fs = require('fs');
    const { S_IRUSR, S_IRGRP, S_IROTH, S_IWUSR, S_IWGRP, S_IWOTH } = fs.constants;
    let bits = 0;
    if (mode & 1) bits |= S_IRUSR | S_IRGRP | S_IROTH;
    if (mode & 2) bits |= S_IWUSR | S_IWGRP | S_IWOTH;
    try {
      fs.chmodSync(this.#path, fs.statSync(this.#path).mode | bits);
      return 0;
    } catch (error) {
      return error.errno ?? EINVAL;
    }
  }

  /** A server takes its path away with it, as libuv does. */
  close(callback) {
    const path = this.#path;
    this.#path = undefined;
    super.close(callback);
    if (path === undefined) return;
    try {
      require('fs').unlinkSync(path);
    } catch {
      // Somebody else took it away.
    }
  }
}

class TCPConnectWrap extends ConnectRequest {
  constructor(handle) {
    super();
    initAsyncResource(this, 'TCPCONNECTWRAP', handle?.[kAsyncId]);
  }
}

class PipeConnectWrap extends ConnectRequest {
  constructor(handle) {
    super();
    initAsyncResource(this, 'PIPECONNECTWRAP', handle?.[kAsyncId]);
  }
}

module.exports = { PathSocket, PipeConnectWrap, SERVER, SOCKET, TCP, TCPConnectWrap };
