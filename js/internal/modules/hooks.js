'use strict';

// Hooks that say what is imported and required and what that holds: those of
// `module.registerHooks()`, which run in this thread, over those of `module.register()` and
// `--experimental-loader`, which run in a thread of their own, over the loader itself.

const {
  ArrayPrototypePush, ArrayPrototypeIndexOf, ArrayPrototypeSplice, ObjectAssign, ObjectKeys,
  RegExpPrototypeExec,
} = require('internal/primordials');
const { conditions } = require('internal/modules/package_resolve');

const modulesBinding = binding.modules;

// { resolve, load } of each registration, the first first.
const registered = [];
// The thread of asynchronous hooks, once there is one: { resolve, load }.
let thread;

// Whether anything stands between the loader and its modules.
exports.isActive = function isActive() {
  return thread !== undefined || registered.length > 0;
};

// Whether `require` has hooks: those of the other thread are for `import` alone.
exports.hasSync = function hasSync() {
  return registered.length > 0;
};

exports.setThread = function setThread(value) {
  thread = value;
  tellLoaders();
};

// The loaders ask nobody before there is a hook.
function tellLoaders() {
  require('internal/modules/esm').useHooks(exports);
  require('internal/modules/cjs').useHooks(exports);
}

exports.attributesObject = function attributesObject(list) {
  const object = { __proto__: null };
  for (let i = 0; i < list.length; i += 2) object[list[i]] = list[i + 1];
  return object;
};

exports.attributesList = function attributesList(object) {
  const list = [];
  const keys = ObjectKeys(object ?? {});
  for (let i = 0; i < keys.length; i++) ArrayPrototypePush(list, keys[i], `${object[keys[i]]}`);
  return list;
};

class ModuleHooks {
  #entry;

