'use strict';

// Packages by the algorithm of Node's documentation ("Resolution Algorithm Specification"): names,
// "exports", "imports", the folders above. What comes back is a URL that nobody has looked for yet.

const {
  ArrayIsArray, JSONParse, JSONStringify, ObjectHasOwn, ObjectKeys, RegExpPrototypeExec, RegExpPrototypeSymbolReplace,
  SafeMap, SafeSet, StringPrototypeEndsWith, StringPrototypeIncludes, StringPrototypeIndexOf,
  StringPrototypeLastIndexOf, StringPrototypeReplace, StringPrototypeSlice, StringPrototypeSplit,
  StringPrototypeStartsWith, StringPrototypeToLowerCase, decodeURIComponent,
} = require('internal/primordials');
const path = require('path');
const { builtinId } = require('internal/modules/builtins');

const modulesBinding = binding.modules;

const pathOf = (url) => modulesBinding.fileUrlToPath(url);

// ---- package.json -----------------------------------------------------------------------------

// By path: the parts that say where files are. Only of those that are there, which then stay so.
const packages = new SafeMap();

// The package.json at `file`, or undefined where there is none. `importer` says in an error who
// asked: `"specifier" from path`.
function readPackage(file, importer) {
  const known = packages.get(file);
  if (known !== undefined) return known;
  const text = modulesBinding.readFile(file);
  if (typeof text === 'number') return undefined;
  let json;
  try {
    json = JSONParse(text);
  } catch (error) {
    const { codes: { ERR_INVALID_PACKAGE_CONFIG } } = require('internal/errors');
    throw new ERR_INVALID_PACKAGE_CONFIG(file, importer, error.message);
  }
  const config = {
    file,
    url: modulesBinding.pathToFileUrl(file),
    folder: StringPrototypeSlice(file, 0, -'package.json'.length),
    name: typeof json?.name === 'string' ? json.name : undefined,
    main: typeof json?.main === 'string' ? json.main : undefined,
    exports: json?.exports ?? undefined,
    imports: typeof json?.imports === 'object' && json.imports !== null ? json.imports : undefined,
  };
  packages.set(file, config);
  return config;
}

// The package that the file `filename` is in, or undefined.
function scopeOf(filename, importer) {
  const inside = StringPrototypeEndsWith(filename, '/') ? `${filename}x` : filename;
  const file = modulesBinding.packageScope(inside)[1];
  return file === undefined ? undefined : readPackage(file, importer);
}

// ---- Conditions -------------------------------------------------------------------------------

const conditionSets = { __proto__: null };

// Those that hold for `import` or `require`.
function conditions(kind) {
  let set = conditionSets[kind];
  if (set === undefined) {
    set = new SafeSet([kind, ...modulesBinding.conditions()]);
    conditionSets[kind] = set;
  }
  return set;
}

// ---- What is deprecated -----------------------------------------------------------------------

const warned = new SafeSet();

function deprecate(message, code) {
  if (!globalThis.process.noDeprecation) globalThis.process.emitWarning(message, 'DeprecationWarning', code);
}

const importedFrom = (base) => (base ? ` imported from ${pathOf(base)}` : '');

function warnOfTrailingSlash(match, config, base) {
  const key = `${config.file}|${match}`;
  if (warned.has(key)) return;
  warned.add(key);
  deprecate(`Use of deprecated trailing slash pattern mapping "${match}" in the "exports" field module resolution of ` +
    `the package at ${config.file}${importedFrom(base)}. Mapping specifiers ending in "/" is no longer supported.`,
    'DEP0155');
}

function warnOfSlashes(target, request, match, { config, base, field }, inTarget) {
  const isDouble = RegExpPrototypeExec(/[/\\]{2}/, inTarget ? target : request) !== null;
  deprecate(`Use of deprecated ${isDouble ? 'double slash' : 'leading or trailing slash matching'} resolving "${
    target}" for module request "${request}" ${request === match ? '' : `matched to "${match}" `}in the "${
    field}" field module resolution of the package at ${config.file}${importedFrom(base)}.`, 'DEP0166');
}

// Only modules were to be named in full.
function warnOfIndex(url, config, base) {
  const { formatByName } = require('internal/modules/resolve');
  const file = pathOf(url);
  if (formatByName(file) !== 'module') return;
  if (config.main && path.resolve(config.folder, config.main) === file) return;
  const inside = StringPrototypeSlice(file, config.folder.length);
  const from = base ? pathOf(base) : undefined;
  deprecate(config.main ?
    `Package ${config.folder} has a "main" field set to "${config.main}", excluding the full filename and extension ` +
      `to the resolved file at "${inside}", imported from ${from}.\n Automatic extension resolution of the "main" ` +
      'field is deprecated for ES modules.' :
    `No "main" or "exports" field defined in the package.json for ${config.folder} resolving the main entry point "${
      inside}", imported from ${from}.\nDefault "index" lookups for the main are deprecated for ES modules.`,
  'DEP0151');
}

