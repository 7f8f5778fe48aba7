'use strict';

// Functions and methods that remember their calls: `mock` of `node:test`.

const { codes: { ERR_INVALID_ARG_VALUE } } = require('internal/errors');
const { validateFunction, validateObject } = require('internal/validators');
const { refusing } = require('internal/next_stage');

class MockFunctionContext {
  #calls = [];
  #implementation;
  #once = new Map();
  #restore;

  constructor(implementation, restore) {
    this.#implementation = implementation;
    this.#restore = restore;
  }

  get calls() { return this.#calls.slice(); }
  callCount() { return this.#calls.length; }
  resetCalls() { this.#calls = []; }
  restore() { this.#restore?.(); }

  mockImplementation(implementation) {
    validateFunction(implementation, 'implementation');
    this.#implementation = implementation;
  }

  mockImplementationOnce(implementation, onCall = this.#calls.length) {
    validateFunction(implementation, 'implementation');
    this.#once.set(onCall, implementation);
  }

  static call(context, self, args, target) {
    const number = context.#calls.length;
    const implementation = context.#once.get(number) ?? context.#implementation;
    context.#once.delete(number);
    const call = { arguments: args, error: undefined, result: undefined, stack: new Error(), target, this: self };
    try {
      call.result = target === undefined
        ? Reflect.apply(implementation, self, args) : Reflect.construct(implementation, args, target);
      return call.result;
    } catch (error) {
      call.error = error;
      throw error;
    } finally {
      context.#calls.push(call);
    }
  }
}

class MockTracker {
  #mocks = [];

  constructor() {
    this.timers = refusing('test.mock.timers', { functions: 'enable reset runAll tick' });
  }

  #make(original, implementation, restore) {
    const context = new MockFunctionContext(implementation, restore);
    const mocked = new Proxy(original, {
      __proto__: null,
      apply: (target, self, args) => MockFunctionContext.call(context, self, args, undefined),
      construct: (target, args, newTarget) => MockFunctionContext.call(context, undefined, args, newTarget),
      get: (target, name) => (name === 'mock' ? context : target[name]),
    });
    this.#mocks.push(context);
    return mocked;
  }

  fn(original = function() {}, implementation = original) {
    if (original !== null && typeof original === 'object') {
      original = function() {};
      implementation = original;
    }
    if (implementation !== null && typeof implementation === 'object') implementation = original;
    validateFunction(original, 'original');
    validateFunction(implementation, 'implementation');
    return this.#make(original, implementation);
  }

  method(object, name, implementation, options) {
    if (implementation !== null && typeof implementation === 'object') {
      options = implementation;
      implementation = undefined;
    }
    const { getter = false, setter = false } = options ?? {};
    const kind = getter ? 'get' : setter ? 'set' : 'value';
    let owner = object;
    while (owner !== null && !Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
    const descriptor = owner === null ? undefined : Object.getOwnPropertyDescriptor(owner, name);
    const original = descriptor?.[kind];
    if (typeof original !== 'function') throw new ERR_INVALID_ARG_VALUE('methodName', original, 'must be a method');
    const isOwn = owner === object;
    const mocked = this.#make(original, implementation ?? original, () => {
      if (isOwn) Object.defineProperty(object, name, descriptor);
      else delete object[name];
    });
    Object.defineProperty(object, name, { ...descriptor, configurable: true, [kind]: mocked });
    return mocked;
  }

  getter(object, name, implementation, options) {
    return this.method(object, name, implementation, { ...options, getter: true });
  }

  setter(object, name, implementation, options) {
    return this.method(object, name, implementation, { ...options, setter: true });
  }

  property(object, name, value) {
    validateObject(object, 'object', 2);
    const before = Object.getOwnPropertyDescriptor(object, name);
    this.#mocks.push({
      restore() {
        if (before) Object.defineProperty(object, name, before);
        else delete object[name];
      },
    });
    object[name] = value;
  }

  reset() {
    this.restoreAll();
    this.#mocks = [];
  }

  restoreAll() {
    for (const mock of this.#mocks) mock.restore();
  }
}
refusing('test.mock', { functions: 'module' }, MockTracker.prototype);

module.exports = { MockTracker };
