'use strict';

// The loader of ECMAScript modules: which module each import is, loading a graph, evaluating it.
// The modules themselves are behind numbers in `binding.modules`. Files are read at once, so that a
// whole graph is there before anything of it runs, and `require` can use the same modules.

const {
  ArrayPrototypePush, ArrayPrototypeSlice, ObjectHasOwn, PromisePrototypeThen, RegExpPrototypeExec, SafeMap,
  StringPrototypeStartsWith, SyntaxError,
} = require('internal/primordials');
const path = require('path');
const { cwdUrl } = require('internal/modules/resolve');
const { resolve } = require('internal/modules/esm_resolve');
const { create, describe } = require('internal/modules/esm_translate');

const modulesBinding = binding.modules;

const kUninstantiated = 0;
const kInstantiated = 2;
const kEvaluating = 3;
const kErrored = 5;

// By URL: { id, url, format, requests, links, linked, promise, isMain }; `links` are the jobs of its
// requests, `linked` says whether all that it imports is loaded.
const jobs = new SafeMap();
// The same by the module's number.
const jobsById = new SafeMap();
// The main module's job, for import.meta.main and for what is said if it never settles.
let mainJob;

// ---- Loading ----------------------------------------------------------------------------------

function checkAttributes(url, format, attributes) {
  const { codes } = require('internal/errors');
  let type;
  for (let i = 0; i < attributes.length; i += 2) {
    if (attributes[i] !== 'type') {
      throw new codes.ERR_IMPORT_ATTRIBUTE_UNSUPPORTED(attributes[i], attributes[i + 1], url);
    }
    type = attributes[i + 1];
  }
  if (format === 'json') {
    if (type === undefined) throw new codes.ERR_IMPORT_ATTRIBUTE_MISSING(url, 'type', 'json');
    if (type !== 'json') throw new codes.ERR_IMPORT_ATTRIBUTE_UNSUPPORTED('type', type, url);
  } else if (type === 'json') {
    throw new codes.ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE(url, 'json');
  } else if (type !== undefined) {
    throw new codes.ERR_IMPORT_ATTRIBUTE_UNSUPPORTED('type', type, url);
  }
}

function register(url, format, id, isMain) {
  const requests = format === 'module' ? modulesBinding.moduleRequests(id) : [];
  const job = { id, url, format, requests, links: [], linked: requests.length === 0, promise: undefined, isMain };
  jobs.set(url, job);
  jobsById.set(id, job);
  if (isMain) mainJob = job;
  return job;
}

function jobFor(url, attributes, isMain = false) {
  const known = jobs.get(url);
  if (known !== undefined) {
    checkAttributes(url, known.format, attributes);
    return known;
  }
  const description = describe(url);
  checkAttributes(url, description.format, attributes);
  return register(url, description.format, create(url, description, isMain), isMain);
}

// Loads everything that `root` imports. What fails leaves the graph to be completed another time.
function loadGraph(root) {
  if (root.linked) return;
  const found = [root];
  const seen = new Set(found);
  for (let i = 0; i < found.length; i++) {
    const job = found[i];
    if (job.linked) continue;
    const ids = [];
    job.links = [];
    for (let j = 0; j < job.requests.length; j++) {
      const request = job.requests[j];
      const target = jobFor(resolve(request[0], job.url), ArrayPrototypeSlice(request, 1));
      ids[j] = target.id;
      job.links[j] = target;
      if (!seen.has(target)) {
        seen.add(target);
        ArrayPrototypePush(found, target);
      }
    }
    modulesBinding.linkModule(job.id, ids);
  }
  // Only now: an error above must not leave a module that seems complete over one that is not.
  for (let i = 0; i < found.length; i++) found[i].linked = true;
}