// ---- Targets ----------------------------------------------------------------------------------

// A question in progress: { config, base, field: 'exports' | 'imports', conditions }.

function invalidTarget(match, target, { config, base, field }) {
  const { codes: { ERR_INVALID_PACKAGE_TARGET } } = require('internal/errors');
  const shown = typeof target === 'object' && target !== null ? JSONStringify(target, null, '') : `${target}`;
  return new ERR_INVALID_PACKAGE_TARGET(config.folder, match, shown, field === 'imports', base && pathOf(base));
}

// 2 where a part of the path is `.`, `..` or `node_modules`, however it is written, 1 where one is
// empty, else 0.
function flaws(subpath) {
  const parts = StringPrototypeSplit(RegExpPrototypeSymbolReplace(/\\/g, subpath, '/'), '/');
  let worst = 0;
  for (let i = 0; i < parts.length; i++) {
    let part = parts[i];
    if (StringPrototypeIncludes(part, '%')) {
      part = RegExpPrototypeSymbolReplace(/%(2e|4[1-9a-f]|5[0-9a]|5f|6[1-9a-f]|7[0-9a])/gi, part, decodeURIComponent);
    }
    part = StringPrototypeToLowerCase(part);
    if (part === '.' || part === '..' || part === 'node_modules') return 2;
    if (part === '') worst = 1;
  }
  return worst;
}

const fillIn = (pattern, text) => RegExpPrototypeSymbolReplace(/\*/g, pattern, () => text);

// `subpath` is what the `*` of `match` stands for; with `isPathMap` the request ends with a slash.
function stringTarget(target, subpath, match, question, isPattern, isPathMap) {
  const { config, base, field } = question;
  if (!StringPrototypeStartsWith(target, './')) {
    if (field === 'imports' && !StringPrototypeStartsWith(target, '../') && target[0] !== '/' &&
        modulesBinding.resolveUrl(target, undefined) === undefined) {
      return resolvePackage(isPattern ? fillIn(target, subpath) : target, config.url, question.conditions);
    }
    if (field === 'imports' && builtinId(target) !== undefined) return `node:${builtinId(target)}`;
    throw invalidTarget(match, target, question);
  }
  const request = isPattern ? StringPrototypeReplace(match, '*', () => subpath) : match;
  const whole = isPattern ? fillIn(target, subpath) : target;
  const inTarget = flaws(StringPrototypeSlice(target, 2));
  if (inTarget === 2) throw invalidTarget(match, target, question);
  if (inTarget === 1 && !isPathMap) warnOfSlashes(whole, request, match, question, true);
  const resolved = modulesBinding.resolveUrl(target, config.url);
  const folder = StringPrototypeSlice(config.url, 0, -'package.json'.length);
  if (!StringPrototypeStartsWith(resolved, folder)) throw invalidTarget(match, target, question);
  if (subpath === '') return resolved;
  const inSubpath = flaws(subpath);
  if (inSubpath === 2) {
    const { codes: { ERR_INVALID_MODULE_SPECIFIER } } = require('internal/errors');
    throw new ERR_INVALID_MODULE_SPECIFIER(request, `request is not a valid match in pattern "${match}" for the "${
      field}" resolution of ${config.file}`, base && pathOf(base));
  }
  if (inSubpath === 1 && !isPathMap) warnOfSlashes(whole, request, match, question, false);
  return modulesBinding.resolveUrl(fillIn(resolved, subpath), config.url);
}

