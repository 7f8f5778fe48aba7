'use strict';

// Scripts and contexts. `internal/vm/dynamic_import` is what `import()` in a script asks.

const {
  codes: {
    ERR_INVALID_ARG_TYPE, ERR_METHOD_NOT_IMPLEMENTED, ERR_SCRIPT_EXECUTION_TIMEOUT,
  },
} = require('internal/errors');
const {
  kValidateObjectAllowObjects, validateArray, validateBoolean, validateFunction, validateInt32, validateObject, validateOneOf,
  validateString, validateStringArray, validateUint32,
} = require('internal/validators');
const { emitExperimentalWarning, kEmptyObject } = require('internal/util');
const { isArrayBufferView } = require('internal/util/types');
const { importerOf, USE_MAIN_CONTEXT_DEFAULT_LOADER } = require('internal/vm/dynamic_import');

const vmBinding = binding.vm;

const kParsingContext = Symbol('script parsing context');
const DONT_CONTEXTIFY = Symbol('vm_context_no_contextify');

// What a script that took too long comes back with.
const kLate = Symbol('kLate');

// Contexts whose promises settle by the end of each script.
const settling = new WeakSet();

function isContext(object) {
  validateObject(object, 'object', kValidateObjectAllowObjects);
  return vmBinding.isContext(object);
}

function validateContext(object) {
  if (!isContext(object)) throw new ERR_INVALID_ARG_TYPE('contextifiedObject', 'vm.Context', object);
}

function validateCompileOptions({ filename, lineOffset, columnOffset, cachedData, produceCachedData, importModuleDynamically }) {
  validateString(filename, 'options.filename');
  validateInt32(lineOffset, 'options.lineOffset');
  validateInt32(columnOffset, 'options.columnOffset');
  if (cachedData !== undefined && !isArrayBufferView(cachedData)) {
    throw new ERR_INVALID_ARG_TYPE('options.cachedData', ['Buffer', 'TypedArray', 'DataView'], cachedData);
  }
  validateBoolean(produceCachedData, 'options.produceCachedData');
  if (importModuleDynamically !== undefined && importModuleDynamically !== USE_MAIN_CONTEXT_DEFAULT_LOADER) {
    validateFunction(importModuleDynamically, 'options.importModuleDynamically');
  }
}

function withFilename(options) {
  return typeof options === 'string' ? { filename: options } : options;
}

// The scripts that are gone.
let freed;

class Script {
  #id;

  constructor(code, options = kEmptyObject) {
    code = `${code}`;
    options = withFilename(options);
    validateObject(options, 'options');
    const {
      filename = 'evalmachine.<anonymous>', lineOffset = 0, columnOffset = 0, cachedData, produceCachedData = false,
      importModuleDynamically, [kParsingContext]: parsingContext,
    } = options;
    validateCompileOptions({ filename, lineOffset, columnOffset, cachedData, produceCachedData, importModuleDynamically });
    const importer = importerOf(importModuleDynamically, this);
    const { 0: id, 1: rejected, 2: sourceMapURL } =
      vmBinding.compileScript(code, filename, lineOffset, columnOffset, cachedData, importer, parsingContext);
    this.#id = id;
    freed ??= new FinalizationRegistry(vmBinding.freeScript);
    freed.register(this, id);
    if (cachedData !== undefined) this.cachedDataRejected = rejected;
    this.sourceMapURL = sourceMapURL;
    if (produceCachedData) {
      this.cachedDataProduced = true;
      this.cachedData = this.createCachedData();
    }
  }

