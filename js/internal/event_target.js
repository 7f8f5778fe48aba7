'use strict';
// Event, CustomEvent and EventTarget: the DOM standard without a tree, so an
// event has one target, and capturing and bubbling come to the same.

const {
  codes: {
    ERR_EVENT_RECURSION,
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_THIS,
    ERR_MISSING_ARGS,
  },
  genericNodeError,
} = require('internal/errors');
const {
  kValidateObjectAllowObjects,
  validateAbortSignal,
  validateObject,
} = require('internal/validators');
const { inspect } = require('internal/util/inspect');
const weakListeners = require('internal/events/weak_listeners');

const { apply } = Reflect;
const kInspect = Symbol.for('nodejs.util.inspect.custom');
const kResistStopPropagation = Symbol('kResistStopPropagation');
const kTrustEvent = Symbol('kTrustEvent');
// An option of `addEventListener`: the object that keeps the listener alive.
const kWeakHandler = Symbol('kWeak');
const kGetListeners = Symbol('kGetListeners');
const kNewListener = Symbol('kNewListener');
const kRemoveListener = Symbol('kRemoveListener');
// For `internal/node_event_target`: listeners that get a value in place of an event.
const kNodeStyle = Symbol('kNodeStyle');
const kDispatchValue = Symbol('kDispatchValue');
const kEvents = Symbol('kEvents');
// Shared through `events` (`setMaxListeners`), which loads this one lazily.
let events;
function lazyEvents() {
  return events ??= require('events');
}
let perf;
function now() {
  perf ??= require('internal/perf');
  return perf.now();
}

function inspectClass(object, depth, options, fields) {
  const { name } = object.constructor;
  if (depth < 0) return name;
  return `${name} ${inspect(fields, {
    ...options,
    depth: Number.isInteger(options.depth) ? options.depth - 1 : options.depth,
  })}`;
}

function enumerable(prototype, keys) {
  for (const key of keys) {
    Object.defineProperty(prototype, key, {
      __proto__: null,
      enumerable: true,
    });
  }
}

function toStringTag(prototype, value) {
  Object.defineProperty(prototype, Symbol.toStringTag, {
    __proto__: null,
    configurable: true,
    value,
  });
}

// The seam between Event and EventTarget, set inside the class.
let isEvent;
let isDispatching;
let isStopped;
let setPassive;
let beginDispatch;
let endDispatch;

class Event {
  #type;
  #cancelable = false;
  #bubbles = false;
  #composed = false;
  #defaultPrevented = false;
  #stopPropagation = false;
  #stopImmediate = false;
  #passive = false;
  #dispatching = false;
  #target = null;
  #currentTarget = null;
  #trusted = false;
  #timestamp = now();

  constructor(type, options = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('type');
    if (options != null) {
      validateObject(options, 'options', kValidateObjectAllowObjects);
      this.#bubbles = Boolean(options.bubbles);
      this.#cancelable = Boolean(options.cancelable);
      this.#composed = Boolean(options.composed);
      this.#trusted = options[kTrustEvent] === true;
    }
    this.#type = `${type}`;
  }

  initEvent(type, bubbles = false, cancelable = false) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('type');
    Event.#check(this);
    if (this.#dispatching) return;
    this.#type = `${type}`;
    this.#bubbles = Boolean(bubbles);
    this.#cancelable = Boolean(cancelable);
  }

  [kInspect](depth, options) {
    Event.#check(this);
    return inspectClass(this, depth, options, {
      type: this.#type,
      defaultPrevented: this.#defaultPrevented,
      cancelable: this.#cancelable,
      timeStamp: this.#timestamp,
    });
  }

  stopImmediatePropagation() {
    Event.#check(this);
    // `stopPropagation` is part of it.
    this.#stopPropagation = true;
    this.#stopImmediate = true;
  }

