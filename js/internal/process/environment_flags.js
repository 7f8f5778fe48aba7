'use strict';

// process.allowedNodeEnvironmentFlags: what NODE_OPTIONS may hold.

const {
  ObjectDefineProperty, ObjectFreeze, RegExpPrototypeSymbolReplace, Set, SetPrototypeAdd, SetPrototypeHas,
  StringPrototypeReplaceAll,
} = require('internal/primordials');

const processBinding = binding.process;

/** A flag without its value, dashes for underscores. */
function canonical(flag) {
  const name = RegExpPrototypeSymbolReplace(/=.*$/, flag, '');
  return StringPrototypeReplaceAll(name, '_', '-');
}

/** A Set that answers for every spelling of a flag and ignores changes. */
class EnvironmentFlags extends Set {
  constructor(flags) {
    super();
    for (let i = 0; i < flags.length; i++) SetPrototypeAdd(this, flags[i]);
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
    if (SetPrototypeHas(this, name)) return true;
    // Also without its dashes, and turned off.
    const positive = RegExpPrototypeSymbolReplace(/^--no-/, name, '--');
    return SetPrototypeHas(this, positive) ||
      (name[0] !== '-' && (SetPrototypeHas(this, `--${name}`) || SetPrototypeHas(this, `-${name}`)));
  }
}
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