// The URL, null where it is excluded, undefined where no condition holds.
function resolveTarget(target, subpath, match, question, isPattern, isPathMap) {
  if (typeof target === 'string') return stringTarget(target, subpath, match, question, isPattern, isPathMap);
  if (target === null) return null;
  if (ArrayIsArray(target)) {
    let failure = target.length === 0 ? null : undefined;
    for (let i = 0; i < target.length; i++) {
      let found;
      try {
        found = resolveTarget(target[i], subpath, match, question, isPattern, isPathMap);
      } catch (error) {
        if (error.code !== 'ERR_INVALID_PACKAGE_TARGET') throw error;
        failure = error;
        continue;
      }
      if (found === null) failure = null;
      else if (found !== undefined) return found;
    }
    if (failure === undefined || failure === null) return failure;
    throw failure;
  }
  if (typeof target !== 'object') throw invalidTarget(match, target, question);
  const keys = ObjectKeys(target);
  for (let i = 0; i < keys.length; i++) {
    if (`${+keys[i]}` === keys[i] && +keys[i] >= 0 && +keys[i] < 0xffff_ffff) {
      const { codes: { ERR_INVALID_PACKAGE_CONFIG } } = require('internal/errors');
      throw new ERR_INVALID_PACKAGE_CONFIG(
        question.config.file, question.base && pathOf(question.base), '"exports" cannot contain numeric property keys.');
    }
  }
  for (let i = 0; i < keys.length; i++) {
    if (keys[i] !== 'default' && !question.conditions.has(keys[i])) continue;
    const found = resolveTarget(target[keys[i]], subpath, match, question, isPattern, isPathMap);
    if (found !== undefined) return found;
  }
  return undefined;
}

// The more telling of two patterns goes first: the one with more before its star.
function isBetter(key, best) {
  const before = StringPrototypeIndexOf(key, '*');
  const bestBefore = StringPrototypeIndexOf(best, '*');
  if (bestBefore === -1) return true;
  return before === bestBefore ? key.length > best.length : before > bestBefore;
}

// The pattern among `keys` that `request` fits, with what its star stands for.
function matchPattern(keys, request, onPrefix) {
  let best = '';
  let subpath;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    const star = StringPrototypeIndexOf(key, '*');
    if (star === -1 || !StringPrototypeStartsWith(request, StringPrototypeSlice(key, 0, star))) continue;
    onPrefix?.();
    const trailer = StringPrototypeSlice(key, star + 1);
    if (request.length >= key.length && StringPrototypeEndsWith(request, trailer) && isBetter(key, best) &&
        StringPrototypeLastIndexOf(key, '*') === star) {
      best = key;
      subpath = StringPrototypeSlice(request, star, request.length - trailer.length);
    }
  }
  return best === '' ? undefined : { best, subpath };
}

// ---- "exports", "imports" ---------------------------------------------------------------------

// "exports" with one meaning for the whole package, not one for each subpath.
function isMainSugar(config, base) {
  const { exports: value } = config;
  if (typeof value === 'string' || ArrayIsArray(value)) return true;
  if (typeof value !== 'object') return false;
  const keys = ObjectKeys(value);
  let sugar = false;
  for (let i = 0; i < keys.length; i++) {
    const isCondition = keys[i][0] !== '.';
    if (i > 0 && isCondition !== sugar) {
      const { codes: { ERR_INVALID_PACKAGE_CONFIG } } = require('internal/errors');
      throw new ERR_INVALID_PACKAGE_CONFIG(config.file, base && pathOf(base), '"exports" cannot contain some keys ' +
        "starting with '.' and some not. The exports object must either be an object of package subpath keys or an " +
        'object of main entry condition name keys only.');
    }
    sugar = isCondition;
  }
  return sugar;
}

function notExported(subpath, config, base) {
  const { codes: { ERR_PACKAGE_PATH_NOT_EXPORTED } } = require('internal/errors');
  return new ERR_PACKAGE_PATH_NOT_EXPORTED(config.folder, subpath, base && pathOf(base));
}

// `subpath` is '.' or starts with './'; `base` is the importing URL, as errors name it, or undefined.
function resolveExports(config, subpath, base, active) {
  const question = { config, base, field: 'exports', conditions: active };
  const value = isMainSugar(config, base) ? { '.': config.exports } : config.exports;
  const endsWithSlash = StringPrototypeEndsWith(subpath, '/');
  if (ObjectHasOwn(value, subpath) && !StringPrototypeIncludes(subpath, '*') && !endsWithSlash) {
    const found = resolveTarget(value[subpath], '', subpath, question, false, false);
    if (found == null) throw notExported(subpath, config, base);
    return found;
  }
  const match = matchPattern(ObjectKeys(value), subpath, () => {
    if (endsWithSlash) warnOfTrailingSlash(subpath, config, base);
  });
  const found = match && resolveTarget(value[match.best], match.subpath, match.best, question, true, endsWithSlash);
  if (found == null) throw notExported(subpath, config, base);
  return found;
}