  preventDefault() {
    Event.#check(this);
    if (this.#cancelable && !this.#passive) this.#defaultPrevented = true;
  }

  get target() {
    Event.#check(this);
    return this.#target;
  }

  get currentTarget() {
    Event.#check(this);
    return this.#currentTarget;
  }

  get srcElement() {
    Event.#check(this);
    return this.#target;
  }

  get type() {
    Event.#check(this);
    return this.#type;
  }

  get cancelable() {
    Event.#check(this);
    return this.#cancelable;
  }

  get defaultPrevented() {
    Event.#check(this);
    return this.#defaultPrevented;
  }

  get timeStamp() {
    Event.#check(this);
    return this.#timestamp;
  }

  composedPath() {
    Event.#check(this);
    return this.#dispatching ? [this.#currentTarget] : [];
  }

  get returnValue() {
    Event.#check(this);
    return !this.#defaultPrevented;
  }

  set returnValue(value) {
    if (!value) this.preventDefault();
  }

  get bubbles() {
    Event.#check(this);
    return this.#bubbles;
  }

  get composed() {
    Event.#check(this);
    return this.#composed;
  }

  get eventPhase() {
    Event.#check(this);
    return this.#dispatching ? Event.AT_TARGET : Event.NONE;
  }

  get cancelBubble() {
    Event.#check(this);
    return this.#stopPropagation;
  }

  set cancelBubble(value) {
    Event.#check(this);
    if (value) this.#stopPropagation = true;
  }

  stopPropagation() {
    Event.#check(this);
    this.#stopPropagation = true;
  }

  get isTrusted() {
    Event.#check(this);
    return this.#trusted;
  }

  static #check(value) {
    if (!isEvent(value)) throw new ERR_INVALID_THIS('Event');
  }

  static {
    isEvent = (value) =>
      typeof value === 'object' && value !== null && #type in value;
    isDispatching = (event) => event.#dispatching;
    isStopped = (event) => event.#stopImmediate;
    setPassive = (event, passive) => {
      event.#passive = passive;
    };
    beginDispatch = (event, target) => {
      event.#target = target;
      event.#currentTarget = target;
      event.#dispatching = true;
    };
    endDispatch = (event) => {
      event.#currentTarget = null;
      event.#dispatching = false;
      event.#stopPropagation = false;
      event.#stopImmediate = false;
    };
  }
}

enumerable(Event.prototype, [
  'initEvent', 'stopImmediatePropagation', 'preventDefault', 'target',
  'currentTarget', 'srcElement', 'type', 'cancelable', 'defaultPrevented',
  'timeStamp', 'composedPath', 'returnValue', 'bubbles', 'composed',
  'eventPhase', 'cancelBubble', 'stopPropagation', 'isTrusted',
]);
toStringTag(Event.prototype, 'Event');
for (const [phase, value] of
  [['NONE', 0], ['CAPTURING_PHASE', 1], ['AT_TARGET', 2],
   ['BUBBLING_PHASE', 3]]) {
  const descriptor = { __proto__: null, enumerable: true, value };
  Object.defineProperty(Event, phase, descriptor);
  Object.defineProperty(Event.prototype, phase, descriptor);
}

class CustomEvent extends Event {
  #detail;

  constructor(type, options = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('type');
    super(type, options);
    this.#detail = options?.detail ?? null;
  }

