'use strict';

// The public module: the CommonJS loader's class with what Node hangs on it.

const { ObjectFreeze } = require('internal/primordials');
const { Module } = require('internal/modules/cjs');
const { builtinModules, builtinId } = require('internal/modules/builtins');
const path = require('path');

const modulesBinding = binding.modules;

let names;
Object.defineProperty(Module, 'builtinModules', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  get() {
    names ??= ObjectFreeze(builtinModules());
    return names;
  },
});

Module.isBuiltin = function isBuiltin(name) {
  return typeof name === 'string' && builtinId(name) !== undefined;
};

Module.syncBuiltinESMExports = function syncBuiltinESMExports() {
  require('internal/modules/esm_translate').syncBuiltins();
};

Module.register = function register(specifier, parentURL = undefined, options = undefined) {
  require('internal/modules/hooks_proxy').register(specifier, parentURL, options);
};

Module.registerHooks = function registerHooks(hooks) {
  return require('internal/modules/hooks').registerHooks(hooks);
};

function pathOf(value, name) {
  const text = typeof value === 'string' ? value : value?.href;
  if (typeof text !== 'string') {
    const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
    throw new ERR_INVALID_ARG_TYPE(name, ['string', 'URL'], value);
  }
  return text.startsWith('file:') ? modulesBinding.fileUrlToPath(text) : text;
}

// The package.json of the package that `specifier` is in, seen from the file `base`.
Module.findPackageJSON = function findPackageJSON(specifier, base) {
  if (arguments.length === 0) {
    const { codes: { ERR_MISSING_ARGS } } = require('internal/errors');
    throw new ERR_MISSING_ARGS('specifier');
  }
  const request = pathOf(specifier, 'specifier');
  if (path.isAbsolute(request)) return packageJsonAbove(request);
  const from = base === undefined ? undefined : pathOf(base, 'base');
  if (from === undefined || !path.isAbsolute(from)) {
    const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
    throw new ERR_INVALID_ARG_TYPE('base', ['string', 'URL'], base);
  }
  if (request.startsWith('.')) return packageJsonAbove(path.resolve(path.dirname(from), request));
  const name = request.split('/', request.startsWith('@') ? 2 : 1).join('/');
  for (const folder of Module._nodeModulePaths(path.dirname(from))) {
    if (modulesBinding.isDirectory(path.join(folder, name))) return packageJsonAbove(path.join(folder, name));
  }
  const { codes: { ERR_MODULE_NOT_FOUND } } = require('internal/errors');
  throw new ERR_MODULE_NOT_FOUND(request, from);
};

function packageJsonAbove(place) {
  const inside = modulesBinding.isDirectory(place) ? path.join(place, 'x') : place;
  return modulesBinding.packageScope(inside)[1];
}

Module.stripTypeScriptTypes = function stripTypeScriptTypes(code, options = {}) {
  const { validateObject, validateOneOf, validateString } = require('internal/validators');
  validateString(code, 'code');
  validateObject(options, 'options');
  const { mode = 'strip', sourceUrl = '' } = options;
  validateOneOf(mode, 'options.mode', ['strip']);
  validateString(sourceUrl, 'options.sourceUrl');
  const text = require('internal/modules/typescript').stripTypes(code, sourceUrl);
  return sourceUrl === '' ? text : `${text}\n\n//# sourceURL=${sourceUrl}`;
};

// Oomhost keeps no compile cache: the answers are those of Node with it switched off.
Module.constants = ObjectFreeze({
  __proto__: null,
  compileCacheStatus: ObjectFreeze({ __proto__: null, FAILED: 0, ENABLED: 1, ALREADY_ENABLED: 2, DISABLED: 3 }),
});
Module.enableCompileCache = function enableCompileCache() {
  return { status: Module.constants.compileCacheStatus.DISABLED };
};
Module.getCompileCacheDir = function getCompileCacheDir() {};
Module.flushCompileCache = function flushCompileCache() {};

const sourceMaps = () => require('internal/source_maps');

Module.findSourceMap = function findSourceMap(sourceURL) {
  return sourceMaps().findSourceMap(sourceURL);
};
Module.getSourceMapsSupport = function getSourceMapsSupport() {
  return sourceMaps().getSupport();
};
Module.setSourceMapsSupport = function setSourceMapsSupport(enabled, options = {}) {
  const { validateBoolean, validateObject } = require('internal/validators');
  validateBoolean(enabled, 'enabled');
  validateObject(options, 'options');
  const { nodeModules = false, generatedCode = false } = options;
  validateBoolean(nodeModules, 'options.nodeModules');
  validateBoolean(generatedCode, 'options.generatedCode');
  sourceMaps().setSupport(enabled, nodeModules, generatedCode);
};
Object.defineProperty(Module, 'SourceMap', {
  __proto__: null, configurable: true, enumerable: true, get: () => require('internal/source_map').SourceMap,
});

Module.runMain = require('internal/modules/run_main').runMainFile;

module.exports = Module;
