'use strict';

const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { missing } = require('internal/not_yet');
const { validateObject, validateString } = require('internal/validators');

const globalEval = eval;

function filenameOf(options) {
  if (typeof options === 'string') return options;
  const { filename = 'evalmachine.<anonymous>' } = options ?? {};
  validateString(filename, 'options.filename');
  return filename;
}

// A script for the context that there is.
class Script {
  #text;

  constructor(code, options = undefined) {
    if (options !== undefined && typeof options !== 'string') validateObject(options, 'options');
    this.#text = `${code}\n//# sourceURL=${filenameOf(options)}`;
    this.cachedDataRejected = undefined;
    this.sourceMapURL = undefined;
  }

  runInThisContext() {
    return globalEval(this.#text);
  }
}
missing('vm.Script', ['createCachedData', 'runInContext', 'runInNewContext'], Script.prototype);

function runInThisContext(code, options) {
  return new Script(code, options).runInThisContext();
}

function isContext(object) {
  if (typeof object !== 'object' && typeof object !== 'function' || object === null) {
    throw new ERR_INVALID_ARG_TYPE('object', 'Object', object);
  }
  return false;
}

module.exports = {
  ...missing('vm', ['compileFunction', 'createContext', 'measureMemory', 'Module', 'runInContext', 'runInNewContext',
    'SourceTextModule', 'SyntheticModule']),
  constants: {
    __proto__: null,
    DONT_CONTEXTIFY: Symbol('vm_context_no_contextify'),
    USE_MAIN_CONTEXT_DEFAULT_LOADER: Symbol('vm_dynamic_import_main_context_default'),
  },
  createScript(code, options) { return new Script(code, options); },
  isContext,
  runInThisContext,
  Script,
};
