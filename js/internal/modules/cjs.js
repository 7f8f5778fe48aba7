'use strict';

// The CommonJS loader: the `Module` class with the parts that programs reach into (`_load`,
// `_resolveFilename`, `_cache`, `_extensions` ...), so that what they replace is what runs.

const {
  ArrayPrototypeIncludes, ArrayPrototypeIndexOf, ArrayPrototypeJoin, ArrayPrototypePush,
  ArrayPrototypeSplice, Error, JSONParse, ObjectDefineProperty, ObjectKeys, Proxy, ReflectApply, RegExpPrototypeExec,
  SafeMap, SafeWeakMap, StringPrototypeCharCodeAt, StringPrototypeEndsWith, StringPrototypeIndexOf,
  StringPrototypeSlice, StringPrototypeStartsWith, Symbol,
} = require('internal/primordials');
const path = require('path');
const { builtinById, builtinId, standIn } = require('internal/modules/builtins');
const resolution = require('internal/modules/resolve');
const { exportsInCycle, leaveCycle } = require('internal/modules/cjs_cycles');
const { PRELOAD, install: installStart, isPreloading } = require('internal/modules/cjs_start');
const { makeRequire } = require('internal/modules/helpers');
const { getOptionValue } = require('internal/options');

const modulesBinding = binding.modules;

const kParent = Symbol('kModuleParent');
const kIsMain = Symbol('kIsMainSymbol');
// Set while a module that `require` found to be ECMAScript is being evaluated.
const kIsRequiringEsm = Symbol('kIsRequiringEsm');

// Depth of nested requires; 0 between turns of the program.
let depth = 0;

function Module(id = '', parent = undefined) {
  this.id = id;
  this.path = path.dirname(id);
  ObjectDefineProperty(this, 'exports', {
    __proto__: null, value: {}, writable: true, enumerable: true, configurable: true,
  });
  ObjectDefineProperty(this, kParent, { __proto__: null, value: parent, writable: true, configurable: true });
  updateChildren(parent, this, false);
  this.filename = null;
  this.loaded = false;
  this.children = [];
}

function updateChildren(parent, child, scan) {
  const children = parent?.children;
  if (children && !(scan && ArrayPrototypeIncludes(children, child))) ArrayPrototypePush(children, child);
}

// As in Node: a module is printed as the plain object that it is to its users.
ObjectDefineProperty(Module.prototype, 'constructor', { __proto__: null, get: () => Module, configurable: false });

let warnedOfParent = false;

function warnOfParent() {
  if (warnedOfParent || !getOptionValue('--pending-deprecation')) return;
  warnedOfParent = true;
  globalThis.process.emitWarning('module.parent is deprecated due to accuracy issues. Please use require.main to find ' +
    'program entry point instead.', 'DeprecationWarning', 'DEP0144');
}

ObjectDefineProperty(Module.prototype, 'parent', {
  __proto__: null,
  configurable: true,
  enumerable: false,
  get() {
    warnOfParent();
    return this[kParent];
  },
  set(value) {
    warnOfParent();
    this[kParent] = value;
  },
});

ObjectDefineProperty(Module.prototype, 'isPreloading', {
  __proto__: null, configurable: true, enumerable: false, get: isPreloading,
});

Module._cache = { __proto__: null };
Module._pathCache = { __proto__: null };
Module._extensions = { __proto__: null };
Module.globalPaths = [];
Module.Module = Module;

// ---- The wrapper that a program may replace ---------------------------------------------------

let wrapper = ['(function (exports, require, module, __filename, __dirname) { ', '\n});'];
let wrap = function wrap(script) {
  return wrapper[0] + script + wrapper[1];
};
let wrapperPatched = false;

ObjectDefineProperty(Module, 'wrap', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  get() { return wrap; },
  set(value) {
    wrapperPatched = true;
    wrap = value;
  },
});