// `#name` in the module at the URL `base`.
function resolveImports(name, base, active) {
  const { codes: { ERR_INVALID_MODULE_SPECIFIER, ERR_PACKAGE_IMPORT_NOT_DEFINED } } = require('internal/errors');
  const from = pathOf(base);
  if (name === '#' || StringPrototypeEndsWith(name, '/')) {
    throw new ERR_INVALID_MODULE_SPECIFIER(name, 'is not a valid internal imports specifier name', from);
  }
  const config = scopeOf(from, `"${name}" from ${from}`);
  const imports = config?.imports;
  if (imports !== undefined) {
    const question = { config, base, field: 'imports', conditions: active };
    let found;
    if (ObjectHasOwn(imports, name) && !StringPrototypeIncludes(name, '*')) {
      found = resolveTarget(imports[name], '', name, question, false, false);
    } else {
      const match = matchPattern(ObjectKeys(imports), name);
      found = match && resolveTarget(imports[match.best], match.subpath, match.best, question, true, false);
    }
    if (found != null) return found;
  }
  throw new ERR_PACKAGE_IMPORT_NOT_DEFINED(name, config?.folder, from);
}

// ---- Packages by name -------------------------------------------------------------------------

// { name, subpath } of a bare specifier, or undefined where no package can be called so.
function parseName(specifier) {
  let end = StringPrototypeIndexOf(specifier, '/');
  if (specifier[0] === '@') {
    if (end === -1) return undefined;
    end = StringPrototypeIndexOf(specifier, '/', end + 1);
  }
  const name = end === -1 ? specifier : StringPrototypeSlice(specifier, 0, end);
  if (name === '' || RegExpPrototypeExec(/^\.|%|\\/, name) !== null) return undefined;
  return { name, subpath: end === -1 ? '.' : `.${StringPrototypeSlice(specifier, end)}` };
}

const isFile = (url) => typeof modulesBinding.fileKind(pathOf(url)) === 'string';

const MAIN_ENDINGS = ['.js', '.json', '.node', '/index.js', '/index.json', '/index.node'];
const INDEXES = ['./index.js', './index.json', './index.node'];

// The main file of a package without "exports".
function resolveMain(config, base) {
  if (config.main !== undefined) {
    const main = path.resolve(config.folder, config.main);
    const exact = modulesBinding.pathToFileUrl(main);
    if (isFile(exact)) return exact;
    for (let i = 0; i < MAIN_ENDINGS.length; i++) {
      const url = modulesBinding.pathToFileUrl(`${main}${MAIN_ENDINGS[i]}`);
      if (!isFile(url)) continue;
      warnOfIndex(url, config, base);
      return url;
    }
  }
  for (let i = 0; i < INDEXES.length; i++) {
    const url = modulesBinding.resolveUrl(INDEXES[i], config.url);
    if (!isFile(url)) continue;
    warnOfIndex(url, config, base);
    return url;
  }
  const { codes: { ERR_MODULE_NOT_FOUND } } = require('internal/errors');
  throw new ERR_MODULE_NOT_FOUND(config.folder, base && pathOf(base));
}

// A bare specifier in the module at the URL `base`.
function resolvePackage(specifier, base, active) {
  const { codes: { ERR_INVALID_MODULE_SPECIFIER, ERR_MODULE_NOT_FOUND } } = require('internal/errors');
  const builtin = builtinId(specifier);
  if (builtin !== undefined) return `node:${builtin}`;
  const from = pathOf(base);
  const parsed = parseName(specifier);
  if (parsed === undefined) throw new ERR_INVALID_MODULE_SPECIFIER(specifier, 'is not a valid package name', from);
  const { name, subpath } = parsed;
  const importer = `"${specifier}" from ${from}`;
  const own = scopeOf(from, importer);
  if (own !== undefined && own.name === name && own.exports !== undefined) {
    return resolveExports(own, subpath, base, active);
  }
  let folder = StringPrototypeSlice(from, 0, StringPrototypeLastIndexOf(from, '/'));
  for (;;) {
    const place = `${folder}/node_modules/${name}`;
    if (modulesBinding.fileKind(place) === 1) {
      const file = `${place}/package.json`;
      const config = readPackage(file, importer) ??
        { file, url: modulesBinding.pathToFileUrl(file), folder: `${place}/`, main: undefined, exports: undefined };
      if (config.exports !== undefined) return resolveExports(config, subpath, base, active);
      return subpath === '.' ? resolveMain(config, base) : modulesBinding.resolveUrl(subpath, config.url);
    }
    if (folder === '') throw new ERR_MODULE_NOT_FOUND(name, from);
    folder = StringPrototypeSlice(folder, 0, StringPrototypeLastIndexOf(folder, '/'));
  }
}

module.exports = { conditions, parseName, readPackage, resolveExports, resolveImports, resolveMain, resolvePackage, scopeOf };
