'use strict';

// process.allowedNodeEnvironmentFlags: what NODE_OPTIONS may hold.

const {
  ObjectDefineProperty, ObjectFreeze, ReflectApply, RegExpPrototypeSymbolReplace, SafeSet, Set, StringPrototypeReplaceAll,
  SymbolIterator,
} = require('internal/primordials');

const processBinding = binding.process;

/** A flag without its value, dashes for underscores. */
function canonical(flag) {
  const name = RegExpPrototypeSymbolReplace(/=.*$/, flag, '');
  return StringPrototypeReplaceAll(name, '_', '-');
}

/**
 * A Set that answers for every spelling of a flag and ignores changes: what it tells lies in another
 * Set, which the methods of `Set.prototype` do not reach.
 */
class EnvironmentFlags extends Set {
  #flags = new SafeSet();

  constructor(flags) {
    super();
    for (let i = 0; i < flags.length; i++) this.#flags.add(flags[i]);
    ObjectFreeze(this);
  }

  add() {
    return this;
  }

  delete() {
    return false;
  }

  clear() {}

  has(flag) {
    if (typeof flag !== 'string') return false;
    const name = canonical(flag);
    if (this.#flags.has(name)) return true;
    // Also without its dashes, and turned off.
    const positive = RegExpPrototypeSymbolReplace(/^--no-/, name, '--');
    return this.#flags.has(positive) ||
      (name[0] !== '-' && (this.#flags.has(`--${name}`) || this.#flags.has(`-${name}`)));
  }

  get size() {
    return this.#flags.size;
  }

  entries() {
    return this.#flags.entries();
  }

  values() {
    return this.#flags.values();
  }

  forEach(callback, thisArg = undefined) {
    this.#flags.forEach((flag) => ReflectApply(callback, thisArg, [flag, flag, this]));
  }
}
EnvironmentFlags.prototype.keys = EnvironmentFlags.prototype.values;
EnvironmentFlags.prototype[SymbolIterator] = EnvironmentFlags.prototype.values;
ObjectFreeze(EnvironmentFlags.prototype);

exports.defineEnvironmentFlags = function defineEnvironmentFlags(target) {
  let flags;
  ObjectDefineProperty(target, 'allowedNodeEnvironmentFlags', {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() {
      flags ??= new EnvironmentFlags(processBinding.environmentFlags());
      return flags;
    },
    set(value) {
      flags = value;
    },
  });
};