ObjectDefineProperty(Module, 'wrapper', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  get() {
    return new Proxy(wrapper, {
      __proto__: null,
      set(target, property, value) {
        wrapperPatched = true;
        target[property] = value;
        return true;
      },
      defineProperty(target, property, descriptor) {
        wrapperPatched = true;
        ObjectDefineProperty(target, property, descriptor);
        return true;
      },
    });
  },
  set(value) {
    wrapperPatched = true;
    wrapper = value;
  },
});

// ---- Resolution -------------------------------------------------------------------------------

// By folder: every module of a folder shares one list until it is changed.
const defaultPaths = new SafeMap();

Module._nodeModulePaths = function _nodeModulePaths(from) {
  const paths = [];
  for (let folder = path.resolve(from); ; folder = path.dirname(folder)) {
    if (!StringPrototypeEndsWith(folder, '/node_modules')) {
      paths[paths.length] = folder === '/' ? '/node_modules' : `${folder}/node_modules`;
    }
    if (folder === '/') return paths;
  }
};

const nativeNodeModulePaths = Module._nodeModulePaths;

function defaultPathsOf(folder) {
  let paths = defaultPaths.get(folder);
  if (paths === undefined) {
    paths = nativeNodeModulePaths(folder);
    defaultPaths.set(folder, paths);
  }
  return paths;
}

function isDefaultPaths(paths, folder) {
  const expected = defaultPathsOf(folder);
  if (paths.length !== expected.length) return false;
  for (let i = 0; i < paths.length; i++) {
    if (paths[i] !== expected[i]) return false;
  }
  return true;
}

// './x', '../x', '.', '..'.
function isRelative(request) {
  if (StringPrototypeCharCodeAt(request, 0) !== 46) return false;
  const second = StringPrototypeCharCodeAt(request, 1);
  if (request.length === 1 || second === 47) return true;
  return second === 46 && (request.length === 2 || StringPrototypeCharCodeAt(request, 2) === 47);
}

Module._resolveLookupPaths = function _resolveLookupPaths(request, parent) {
  if (builtinId(request) !== undefined) return null;
  if (!isRelative(request)) {
    const paths = parent?.paths?.length ? [...parent.paths, ...Module.globalPaths] : Module.globalPaths;
    return paths.length > 0 ? paths : null;
  }
  if (!parent || !parent.id || !parent.filename) return ['.', ...nativeNodeModulePaths('.'), ...Module.globalPaths];
  return [path.dirname(parent.filename)];
};

function extensionList() {
  return ArrayPrototypeJoin(ObjectKeys(Module._extensions), ',');
}

