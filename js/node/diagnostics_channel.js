'use strict';

const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { validateFunction } = require('internal/validators');

const { apply } = Reflect;

/**
 * Channels by name. Only channels with subscribers must stay alive: the others
 * are held weakly, and made anew when somebody asks again.
 */
const channels = new Map();

function knownChannel(name) {
  return channels.get(name)?.deref();
}

function reportLater(err) {
  process.nextTick(() => {
    throw err;
  });
}

// One class whose instances are active or not by whether anybody listens;
// `publish` is the hot path.
class Channel {
  #subscribers = [];
  #stores = new Map();
  /** What keeps a channel with subscribers alive. */
  static #alive = new Set();

  constructor(name) {
    this.name = name;
    channels.set(name, new WeakRef(this));
  }

  #changed() {
    if (this.#subscribers.length > 0 || this.#stores.size > 0) {
      Channel.#alive.add(this);
      channels.set(this.name, new WeakRef(this));
    } else {
      Channel.#alive.delete(this);
    }
  }

  subscribe(subscription) {
    validateFunction(subscription, 'subscription');
    // Replaced, not changed, so that a round under way sees one list.
    this.#subscribers = [...this.#subscribers, subscription];
    this.#changed();
  }

  unsubscribe(subscription) {
    const position = this.#subscribers.indexOf(subscription);
    if (position < 0) return false;
    this.#subscribers = this.#subscribers.toSpliced(position, 1);
    this.#changed();
    return true;
  }

  bindStore(store, transform) {
    this.#stores.set(store, transform);
    this.#changed();
  }

  unbindStore(store) {
    const known = this.#stores.delete(store);
    this.#changed();
    return known;
  }

  get hasSubscribers() {
    return this.#subscribers.length > 0 || this.#stores.size > 0;
  }

  publish(data) {
    for (const subscriber of this.#subscribers) {
      try {
        subscriber(data, this.name);
      } catch (err) {
        reportLater(err);
      }
    }
  }

  // As runStores, until what it returns is disposed of.
  withStoreScope(data) {
    const { StoreScope } = require('internal/bounded_channel');
    return new StoreScope(() => {
      for (const [store, transform] of this.#stores) {
        try {
          store.enterWith(transform === undefined ? data : transform(data));
        } catch (err) {
          reportLater(err);
        }
      }
      if (this.hasSubscribers) this.publish(data);
    });
  }

  runStores(data, fn, thisArg, ...args) {
    let run = () => {
      this.publish(data);
      return apply(fn, thisArg, args);
    };
    for (const [store, transform] of this.#stores) {
      const next = run;
      run = () => {
        let context = data;
        if (transform !== undefined) {
          try {
            context = transform(data);
          } catch (err) {
            reportLater(err);
            return next();
          }
        }
        return store.run(context, next);
      };
    }
    return run();
  }
}

function channel(name) {
  const known = knownChannel(name);
  if (known !== undefined) return known;
  if (typeof name !== 'string' && typeof name !== 'symbol') {
    throw new ERR_INVALID_ARG_TYPE('channel', ['string', 'symbol'], name);
  }
  return new Channel(name);
}

function subscribe(name, subscription) {
  channel(name).subscribe(subscription);
}

function unsubscribe(name, subscription) {
  return channel(name).unsubscribe(subscription);
}

function hasSubscribers(name) {
  return knownChannel(name)?.hasSubscribers ?? false;
}

const traceEvents = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'];

function tracedChannel(nameOrChannels, name) {
  if (typeof nameOrChannels === 'string') {
    return channel(`tracing:${nameOrChannels}:${name}`);
  }
  if (typeof nameOrChannels !== 'object' || nameOrChannels === null) {
    throw new ERR_INVALID_ARG_TYPE('nameOrChannels', ['string', 'object', 'TracingChannel'], nameOrChannels);
  }
  const given = nameOrChannels[name];
  // As in Node, what is missing fails as JavaScript's own error.
  Object.getPrototypeOf(given);
  if (!(given instanceof Channel)) {
    throw new ERR_INVALID_ARG_TYPE(
      `nameOrChannels.${name}`, ['Channel'], given);
  }
  return given;
}

class TracingChannel {
  constructor(nameOrChannels) {
    for (const name of traceEvents) {
      Object.defineProperty(this, name, {
        __proto__: null,
        enumerable: true,
        value: tracedChannel(nameOrChannels, name),
      });
    }
  }

  get hasSubscribers() {
    return traceEvents.some((name) => this[name].hasSubscribers);
  }

  subscribe(handlers) {
    for (const name of traceEvents) {
      if (handlers[name]) this[name].subscribe(handlers[name]);
    }
  }

  unsubscribe(handlers) {
    let done = true;
    for (const name of traceEvents) {
      if (handlers[name] && !this[name].unsubscribe(handlers[name])) {
        done = false;
      }
    }
    return done;
  }

  traceSync(fn, context = {}, thisArg, ...args) {
    if (!this.hasSubscribers) return apply(fn, thisArg, args);
    const { start, end, error } = this;
    return start.runStores(context, () => {
      try {
        const result = apply(fn, thisArg, args);
        context.result = result;
        return result;
      } catch (err) {
        context.error = err;
        error.publish(context);
        throw err;
      } finally {
        end.publish(context);
      }
    });
  }

  tracePromise(fn, context = {}, thisArg, ...args) {
    if (!this.hasSubscribers) return apply(fn, thisArg, args);
    const { start, end, asyncStart, asyncEnd, error } = this;
    const reject = (err) => {
      context.error = err;
      error.publish(context);
      asyncStart.publish(context);
      asyncEnd.publish(context);
      return Promise.reject(err);
    };
    const resolve = (result) => {
      context.result = result;
      asyncStart.publish(context);
      asyncEnd.publish(context);
      return result;
    };
    return start.runStores(context, () => {
      try {
        const promise = apply(fn, thisArg, args);
        return Promise.resolve(promise).then(resolve, reject);
      } catch (err) {
        context.error = err;
        error.publish(context);
        throw err;
      } finally {
        end.publish(context);
      }
    });
  }

  traceCallback(fn, position = -1, context = {}, thisArg, ...args) {
    if (!this.hasSubscribers) return apply(fn, thisArg, args);
    const { start, end, asyncStart, asyncEnd, error } = this;
    const index = position < 0 ? args.length + position : position;
    const callback = args[index];
    validateFunction(callback, 'callback');
    args[index] = function(err, result) {
      if (err) {
        context.error = err;
        error.publish(context);
      } else {
        context.result = result;
      }
      return asyncStart.runStores(context, () => {
        try {
          return apply(callback, this, arguments);
        } finally {
          asyncEnd.publish(context);
        }
      });
    };
    return start.runStores(context, () => {
      try {
        return apply(fn, thisArg, args);
      } catch (err) {
        context.error = err;
        error.publish(context);
        throw err;
      } finally {
        end.publish(context);
      }
    });
  }
}

function tracingChannel(nameOrChannels) {
  return new TracingChannel(nameOrChannels);
}

function boundedChannel(nameOrChannels) {
  return new module.exports.BoundedChannel(nameOrChannels);
}

module.exports = {
  boundedChannel,
  channel,
  hasSubscribers,
  subscribe,
  tracingChannel,
  unsubscribe,
  Channel,
  get BoundedChannel() { return require('internal/bounded_channel').BoundedChannel; },
};
