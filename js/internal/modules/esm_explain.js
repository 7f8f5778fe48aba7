'use strict';

// What Node says on top of V8's errors of ECMAScript modules.

const {
  Error, RegExpPrototypeExec, StringPrototypeReplace, StringPrototypeSlice, StringPrototypeStartsWith, SyntaxError,
} = require('internal/primordials');

const modulesBinding = binding.modules;

const missingExport = /The requested module '(.+)' does not provide an export named '([^']+)'/;

// `import { a as b } from` in the reported line as a destructuring of the default export.
function importOf(stack) {
  const line = stack.split('\n', 2)[1];
  const braces = /import\s*(\{[^}]*\})\s*from/.exec(line);
  if (braces === null) return undefined;
  return `const ${braces[1].replace(/\s+as\s+/g, ': ')} = pkg;`;
}

// Changes the message, in the stack as well.
function setMessage(error, message) {
  const before = error.message;
  error.message = message;
  error.stack = StringPrototypeReplace(error.stack, before, () => message);
}

// Node's advice where the module that lacks the export is CommonJS: `formatOf(specifier, importer)`
// says what it is; the importer's URL is undefined where the stack does not tell it.
exports.explainMissingExport = function explainMissingExport(error, formatOf) {
  if (!(error instanceof SyntaxError)) return;
  const match = RegExpPrototypeExec(missingExport, error.message);
  if (match === null) return;
  const { 1: specifier, 2: name } = match;
  const { stack } = error;
  const importer = StringPrototypeReplace(StringPrototypeSlice(stack, 0, stack.indexOf('\n')), /:\d+$/, '');
  if (formatOf(specifier, importer) !== 'commonjs') return;
  let message = `Named export '${name}' not found. The requested module '${specifier}' is a CommonJS module, ` +
    'which may not support all module.exports as named exports.\nCommonJS modules can always be imported via the ' +
    `default export, for example using:\n\nimport pkg from '${specifier}';\n`;
  const statement = importOf(stack);
  if (statement !== undefined) message += `${statement}\n`;
  setMessage(error, message);
};

const commonJsGlobal = /^(require|module|exports|__filename|__dirname) is not defined$/;
const plainScript = /\.js(\?[^#]*)?(#.*)?$/;

// A module's error that comes of its being no CommonJS. `waits` says whether it awaits at top level.
exports.explainCommonJsGlobal = function explainCommonJsGlobal(error, url, waits) {
  if (error?.name !== 'ReferenceError') return;
  const match = RegExpPrototypeExec(commonJsGlobal, error.message);
  if (match === null) return;
  const { 1: name } = match;
  if (waits) {
    setMessage(error, `Cannot determine intended module format because both '${name}' and top-level await are ` +
      'present. If the code is intended to be CommonJS, wrap await in an async function. If the code is intended to ' +
      `be an ES module, replace ${name} with the corresponding ES module equivalents.`);
    error.code = 'ERR_AMBIGUOUS_MODULE_SYNTAX';
    return;
  }
  let message = `${error.message} in ES module scope`;
  if (name === 'require') message += ', you can use import instead';
  if (StringPrototypeStartsWith(url, 'file:') && RegExpPrototypeExec(plainScript, url) !== null) {
    const { 0: type, 1: packageJson } = modulesBinding.packageScope(modulesBinding.fileUrlToPath(url));
    if (type === 'module') {
      message += '\nThis file is being treated as an ES module because it has a ' +
        `'.js' file extension and '${packageJson}' contains "type": "module". To treat it as a CommonJS script, ` +
        "rename it to use the '.cjs' file extension.";
    }
  }
  setMessage(error, message);
};

function cycleError(message) {
  const { codes: { ERR_REQUIRE_CYCLE_MODULE } } = require('internal/errors');
  return new ERR_REQUIRE_CYCLE_MODULE(message);
}

// `importer` is the URL of what imports it, if anything does.
exports.importCycle = function importCycle(kind, request, importer) {
  let message = `Cannot import ${kind} ${request} in a cycle.`;
  if (importer !== undefined) {
    const isFile = StringPrototypeStartsWith(importer, 'file:');
    message += ` (from ${isFile ? modulesBinding.fileUrlToPath(importer) : importer})`;
  }
  return cycleError(message);
};

exports.requireCycle = function requireCycle(filename, parent) {
  return cycleError(`Cannot require() ES Module ${filename} in a cycle.${
    parent ? ` (from ${parent.filename})` : ''} A cycle involving require(esm) is not allowed to maintain ` +
    'invariants mandated by the ECMAScript specification. Try making at least part of the dependency in the graph ' +
    'lazily loaded.');
};

// Says on stderr which top-level awaits keep a graph from being required.
exports.printAwaits = function printAwaits(places) {
  for (let i = 0; i < places.length; i++) {
    binding.process.write(2, `Error: unexpected top-level await at ${places[i]}\n\n`);
  }
};

// A warning that says who required which ECMAScript module.
exports.warnOfRequire = function warnOfRequire(parent, filename, mode) {
  const from = parent?.filename;
  const inPackage = (file) => /[\\/]node_modules[\\/]/.test(file);
  if (mode === 'no-node-modules' && from && inPackage(from)) return;
  const what = from ? `CommonJS module ${from} is loading ES Module ${filename} using require().`
    : `ES Module ${filename} is being loaded using require().`;
  const warning = new Error(`${what}\nSupport for loading ES Module in require() is an experimental feature and ` +
    'might change at any time');
  warning.name = 'ExperimentalWarning';
  Error.captureStackTrace(warning, require('internal/modules/cjs').Module.prototype.require);
  globalThis.process.emitWarning(warning);
};
