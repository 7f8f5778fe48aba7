'use strict';

// The `require` function that each CommonJS module is given.

const { ObjectDefineProperty } = require('internal/primordials');

exports.makeRequire = function makeRequire(module, Module) {
  const require_ = function require(path) {
    return Reflect.apply(module.require, module, [path]);
  };
  ObjectDefineProperty(require_, 'name', { __proto__: null, value: 'require', configurable: true });

  function resolve(request, options) {
    require('internal/validators').validateString(request, 'request');
    return Module._resolveFilename(request, module, false, options);
  }
  resolve.paths = function paths(request) {
    require('internal/validators').validateString(request, 'request');
    return Module._resolveLookupPaths(request, module);
  };
  require_.resolve = resolve;
  require_.main = globalThis.process.mainModule;
  require_.extensions = Module._extensions;
  require_.cache = Module._cache;
  return require_;
};