  get detail() {
    if (!(#detail in this)) throw new ERR_INVALID_THIS('CustomEvent');
    return this.#detail;
  }
}
enumerable(CustomEvent.prototype, ['detail']);
toStringTag(CustomEvent.prototype, 'CustomEvent');

/** True if the listener can be called; warns where it has no effect. */
function acceptsListener(target, type, listener) {
  if (typeof listener === 'function' ||
      (typeof listener === 'object' && listener !== null)) {
    return true;
  }
  if (listener == null) {
    process.emitWarning(genericNodeError(
      `addEventListener called with ${listener} which has no effect.`,
      { name: 'AddEventListenerArgumentTypeWarning', target, type }));
    return false;
  }
  throw new ERR_INVALID_ARG_TYPE('listener', 'EventListener', listener);
}

function flattenOptions(options) {
  if (typeof options === 'boolean') return { capture: options };
  if (options === null || options === undefined) return {};
  validateObject(options, 'options', kValidateObjectAllowObjects);
  return options;
}

let isEventTarget;

class EventTarget {
  /** The listeners by type, in the order in which they were added. */
  #listeners = new Map();

  addEventListener(type, listener, options = undefined) {
    EventTarget.#check(this);
    if (arguments.length < 2) throw new ERR_MISSING_ARGS('type', 'listener');
    const {
      once = false,
      capture = false,
      passive = false,
      signal,
      [kResistStopPropagation]: resist = false,
      [kNodeStyle]: nodeStyle = false,
      [kWeakHandler]: keeper = undefined,
    } = flattenOptions(options);
    validateAbortSignal(signal, 'options.signal');
    if (!acceptsListener(this, type, listener)) return;
    type = `${type}`;
    if (signal) {
      if (signal.aborted) return;
      signal.addEventListener(
        'abort',
        () => this.removeEventListener(type, listener, options),
        {
          __proto__: null,
          once: true,
          [kResistStopPropagation]: true,
          [kWeakHandler]: this,
        });
    }

    let list = this.#listeners.get(type);
    if (list === undefined) {
      list = [];
      this.#listeners.set(type, list);
    } else if (EventTarget.#position(list, listener, capture) >= 0) {
      return;
    }
    const entry = {
      callback: listener,
      weak: undefined,
      capture: Boolean(capture),
      once: Boolean(once),
      passive: Boolean(passive),
      resist,
      nodeStyle,
      removed: false,
    };
    if (keeper) this.#weaken(entry, type, keeper);
    list.push(entry);
    this[kNewListener](list.length, type, listener, once, capture, passive,
                       Boolean(keeper));
    this.#warnOfLeak(list, type);
  }

  removeEventListener(type, listener, options = undefined) {
    EventTarget.#check(this);
    if (arguments.length < 2) throw new ERR_MISSING_ARGS('type', 'listener');
    const capture = typeof options === 'boolean' ?
      options : options?.capture === true;
    type = `${type}`;
    const list = this.#listeners.get(type);
    if (list === undefined) return;
    const position = EventTarget.#position(list, listener, capture);
    if (position < 0) return;
    this.#remove(list, position, type);
  }

  dispatchEvent(event) {
    EventTarget.#check(this);
    if (arguments.length < 1) throw new ERR_MISSING_ARGS('event');
    if (!isEvent(event)) {
      throw new ERR_INVALID_ARG_TYPE('event', 'Event', event);
    }
    if (isDispatching(event)) throw new ERR_EVENT_RECURSION(event.type);
    beginDispatch(event, this);
    const list = this.#listeners.get(event.type);
    // Listeners added meanwhile do not hear this event.
    if (list !== undefined) this.#call(list.slice(), event, event);
    endDispatch(event);
    return !event.defaultPrevented;
  }

  /**
   * Tells the listeners of `type`: `value` to those of `on`, what `makeEvent` returns to the others.
   * Returns whether there were any.
   */
  [kDispatchValue](type, value, makeEvent) {
    const list = this.#listeners.get(type);
    if (list === undefined) return false;
    const event = makeEvent();
    beginDispatch(event, this);
    this.#call(list.slice(), event, value);
    endDispatch(event);
    return true;
  }

  /** The types that have listeners, each with how many. */
  get [kEvents]() {
    return new Map([...this.#listeners].map(
      ([type, { length }]) => [type, { size: length }]));
  }

  #call(listeners, event, value) {
    const { type } = event;
    // By index, for scripts can replace the iterator.
    for (let i = 0; i < listeners.length; i++) {
      const entry = listeners[i];
      if (entry.removed || (isStopped(event) && !entry.resist)) continue;
      if (entry.once) {
        const list = this.#listeners.get(type);
        this.#remove(list, list.indexOf(entry), type);
      }
      setPassive(event, entry.passive);
      try {
        const callback = EventTarget.#callbackOf(entry);
        if (callback === undefined) continue;
        const argument = entry.nodeStyle ? value : event;
        const result = typeof callback === 'function' ?
          apply(callback, this, [argument]) : callback.handleEvent?.(argument);
        if (result !== undefined && result !== null) this.#watch(result);
      } catch (err) {
        reportLater(err);
      }
      setPassive(event, false);
    }
  }

  /** A promise that a listener returned and that is rejected is told. */
  #watch(result) {
    const { then } = result;
    if (typeof then === 'function') {
      apply(then, result, [undefined, reportLater]);
    }
  }