// The file that `request` is in one of the folders `paths`, or false.
Module._findPath = function _findPath(request, paths, isMain) {
  if (path.isAbsolute(request)) {
    return resolution.findFile('/', request, extensionList(), undefined, isMain) ?? false;
  }
  if (!paths || paths.length === 0) return false;
  const extensions = extensionList();
  const relative = isRelative(request);
  for (let i = 0; i < paths.length; i++) {
    const folder = path.resolve(paths[i]);
    let found;
    if (relative) {
      found = resolution.findFile(folder, request, extensions, undefined, isMain);
    } else {
      found = resolution.packageFile(request, undefined, [folder]) ??
        // The native search takes these for parts of a URL, unless the path is whole.
        (RegExpPrototypeExec(/[?#]/, request) === null ?
          resolution.findFile('/', request, extensions, folder, isMain) :
          resolution.findFile('/', path.join(folder, request), extensions, undefined, isMain));
    }
    if (found !== undefined) return found;
  }
  return false;
};

const nativeFindPath = Module._findPath;

function lookupPathsFor(request, parent, options) {
  if (options === null || typeof options !== 'object' || options.paths === undefined) {
    return Module._resolveLookupPaths(request, parent);
  }
  if (!Array.isArray(options.paths)) {
    const { codes: { ERR_INVALID_ARG_VALUE } } = require('internal/errors');
    throw new ERR_INVALID_ARG_VALUE('options.paths', options.paths);
  }
  if (isRelative(request)) return options.paths;
  const fakeParent = new Module('', null);
  const paths = [];
  for (let i = 0; i < options.paths.length; i++) {
    fakeParent.paths = Module._nodeModulePaths(options.paths[i]);
    const lookup = Module._resolveLookupPaths(request, fakeParent);
    for (let j = 0; j < lookup.length; j++) {
      if (!ArrayPrototypeIncludes(paths, lookup[j])) ArrayPrototypePush(paths, lookup[j]);
    }
  }
  return paths;
}

// Up from a folder, but for `node_modules/node_modules`, which the native search does not pass by.
function searchUp(folder, request, isMain) {
  const found = resolution.findFile(folder, request, extensionList(), undefined, isMain);
  if (found === undefined || StringPrototypeIndexOf(found, '/node_modules/node_modules/') === -1) return found;
  return nativeFindPath(request, defaultPathsOf(folder), isMain) || undefined;
}

function find(request, parent, isMain, options) {
  const folder = parent?.filename ? path.dirname(parent.filename) : undefined;
  // The usual case in one search: the folders are those that Node's rules give.
  const usual = folder !== undefined && options?.paths === undefined && Module._findPath === nativeFindPath;
  if (usual && (isRelative(request) || path.isAbsolute(request))) {
    return resolution.findFile(folder, request, extensionList(), undefined, isMain);
  }
  const isPlain = RegExpPrototypeExec(/[?#]/, request) === null;
  if (usual && isPlain && parent.paths && isDefaultPaths(parent.paths, folder)) {
    // A part of a package is its "exports" to say, with what is deprecated of that.
    const whole = StringPrototypeIndexOf(request, '/', request[0] === '@' ? StringPrototypeIndexOf(request, '/') + 1 : 0) === -1;
    const found = (whole ? undefined : resolution.packageFile(request, parent.filename, defaultPathsOf(folder))) ??
      searchUp(folder, request, isMain) ??
      (whole ? resolution.packageFile(request, parent.filename, defaultPathsOf(folder)) : undefined);
    if (found !== undefined) return found;
    return Module.globalPaths.length === 0 ? undefined : Module._findPath(request, Module.globalPaths, isMain);
  }
  if (folder !== undefined && !isPlain) {
    const found = resolution.packageFile(request, parent.filename, []);
    if (found !== undefined) return found;
  }
  return Module._findPath(request, lookupPathsFor(request, parent, options), isMain);
}

// A folder's index is deprecated where its package.json names another main file, which is not there.
function checkMain(filename, request) {
  const name = path.basename(filename);
  if ((name !== 'index.js' && name !== 'index.json' && name !== 'index.node') || filename[0] !== '/') return;
  const file = modulesBinding.packageScope(filename)[1];
  const folder = path.dirname(filename);
  if (file !== `${folder}/package.json`) return;
  const { main } = require('internal/modules/package_resolve').readPackage(file) ?? {};
  if (!main || StringPrototypeStartsWith(filename, path.resolve(folder, main)) ||
      StringPrototypeEndsWith(request, path.basename(filename, path.extname(filename))) ||
      StringPrototypeEndsWith(request, name)) {
    return;
  }
  globalThis.process.emitWarning(`Invalid 'main' field in '${file}' of '${main}'. Please either fix that or report it to ` +
    'the module author', 'DeprecationWarning', 'DEP0128');
}

Module._resolveFilename = function _resolveFilename(request, parent, isMain, options) {
  if (builtinId(request) !== undefined) return request;
  const filename = find(request, parent, isMain, options);
  if (filename) {
    checkMain(filename, request);
    return filename;
  }
  const requireStack = [];
  for (let cursor = parent; cursor; cursor = cursor[kParent]) {
    requireStack[requireStack.length] = cursor.id === PRELOAD ? PRELOAD : cursor.filename || cursor.id;
  }
  throw notFound(request, parent, requireStack);
};

function notFound(request, parent, requireStack) {
  const broken = brokenMain(request, parent);
  if (broken !== undefined) {
    const error = new Error(
      `Cannot find module '${broken.main}'. Please verify that the package.json has a valid "main" entry`);
    error.code = 'MODULE_NOT_FOUND';
    error.path = broken.packageJson;
    error.requestPath = request;
    return error;
  }
  let message = `Cannot find module '${request}'`;
  if (requireStack.length > 0) message += `\nRequire stack:\n- ${ArrayPrototypeJoin(requireStack, '\n- ')}`;
  const error = new Error(message);
  error.code = 'MODULE_NOT_FOUND';
  error.requireStack = requireStack;
  return error;
}

// A folder that is there but whose package.json names a "main" that is not.
function brokenMain(request, parent) {
  const folders = path.isAbsolute(request) ? ['/'] : Module._resolveLookupPaths(request, parent) ?? [];
  for (let i = 0; i < folders.length; i++) {
    const packageJson = path.resolve(folders[i], request, 'package.json');
    const text = modulesBinding.readFile(packageJson);
    if (typeof text === 'number') continue;
    let main;
    try {
      main = JSONParse(resolution.stripBOM(text)).main;
    } catch (error) {
      const { codes: { ERR_INVALID_PACKAGE_CONFIG } } = require('internal/errors');
      throw new ERR_INVALID_PACKAGE_CONFIG(packageJson, undefined, error.message);
    }
    if (typeof main === 'string' && main !== '') return { main: path.resolve(packageJson, '..', main), packageJson };
  }
  return undefined;
}

// ---- Loading ----------------------------------------------------------------------------------

// From the requiring module's folder and the request to the file found last time.
const relativeResolveCache = { __proto__: null };

function loadBuiltin(request) {
  const exported = builtinById(request);
  if (exported !== undefined) return exported;
  const { codes: { ERR_UNKNOWN_BUILTIN_MODULE } } = require('internal/errors');
  throw new ERR_UNKNOWN_BUILTIN_MODULE(request);
}

function exportsOf(module, parent) {
  updateChildren(parent, module, true);
  if (module[kIsRequiringEsm] === true) throw require('internal/modules/esm_explain').requireCycle(module.id, module[kParent]);
  return module.loaded ? module.exports : exportsInCycle(module);
}

Module._load = function _load(request, parent, isMain) {
  let key;
  if (parent) {
    key = `${parent.path}\0${request}`;
    const filename = relativeResolveCache[key];
    if (filename !== undefined) {
      const cached = Module._cache[filename];
      if (cached !== undefined) return exportsOf(cached, parent);
      delete relativeResolveCache[key];
    }
  }
  if (StringPrototypeStartsWith(request, 'node:')) return loadBuiltin(request);
  if (hasSyncHooks()) return loadHooked(request, parent, isMain);
  const filename = Module._resolveFilename(request, parent, isMain);
  const cached = Module._cache[filename];
  if (cached !== undefined) return exportsOf(cached, parent);
  if (builtinId(filename) !== undefined) return builtinById(filename);
  return loadFile(filename, parent, isMain, key);
};

// Loads what is not loaded yet. `key` is that of the resolution, `origin` what hooks and `import` know
// of it: { url, format, source }.
function loadFile(filename, parent, isMain, key, origin) {
  const module = new Module(filename, parent);
  if (isMain) {
    globalThis.process.mainModule = module;
    module.id = '.';
    module[kIsMain] = true;
  }
  if (origin !== undefined) origins.set(module, origin);
  Module._cache[filename] = module;
  if (key !== undefined) relativeResolveCache[key] = filename;
  let threw = true;
  try {
    module.load(filename);
    threw = false;
  } finally {
    if (threw) {
      delete Module._cache[filename];
      if (key !== undefined) delete relativeResolveCache[key];
      const children = parent?.children;
      const index = children ? ArrayPrototypeIndexOf(children, module) : -1;
      if (index !== -1) ArrayPrototypeSplice(children, index, 1);
    } else {
      leaveCycle(module);
    }
  }
  return module.exports;
}

// What hooks and `import` know of a module that is being loaded.
const origins = new SafeWeakMap();

function hasSyncHooks() {
  return hooksModule !== undefined && hooksModule.hasSync();
}

let hooksModule;

// From the first hook on.
exports.useHooks = function useHooks(hooks) {
  hooksModule = hooks;
};

function loadHooked(request, parent, isMain) {
  const { filename, url, format } = hooksModule.resolveRequire(
    request, parent, (value) => Module._resolveFilename(value, parent, isMain));
  const cached = Module._cache[filename];
  if (cached !== undefined) return exportsOf(cached, parent);
  if (builtinId(url) !== undefined) return builtinById(url);
  return loadFile(filename, parent, isMain, undefined, { url, format });
}

// The exports of a CommonJS module that `import` has come to; `source` is its text where hooks gave
// one. Of a module that is loaded already it is what it exported then.
exports.loadImported = function loadImported(filename, isMain, source) {
  const cached = Module._cache[filename];
  if (cached !== undefined) {
    if (cached.loaded && loadedExports.has(cached)) return loadedExports.get(cached);
    return exportsOf(cached, undefined);
  }
  if (source === undefined && !hasSyncHooks()) return Module._load(filename, undefined, isMain);
  return loadFile(filename, undefined, isMain, undefined, source === undefined ? undefined :
    { url: modulesBinding.pathToFileUrl(filename), format: 'commonjs', source });
};

// What modules exported when they were loaded, whatever they are made to export since.
const loadedExports = new SafeWeakMap();

// { content, format } of a module's file.
function sourceOf(module, filename, read) {
  const origin = origins.get(module);
  if (origin?.source !== undefined) return { content: origin.source, format: origin.format };
  if (!hasSyncHooks()) return { content: read(filename), format: undefined };
  const url = origin?.url ?? modulesBinding.pathToFileUrl(filename);
  const { format, source } = hooksModule.loadRequire(url, origin?.format ?? undefined, (given) => (
    read(StringPrototypeStartsWith(given, 'file:') ? modulesBinding.fileUrlToPath(given) : given)));
  return { content: source, format };
}

// Made when needed: a channel is held weakly, and V8's startup blob holds nothing so.
let tracing;

Module.prototype.require = function(id) {
  require('internal/validators').validateString(id, 'id');
  if (id === '') {
    const { codes: { ERR_INVALID_ARG_VALUE } } = require('internal/errors');
    throw new ERR_INVALID_ARG_VALUE('id', id, 'must be a non-empty string');
  }
  if (depth === 0) resolution.nextTurn();
  depth++;
  try {
    tracing ??= require('diagnostics_channel').tracingChannel('module.require');
    if (!tracing.hasSubscribers) return Module._load(id, this, false);
    const event = { __proto__: null, parentFilename: this.filename, id };
    return tracing.traceSync(Module._load, event, Module, id, this, false);
  } finally {
    depth--;
  }
};

// The longest extension of `filename` that has a handler: '.foo.bar' before '.bar'.
function registeredExtension(filename) {
  const name = path.basename(filename);
  for (let start = 0, dot; (dot = StringPrototypeIndexOf(name, '.', start)) >= 0; start = dot + 1) {
    if (dot === 0) continue;
    const extension = StringPrototypeSlice(name, dot);
    if (Module._extensions[extension]) return extension;
  }
  return '.js';
}

Module.prototype.load = function(filename) {
  this.filename ??= filename;
  this.paths ??= Module._nodeModulePaths(path.dirname(filename));
  Module._extensions[registeredExtension(filename)](this, filename);
  this.loaded = true;
  loadedExports.set(this, this.exports);
};

// How a module's function is called: as `ReflectApply`, or so that the main module's first statement
// pauses (`--inspect-brk`).
let callModule = ReflectApply;

Module.prototype._compile = function(content, filename, format) {
  let fn;
  if (wrapperPatched) {
    fn = modulesBinding.runScript(wrap(content), filename);
  } else {
    fn = compileWrapper(this, content, filename, format !== 'commonjs' && maySwitchToEsm(this));
    if (fn === undefined) return loadAsEsm(this, content, filename);
  }
  const { exports } = this;
  return callModule(fn, exports, [exports, makeRequire(this, Module), this, filename, path.dirname(filename)]);
};

function compileWrapper(module, content, filename, detect) {
  if (!module[kIsMain]) return modulesBinding.compileCommonJs(content, filename, detect);
  try {
    return modulesBinding.compileCommonJs(content, filename, detect);
  } catch (error) {
    if (modulesBinding.hasModuleSyntax(content, filename)) {
      require('internal/process/warning').emitWarningNow(`Failed to load the ES module: ${filename}. Make sure to ` +
        'set "type": "module" in the nearest package.json file or use the .mjs extension.');
    }
    throw error;
  }
}

// Whether the syntax of a file that says nothing else may make an ECMAScript module of it.
function maySwitchToEsm(module) {
  return getOptionValue('--experimental-detect-module') !== false &&
    (module[kIsMain] || getOptionValue('--experimental-require-module') !== false);
}

function requireEsmError(module, content, filename) {
  const { codes: { ERR_REQUIRE_ESM } } = require('internal/errors');
  const packageJson = StringPrototypeEndsWith(filename, '.mjs') ? undefined : modulesBinding.packageScope(filename)[1];
  return new ERR_REQUIRE_ESM(
    filename, modulesBinding.hasModuleSyntax(content, filename), module[kParent]?.filename, packageJson);
}

function loadAsEsm(module, content, filename) {
  const esm = require('internal/modules/esm');
  if (module[kIsMain]) {
    require('internal/modules/run_main').enterEsm(() => esm.importFile(filename));
  } else {
    if (getOptionValue('--experimental-require-module') === false) throw requireEsmError(module, content, filename);
    module[kIsRequiringEsm] = true;
    esm.requireEsm(module, filename, content);
    module[kIsRequiringEsm] = false;
  }
  return undefined;
}

Module._extensions['.js'] = function(module, filename) {
  const known = standIn(filename);
  if (known !== undefined) {
    module.exports = known;
    return;
  }
  const { content, format: told } = sourceOf(module, filename, resolution.readProgram);
  if (told === 'json') {
    parseJson(module, content, filename);
    return;
  }
  let format = told ?? resolution.formatByName(filename);
  // Of a file without an extension `require` asks its text, whatever its package says.
  if (told === undefined && format === 'module' && path.extname(filename) === '') format = undefined;
  if (format === 'module') loadAsEsm(module, content, filename);
  else module._compile(content, filename, format);
};

Module._extensions['.json'] = function(module, filename) {
  parseJson(module, sourceOf(module, filename, resolution.readText).content, filename);
};

function parseJson(module, content, filename) {
  try {
    module.exports = JSONParse(resolution.stripBOM(content));
  } catch (error) {
    error.message = `${filename}: ${error.message}`;
    throw error;
  }
}

Module._extensions['.node'] = function(module, filename) {
  const error = new Error(`oomhost loads no native addons: '${filename}'`);
  error.code = 'ERR_DLOPEN_FAILED';
  throw error;
};

// ---- What the command line and `node:module` start from ---------------------------------------

installStart(Module);

exports.Module = Module;
exports.callModulesWith = function callModulesWith(call) {
  callModule = call;
};
exports.kIsMain = kIsMain;
exports.parentOf = (module) => module[kParent];
exports.makeRequire = makeRequire;