  constructor(resolve, load) {
    this.#entry = { resolve, load };
    ArrayPrototypePush(registered, this.#entry);
  }

  deregister() {
    const index = ArrayPrototypeIndexOf(registered, this.#entry);
    if (index !== -1) ArrayPrototypeSplice(registered, index, 1);
  }
}

exports.registerHooks = function registerHooks(hooks) {
  const { validateFunction } = require('internal/validators');
  const { resolve, load } = hooks;
  if (resolve) validateFunction(resolve, 'hooks.resolve');
  if (load) validateFunction(load, 'hooks.load');
  tellLoaders();
  return new ModuleHooks(resolve, load);
};

// Runs the last registered hook of a name, which may call the one before it, down to `step`. A
// context that is given on adds to `context`.
function runChain(name, first, context, step, validate) {
  const { codes: { ERR_INVALID_RETURN_PROPERTY_VALUE } } = require('internal/errors');
  const merge = (given) => (given === undefined || given === null ? context : ObjectAssign({}, context, given));
  // The lowest that has run.
  let reached = registered.length;
  const nextOf = (index) => {
    for (let i = index - 1; i >= 0; i--) {
      const hook = registered[i][name];
      if (hook === undefined) continue;
      const next = nextOf(i);
      return (value, given) => {
        reached = i;
        const merged = merge(given);
        const result = hook(value, merged, next);
        if (reached === i && next !== undefined && !result?.shortCircuit) {
          throw new ERR_INVALID_RETURN_PROPERTY_VALUE('true', name, 'shortCircuit', result?.shortCircuit);
        }
        return validate(result, value);
      };
    }
    return (value, given) => {
      reached = -1;
      return step(value, merge(given));
    };
  };
  return nextOf(registered.length)(first, context);
}

function validateResolved(result) {
  const { codes: { ERR_INVALID_RETURN_PROPERTY_VALUE, ERR_INVALID_RETURN_VALUE } } = require('internal/errors');
  if (result === null || typeof result !== 'object') throw new ERR_INVALID_RETURN_VALUE('an object', 'resolve', result);
  const { url, format, importAttributes } = result;
  if (typeof url !== 'string') throw new ERR_INVALID_RETURN_PROPERTY_VALUE('a URL string', 'resolve', 'url', url);
  if (format && typeof format !== 'string') {
    throw new ERR_INVALID_RETURN_PROPERTY_VALUE('a string', 'resolve', 'format', format);
  }
  if (importAttributes !== undefined && (importAttributes === null || typeof importAttributes !== 'object')) {
    throw new ERR_INVALID_RETURN_PROPERTY_VALUE('an object', 'resolve', 'importAttributes', importAttributes);
  }
  return result;
}

function validateLoaded(result) {
  const { codes: { ERR_INVALID_RETURN_PROPERTY_VALUE, ERR_INVALID_RETURN_VALUE } } = require('internal/errors');
  const { isAnyArrayBuffer, isArrayBufferView } = require('internal/util/types');
  if (result === null || typeof result !== 'object') throw new ERR_INVALID_RETURN_VALUE('an object', 'load', result);
  const { source, format } = result;
  if (source != null && typeof source !== 'string' && !isAnyArrayBuffer(source) && !isArrayBufferView(source)) {
    throw new ERR_INVALID_RETURN_PROPERTY_VALUE('a string, an ArrayBuffer, or a TypedArray', 'load', 'source', source);
  }
  if (format != null && typeof format !== 'string') {
    throw new ERR_INVALID_RETURN_PROPERTY_VALUE('a string', 'load', 'format', format);
  }
  return result;
}

// ---- import -----------------------------------------------------------------------------------

function activeConditions(kind) {
  const list = [];
  conditions(kind).forEach((name) => ArrayPrototypePush(list, name));
  return list;
}

// { url, format, importAttributes } of an import.
exports.resolveImport = function resolveImport(specifier, parentURL, importAttributes) {
  const { resolveStep } = require('internal/modules/hook_steps');
  const step = thread === undefined ? resolveStep :
    (value, context) => thread.resolve(value, context.parentURL, context.importAttributes);
  if (registered.length === 0) return step(specifier, { parentURL, importAttributes });
  const context = { conditions: activeConditions('import'), importAttributes: { ...importAttributes }, parentURL };
  return runChain('resolve', specifier, context, step, validateResolved);
};

// { format, source } of what is imported.
exports.loadImport = function loadImport(url, format, importAttributes) {
  const { loadStep } = require('internal/modules/hook_steps');
  const step = thread === undefined ? loadStep : (value, context) => thread.load(value, context);
  const context = { conditions: undefined, format, importAttributes };
  if (registered.length === 0) return step(url, context);
  context.conditions = activeConditions('import');
  return runChain('load', url, context, step, validateLoaded);
};

// ---- require ----------------------------------------------------------------------------------

// { filename, url, format } of a request; `resolve` is how it goes without hooks, from a request to a
// file or built-in.
exports.resolveRequire = function resolveRequire(request, parent, resolve) {
  const { hookFormat } = require('internal/modules/hook_steps');
  const toUrl = (file) => (file[0] === '/' ? modulesBinding.pathToFileUrl(file) : file);
  const step = (value) => {
    const file = resolve(value);
    if (file[0] !== '/') return { url: file, format: 'builtin' };
    const url = toUrl(file);
    return { url, format: hookFormat(url) };
  };
  const context = {
    conditions: activeConditions('require'),
    importAttributes: { __proto__: null },
    parentURL: parent?.filename ? toUrl(parent.filename) : undefined,
  };
  const { url, format } = runChain('resolve', request, context, step, validateResolved);
  const isFile = RegExpPrototypeExec(/^file:/, url) !== null;
  const isPlain = RegExpPrototypeExec(/[?#]/, url) === null;
  return { url, format, filename: isFile && isPlain ? modulesBinding.fileUrlToPath(url) : url };
};

// { format, source } of a required file; `read` gives its text without hooks.
exports.loadRequire = function loadRequire(url, format, read) {
  const { Buffer } = require('buffer');
  const context = { conditions: activeConditions('require'), format, importAttributes: { __proto__: null } };
  const step = (value, given) => ({ format: given.format, source: Buffer.from(read(value)) });
  const result = runChain('load', url, context, step, validateLoaded);
  return { format: result.format, source: textOf(result.source) };
};

// A source as text: what a hook returns may be bytes.
function textOf(source) {
  if (source == null || typeof source === 'string') return source;
  const { Buffer } = require('buffer');
  const bytes = ArrayBuffer.isView(source) ? Buffer.from(source.buffer, source.byteOffset, source.byteLength) :
    Buffer.from(source);
  return require('internal/modules/resolve').stripBOM(bytes.toString());
}

exports.textOf = textOf;
exports.activeConditions = activeConditions;
