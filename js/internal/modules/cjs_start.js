'use strict';

// What the command line and `node:module` start from: preloaded modules, folders that are searched
// last, `require` for any file.

const { ArrayPrototypePush, StringPrototypeEndsWith, StringPrototypeStartsWith } = require('internal/primordials');
const path = require('path');
const { makeRequire } = require('internal/modules/helpers');
const { getOptionValue } = require('internal/options');

const modulesBinding = binding.modules;

// Stands for the command line in what an error says of who required what.
const PRELOAD = 'internal/preload';

exports.PRELOAD = PRELOAD;

let preloading = false;

exports.isPreloading = () => preloading;

exports.install = function install(Module) {
  // `-r`: loaded before the main module, as if a module in the working directory required them.
  Module._preloadModules = function _preloadModules(requests) {
    if (!Array.isArray(requests) || requests.length === 0) return;
    preloading = true;
    const parent = new Module(PRELOAD, null);
    parent.paths = Module._nodeModulePaths(globalThis.process.cwd());
    parent.filename = path.join(globalThis.process.cwd(), 'internal-preload');
    for (let i = 0; i < requests.length; i++) parent.require(requests[i]);
    preloading = false;
  };

  // NODE_PATH and the folders in the user's home.
  Module._initPaths = function _initPaths() {
    const { env } = globalThis.process;
    const paths = [];
    if (getOptionValue('--global-search-paths') === false) return;
    if (env.NODE_PATH) {
      const given = env.NODE_PATH.split(':');
      for (let i = 0; i < given.length; i++) {
        if (given[i] !== '') paths[paths.length] = given[i];
      }
    }
    if (env.HOME) ArrayPrototypePush(paths, path.resolve(env.HOME, '.node_modules'), path.resolve(env.HOME, '.node_libraries'));
    ArrayPrototypePush(paths, path.resolve(globalThis.process.execPath, '../..', 'lib', 'node'));
    Module.globalPaths = paths;
  };

  function requireFrom(filename) {
    const inFolder = StringPrototypeEndsWith(filename, '/');
    const module = new Module(inFolder ? path.join(filename, 'noop.js') : filename);
    module.filename = module.id;
    module.paths = Module._nodeModulePaths(module.path);
    return makeRequire(module, Module);
  }

  Module.createRequire = function createRequire(filename) {
    const { codes: { ERR_INVALID_ARG_VALUE } } = require('internal/errors');
    const what = 'must be a file URL object, file URL string, or absolute path string';
    if (typeof filename === 'string' && path.isAbsolute(filename)) return requireFrom(filename);
    const url = typeof filename === 'string' ? filename : filename?.href;
    if (typeof url !== 'string' || !StringPrototypeStartsWith(url, 'file:')) {
      throw new ERR_INVALID_ARG_VALUE('filename', filename, what);
    }
    const file = modulesBinding.fileUrlToPath(url);
    if (file === undefined) throw new ERR_INVALID_ARG_VALUE('filename', filename, what);
    return requireFrom(StringPrototypeEndsWith(url, '/') && !StringPrototypeEndsWith(file, '/') ? `${file}/` : file);
  };
};
