'use strict';

// Scripts, and contexts of their own to run them in. Modules of `vm`, `importModuleDynamically` and
// microtask queues of their own refuse.

const {
  ArrayPrototypeForEach, FinalizationRegistry, SafeWeakMap, SafeWeakSet, Symbol,
} = require('internal/primordials');
const {
  codes: {
    ERR_INVALID_ARG_TYPE, ERR_METHOD_NOT_IMPLEMENTED, ERR_SCRIPT_EXECUTION_TIMEOUT,
  },
} = require('internal/errors');
const {
  kValidateObjectAllowObjects, validateArray, validateBoolean, validateFunction, validateInt32, validateObject,
  validateOneOf, validateString, validateStringArray, validateUint32,
} = require('internal/validators');
const { isArrayBufferView } = require('internal/util/types');
const { kEmptyObject } = require('internal/util');
const { refusing } = require('internal/next_stage');

const contextifyBinding = binding.contextify;

const constants = {
  __proto__: null,
  measureMemory: {
    __proto__: null,
    mode: { __proto__: null, SUMMARY: 'summary', DETAILED: 'detailed' },
    execution: { __proto__: null, DEFAULT: 'default', EAGER: 'eager' },
  },
  USE_MAIN_CONTEXT_DEFAULT_LOADER: Symbol('vm_dynamic_import_main_context_default'),
  DONT_CONTEXTIFY: Symbol('vm_context_no_contextify'),
};

/** The global object of the context that each sandbox was given. */
const globals = new SafeWeakMap();
/** Global objects of contexts without a sandbox. */
const plainGlobals = new SafeWeakSet();

let defaultContextName = 1;

// ---- Arguments ------------------------------------------------------------------

function filenameIn(options, where) {
  const { filename = 'evalmachine.<anonymous>', lineOffset = 0, columnOffset = 0, cachedData,
          produceCachedData = false, importModuleDynamically } = options;
  validateString(filename, `${where}filename`);
  validateInt32(lineOffset, `${where}lineOffset`);
  validateInt32(columnOffset, `${where}columnOffset`);
  if (cachedData !== undefined && !isArrayBufferView(cachedData)) {
    throw new ERR_INVALID_ARG_TYPE(`${where}cachedData`, ['Buffer', 'TypedArray', 'DataView'], cachedData);
  }
  validateBoolean(produceCachedData, `${where}produceCachedData`);
  if (importModuleDynamically !== undefined &&
      importModuleDynamically !== constants.USE_MAIN_CONTEXT_DEFAULT_LOADER) {
    validateFunction(importModuleDynamically, `${where}importModuleDynamically`);
    throw new ERR_METHOD_NOT_IMPLEMENTED(`${where}importModuleDynamically of vm`);
  }
  return { filename, lineOffset, columnOffset, cachedData, produceCachedData };
}

/** The milliseconds that a run may take, or 0; and whether its error shall show its place. */
function runOptions(options) {
  validateObject(options, 'options');
  const { breakOnSigint = false, displayErrors = true, timeout } = options;
  if (timeout !== undefined) validateUint32(timeout, 'options.timeout', true);
  validateBoolean(displayErrors, 'options.displayErrors');
  validateBoolean(breakOnSigint, 'options.breakOnSigint');
  if (breakOnSigint) throw new ERR_METHOD_NOT_IMPLEMENTED('options.breakOnSigint of vm');
  return { timeout: timeout ?? 0, displayErrors };
}

function validateContext(object) {
  if (!isContext(object)) throw new ERR_INVALID_ARG_TYPE('contextifiedObject', 'vm.Context', object);
}

const withFilename = (options) => (typeof options === 'string' ? { filename: options } : options);

// ---- Contexts -------------------------------------------------------------------

function isContext(object) {
  validateObject(object, 'object', kValidateObjectAllowObjects);
  return globals.has(object) || plainGlobals.has(object);
}

const globalOf = (object) => globals.get(object) ?? object;

function createContext(contextObject = {}, options = kEmptyObject) {
  const isPlain = contextObject === constants.DONT_CONTEXTIFY;
  if (!isPlain && isContext(contextObject)) return contextObject;
  validateObject(options, 'options');
  const { name = `VM Context ${defaultContextName++}`, origin, codeGeneration, microtaskMode,
          importModuleDynamically } = options;
  validateString(name, 'options.name');
  if (origin !== undefined) validateString(origin, 'options.origin');
  if (codeGeneration !== undefined) validateObject(codeGeneration, 'options.codeGeneration');
  const { strings = true, wasm = true } = codeGeneration ?? kEmptyObject;
  validateBoolean(strings, 'options.codeGeneration.strings');
  validateBoolean(wasm, 'options.codeGeneration.wasm');
  if (!wasm) throw new ERR_METHOD_NOT_IMPLEMENTED('options.codeGeneration.wasm of vm');
  validateOneOf(microtaskMode, 'options.microtaskMode', ['afterEvaluate', undefined]);
  if (microtaskMode !== undefined) throw new ERR_METHOD_NOT_IMPLEMENTED('options.microtaskMode of vm');
  filenameIn({ importModuleDynamically }, 'options.');

  const global = contextifyBinding.makeContext(isPlain ? undefined : contextObject, strings);
  if (isPlain) {
    plainGlobals.add(global);
    return global;
  }
  globals.set(contextObject, global);
  return contextObject;
}

