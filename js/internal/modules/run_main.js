'use strict';

// What the command line asked to run: `main` is { kind: 'file' | 'eval' | 'stdin', path, code, print,
// check, requires, imports, inputType }.

const path = require('path');
const { getOptionValue } = require('internal/options');
const { Module, callModulesWith } = require('internal/modules/cjs');
const { evalText } = require('internal/modules/eval');
const { cwdUrl, findFile, formatByName, readProgram } = require('internal/modules/resolve');

const modulesBinding = binding.modules;
const inspectorBinding = binding.inspector;

// Main modules that still wait at top level.
let entering = 0;

// Runs a main ECMAScript module: `load` returns the promise of its evaluation. A rejection is left
// to be reported as unhandled.
async function enterEsm(load) {
  entering++;
  // As in Node the module runs inside of a promise job, so that its promises go before its ticks.
  await undefined;
  try {
    await load();
  } finally {
    entering--;
  }
}

function fail(text) {
  binding.process.write(2, `oomhost: ${text}\n`);
  binding.process.reallyExit(1);
}

// The main script's file. Extensions and folders are tried as `require` does.
function mainFile(given) {
  const absolute = path.resolve(given);
  let file;
  try {
    file = findFile('/', absolute, Object.keys(Module._extensions).join(','), undefined, true);
  } catch (error) {
    fail(error.message);
  }
  if (file === undefined) fail(`Cannot find module '${absolute}' (MODULE_NOT_FOUND)`);
  return file;
}

// `format` is 'commonjs', 'module' or undefined, where the syntax decides.
function check(text, file, format) {
  if (format !== 'module') {
    if (modulesBinding.compileCommonJs(text, file, format !== 'commonjs') !== undefined) return;
  }
  require('internal/modules/esm').compile(modulesBinding.pathToFileUrl(file), text);
}

function readStdin() {
  const text = modulesBinding.readStdin();
  if (typeof text === 'string') return text;
  const { UVException } = require('internal/errors');
  throw new UVException({ errno: text, syscall: 'read' });
}

function runFile(file, throughImport) {
  if (throughImport || formatByName(file) === 'module' || path.extname(file) === '.wasm') enterEsm(() => require('internal/modules/esm').importFile(file));
  else Module._load(file, null, true);
}

// A test of `oomhost test` runs as any script does; the scenario that it exports is repeated then.
async function runTest(file) {
  const { exportsOther, run: repeat, scenarioOf } = require('internal/leak_runner');
  let scenario;
  if (formatByName(file) !== 'module') scenario = scenarioOf(Module._load(file, null, true));
  if (scenario === undefined) {
    const namespace = await require('internal/modules/esm').importFile(file);
    scenario = scenarioOf(namespace);
    if (scenario === undefined && exportsOther(namespace)) {
      throw new TypeError('The test exports no scenario: a function as module.exports, export default or scenario');
    }
  }
  if (scenario !== undefined) await repeat(scenario);
}

// `--entry-url`: the main script is a URL, absolute or of the working directory.
function runUrl(given) {
  process.emitWarning('--entry-url is an experimental feature and might change at any time', 'ExperimentalWarning');
  const url = modulesBinding.resolveUrl(given, cwdUrl());
  // As any import: it must be there.
  const { resolve } = require('internal/modules/esm_resolve');
  enterEsm(() => require('internal/modules/esm').importMain(resolve(url ?? given, cwdUrl())));
}

function checkMain(main, file) {
  if (file !== undefined) check(readProgram(file), file, formatByName(file));
  else check(readStdin(), '[stdin]', main.inputType ?? undefined);
}

// `Module.runMain`, which programs may replace before it runs.
exports.runMainFile = function runMain(main = process.argv[1]) {
  Module._load(path.resolve(main), null, true);
};

function run(main, file) {
  if (main.check) {
    checkMain(main, file);
    return;
  }
  if (getOptionValue('--inspect-brk')) {
    inspectorBinding.breakOnStart();
    callModulesWith(inspectorBinding.callAndPauseOnStart);
  }
  if (main.kind === 'file' && getOptionValue('--leak-test')?.scenario) enterEsm(() => runTest(file));
  else if (main.kind === 'file' && getOptionValue('--entry-url')) runUrl(main.path);
  else if (main.kind === 'file' && Module.runMain !== undefined && Module.runMain !== exports.runMainFile) Module.runMain(file);
  else if (main.kind === 'file') runFile(file, main.imports.length > 0 || getOptionValue('--experimental-loader')?.length > 0);
  else if (main.kind === 'eval') evalText('[eval]', main.code, main.print, main.inputType ?? undefined);
  else evalText('[stdin]', readStdin(), main.print, main.inputType ?? undefined);
}

function registerLoaders() {
  const loaders = getOptionValue('--experimental-loader');
  if (loaders?.length > 0) require('internal/modules/hooks_proxy').registerLoaders(loaders);
}

exports.runMain = function runMain(main) {
  if (main.kind === 'file' && main.inputType !== null) {
    const { codes: { ERR_INPUT_TYPE_NOT_ALLOWED } } = require('internal/errors');
    throw new ERR_INPUT_TYPE_NOT_ALLOWED();
  }
  const file = main.kind === 'file' && !getOptionValue('--entry-url') ? mainFile(main.path) : undefined;
  Module._initPaths();
  process._preload_modules = main.requires;
  if (main.kind === 'eval') process._eval = main.code;
  Module._preloadModules(main.requires);
  registerLoaders();
  if (main.imports.length === 0) {
    run(main, file);
    return;
  }
  enterEsm(async () => {
    const { importFrom } = require('internal/modules/esm');
    for (let i = 0; i < main.imports.length; i++) await importFrom(main.imports[i], cwdUrl());
    run(main, file);
  });
};

// A worker's script: `{ kind: 'file' | 'eval' | 'url', filename }`; `options` are those of its command
// line.
exports.runWorker = function runWorker(script, options) {
  const { filename } = script;
  Module._initPaths();
  Module._preloadModules(options.requires);
  if (script.kind === 'hooks') {
    const { workerData } = require('internal/worker/shared').state;
    require('internal/modules/hooks_thread').start(workerData);
    return;
  }
  registerLoaders();
  const runScript = () => {
    if (script.kind === 'eval') evalText('[worker eval]', filename, false, options.inputType ?? undefined);
    else if (script.kind === 'url') enterEsm(() => require('internal/modules/esm').importMain(filename));
    else runFile(filename, options.imports.length > 0 || getOptionValue('--experimental-loader')?.length > 0);
  };
  if (options.imports.length === 0) {
    runScript();
    return;
  }
  enterEsm(async () => {
    const { importFrom } = require('internal/modules/esm');
    for (let i = 0; i < options.imports.length; i++) await importFrom(options.imports[i], cwdUrl());
    runScript();
  });
};

exports.enterEsm = enterEsm;
// Whether the program ends while its main module still waits, which is then said on stderr.
exports.unsettledMain = function unsettledMain() {
  if (entering === 0) return false;
  require('internal/modules/esm').warnOfStalledMain();
  return true;
};