  #remove(list, position, type) {
    const entry = list[position];
    list.splice(position, 1);
    entry.removed = true;
    const callback = EventTarget.#callbackOf(entry);
    if (entry.weak !== undefined) weakListeners.release(entry.weak);
    if (list.length === 0) this.#listeners.delete(type);
    this[kRemoveListener](list.length, type, callback, entry.capture);
  }

  #weaken(entry, type, keeper) {
    const self = new WeakRef(this);
    entry.weak = weakListeners.hold(entry.callback, keeper, () => {
      const list = self.deref()?.#listeners.get(type);
      const position = list?.indexOf(entry) ?? -1;
      if (position >= 0) self.deref().#remove(list, position, type);
    });
    entry.callback = undefined;
  }

  #warnOfLeak(list, type) {
    const { kMaxEventTargetListeners, kMaxEventTargetListenersWarned,
            defaultMaxListeners } = lazyEvents();
    const max = this[kMaxEventTargetListeners] ?? defaultMaxListeners;
    if (max <= 0 || list.length <= max ||
        this[kMaxEventTargetListenersWarned]) {
      return;
    }
    this[kMaxEventTargetListenersWarned] = true;
    process.emitWarning(genericNodeError(
      'Possible EventTarget memory leak detected. ' +
      `${list.length} ${type} listeners ` +
      `added to ${inspect(this, { depth: -1 })}. MaxListeners is ${max}. ` +
      'Use events.setMaxListeners() to increase limit',
      {
        name: 'MaxListenersExceededWarning',
        target: this,
        type,
        count: list.length,
      }));
  }

  /** What subclasses do when listeners come and go. */
  [kNewListener]() {}

  [kRemoveListener]() {}

  [kGetListeners](type) {
    return (this.#listeners.get(`${type}`) ?? [])
      .map(EventTarget.#callbackOf)
      .filter((callback) => callback !== undefined);
  }

  [kInspect](depth, options) {
    return inspectClass(this, depth, options, {});
  }

  /** Undefined where it was held weakly and has been collected. */
  static #callbackOf(entry) {
    return entry.weak === undefined ?
      entry.callback : entry.weak.weak.deref();
  }

  static #position(list, listener, capture) {
    return list.findIndex(
      (entry) => EventTarget.#callbackOf(entry) === listener &&
        entry.capture === Boolean(capture));
  }

  static #check(value) {
    if (!isEventTarget(value)) throw new ERR_INVALID_THIS('EventTarget');
  }

  static {
    isEventTarget = (value) =>
      typeof value === 'object' && value !== null && #listeners in value;
  }
}

enumerable(EventTarget.prototype,
           ['addEventListener', 'removeEventListener', 'dispatchEvent']);
for (const key of [kNewListener, kRemoveListener, kGetListeners, kInspect,
                   kDispatchValue, kEvents]) {
  Object.defineProperty(EventTarget.prototype, key,
                        { __proto__: null, enumerable: false });
}
toStringTag(EventTarget.prototype, 'EventTarget');

// An exception in a listener ends neither the dispatch nor the others: it is
// the process's uncaught exception.
function reportLater(err) {
  process.nextTick(() => {
    throw err;
  });
}

/**
 * Defines the attribute `on<name>`; a handler keeps its place among the
 * listeners when it is replaced.
 */
function defineEventHandler(target, name, event = name) {
  const handlers = new WeakMap();
  const property = `on${name}`;
  Object.defineProperty(target, property, {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() {
      return handlers.get(this)?.handler ?? null;
    },
    set(value) {
      const usable = typeof value === 'function' ||
        (typeof value === 'object' && value !== null) ? value : null;
      let entry = handlers.get(this);
      if (entry === undefined) {
        if (usable === null) return;
        entry = { handler: usable, listener: undefined };
        entry.listener = function(...args) {
          return typeof entry.handler === 'function' ?
            apply(entry.handler, this, args) : undefined;
        };
        handlers.set(this, entry);
        this.addEventListener(event, entry.listener);
      } else if (usable === null) {
        handlers.delete(this);
        this.removeEventListener(event, entry.listener);
      } else {
        entry.handler = usable;
      }
    },
  });
  for (const accessor of ['get', 'set']) {
    const { [accessor]: fn } = Object.getOwnPropertyDescriptor(target, property);
    Object.defineProperty(fn, 'name', {
      __proto__: null,
      configurable: true,
      value: `${accessor} ${property}`,
    });
  }
}

module.exports = {
  CustomEvent,
  Event,
  EventTarget,
  defineEventHandler,
  isEventTarget,
  kDispatchValue,
  kEvents,
  kGetListeners,
  kNewListener,
  kNodeStyle,
  kRemoveListener,
  kResistStopPropagation,
  kTrustEvent,
  kWeakHandler,
};
// It builds on this module.
Object.defineProperty(module.exports, 'NodeEventTarget', {
  __proto__: null,
  enumerable: true,
  get: () => require('internal/node_event_target').NodeEventTarget,
});