/** `createContext`'s options from those of `runInNewContext`. */
function contextOptions(options) {
  if (!options) return kEmptyObject;
  const { contextName, contextOrigin, contextCodeGeneration, microtaskMode } = options;
  if (contextName !== undefined) validateString(contextName, 'options.contextName');
  if (contextOrigin !== undefined) validateString(contextOrigin, 'options.contextOrigin');
  if (contextCodeGeneration !== undefined) {
    validateObject(contextCodeGeneration, 'options.contextCodeGeneration');
    const { strings, wasm } = contextCodeGeneration;
    if (strings !== undefined) validateBoolean(strings, 'options.contextCodeGeneration.strings');
    if (wasm !== undefined) validateBoolean(wasm, 'options.contextCodeGeneration.wasm');
  }
  const result = { origin: contextOrigin, codeGeneration: contextCodeGeneration, microtaskMode };
  if (contextName !== undefined) result.name = contextName;
  return result;
}

// ---- Scripts --------------------------------------------------------------------

// Made when first needed: V8's startup blob holds no registry.
let collected;

function valueOf(result, timeout) {
  if (result === undefined) throw new ERR_SCRIPT_EXECUTION_TIMEOUT(timeout);
  return result[0];
}

class Script {
  #number;

  constructor(code, options = kEmptyObject) {
    code = `${code}`;
    options = withFilename(options);
    validateObject(options, 'options');
    const { filename, lineOffset, columnOffset, cachedData, produceCachedData } = filenameIn(options, 'options.');
    const { 0: number, 1: sourceMapURL, 2: rejected } =
      contextifyBinding.compileScript(code, filename, lineOffset, columnOffset, cachedData);
    this.#number = number;
    collected ??= new FinalizationRegistry((gone) => contextifyBinding.freeScript(gone));
    collected.register(this, number);
    if (cachedData !== undefined) this.cachedDataRejected = rejected;
    if (produceCachedData) {
      this.cachedData = this.createCachedData();
      this.cachedDataProduced = true;
    }
    this.sourceMapURL = sourceMapURL;
  }

  runInThisContext(options = kEmptyObject) {
    const { timeout, displayErrors } = runOptions(options);
    return valueOf(contextifyBinding.runScript(this.#number, undefined, timeout, displayErrors), timeout);
  }

  runInContext(contextifiedObject, options = kEmptyObject) {
    validateContext(contextifiedObject);
    const { timeout, displayErrors } = runOptions(options);
    const global = globalOf(contextifiedObject);
    return valueOf(contextifyBinding.runScript(this.#number, global, timeout, displayErrors), timeout);
  }

  runInNewContext(contextObject, options = kEmptyObject) {
    return this.runInContext(createContext(contextObject, contextOptions(options)), options);
  }

  createCachedData() {
    const { buffer, byteOffset, byteLength } = contextifyBinding.createCachedData(this.#number);
    return require('buffer').Buffer.from(buffer, byteOffset, byteLength);
  }
}

const createScript = (code, options) => new Script(code, options);

function runInThisContext(code, options) {
  options = withFilename(options);
  return createScript(code, options).runInThisContext(options);
}

function runInContext(code, contextifiedObject, options) {
  validateContext(contextifiedObject);
  options = withFilename(options);
  return createScript(code, options).runInContext(contextifiedObject, options);
}

function runInNewContext(code, contextObject, options) {
  options = withFilename(options);
  return runInContext(code, createContext(contextObject, contextOptions(options)), options);
}

function compileFunction(code, params, options = kEmptyObject) {
  validateString(code, 'code');
  validateObject(options, 'options');
  if (params !== undefined) validateStringArray(params, 'params');
  const { parsingContext, contextExtensions = [] } = options;
  const { filename, lineOffset, columnOffset, produceCachedData } =
    filenameIn({ ...options, filename: options.filename === undefined ? '' : options.filename }, 'options.');
  if (produceCachedData) throw new ERR_METHOD_NOT_IMPLEMENTED('options.produceCachedData of vm.compileFunction()');
  if (parsingContext !== undefined && (parsingContext === null || typeof parsingContext !== 'object' ||
      !isContext(parsingContext))) {
    throw new ERR_INVALID_ARG_TYPE('options.parsingContext', 'Context', parsingContext);
  }
  validateArray(contextExtensions, 'options.contextExtensions');
  ArrayPrototypeForEach(contextExtensions, (extension, i) => {
    validateObject(extension, `options.contextExtensions[${i}]`, kValidateObjectAllowObjects);
  });
  return contextifyBinding.compileFunction(
    code, filename, lineOffset, columnOffset, parsingContext && globalOf(parsingContext), contextExtensions,
    params ?? []);
}

module.exports = refusing('vm', {
  functions: 'measureMemory',
  values: {
    Script, compileFunction, constants, createContext, createScript, isContext, runInContext, runInNewContext,
    runInThisContext,
  },
});
