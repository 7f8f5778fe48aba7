'use strict';

// The loader of ECMAScript modules: which module each import is, loading a graph, evaluating it.
// The modules themselves are behind numbers in `binding.modules`. Files are read at once, so that a
// whole graph is there before anything of it runs, and `require` can use the same modules.

const {
  ArrayPrototypeJoin, ArrayPrototypePush, ArrayPrototypeSlice, ObjectHasOwn, PromisePrototypeThen, PromiseReject, SafeMap, StringPrototypeStartsWith,
  SyntaxError,
} = require('internal/primordials');
const path = require('path');
const { cwdUrl } = require('internal/modules/resolve');
const { resolve } = require('internal/modules/esm_resolve');
const { create, describe, describeLoaded } = require('internal/modules/esm_translate');
const { getOptionValue } = require('internal/options');

const modulesBinding = binding.modules;

// `internal/modules/hooks`, from the first hook on.
let hooks;

exports.useHooks = function useHooks(value) {
  hooks = value;
};

function isHooked() {
  return hooks !== undefined && hooks.isActive();
}

// What is said of errors.
const explain = () => require('internal/modules/esm_explain');

const kUninstantiated = 0;
const kInstantiated = 2;
const kEvaluating = 3;
const kErrored = 5;

// The phase of an import that asks for the source alone.
const kSource = 0;

// By URL: { id, url, format, requests, links, linked, promise, isMain }; `links` are the jobs of its
// requests, `linked` says whether all that it imports is loaded.
const jobs = new SafeMap();
// The same by the module's number.
const jobsById = new SafeMap();
// By URL: what `import source` gave.
const sources = new SafeMap();
// The main module's job, for import.meta.main and for what is said if it never settles.
let mainJob;

// ---- Loading ----------------------------------------------------------------------------------

// What makes a module another than one of the same URL.
function keyOf(url, attributes) {
  for (let i = 0; i < attributes.length; i += 2) {
    if (attributes[i] === 'type') return `${attributes[i + 1]}\0${url}`;
  }
  return url;
}

function register(url, attributes, format, id, isMain) {
  const requests = format === 'module' || format === 'wasm' ? modulesBinding.moduleRequests(id) : [];
  const job = { id, url, format, requests, links: [], linked: requests.length === 0, promise: undefined, isMain };
  jobs.set(keyOf(url, attributes), job);
  jobsById.set(id, job);
  if (isMain) mainJob = job;
  return job;
}

function jobFor(url, attributes, isMain = false) {
  const known = jobs.get(keyOf(url, attributes));
  if (known !== undefined) return known;
  if (isHooked()) return hookedJob({ url, format: undefined }, attributes, isMain);
  const description = describe(url, attributes);
  return register(url, attributes, description.format, create(url, description, isMain), isMain);
}

// What a specifier meant in a module last time, by module, specifier and attributes.
const resolved = new SafeMap();

// The job of what a module at the URL `base` imports.
function requestedJob(specifier, base, attributes) {
  if (isHooked()) {
    const importAttributes = hooks.attributesObject(attributes);
    const result = hooks.resolveImport(specifier, base, importAttributes);
    return hookedJob(result, hooks.attributesList(result.importAttributes ?? importAttributes), false);
  }
  const key = `${base}\0${specifier}\0${ArrayPrototypeJoin(attributes, '\0')}`;
  let url = resolved.get(key);
  if (url === undefined) {
    url = resolve(specifier, base);
    resolved.set(key, url);
  }
  return jobFor(url, attributes);
}

// The source object of what `import source` in a module at the URL `base` names.
function requestedSource(specifier, base, attributes) {
  let url;
  let description;
  if (isHooked()) {
    const importAttributes = hooks.attributesObject(attributes);
    const result = hooks.resolveImport(specifier, base, importAttributes);
    ({ url } = result);
    description = describeLoaded(url, hooks.loadImport(url, result.format, importAttributes));
  } else {
    url = resolve(specifier, base);
    description = describe(url, attributes);
  }
  if (description.format !== 'wasm') {
    throw new SyntaxError(`Source phase import object is not defined for module '${url}'`);
  }
  const key = keyOf(url, attributes);
  let source = sources.get(key);
  if (source === undefined) {
    source = require('internal/modules/esm_wasm').sourceOf(url, description.filename, description.bytes);
    sources.set(key, source);
  }
  return source;
}

