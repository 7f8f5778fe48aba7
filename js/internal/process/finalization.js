'use strict';

// process.finalization: callbacks for objects that are still there when the process ends.

const {
  ObjectFreeze, SafeSet, SafeWeakRef,
} = require('internal/primordials');
const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { validateFunction } = require('internal/validators');

/** By event: what was registered, held weakly, with its callback. */
const registered = { __proto__: null, exit: undefined, beforeExit: undefined };

function runAll(event) {
  const entries = registered[event];
  registered[event] = undefined;
  for (const { weak, callback } of entries ?? []) {
    const object = weak.deref();
    if (object !== undefined) callback(object, event);
  }
}

function add(event, object, callback) {
  if ((typeof object !== 'object' && typeof object !== 'function') || object === null) {
    throw new ERR_INVALID_ARG_TYPE('obj', 'Object', object);
  }
  validateFunction(callback, 'fn');
  if (registered[event] === undefined) {
    registered[event] = new SafeSet();
    require('process').once(event, () => runAll(event));
  }
  registered[event].add({ weak: new SafeWeakRef(object), callback });
}

exports.finalization = ObjectFreeze({
  __proto__: null,
  register(object, callback) {
    add('exit', object, callback);
  },
  registerBeforeExit(object, callback) {
    add('beforeExit', object, callback);
  },
  unregister(object) {
    for (const event of ['exit', 'beforeExit']) {
      const entries = registered[event];
      for (const entry of entries ?? []) {
        if (entry.weak.deref() === object) entries.delete(entry);
      }
    }
  },
});
