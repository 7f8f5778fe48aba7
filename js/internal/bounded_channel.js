'use strict';

// `diagnostics_channel.boundedChannel()`: the start and the end of something that is one stretch of
// code; and scopes, which are over when they are disposed of.

const { ObjectDefineProperty, ObjectGetPrototypeOf, ReflectApply, SymbolDispose } = require('internal/primordials');
const { Channel, channel } = require('diagnostics_channel');
const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { currentFrame, setFrame } = require('internal/async_hooks');

const EVENTS = ['start', 'end'];

function channelOf(nameOrChannels, event) {
  if (typeof nameOrChannels === 'string') return channel(`tracing:${nameOrChannels}:${event}`);
  if (typeof nameOrChannels !== 'object' || nameOrChannels === null) {
    throw new ERR_INVALID_ARG_TYPE('nameOrChannels', ['string', 'BoundedChannel', 'Object'], nameOrChannels);
  }
  const given = nameOrChannels[event];
  // As in Node, what is missing fails as JavaScript's own error.
  ObjectGetPrototypeOf(given);
  if (!(given instanceof Channel)) throw new ERR_INVALID_ARG_TYPE(`nameOrChannels.${event}`, ['Channel'], given);
  return given;
}

// The stores that are bound to a channel have their values until this is disposed of.
class StoreScope {
  #outer = currentFrame();
  #open = true;

  constructor(enter) {
    enter();
  }

  [SymbolDispose]() {
    if (!this.#open) return;
    this.#open = false;
    setFrame(this.#outer);
  }
}

class BoundedChannelScope {
  #context;
  #end;
  #stores;

  constructor(bounded, context) {
    if (!bounded.hasSubscribers) return;
    this.#context = context;
    this.#end = bounded.end;
    this.#stores = bounded.start.withStoreScope(context);
  }

  [SymbolDispose]() {
    const stores = this.#stores;
    if (stores === undefined) return;
    this.#stores = undefined;
    this.#end.publish(this.#context);
    stores[SymbolDispose]();
  }
}

class BoundedChannel {
  constructor(nameOrChannels) {
    for (const event of EVENTS) {
      ObjectDefineProperty(this, event, { __proto__: null, value: channelOf(nameOrChannels, event) });
    }
  }

  get hasSubscribers() {
    return this.start?.hasSubscribers || this.end?.hasSubscribers;
  }

  subscribe(handlers) {
    for (const event of EVENTS) if (handlers[event]) this[event]?.subscribe(handlers[event]);
  }

  unsubscribe(handlers) {
    let done = true;
    for (const event of EVENTS) {
      if (handlers[event] && !this[event]?.unsubscribe(handlers[event])) done = false;
    }
    return done;
  }

  withScope(context = {}) {
    return new BoundedChannelScope(this, context);
  }

  run(context, fn, thisArg, ...args) {
    const scope = this.withScope(context ?? {});
    try {
      return ReflectApply(fn, thisArg, args);
    } finally {
      scope[SymbolDispose]();
    }
  }
}

module.exports = { BoundedChannel, StoreScope };
