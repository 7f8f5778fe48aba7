'use strict';

// What the command line asked to run.

const modulesBinding = binding.modules;

exports.runMain = function runMain(main) {
  const filename = main.path;
  const fn = modulesBinding.compileFunction(modulesBinding.readFile(filename), filename, ['exports', 'require', 'module', '__filename', '__dirname']);
  const module = { exports: {} };
  const { builtinById } = require('internal/modules/builtins');
  Reflect.apply(fn, module.exports, [module.exports, builtinById, module, filename, '']);
};

exports.unsettledMain = () => false;
