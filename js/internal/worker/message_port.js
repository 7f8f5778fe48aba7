'use strict';

// MessagePort, MessageChannel, BroadcastChannel and their events.

const {
  ArrayPrototypeMap, ObjectAssign, ObjectDefineProperties, ObjectDefineProperty, ObjectFreeze, ObjectSetPrototypeOf,
  SafeMap, Symbol, SymbolFor, SymbolToStringTag, TypeError,
} = require('internal/primordials');
const {
  codes: {
    ERR_CONSTRUCT_CALL_INVALID, ERR_CONSTRUCT_CALL_REQUIRED, ERR_INVALID_THIS, ERR_MISSING_ARGS,
  },
} = require('internal/errors');
const { inspect } = require('internal/util/inspect');
const { kEmptyObject } = require('internal/util');
const { DOMException } = require('internal/domexception');
const {
  Event, EventTarget, defineEventHandler, kDispatchValue, kNewListener, kRemoveListener,
} = require('internal/event_target');
const { NodeEventTarget } = require('internal/node_event_target');
const {
  TRANSFERABLE, kMode, listOf, plan, setMode, setReading, withPlan,
} = require('internal/worker/transfer');

const messagingBinding = binding.messaging;
const kInspect = SymbolFor('nodejs.util.inspect.custom');
const kCreate = Symbol('kCreate');
const kMessage = Symbol('kMessage');
const kClosed = Symbol('kClosed');

// Who hears of what comes to a port, by its number. A port stays until it is closed.
const receivers = new SafeMap();

// ---- MessageEvent --------------------------------------------------------

function checkInit(name, value) {
  if (typeof value === 'object' && value !== null && value instanceof MessagePort) return;
  throw new TypeError(
    `MessageEvent constructor: Expected eventInitDict.${name} ("${inspect(value)}") to be an instance of MessagePort.`);
}

// The event of what came to a port. Nothing that a script can replace is called.
let received;

class MessageEvent extends Event {
  #data;
  #origin;
  #lastEventId;
  #source;
  #ports;

  static {
    received = (value, ports, failed) => {
      const event = new MessageEvent(failed ? 'messageerror' : 'message', { __proto__: null, data: value });
      event.#ports = ObjectFreeze(ports);
      return event;
    };
  }

