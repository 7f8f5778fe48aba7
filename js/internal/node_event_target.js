'use strict';

// An EventTarget that is an EventEmitter, too: what `on` adds gets the value of an event, not the
// event. Message ports are such.

const { ObjectDefineProperty } = require('internal/primordials');
const { codes: { ERR_INVALID_THIS } } = require('internal/errors');
const { validateString } = require('internal/validators');
const {
  CustomEvent, EventTarget, isEventTarget, kDispatchValue, kEvents, kGetListeners, kNodeStyle,
} = require('internal/event_target');

function check(target) {
  if (!isEventTarget(target)) throw new ERR_INVALID_THIS('NodeEventTarget');
}

class NodeEventTarget extends EventTarget {
  static defaultMaxListeners = 10;

  setMaxListeners(n) {
    check(this);
    require('events').setMaxListeners(n, this);
    return this;
  }

  getMaxListeners() {
    check(this);
    return require('events').getMaxListeners(this);
  }

  eventNames() {
    check(this);
    return [...this[kEvents].keys()];
  }

  listenerCount(type) {
    check(this);
    return this[kGetListeners](`${type}`).length;
  }

  off(type, listener, options) {
    check(this);
    this.removeEventListener(type, listener, options);
    return this;
  }

  removeListener(type, listener, options) {
    check(this);
    this.removeEventListener(type, listener, options);
    return this;
  }

  on(type, listener) {
    check(this);
    this.addEventListener(type, listener, { [kNodeStyle]: true });
    return this;
  }

  addListener(type, listener) {
    check(this);
    this.addEventListener(type, listener, { [kNodeStyle]: true });
    return this;
  }

  emit(type, arg) {
    check(this);
    validateString(type, 'type');
    return this[kDispatchValue](type, arg, () => new CustomEvent(type, { detail: arg }));
  }

  once(type, listener) {
    check(this);
    this.addEventListener(type, listener, { once: true, [kNodeStyle]: true });
    return this;
  }

  removeAllListeners(type) {
    check(this);
    const types = type === undefined ? [...this[kEvents].keys()] : [`${type}`];
    for (let i = 0; i < types.length; i++) {
      const listeners = this[kGetListeners](types[i]);
      for (let j = 0; j < listeners.length; j++) {
        this.removeEventListener(types[i], listeners[j]);
        this.removeEventListener(types[i], listeners[j], true);
      }
    }
    return this;
  }
}

for (const name of [
  'setMaxListeners', 'getMaxListeners', 'eventNames', 'listenerCount', 'off', 'removeListener', 'on',
  'addListener', 'once', 'emit', 'removeAllListeners',
]) {
  ObjectDefineProperty(NodeEventTarget.prototype, name, { __proto__: null, enumerable: true });
}

module.exports = { NodeEventTarget };