const missingExport = /The requested module '([^']+)' does not provide an export named '([^']+)'/;

// Node's advice where the module that lacks the export is CommonJS.
function explainMissingExport(error, job) {
  if (!(error instanceof SyntaxError)) return error;
  const match = RegExpPrototypeExec(missingExport, error.message);
  if (match === null) return error;
  const { 1: specifier, 2: name } = match;
  const importer = StringPrototypeStartsWith(error.stack, job.url) ? job : importerOf(error.stack) ?? job;
  let target;
  try {
    target = jobs.get(resolve(specifier, importer.url));
  } catch {
    return error;
  }
  if (target?.format !== 'commonjs') return error;
  const before = error.message;
  error.message = `Named export '${name}' not found. The requested module '${specifier}' is a CommonJS module, ` +
    'which may not support all module.exports as named exports.\nCommonJS modules can always be imported via the ' +
    `default export, for example using:\n\nimport pkg from '${specifier}';\n`;
  const statement = importOf(error.stack);
  if (statement !== undefined) error.message += `${statement}\n`;
  error.stack = error.stack.replace(before, () => error.message);
  return error;
}

function importerOf(stack) {
  const url = stack.slice(0, stack.indexOf('\n')).replace(/:\d+$/, '');
  return jobs.get(url);
}

// `import { a as b } from` in the reported line as a destructuring of the default export.
function importOf(stack) {
  const line = stack.split('\n', 2)[1];
  const braces = /import\s*(\{[^}]*\})\s*from/.exec(line);
  if (braces === null) return undefined;
  return `const ${braces[1].replace(/\s+as\s+/g, ': ')} = pkg;`;
}

function instantiate(job) {
  loadGraph(job);
  if (modulesBinding.moduleStatus(job.id) !== kUninstantiated) return;
  try {
    modulesBinding.instantiateModule(job.id);
  } catch (error) {
    throw explainMissingExport(error, job);
  }
}

const ignore = () => {};

// Refuses to evaluate a module while one that it imports is in the middle of its evaluation: V8 has
// no way to wait for that.
function checkCycle(root) {
  if (modulesBinding.moduleStatus(root.id) === kEvaluating) throw cycleError('Module', root.url);
  const found = [root];
  const seen = new Set(found);
  for (let i = 0; i < found.length; i++) {
    const job = found[i];
    for (let j = 0; j < job.links.length; j++) {
      const target = job.links[j];
      const status = modulesBinding.moduleStatus(target.id);
      if (status === kEvaluating) throw cycleError('Module', job.requests[j][0], job);
      if (status < kEvaluating && isLoading(target)) throw cycleError('CommonJS Module', job.requests[j][0], job);
      if (status < kEvaluating && !seen.has(target)) {
        seen.add(target);
        ArrayPrototypePush(found, target);
      }
    }
  }
}

// A CommonJS module that requires, in the end, itself.
function isLoading(job) {
  if (job.format !== 'commonjs') return false;
  const module = require('internal/modules/cjs').Module._cache[modulesBinding.fileUrlToPath(job.url)];
  return module !== undefined && module.loaded === false;
}

function cycleError(kind, request, importer) {
  const { codes: { ERR_REQUIRE_CYCLE_MODULE } } = require('internal/errors');
  let message = `Cannot import ${kind} ${request} in a cycle.`;
  if (importer !== undefined) {
    const isFile = StringPrototypeStartsWith(importer.url, 'file:');
    message += ` (from ${isFile ? modulesBinding.fileUrlToPath(importer.url) : importer.url})`;
  }
  return new ERR_REQUIRE_CYCLE_MODULE(message);
}

// The promise of the module's evaluation. Its rejection is somebody else's to handle: every user
// of it awaits it.
function evaluate(job) {
  instantiate(job);
  if (job.promise === undefined) {
    checkCycle(job);
    job.promise = modulesBinding.evaluateModule(job.id);
    PromisePrototypeThen(job.promise, undefined, ignore);
  }
  return job.promise;
}

async function importJob(job) {
  await evaluate(job);
  return modulesBinding.moduleNamespace(job.id);
}

// ---- The ways in ------------------------------------------------------------------------------

exports.importFrom = async function importFrom(specifier, base, attributes = []) {
  // What is imported runs after what imports it, not in the middle of it, and as in Node after the
  // promise jobs that wait already.
  await undefined;
  await undefined;
  return importJob(jobFor(resolve(specifier, base), attributes));
};

// A main script's file.
exports.importFile = async function importFile(filename) {
  return importJob(jobFor(modulesBinding.pathToFileUrl(filename), [], true));
};

// Text that is in no file, under a URL of its own.
exports.importSource = async function importSource(url, text) {
  return importJob(register(url, 'module', modulesBinding.compileModule(text, url), true));
};

// Throws the syntax error of `text`, if it has one.
exports.compile = function compile(url, text) {
  modulesBinding.compileModule(text, url);
};

function baseOf(referrer) {
  if (typeof referrer === 'string') {
    if (path.isAbsolute(referrer)) return modulesBinding.pathToFileUrl(referrer);
    if (StringPrototypeStartsWith(referrer, 'file:') || StringPrototypeStartsWith(referrer, 'data:')) return referrer;
  }
  return cwdUrl();
}

// V8's `import()`: `referrer` is the name of the script that it stands in, `symbol` is of one that
// `node:vm` has compiled.
exports.importDynamically = function importDynamically(specifier, referrer, attributes, symbol) {
  if (symbol !== undefined) {
    return require('internal/vm/dynamic_import').importFromScript(symbol, specifier, attributes);
  }
  const parentURL = baseOf(referrer);
  tracing ??= require('diagnostics_channel').tracingChannel('module.import');
  if (!tracing.hasSubscribers) return exports.importFrom(specifier, parentURL, attributes);
  const event = { __proto__: null, parentURL, url: specifier };
  return tracing.tracePromise(exports.importFrom, event, exports, specifier, parentURL, attributes);
};

let tracing;

exports.initializeMeta = function initializeMeta(id, meta) {
  const job = jobsById.get(id);
  const { url } = job;
  if (StringPrototypeStartsWith(url, 'file:')) {
    const filename = modulesBinding.fileUrlToPath(url);
    meta.dirname = path.dirname(filename);
    meta.filename = filename;
  }
  meta.main = job.isMain;
  meta.resolve = function resolve_(specifier) {
    try {
      return resolve(`${specifier}`, url);
    } catch (error) {
      // What names a place is a URL, whether or not anything is there.
      if ((error?.code === 'ERR_MODULE_NOT_FOUND' || error?.code === 'ERR_UNSUPPORTED_DIR_IMPORT') && error.url) {
        return error.url;
      }
      throw error;
    }
  };
  Object.defineProperty(meta.resolve, 'name', { __proto__: null, value: 'resolve', configurable: true });
  meta.url = url;
};

// ---- require() of an ECMAScript module --------------------------------------------------------

function requireStack(parent) {
  const stack = [];
  for (let cursor = parent; cursor; cursor = cursor.parent) stack[stack.length] = cursor.filename || cursor.id;
  return stack;
}

// The namespace with `__esModule`, for consumers that were compiled from ECMAScript modules.
function facade(job) {
  const url = `node:internal/modules/facade?${job.id}`;
  const id = modulesBinding.compileModule(
    "export * from 'original'; export { default } from 'original'; export const __esModule = true;", url);
  modulesBinding.linkModule(id, modulesBinding.moduleRequests(id).map(() => job.id));
  modulesBinding.instantiateModule(id);
  modulesBinding.evaluateModule(id);
  return modulesBinding.moduleNamespace(id);
}

exports.requireEsm = function requireEsm(module, filename, text) {
  const { codes } = require('internal/errors');
  const url = modulesBinding.pathToFileUrl(filename);
  const { parent } = module;
  const job = jobs.get(url) ?? register(url, 'module', modulesBinding.compileModule(text, url), false);
  if (modulesBinding.moduleStatus(job.id) === kEvaluating) {
    throw new codes.ERR_REQUIRE_CYCLE_MODULE(`Cannot require() ES Module ${filename} in a cycle.${
      parent ? ` (from ${parent.filename})` : ''} A cycle involving require(esm) is not allowed to maintain ` +
      'invariants mandated by the ECMAScript specification. Try making at least part of the dependency in the graph ' +
      'lazily loaded.');
  }
  instantiate(job);
  if (modulesBinding.isGraphAsync(job.id)) {
    throw new codes.ERR_REQUIRE_ASYNC_MODULE(filename, requireStack(parent));
  }
  if (modulesBinding.moduleStatus(job.id) === kInstantiated) evaluate(job);
  if (modulesBinding.moduleStatus(job.id) === kErrored) throw modulesBinding.moduleError(job.id);
  const namespace = modulesBinding.moduleNamespace(job.id);
  if (ObjectHasOwn(namespace, 'module.exports')) module.exports = namespace['module.exports'];
  else if (!ObjectHasOwn(namespace, 'default') || ObjectHasOwn(namespace, '__esModule')) module.exports = namespace;
  else module.exports = job.facade ??= facade(job);
};

// Says where a main module still waits at the end of the program.
exports.warnOfStalledMain = function warnOfStalledMain() {
  if (mainJob === undefined) return;
  const places = modulesBinding.stalledAwaits(mainJob.id);
  for (let i = 0; i < places.length; i++) {
    binding.process.write(2, `Warning: Detected unsettled top-level await at ${places[i]}\n\n\n`);
  }
};
