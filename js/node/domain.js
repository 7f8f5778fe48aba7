'use strict';

// Domains: an error that nothing caught, in a callback that was made while a domain was entered or in
// an emitter that belongs to one, is told to the domain. Deprecated for years, and still required.

const {
  ArrayPrototypeIndexOf, ArrayPrototypeLastIndexOf, ArrayPrototypePush, ArrayPrototypeSlice, ArrayPrototypeSome,
  ArrayPrototypeSplice, Error, FunctionPrototypeCall, ObjectDefineProperty, ReflectApply, SafeMap,
  StringPrototypeRepeat,
} = require('internal/primordials');
const {
  codes: {
    ERR_DOMAIN_CALLBACK_NOT_AVAILABLE, ERR_DOMAIN_CANNOT_SET_UNCAUGHT_EXCEPTION_CAPTURE, ERR_UNHANDLED_ERROR,
  },
} = require('internal/errors');
const uncaught = require('internal/process/uncaught');

if (uncaught.hasUncaughtExceptionCaptureCallback()) throw new ERR_DOMAIN_CALLBACK_NOT_AVAILABLE();

const EventEmitter = require('events');
const { createHook } = require('async_hooks');
const { WeakReference } = require('internal/util');

// There is one callback for uncaught errors, and now it is ours.
const loaded = new Error('require(`domain`) at this point').stack;
process.setUncaughtExceptionCaptureCallback = function setUncaughtExceptionCaptureCallback() {
  const error = new ERR_DOMAIN_CANNOT_SET_UNCAUGHT_EXCEPTION_CAPTURE();
  error.stack += `\n${StringPrototypeRepeat('-', 40)}\n${loaded}`;
  throw error;
};

/** The domains that have been entered and not left, the innermost last. */
const stack = [];

function setDomain(object, domain) {
  ObjectDefineProperty(object, 'domain', {
    __proto__: null, value: domain, configurable: true, enumerable: false, writable: true,
  });
}

function activate(domain) {
  exports.active = process.domain = domain;
}

function capture(error) {
  process.domain._errorHandler(error);
}

/** Errors come to us only while some entered domain has a listener for them. */
function updateCapture() {
  uncaught.setUncaughtExceptionCaptureCallback(null);
  if (ArrayPrototypeSome(stack, (domain) => domain.listenerCount('error') > 0)) {
    uncaught.setUncaughtExceptionCaptureCallback(capture);
  }
}

function leaveAll() {
  stack.length = 0;
  activate(null);
  updateCapture();
}

// Whoever listens for uncaught errors does so outside of any domain.
process.on('newListener', (name, listener) => {
  if (name !== 'uncaughtException' || listener === leaveAll) return;
  process.removeListener(name, leaveAll);
  process.prependListener(name, leaveAll);
});
process.on('removeListener', (name, listener) => {
  if (name !== 'uncaughtException' || listener === leaveAll) return;
  const left = process.listeners(name);
  if (left.length === 1 && left[0] === leaveAll) process.removeListener(name, leaveAll);
});

// ---- Callbacks belong to the domain in which they were made ------------------

// By their asynchronous id. The resource holds the domain, this does not.
const domains = new SafeMap();
let referenceOf;

const hook = createHook({
  init(asyncId, type, triggerAsyncId, resource) {
    const { domain } = process;
    if (domain === null || domain === undefined) return;
    domains.set(asyncId, referenceOf(domain));
    setDomain(resource, domain);
  },
  before(asyncId) {
    const reference = domains.get(asyncId);
    if (reference === undefined) return;
    reference.incRef();
    reference.get().enter();
  },
  after(asyncId) {
    const reference = domains.get(asyncId);
    if (reference === undefined) return;
    const domain = reference.get();
    reference.decRef();
    domain.exit();
  },
  destroy(asyncId) {
    domains.delete(asyncId);
  },
});

// ---- Domain -------------------------------------------------------------------

class Domain extends EventEmitter {
  #reference = new WeakReference(this);

  constructor() {
    super();
    this.members = [];
    hook.enable();
    this.on('removeListener', updateCapture);
    this.on('newListener', updateCapture);
  }