  createCachedData() {
    return require('buffer').Buffer.from(vmBinding.cachedData(this.#id));
  }

  runInThisContext(options) {
    return run(this.#id, undefined, options);
  }

  runInContext(contextifiedObject, options) {
    validateContext(contextifiedObject);
    return run(this.#id, contextifiedObject, options);
  }

  runInNewContext(contextObject, options) {
    return this.runInContext(createContext(contextObject, contextOptions(options)), options);
  }
}

function run(id, context, options = kEmptyObject) {
  validateObject(options, 'options');
  const { timeout, displayErrors = true, breakOnSigint = false } = options;
  if (timeout !== undefined) validateUint32(timeout, 'options.timeout', true);
  validateBoolean(displayErrors, 'options.displayErrors');
  validateBoolean(breakOnSigint, 'options.breakOnSigint');
  if (breakOnSigint) throw new ERR_METHOD_NOT_IMPLEMENTED('options.breakOnSigint');
  const result = vmBinding.runScript(id, context, timeout ?? -1, displayErrors, context !== undefined && settling.has(context), kLate);
  if (result === kLate) throw new ERR_SCRIPT_EXECUTION_TIMEOUT(timeout);
  return result;
}

// The options of a context among those of a script.
function contextOptions(options) {
  if (!options) return {};
  const { contextName: name, contextOrigin: origin, contextCodeGeneration, microtaskMode } = options;
  if (name !== undefined) validateString(name, 'options.contextName');
  if (origin !== undefined) validateString(origin, 'options.contextOrigin');
  let codeGeneration;
  if (contextCodeGeneration !== undefined) {
    validateObject(contextCodeGeneration, 'options.contextCodeGeneration');
    const { strings, wasm } = contextCodeGeneration;
    if (strings !== undefined) validateBoolean(strings, 'options.contextCodeGeneration.strings');
    if (wasm !== undefined) validateBoolean(wasm, 'options.contextCodeGeneration.wasm');
    codeGeneration = { strings, wasm };
  }
  if (microtaskMode !== undefined) validateString(microtaskMode, 'options.microtaskMode');
  return { name, origin, codeGeneration, microtaskMode };
}

let count = 1;

function createContext(contextObject = {}, options = kEmptyObject) {
  const plain = contextObject === DONT_CONTEXTIFY;
  if (!plain && isContext(contextObject)) return contextObject;
  validateObject(options, 'options');
  const { name = `VM Context ${count++}`, origin, codeGeneration, microtaskMode, importModuleDynamically } = options;
  validateString(name, 'options.name');
  if (origin !== undefined) validateString(origin, 'options.origin');
  if (codeGeneration !== undefined) validateObject(codeGeneration, 'options.codeGeneration');
  const { strings = true, wasm = true } = codeGeneration ?? kEmptyObject;
  validateBoolean(strings, 'options.codeGeneration.strings');
  validateBoolean(wasm, 'options.codeGeneration.wasm');
  if (!wasm) throw new ERR_METHOD_NOT_IMPLEMENTED('options.codeGeneration.wasm = false');
  validateOneOf(microtaskMode, 'options.microtaskMode', ['afterEvaluate', undefined]);
  if (importModuleDynamically !== undefined && importModuleDynamically !== USE_MAIN_CONTEXT_DEFAULT_LOADER) {
    validateFunction(importModuleDynamically, 'options.importModuleDynamically');
  }
  const afterEvaluate = microtaskMode === 'afterEvaluate';
  const global = vmBinding.makeContext(plain ? undefined : contextObject, strings, afterEvaluate);
  const context = plain ? global : contextObject;
  if (afterEvaluate) settling.add(context);
  return context;
}

function runInContext(code, contextifiedObject, options) {
  validateContext(contextifiedObject);
  options = { ...withFilename(options), [kParsingContext]: contextifiedObject };
  return new Script(code, options).runInContext(contextifiedObject, options);
}

function runInNewContext(code, contextObject, options) {
  options = withFilename(options);
  contextObject = createContext(contextObject, contextOptions(options));
  return runInContext(code, contextObject, options);
}

function runInThisContext(code, options) {
  options = withFilename(options);
  return new Script(code, options).runInThisContext(options);
}

function compileFunction(code, params, options = kEmptyObject) {
  validateString(code, 'code');
  validateObject(options, 'options');
  if (params !== undefined) validateStringArray(params, 'params');
  const {
    filename = '', lineOffset = 0, columnOffset = 0, cachedData, produceCachedData = false, parsingContext,
    contextExtensions = [], importModuleDynamically,
  } = options;
  validateCompileOptions({ filename, lineOffset, columnOffset, cachedData, produceCachedData, importModuleDynamically });
  if (produceCachedData) throw new ERR_METHOD_NOT_IMPLEMENTED('vm.compileFunction() with options.produceCachedData');
  if (parsingContext !== undefined && !isContext(parsingContext)) {
    throw new ERR_INVALID_ARG_TYPE('options.parsingContext', 'Context', parsingContext);
  }
  validateArray(contextExtensions, 'options.contextExtensions');
  for (let i = 0; i < contextExtensions.length; i++) {
    validateObject(contextExtensions[i], `options.contextExtensions[${i}]`);
  }
  const owner = {};
  const importer = importerOf(importModuleDynamically, owner);
  const { 0: compiled, 1: rejected, 2: sourceMapURL } = vmBinding.compileFunction(
    code, filename, lineOffset, columnOffset, cachedData, importer, parsingContext, params ?? [], contextExtensions);
  if (cachedData !== undefined) compiled.cachedDataRejected = rejected;
  compiled.sourceMapURL = sourceMapURL;
  owner.function = compiled;
  return compiled;
}

function measureMemory(options = kEmptyObject) {
  emitExperimentalWarning('vm.measureMemory');
  validateObject(options, 'options');
  const { mode = 'summary', execution = 'default' } = options;
  validateOneOf(mode, 'options.mode', ['summary', 'detailed']);
  validateOneOf(execution, 'options.execution', ['default', 'eager']);
  throw new ERR_METHOD_NOT_IMPLEMENTED('vm.measureMemory()');
}

const constants = {
  __proto__: null,
  measureMemory: Object.freeze({
    __proto__: null,
    mode: Object.freeze({ __proto__: null, SUMMARY: 'summary', DETAILED: 'detailed' }),
    execution: Object.freeze({ __proto__: null, DEFAULT: 'default', EAGER: 'eager' }),
  }),
  USE_MAIN_CONTEXT_DEFAULT_LOADER,
  DONT_CONTEXTIFY,
};
Object.freeze(constants);

module.exports = {
  Script,
  compileFunction,
  constants,
  createContext,
  createScript(code, options) { return new Script(code, options); },
  isContext,
  measureMemory,
  runInContext,
  runInNewContext,
  runInThisContext,
};
