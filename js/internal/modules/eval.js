'use strict';

// `-e`, `-p` and standard input: text that is in no file.

const { ReflectApply } = require('internal/primordials');
const path = require('path');
const { cwdUrl } = require('internal/modules/resolve');
const { getOptionValue } = require('internal/options');

const modulesBinding = binding.modules;

// The built-ins as lazy globals, for one-liners.
function exposeBuiltins() {
  const { builtinId, publicIds } = require('internal/modules/builtins');
  publicIds().forEach((id) => {
    if (/[/-]/.test(id) || builtinId(id) === undefined || Object.hasOwn(globalThis, id)) return;
    const define = (value) => Object.defineProperty(globalThis, id, {
      __proto__: null, value, writable: true, enumerable: false, configurable: true,
    });
    Object.defineProperty(globalThis, id, {
      __proto__: null,
      configurable: true,
      enumerable: false,
      get() {
        const value = require(id);
        define(value);
        return value;
      },
      set: define,
    });
  });
}

function printAtExit(value) {
  const { globalConsole } = require('internal/console');
  process.on('exit', () => ReflectApply(globalConsole.log, globalConsole, [value]));
}

// Where code that is in no file looks for modules. A working directory that is gone is no reason
// not to run it: then where the program itself is, as in Node.
function workingFolder() {
  try {
    return process.cwd();
  } catch {
    return path.dirname(process.execPath);
  }
}

function runScript(name, code, print) {
  const { Module, makeRequire } = require('internal/modules/cjs');
  const module = new Module(name);
  const folder = workingFolder();
  module.filename = path.join(folder, name);
  module.paths = Module._nodeModulePaths(folder);
  Object.assign(globalThis, { module, exports: module.exports, __filename: name, __dirname: '.' });
  globalThis.require = makeRequire(module, Module);
  exposeBuiltins();
  const value = modulesBinding.runScript(code, name);
  if (print) printAtExit(value);
}

let count = 0;

function runModule(code) {
  const { enterEsm } = require('internal/modules/run_main');
  const url = `${cwdUrl()}[eval${++count}]`;
  enterEsm(() => require('internal/modules/esm').importSource(url, code));
}

// TypeScript is what parses only without its types. Where that does not help either, the error in
// the text itself is the one to tell.
function withoutTypes(code, name) {
  try {
    if (modulesBinding.compileCommonJs(code, name, true) === undefined) {
      require('internal/modules/esm').compile(modulesBinding.pathToFileUrl(name), code);
    }
    return code;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  try {
    return require('internal/modules/typescript').stripTypes(code, name);
  } catch {
    return code;
  }
}

// `name` is `[eval]` or `[stdin]`; `type` what --input-type says, or undefined.
exports.evalText = function evalText(name, code, print, type) {
  let text = code;
  if (type === undefined) text = withoutTypes(code, name);
  else if (type.endsWith('-typescript')) text = require('internal/modules/typescript').stripTypes(code, name);
  const isModule = type === undefined ? getOptionValue('--experimental-detect-module') !== false &&
    !modulesBinding.parsesAsScript(text, name) && modulesBinding.hasModuleSyntax(text, name)
    : type === 'module' || type === 'module-typescript';
  if (!isModule) {
    runScript(name, text, print);
    return;
  }
  if (print) {
    const { codes: { ERR_EVAL_ESM_CANNOT_PRINT } } = require('internal/errors');
    throw new ERR_EVAL_ESM_CANNOT_PRINT();
  }
  runModule(text);
};