  /** An error that nothing caught. Whether a domain took it; throws what a handler throws. */
  _errorHandler(error) {
    if ((typeof error === 'object' && error !== null) || typeof error === 'function') {
      setDomain(error, this);
      error.domainThrown = true;
    }
    // The handler runs outside of its own domain.
    while (exports.active === this) this.exit();
    let taken = false;
    if (stack.length > 0) {
      try {
        taken = this.emit('error', error);
      } catch (second) {
        updateCapture();
        if (stack.length === 0) throw second;
        activate(stack[stack.length - 1]);
        taken = process.domain._errorHandler(second);
      }
    } else if (this.listenerCount('error') > 0) {
      uncaught.setUncaughtExceptionCaptureCallback(null);
      try {
        taken = this.emit('error', error);
      } finally {
        updateCapture();
      }
    }
    leaveAll();
    return taken;
  }

  enter() {
    activate(this);
    ArrayPrototypePush(stack, this);
    updateCapture();
  }

  /** Leaves this domain and those that were entered since. */
  exit() {
    const index = ArrayPrototypeLastIndexOf(stack, this);
    if (index === -1) return;
    ArrayPrototypeSplice(stack, index);
    activate(stack[stack.length - 1]);
    updateCapture();
  }

  add(emitter) {
    if (emitter.domain === this) return;
    if (emitter.domain) emitter.domain.remove(emitter);
    // Domains within each other must not go round.
    if (this.domain && emitter instanceof Domain) {
      for (let outer = this.domain; outer; outer = outer.domain) {
        if (outer === emitter) return;
      }
    }
    setDomain(emitter, this);
    ArrayPrototypePush(this.members, emitter);
  }

  remove(emitter) {
    emitter.domain = null;
    const index = ArrayPrototypeIndexOf(this.members, emitter);
    if (index !== -1) ArrayPrototypeSplice(this.members, index, 1);
  }

  run(fn, ...args) {
    return within(this, fn, this, args);
  }

  bind(callback) {
    const domain = this;
    function runBound(...args) {
      return within(domain, callback, this, args);
    }
    setDomain(runBound, this);
    return runBound;
  }

  /** As `bind`, without the first argument, which is an error for the domain. */
  intercept(callback) {
    const domain = this;
    return function runIntercepted(error, ...args) {
      if (!(error instanceof Error)) return within(domain, callback, this, args);
      error.domainBound = callback;
      error.domainThrown = false;
      setDomain(error, domain);
      domain.emit('error', error);
      return undefined;
    };
  }

  static {
    referenceOf = (domain) => domain.#reference;
  }
}
Domain.prototype.members = undefined;

function within(domain, fn, self, args) {
  domain.enter();
  const result = ReflectApply(fn, self, args);
  domain.exit();
  return result;
}

// ---- Emitters belong to the domain in which they were made -------------------

EventEmitter.usingDomains = true;

const { init } = EventEmitter;
EventEmitter.init = function(options) {
  setDomain(this, exports.active && !(this instanceof Domain) ? exports.active : null);
  return FunctionPrototypeCall(init, this, options);
};

const { emit: emitPlainly } = EventEmitter.prototype;
EventEmitter.prototype.emit = function emit(...args) {
  const { domain } = this;
  const { 0: type, 1: error } = args;
  if (domain === null || domain === undefined || this === process ||
      (type === 'error' && this.listenerCount(type) > 0)) {
    return ReflectApply(emitPlainly, this, args);
  }
  if (type !== 'error') return within(domain, emitPlainly, this, args);
  emitUnheard(domain, this, error || new ERR_UNHANDLED_ERROR());
  return false;
};

/** Tells `domain` of an emitter's error that nobody listened for, outside of that domain. */
function emitUnheard(domain, emitter, error) {
  if (typeof error === 'object') {
    error.domainEmitter = emitter;
    setDomain(error, domain);
    error.domainThrown = false;
  }
  const outer = ArrayPrototypeSlice(stack);
  const active = process.domain;
  while (stack.length > 0 && stack[stack.length - 1] === active) stack.length--;
  activate(stack.length > 0 ? stack[stack.length - 1] : null);
  updateCapture();
  domain.emit('error', error);
  ArrayPrototypeSplice(stack, 0, stack.length, ...outer);
  activate(active);
  updateCapture();
}

const create = () => new Domain();

exports._stack = stack;
exports.Domain = Domain;
exports.create = create;
exports.createDomain = create;
activate(null);
