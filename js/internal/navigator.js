'use strict';

// The global `navigator`: what a program may want to know of where it runs.

const {
  ObjectDefineProperties, ObjectFreeze, StringPrototypeSplit, Symbol, SymbolToStringTag,
} = require('internal/primordials');
const { codes: { ERR_ILLEGAL_CONSTRUCTOR } } = require('internal/errors');

const kCreate = Symbol('kCreate');

class Navigator {
  // Read by every getter: other objects have none.
  #languages;

  constructor(token) {
    if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  get hardwareConcurrency() {
    this.#languages;
    return require('os').availableParallelism();
  }

  get language() {
    this.#languages;
    return new Intl.DateTimeFormat().resolvedOptions().locale;
  }

  get languages() {
    return this.#languages ??= ObjectFreeze([this.language]);
  }

  get userAgent() {
    this.#languages;
    return `oomhost/${StringPrototypeSplit(process.versions.oomhost, '.', 1)[0]}`;
  }

  get platform() {
    this.#languages;
    return `Linux ${process.arch === 'x64' ? 'x86_64' : process.arch}`;
  }
}

const shown = { __proto__: null, enumerable: true };
ObjectDefineProperties(Navigator.prototype, {
  __proto__: null,
  hardwareConcurrency: shown,
  language: shown,
  languages: shown,
  userAgent: shown,
  platform: shown,
  [SymbolToStringTag]: { __proto__: null, value: 'Navigator', configurable: true },
});

module.exports = { Navigator, navigator: new Navigator(kCreate) };
