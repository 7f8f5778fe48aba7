'use strict';
// Listeners that an event target does not keep alive: they live as long as an
// object that the caller names. So a signal that lives for long holds nothing
// of the targets whose listeners it would remove.

/** The listeners by the object that keeps them. */
const kept = new WeakMap();
// Made when first needed: the startup blob holds no registry.
let collected;

/** What stands for `listener`; `gone` is called when it has been collected. */
function hold(listener, keeper, gone) {
  collected ??= new FinalizationRegistry((callback) => callback());
  const weak = new WeakRef(listener);
  collected.register(listener, gone, weak);
  let listeners = kept.get(keeper);
  if (listeners === undefined) {
    listeners = new Set();
    kept.set(keeper, listeners);
  }
  listeners.add(listener);
  return { weak, keeper: new WeakRef(keeper) };
}

/** The listener has been removed. */
function release({ weak, keeper }) {
  collected.unregister(weak);
  kept.get(keeper.deref())?.delete(weak.deref());
}

module.exports = { hold, release };
