'use strict';

// A datagram socket of the system with the methods of Node's `UDP` handle. Statuses are 0 or a negative
// errno.

const { ArrayPrototypeMap, SafeSet } = require('internal/primordials');
const { emitDestroy, initAsyncResource, kAsyncId, runInResource } = require('internal/async_hooks');
const { FastBuffer } = require('internal/buffer');
const { errname, uvErrmapGet } = require('internal/errors');
const netBinding = require('internal/net/native');
const { openHandles } = require('internal/net/pipe');

const EBADF = -9;
const EEXIST = -17;
const EINVAL = -22;
const ECANCELED = -125;

const RECEIVE = true;
const SEND = false;

/** Descriptors from which a handle receives. */
const watched = new SafeSet();

class SendWrap {
  constructor() {
    initAsyncResource(this, 'UDPSENDWRAP');
  }
}

class UDP {
  #fd = -1;
  #id = 0;
  #family = 4;
  #referenced = true;
  #receiving = false;
  #closed = false;
  onmessage = undefined;

  constructor() {
    initAsyncResource(this, 'UDPWRAP');
  }

  get fd() { return this.#fd; }
  get isActive() { return this.hasRef(); }
  get resourceName() { return 'UDPWrap'; }

  getAsyncId() { return this[kAsyncId]; }

  /** Lets the loop know of the socket, when there is something to wait for. */
  #watch() {
    if (this.#id !== 0) return 0;
    const onMessage = (bytes, from) => runInResource(this, () => this.#onMessage(bytes, from));
    const id = netBinding.udpOpen(this.#fd, onMessage);
    if (id < 0) return id;
    this.#id = id;
    if (!this.#referenced) netBinding.udpSetRef(id, false);
    return 0;
  }

  #need(family) {
    if (this.#closed) return EBADF;
    if (this.#fd !== -1) return 0;
    const fd = netBinding.socket(family, true);
    if (fd < 0) return fd;
    this.#family = family;
    this.#fd = fd;
    openHandles.add(this);
    return 0;
  }

  #bindTo(family, address, port, flags) {
    const made = this.#need(family);
    return made < 0 ? made : netBinding.udpBind(this.#fd, address, port, flags);
  }

  /** Any port, where none was asked for: to receive, or for what only a socket can be told. */
  #needBound() {
    if (this.#fd !== -1) return 0;
    return this.#bindTo(this.#family, this.#family === 4 ? '0.0.0.0' : '::', 0, 0);
  }

  open(fd) {
    if (watched.has(fd)) return EEXIST;
    this.#fd = fd;
    openHandles.add(this);
    return 0;
  }

  bind(address, port, flags) { return this.#bindTo(4, address, port, flags); }
  bind6(address, port, flags) { return this.#bindTo(6, address, port, flags); }
  connect(address, port) { return netBinding.udpConnect(this.#fd, address, port); }
  connect6(address, port) { return netBinding.udpConnect(this.#fd, address, port); }
  disconnect() { return netBinding.udpDisconnect(this.#fd); }

  /**
   * The bytes sent and 1, 0 where `request.oncomplete(status, sent)` will tell, or a negative errno. With
   * port and address, or to whom it is connected.
   */
  #send(request, list, count, port, address) {
    const watching = this.#watch();
    if (watching < 0) return watching;
    const connected = typeof port === 'boolean' || port === undefined;
    const { Buffer } = require('buffer');
    const bytes = count === 1 ? list[0] :
      Buffer.concat(ArrayPrototypeMap(list, (view) => new FastBuffer(view.buffer, view.byteOffset, view.byteLength)));
    const done = (status) => runInResource(request, () => {
      request.oncomplete?.(status < 0 ? status : 0, status < 0 ? 0 : status);
      emitDestroy(request[kAsyncId]);
    });
    return netBinding.udpSend(this.#id, bytes, done, connected ? undefined : address, port);
  }

  send(request, list, count, port, address) {
    return this.#send(request, list, count, port, address);
  }

  send6(request, list, count, port, address) {
    return this.#send(request, list, count, port, address);
  }

  recvStart() {
    const made = this.#needBound();
    if (made < 0) return made;
    const watching = this.#watch();
    if (watching < 0) return watching;
    this.#receiving = true;
    watched.add(this.#fd);
    netBinding.udpReceive(this.#id, true);
    return 0;
  }

  recvStop() {
    this.#receiving = false;
    watched.delete(this.#fd);
    netBinding.udpReceive(this.#id, false);
    return 0;
  }

  #onMessage(bytes, from) {
    if (typeof bytes === 'number') this.onmessage?.(bytes, this, undefined, undefined);
    else this.onmessage?.(bytes.byteLength, this, new FastBuffer(bytes), from);
  }

  close(callback) {
    if (this.#closed) return;
    this.#closed = true;
    const unsent = this.#id === 0 ? [] : netBinding.udpStop(this.#id);
    if (this.#receiving) watched.delete(this.#fd);
    if (this.#fd !== -1) binding.pipe.closeDescriptor(this.#fd);
    this.#fd = -1;
    this.#id = 0;
    openHandles.delete(this);
    require('timers').setImmediate(() => {
      for (let i = 0; i < unsent.length; i++) unsent[i](ECANCELED);
      if (typeof callback === 'function') runInResource(this, callback);
      emitDestroy(this[kAsyncId]);
    });
  }

  ref() {
    this.#referenced = true;
    if (this.#id !== 0) netBinding.udpSetRef(this.#id, true);
  }

  unref() {
    this.#referenced = false;
    if (this.#id !== 0) netBinding.udpSetRef(this.#id, false);
  }

  hasRef() { return this.#referenced && !this.#closed; }

  #nameInto(result, name) {
    if (typeof name === 'number') return name;
    Object.assign(result, name);
    return 0;
  }

  getsockname(result) { return this.#nameInto(result, netBinding.name(this.#fd)); }
  getpeername(result) { return this.#nameInto(result, netBinding.peerName(this.#fd)); }

  setBroadcast(on) { return netBinding.udpSet(this.#fd, 'setBroadcast', on); }
  setTTL(ttl) { return netBinding.udpSet(this.#fd, 'setTTL', ttl); }
  setMulticastTTL(ttl) { return netBinding.udpSet(this.#fd, 'setMulticastTTL', ttl); }
  setMulticastLoopback(on) { return netBinding.udpSet(this.#fd, 'setMulticastLoopback', on); }
  setMulticastInterface(address) { return netBinding.udpSetInterface(this.#fd, address); }

  #join(group, address, joins) {
    const bound = this.#needBound();
    return bound < 0 ? bound : netBinding.udpMembership(this.#fd, group, address, joins);
  }

  #joinSource(source, group, address, joins) {
    const bound = this.#needBound();
    return bound < 0 ? bound : netBinding.udpSourceMembership(this.#fd, source, group, address, joins);
  }

  addMembership(group, address) { return this.#join(group, address, true); }
  dropMembership(group, address) { return this.#join(group, address, false); }
  addSourceSpecificMembership(source, group, address) { return this.#joinSource(source, group, address, true); }
  dropSourceSpecificMembership(source, group, address) { return this.#joinSource(source, group, address, false); }

  /** The size as the system has it, set before if it is not 0; undefined with the error in `context`. */
  bufferSize(size, receives, context) {
    const result = netBinding.udpBufferSize(this.#fd, size, receives);
    if (result >= 0) return result;
    context.errno = result;
    context.code = errname(result);
    context.message = uvErrmapGet(result)?.[1];
    context.syscall = receives ? 'uv_recv_buffer_size' : 'uv_send_buffer_size';
    return undefined;
  }

  getSendQueueSize() { return netBinding.udpQueue(this.#id)[1]; }
  getSendQueueCount() { return netBinding.udpQueue(this.#id)[0]; }

  set family(family) { this.#family = family; }
}

/** A handle for `udp4` or `udp6`, whose `lookup` finds addresses of that family. */
function newHandle(type, lookup) {
  const { codes: { ERR_SOCKET_BAD_TYPE } } = require('internal/errors');
  if (lookup === undefined) lookup = require('dns').lookup;
  else require('internal/validators').validateFunction(lookup, 'lookup');
  if (type !== 'udp4' && type !== 'udp6') throw new ERR_SOCKET_BAD_TYPE();
  const handle = new UDP();
  if (type === 'udp4') {
    handle.lookup = (address, callback) => lookup(address || '127.0.0.1', 4, callback);
    return handle;
  }
  handle.family = 6;
  handle.lookup = (address, callback) => lookup(address || '::1', 6, callback);
  handle.bind = handle.bind6;
  handle.connect = handle.connect6;
  handle.send = handle.send6;
  return handle;
}

/** Node's name of what a descriptor is. */
function guessHandleType(fd) {
  const kind = netBinding.kind(fd);
  if (kind === 'udp') return 'UDP';
  if (kind === 'tcp') return 'TCP';
  return kind === 'path' ? 'PIPE' : 'FILE';
}

/** A handle that is bound, or of a descriptor; or the errno of what the system refused. */
function createSocketHandle(address, port, addressType, fd, flags) {
  const handle = newHandle(addressType);
  let status;
  if (typeof fd === 'number' && fd > 0) {
    status = guessHandleType(fd) === 'UDP' ? handle.open(fd) : EINVAL;
  } else if (port || address) {
    status = handle.bind(address, port || 0, flags);
  }
  if (status) {
    handle.close();
    return status;
  }
  return handle;
}

module.exports = { RECEIVE, SEND, SendWrap, UDP, createSocketHandle, guessHandleType, newHandle };
