'use strict';

const {
  codes: { ERR_ASYNC_CALLBACK, ERR_ASYNC_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_ASYNC_ID },
} = require('internal/errors');
const {
  validateBoolean,
  validateFunction,
  validateObject,
  validateString,
} = require('internal/validators');
const hooks = require('internal/async_hooks');

const { apply } = Reflect;
const { kAsyncId, kContextFrame, kTriggerId } = hooks;

class AsyncHook {
  #callbacks;

  constructor(callbacks) {
    this.#callbacks = { ...callbacks, owner: this };
  }

  enable() {
    hooks.enableHook(this.#callbacks);
    return this;
  }

  disable() {
    hooks.disableHook(this.#callbacks);
    return this;
  }
}

/** Sees the resources that JavaScript makes, promises, timers, immediates and ticks. */
function createHook(callbacks) {
  const { init, before, after, destroy, promiseResolve, trackPromises = true } = callbacks;
  for (const [name, value] of
    Object.entries({ init, before, after, destroy, promiseResolve })) {
    if (value !== undefined && typeof value !== 'function') {
      throw new ERR_ASYNC_CALLBACK(`hook.${name}`);
    }
  }
  if (callbacks.trackPromises !== undefined) validateBoolean(trackPromises, 'trackPromises');
  if (promiseResolve !== undefined && !trackPromises) {
    throw new ERR_INVALID_ARG_VALUE(
      'trackPromises', trackPromises, 'must not be false when promiseResolve is enabled');
  }
  return new AsyncHook({ init, before, after, destroy, promiseResolve, trackPromises });
}

class AsyncResource {
  constructor(type, options = {}) {
    validateString(type, 'type');
    let triggerAsyncId = options;
    let requireManualDestroy = false;
    if (typeof options !== 'number') {
      triggerAsyncId = options.triggerAsyncId === undefined ?
        hooks.executionAsyncId() : options.triggerAsyncId;
      requireManualDestroy = Boolean(options.requireManualDestroy);
    }
    if (!Number.isSafeInteger(triggerAsyncId) || triggerAsyncId < -1) {
      throw new ERR_INVALID_ASYNC_ID('triggerAsyncId', triggerAsyncId);
    }
    if (type.length === 0 && hooks.hooksEnabled()) {
      throw new ERR_ASYNC_TYPE(type);
    }
    const asyncId = hooks.newAsyncId();
    this[kAsyncId] = asyncId;
    this[kTriggerId] = triggerAsyncId;
    this[kContextFrame] = hooks.currentFrame();
    hooks.emitInit(asyncId, type, triggerAsyncId, this);
    if (!requireManualDestroy && hooks.wantsDestroy()) {
      hooks.destroyWhenCollected(this);
    }
  }

  runInAsyncScope(fn, thisArg, ...args) {
    return hooks.runInAsyncScope(this, fn, thisArg, args);
  }

  emitDestroy() {
    hooks.destroyNow(this);
    return this;
  }

  asyncId() {
    return this[kAsyncId];
  }

  triggerAsyncId() {
    return this[kTriggerId];
  }

  bind(fn, thisArg) {
    validateFunction(fn, 'fn');
    const resource = this;
    const bound = thisArg === undefined ?
      function(...args) {
        return hooks.runInAsyncScope(resource, fn, this, args);
      } :
      (...args) => hooks.runInAsyncScope(resource, fn, thisArg, args);
    Object.defineProperty(bound, 'length', {
      __proto__: null,
      configurable: true,
      enumerable: false,
      value: fn.length,
      writable: false,
    });
    return bound;
  }

  static bind(fn, type, thisArg) {
    type ||= fn.name;
    return new AsyncResource(type || 'bound-anonymous-fn').bind(fn, thisArg);
  }
}

class AsyncLocalStorage {
  #defaultValue;
  #name = '';

  constructor(options = {}) {
    validateObject(options, 'options');
    this.#defaultValue = options.defaultValue;
    if (options.name !== undefined) this.#name = `${options.name}`;
  }

  get name() {
    return this.#name;
  }

  static bind(fn) {
    return AsyncResource.bind(fn);
  }

  static snapshot() {
    const frame = hooks.currentFrame();
    return function runInSnapshot(fn, ...args) {
      const outer = hooks.exchangeFrame(frame);
      try {
        return apply(fn, this, args);
      } finally {
        hooks.setFrame(outer);
      }
    };
  }

  disable() {
    const frame = hooks.currentFrame();
    if (frame?.has(this)) {
      const without = new hooks.AsyncContextFrame(frame, this, undefined);
      without.delete(this);
      hooks.setFrame(without);
    }
  }

  enterWith(store) {
    hooks.setFrame(
      new hooks.AsyncContextFrame(hooks.currentFrame(), this, store));
  }

  run(store, fn, ...args) {
    const outer = hooks.currentFrame();
    const had = outer !== undefined && outer.has(this);
    const before = had ? outer.get(this) : undefined;
    const frame = new hooks.AsyncContextFrame(outer, this, store);
    hooks.setFrame(frame);
    try {
      return apply(fn, null, args);
    } finally {
      const now = hooks.currentFrame();
      if (now === frame) {
        hooks.setFrame(outer);
      } else {
        // Others have entered theirs meanwhile: they stay.
        const back = new hooks.AsyncContextFrame(now, this, before);
        if (!had) back.delete(this);
        hooks.setFrame(back);
      }
    }
  }

  exit(fn, ...args) {
    return this.run(undefined, fn, ...args);
  }

  getStore() {
    const frame = hooks.currentFrame();
    return frame?.has(this) ? frame.get(this) : this.#defaultValue;
  }
}

// Node's names, so that a program that knows one finds it; most are of no resource here.
const PROVIDERS = [
  'NONE', 'DIRHANDLE', 'DNSCHANNEL', 'ELDHISTOGRAM', 'FILEHANDLE', 'FILEHANDLECLOSEREQ', 'BLOBREADER',
  'FSEVENTWRAP', 'FSREQCALLBACK', 'FSREQPROMISE', 'GETADDRINFOREQWRAP', 'GETNAMEINFOREQWRAP', 'HEAPSNAPSHOT',
  'CPUHEAPPROFILE', 'HTTP2SESSION', 'HTTP2STREAM', 'HTTP2PING', 'HTTP2SETTINGS', 'HTTPINCOMINGMESSAGE',
  'HTTPCLIENTREQUEST', 'LOCKS', 'JSSTREAM', 'JSUDPWRAP', 'MESSAGEPORT', 'PIPECONNECTWRAP', 'PIPESERVERWRAP',
  'PIPEWRAP', 'PROCESSWRAP', 'PROMISE', 'QUERYWRAP', 'SHUTDOWNWRAP', 'SIGNALWRAP', 'STATWATCHER',
  'STREAMPIPE', 'TCPCONNECTWRAP', 'TCPSERVERWRAP', 'TCPWRAP', 'TTYWRAP', 'UDPSENDWRAP', 'UDPWRAP',
  'SIGINTWATCHDOG', 'WORKER', 'WORKERCPUPROFILE', 'WORKERCPUUSAGE', 'WORKERHEAPPROFILE', 'WORKERHEAPSNAPSHOT',
  'WORKERHEAPSTATISTICS', 'WRITEWRAP', 'ZLIB',
];
const asyncWrapProviders = { __proto__: null };
for (let i = 0; i < PROVIDERS.length; i++) asyncWrapProviders[PROVIDERS[i]] = i;
Object.freeze(asyncWrapProviders);

module.exports = {
  AsyncLocalStorage,
  createHook,
  executionAsyncId: hooks.executionAsyncId,
  triggerAsyncId: hooks.triggerAsyncId,
  executionAsyncResource: hooks.executionAsyncResource,
  asyncWrapProviders,
  AsyncResource,
};