// `result` is what the hooks resolved to.
function hookedJob({ url, format }, attributes, isMain) {
  const known = jobs.get(keyOf(url, attributes));
  if (known !== undefined) return known;
  const loaded = hooks.loadImport(url, format, hooks.attributesObject(attributes));
  const description = describeLoaded(url, loaded);
  return register(url, attributes, description.format, create(url, description, isMain), isMain);
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
      if (request[1] === kSource) {
        ids[j] = requestedSource(request[0], job.url, ArrayPrototypeSlice(request, 2));
        continue;
      }
      const target = requestedJob(request[0], job.url, ArrayPrototypeSlice(request, 2));
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

// What a specifier of the module at the URL `importer`, or else of `job`, is; undefined where that
// cannot be said.
function formatOfRequest(job, specifier, importer) {
  try {
    return jobs.get(resolve(specifier, (jobs.get(importer) ?? job).url))?.format;
  } catch {
    return undefined;
  }
}

function instantiate(job) {
  loadGraph(job);
  if (modulesBinding.moduleStatus(job.id) !== kUninstantiated) return;
  try {
    modulesBinding.instantiateModule(job.id);
  } catch (error) {
    explain().explainMissingExport(error, (specifier, importer) => formatOfRequest(job, specifier, importer));
    throw error;
  }
}

const ignore = () => {};

// Refuses to evaluate a module while one that it imports is in the middle of its evaluation: V8 has
// no way to wait for that.
function checkCycle(root) {
  if (modulesBinding.moduleStatus(root.id) === kEvaluating) throw explain().importCycle('Module', root.url);
  const found = [root];
  const seen = new Set(found);
  for (let i = 0; i < found.length; i++) {
    const job = found[i];
    for (let j = 0; j < job.links.length; j++) {
      const target = job.links[j];
      // Nothing but the source of it.
      if (target === undefined) continue;
      const status = modulesBinding.moduleStatus(target.id);
      if (status === kEvaluating) throw explain().importCycle('Module', job.requests[j][0], job.url);
      if (status < kEvaluating && isLoading(target)) throw explain().importCycle('CommonJS Module', job.requests[j][0], job.url);
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
  const evaluation = evaluate(job);
  try {
    await evaluation;
  } catch (error) {
    explain().explainCommonJsGlobal(error, job.url, modulesBinding.isGraphAsync(job.id));
    throw error;
  }
  return modulesBinding.moduleNamespace(job.id);
}

// ---- The ways in ------------------------------------------------------------------------------

exports.importFrom = async function importFrom(specifier, base, attributes = []) {
  // What is imported runs after what imports it, not in the middle of it, and as in Node after the
  // promise jobs that wait already.
  await undefined;
  await undefined;
  return importJob(requestedJob(specifier, base, attributes));
};

// The same through asynchronous hooks, `chain`, where those themselves are loaded.
exports.importThrough = async function importThrough(chain, specifier, base, attributes = []) {
  const { attributesList, attributesObject } = require('internal/modules/hooks');
  const jobOf = async (request, parentURL, list) => {
    const result = await chain.resolve(request, parentURL, attributesObject(list));
    const found = attributesList(result.importAttributes);
    const known = jobs.get(keyOf(result.url, found));
    if (known !== undefined) return known;
    const description = describeLoaded(result.url, await chain.load(result.url, result.format, attributesObject(found)));
    return jobs.get(keyOf(result.url, found)) ??
      register(result.url, found, description.format, create(result.url, description, false), false);
  };
  const root = await jobOf(specifier, base, attributes);
  const found = [root];
  const seen = new Set(found);
  for (let i = 0; i < found.length; i++) {
    const job = found[i];
    if (job.linked) continue;
    const links = [];
    for (let j = 0; j < job.requests.length; j++) {
      const request = job.requests[j];
      links[j] = await jobOf(request[0], job.url, ArrayPrototypeSlice(request, 2));
      if (seen.has(links[j])) continue;
      seen.add(links[j]);
      ArrayPrototypePush(found, links[j]);
    }
    job.links = links;
    modulesBinding.linkModule(job.id, links.map(({ id }) => id));
  }
  for (let i = 0; i < found.length; i++) found[i].linked = true;
  return importJob(root);
};

// A main script by its URL.
exports.importMain = async function importMain(url) {
  if (!isHooked()) return importJob(jobFor(url, [], true));
  const result = hooks.resolveImport(url, undefined, { __proto__: null });
  return importJob(hookedJob(result, hooks.attributesList(result.importAttributes), true));
};

// A main script's file.
exports.importFile = function importFile(filename) {
  return exports.importMain(modulesBinding.pathToFileUrl(filename));
};

// Text that is in no file, under a URL of its own.
exports.importSource = async function importSource(url, text) {
  return importJob(register(url, [], 'module', modulesBinding.compileModule(text, url), true));
};

// Throws the syntax error of `text`, if it has one.
exports.compile = function compile(url, text) {
  modulesBinding.compileModule(text, url);
};

// The URL that `import()` in a script of this name starts from.
function baseOf(referrer) {
  if (typeof referrer === 'string') {
    if (path.isAbsolute(referrer)) return modulesBinding.pathToFileUrl(referrer);
    if (StringPrototypeStartsWith(referrer, 'file:') || StringPrototypeStartsWith(referrer, 'data:')) return referrer;
  }
  if (referrer === undefined) {
    const { codes: { ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING } } = require('internal/errors');
    throw new ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING();
  }
  return cwdUrl();
}

// Where hooks are loaded, they say what is loaded further on.
let ownChain;

exports.setChain = function setChain(chain) {
  ownChain = chain;
};

// V8's `import()`: `referrer` is the name of the script that it stands in, `symbol` is of one that
// `node:vm` has compiled.
exports.importDynamically = function importDynamically(specifier, referrer, attributes, symbol) {
  if (symbol !== undefined) {
    return require('internal/vm/dynamic_import').importFromScript(symbol, specifier, attributes);
  }
  let parentURL;
  try {
    parentURL = baseOf(referrer);
  } catch (error) {
    return PromiseReject(error);
  }
  if (ownChain !== undefined) return exports.importThrough(ownChain, specifier, parentURL, attributes);
  tracing ??= require('diagnostics_channel').tracingChannel('module.import');
  if (!tracing.hasSubscribers) return exports.importFrom(specifier, parentURL, attributes);
  const event = { __proto__: null, parentURL, url: specifier };
  return tracing.tracePromise(exports.importFrom, event, exports, specifier, parentURL, attributes);
};

let tracing;

// V8's `import.source()`.
exports.importSourceDynamically = async function importSourceDynamically(specifier, referrer, attributes) {
  return requestedSource(specifier, baseOf(referrer), attributes);
};

function resolveMeta(specifier, base) {
  const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
  const text = `${specifier}`;
  const { isURL } = require('internal/url');
  if (typeof base !== 'string' && !isURL(base)) throw new ERR_INVALID_ARG_TYPE('parentURL', ['string', 'URL'], base);
  try {
    if (isHooked()) return hooks.resolveImport(text, `${base}`, { __proto__: null }).url;
    return resolve(text, `${base}`);
  } catch (error) {
    // What names a place is a URL, whether or not anything is there.
    if ((error?.code === 'ERR_MODULE_NOT_FOUND' || error?.code === 'ERR_UNSUPPORTED_DIR_IMPORT') && error.url) {
      return error.url;
    }
    throw error;
  }
}

exports.initializeMeta = function initializeMeta(id, meta) {
  const job = jobsById.get(id);
  const { url } = job;
  if (job.format === 'wasm') {
    require('internal/modules/esm_wasm').initializeMeta(id, meta);
    return;
  }
  if (StringPrototypeStartsWith(url, 'file:')) {
    const filename = modulesBinding.fileUrlToPath(url);
    meta.dirname = path.dirname(filename);
    meta.filename = filename;
  }
  meta.main = job.isMain;
  meta.resolve = function resolve_(specifier, parentURL) {
    const own = parentURL !== undefined && getOptionValue('--experimental-import-meta-resolve');
    return resolveMeta(specifier, own ? parentURL : url);
  };
  Object.defineProperty(meta.resolve, 'name', { __proto__: null, value: 'resolve', configurable: true });
  meta.url = url;
};

// ---- require() of an ECMAScript module --------------------------------------------------------

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

// `require` waits for nothing. With the flag the graph runs until its first awaits, to tell where
// they are.
function requiredAsync(job, filename, parent) {
  const { codes: { ERR_REQUIRE_ASYNC_MODULE } } = require('internal/errors');
  if (getOptionValue('--experimental-print-required-tla')) {
    evaluate(job);
    explain().printAwaits(modulesBinding.stalledAwaits(job.id));
  }
  return new ERR_REQUIRE_ASYNC_MODULE(filename, parent?.filename);
}

exports.requireEsm = function requireEsm(module, filename, text) {
  const parent = require('internal/modules/cjs').parentOf(module);
  const mode = getOptionValue('--trace-require-module');
  if (mode) explain().warnOfRequire(parent, filename, mode);
  const url = modulesBinding.pathToFileUrl(filename);
  const job = jobs.get(url) ?? register(url, [], 'module', modulesBinding.compileModule(text, url), false);
  if (modulesBinding.moduleStatus(job.id) === kEvaluating) throw explain().requireCycle(filename, parent);
  instantiate(job);
  if (modulesBinding.isGraphAsync(job.id)) throw requiredAsync(job, filename, parent);
  if (modulesBinding.moduleStatus(job.id) === kInstantiated) evaluate(job);
  if (modulesBinding.moduleStatus(job.id) === kErrored) {
    const error = modulesBinding.moduleError(job.id);
    modulesBinding.keepPlace(error);
    explain().explainCommonJsGlobal(error, url, false);
    throw error;
  }
  const namespace = modulesBinding.moduleNamespace(job.id);
  if (ObjectHasOwn(namespace, 'module.exports')) module.exports = namespace['module.exports'];
  else if (!ObjectHasOwn(namespace, 'default') || ObjectHasOwn(namespace, '__esModule')) module.exports = namespace;
  else module.exports = job.facade ??= facade(job);
};

// Says where a main module still waits at the end of the program.
exports.warnOfStalledMain = function warnOfStalledMain() {
  if (mainJob === undefined || getOptionValue('--no-warnings')) return;
  const places = modulesBinding.stalledAwaits(mainJob.id);
  for (let i = 0; i < places.length; i++) {
    binding.process.write(2, `Warning: Detected unsettled top-level await at ${places[i]}\n\n\n`);
  }
};