  constructor(type, init = kEmptyObject) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('type');
    const { data = null, origin = '', lastEventId = '', source = null, ports } = init ?? kEmptyObject;
    super(type, init ?? undefined);
    if (source !== null && source !== undefined) checkInit('source', source);
    const list = ports === undefined ? [] : listOf(ports);
    if (list === undefined) {
      throw new TypeError(`MessageEvent constructor: eventInitDict.ports (${inspect(ports)}) is not iterable.`);
    }
    for (let i = 0; i < list.length; i++) checkInit(`ports[${i}]`, list[i]);
    this.#data = data;
    this.#origin = `${origin}`;
    this.#lastEventId = `${lastEventId}`;
    this.#source = source ?? null;
    this.#ports = ObjectFreeze(list);
  }

  get data() { return this.#data; }
  get origin() { return this.#origin; }
  get lastEventId() { return this.#lastEventId; }
  get source() { return this.#source; }
  get ports() { return this.#ports; }

  initMessageEvent(type, bubbles = false, cancelable = false, data = null, origin = '', lastEventId = '',
                   source = null, ports = []) {
    this.initEvent(type, bubbles, cancelable);
    this.#data = data;
    this.#origin = `${origin}`;
    this.#lastEventId = `${lastEventId}`;
    this.#source = source;
    this.#ports = ObjectFreeze([...ports]);
  }
}
for (const name of ['data', 'origin', 'lastEventId', 'source', 'ports', 'initMessageEvent']) {
  ObjectDefineProperty(MessageEvent.prototype, name, { __proto__: null, enumerable: true });
}
ObjectDefineProperty(MessageEvent.prototype, SymbolToStringTag, {
  __proto__: null, value: 'MessageEvent', configurable: true,
});

// ---- MessagePort ---------------------------------------------------------

// The seam between the class and this file.
let idOf;
let forget;

class Port extends NodeEventTarget {
  #id;
  #referenced = false;

  constructor(token, id) {
    if (token !== kCreate) throw new ERR_CONSTRUCT_CALL_INVALID();
    super();
    this.#id = id;
    receivers.set(id, this);
  }

  postMessage(value, transferOrOptions = undefined) {
    Port.#check(this);
    if (arguments.length === 0) {
      throw coded('ERR_MISSING_ARGS', 'Not enough arguments to MessagePort.postMessage');
    }
    const transfer = plan(postTransfer(transferOrOptions), this);
    withPlan(transfer, () => {
      const { ids } = transfer;
      let target = this.#id ?? -1;
      for (let i = 0; i < ids.length; i++) {
        if (!messagingBinding.arePaired(target, ids[i])) continue;
        // It would have to go through itself.
        process.emitWarning('The target port was posted to itself, and the communication channel was lost');
        target = -1;
      }
      messagingBinding.postMessage(target, value, transfer.buffers, ids, kMode);
      detach(transfer.ports);
    });
  }

  start() {
    Port.#check(this);
    if (this.#id !== undefined) messagingBinding.setReceiving(this.#id, true);
  }

  close(callback) {
    Port.#check(this);
    if (typeof callback === 'function') {
      this.once('close', callback);
    }
    if (this.#id === undefined) return;
    this.unref();
    const id = this.#id;
    this.#id = undefined;
    messagingBinding.closePort(id);
  }

  ref() {
    Port.#check(this);
    if (this.#referenced || this.#id === undefined) return;
    this.#referenced = true;
    messagingBinding.setReferenced(true);
  }

  unref() {
    Port.#check(this);
    if (!this.#referenced) return;
    this.#referenced = false;
    messagingBinding.setReferenced(false);
  }

  hasRef() {
    Port.#check(this);
    return this.#referenced;
  }

  [kNewListener](size, type, listener, once, capture, passive) {
    super[kNewListener](size, type, listener, once, capture, passive);
    if (type === 'message' && size === 1) {
      this.ref();
      this.start();
    }
  }

  [kRemoveListener](size, type, listener, capture) {
    super[kRemoveListener](size, type, listener, capture);
    if (type === 'message' && size === 0) this.unref();
  }

  [kMessage](value, ports, failed) {
    const type = failed ? 'messageerror' : 'message';
    this[kDispatchValue](type, value, () => received(value, ports, failed));
  }

  [kClosed]() {
    this.unref();
    this.#id = undefined;
    this[kDispatchValue]('close', undefined, () => new Event('close'));
  }

  [kInspect](depth, options) {
    const shown = { __proto__: MessagePort.prototype };
    if (this.#id === undefined) {
      shown.active = false;
    } else {
      shown.active = true;
      shown.refed = this.#referenced;
    }
    return inspect(ObjectAssign(shown, this), { ...options, customInspect: false });
  }

  static #check(port) {
    if (typeof port !== 'object' || port === null || !(#id in port)) throw new ERR_INVALID_THIS('MessagePort');
  }

  static {
    idOf = (port) => port.#id;
    forget = (port) => {
      port.unref();
      receivers.delete(port.#id);
      port.#id = undefined;
    };
  }
}

// Callable, so that it can refuse with Node's words.
function MessagePort() {
  throw new ERR_CONSTRUCT_CALL_INVALID();
}
ObjectSetPrototypeOf(MessagePort, NodeEventTarget);
MessagePort.prototype = Port.prototype;
ObjectDefineProperty(MessagePort, 'prototype', { __proto__: null, writable: false });
ObjectDefineProperties(Port.prototype, {
  constructor: { __proto__: null, value: MessagePort },
  [kInspect]: { __proto__: null, enumerable: false },
  [kNewListener]: { __proto__: null, enumerable: false },
  [kRemoveListener]: { __proto__: null, enumerable: false },
});
setMode(Port.prototype, TRANSFERABLE);
for (const name of ['postMessage', 'start', 'close', 'ref', 'unref', 'hasRef']) {
  ObjectDefineProperty(Port.prototype, name, { __proto__: null, enumerable: true });
}
defineEventHandler(Port.prototype, 'message');
defineEventHandler(Port.prototype, 'messageerror');

// Words that are Node's for these calls alone.
function coded(code, message) {
  const error = new TypeError(message);
  error.code = code;
  return error;
}

// The second argument of `postMessage`: a list, or `{ transfer }`.
function postTransfer(given) {
  if (given === undefined || given === null) return [];
  if (typeof given !== 'object') {
    throw coded('ERR_INVALID_ARG_TYPE', 'Optional transferList argument must be an iterable');
  }
  const list = listOf(given);
  if (list !== undefined) return list;
  const { transfer } = given;
  if (transfer === undefined) return [];
  const items = listOf(transfer);
  if (items === undefined) {
    throw coded('ERR_INVALID_ARG_TYPE', 'Optional options.transfer argument must be an iterable');
  }
  return items;
}

// Ports that were transferred are of no use here any more.
function detach(ports) {
  for (let i = 0; i < ports.length; i++) forget(ports[i]);
}

function portOf(id) {
  return new Port(kCreate, id);
}

// Called from src/builtins/messaging.

function adoptPorts(ids) {
  const ports = ArrayPrototypeMap(ids, portOf);
  setReading(ports);
  return ports;
}

function onPortMessage(id, value, ports, failed) {
  receivers.get(id)?.[kMessage](value, ports, failed);
}

function onPortClosed(id) {
  const receiver = receivers.get(id);
  receivers.delete(id);
  receiver?.[kClosed]();
}

// ---- MessageChannel ------------------------------------------------------

function MessageChannel() {
  if (new.target === undefined) throw new ERR_CONSTRUCT_CALL_REQUIRED('MessageChannel');
  const { 0: one, 1: two } = messagingBinding.createChannel();
  this.port1 = portOf(one);
  this.port2 = portOf(two);
}

function receiveMessageOnPort(port) {
  if (port instanceof BroadcastChannel) return port[kReceive]();
  const isPort = typeof port === 'object' && port !== null && port instanceof MessagePort;
  if (!isPort) throw coded('ERR_INVALID_ARG_TYPE', 'The "port" argument must be a MessagePort instance');
  const id = idOf(port);
  const found = id === undefined ? undefined : messagingBinding.receiveMessage(id);
  return found === undefined ? undefined : { message: found[0] };
}

// ---- BroadcastChannel ----------------------------------------------------

const kReceive = Symbol('kReceive');

class BroadcastChannel extends EventTarget {
  #name;
  #id;
  #referenced = false;

  constructor(name) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    super();
    this.#name = `${name}`;
    this.#id = messagingBinding.joinGroup(this.#name);
    receivers.set(this.#id, this);
    this.ref();
    messagingBinding.setReceiving(this.#id, true);
  }

  get name() {
    BroadcastChannel.#check(this);
    return this.#name;
  }

  close() {
    BroadcastChannel.#check(this);
    if (this.#id === undefined) return;
    this.unref();
    receivers.delete(this.#id);
    messagingBinding.closePort(this.#id);
    this.#id = undefined;
  }

  postMessage(message) {
    BroadcastChannel.#check(this);
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('message');
    if (this.#id === undefined) throw new DOMException('BroadcastChannel is closed.', 'InvalidStateError');
    messagingBinding.postMessage(this.#id, message, [], [], kMode);
  }

  ref() {
    BroadcastChannel.#check(this);
    if (!this.#referenced && this.#id !== undefined) {
      this.#referenced = true;
      messagingBinding.setReferenced(true);
    }
    return this;
  }

  unref() {
    BroadcastChannel.#check(this);
    if (this.#referenced) {
      this.#referenced = false;
      messagingBinding.setReferenced(false);
    }
    return this;
  }

  [kReceive]() {
    const found = this.#id === undefined ? undefined : messagingBinding.receiveMessage(this.#id);
    return found === undefined ? undefined : { message: found[0] };
  }

  [kMessage](value, ports, failed) {
    this.dispatchEvent(received(value, ports, failed));
  }

  [kClosed]() {}

  [kInspect](depth, options) {
    BroadcastChannel.#check(this);
    if (depth < 0) return 'BroadcastChannel';
    return `BroadcastChannel ${inspect({ name: this.#name, active: this.#id !== undefined }, {
      ...options, depth: options.depth == null ? null : options.depth - 1,
    })}`;
  }

  static #check(channel) {
    if (typeof channel !== 'object' || channel === null || !(#name in channel)) {
      throw new ERR_INVALID_THIS('BroadcastChannel');
    }
  }
}
setMode(BroadcastChannel.prototype, 0);
for (const name of ['name', 'close', 'postMessage']) {
  ObjectDefineProperty(BroadcastChannel.prototype, name, { __proto__: null, enumerable: true });
}
ObjectDefineProperty(BroadcastChannel.prototype, SymbolToStringTag, {
  __proto__: null, value: 'BroadcastChannel', configurable: true,
});
defineEventHandler(BroadcastChannel.prototype, 'message');
defineEventHandler(BroadcastChannel.prototype, 'messageerror');

module.exports = {
  BroadcastChannel,
  MessageChannel,
  MessageEvent,
  MessagePort,
  adoptPorts,
  detach,
  onPortClosed,
  onPortMessage,
  portId: idOf,
  portOf,
  receiveMessageOnPort,
};
