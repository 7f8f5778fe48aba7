'use strict';

// From a specifier to a URL, as an ECMAScript module asks.

const {
  JSONStringify, StringPrototypeIndexOf, StringPrototypeLastIndexOf, StringPrototypeSlice,
  StringPrototypeSplit, StringPrototypeStartsWith,
} = require('internal/primordials');
const path = require('path');
const { builtinId } = require('internal/modules/builtins');
const { checkSeparators } = require('internal/modules/resolve');
const { getOptionValue } = require('internal/options');

const modulesBinding = binding.modules;

function isRelative(specifier) {
  return specifier[0] === '/' || StringPrototypeStartsWith(specifier, './') ||
    StringPrototypeStartsWith(specifier, '../');
}

// What follows the path: '?query#hash', which makes another module of the same file.
function suffixOf(url) {
  const query = StringPrototypeIndexOf(url, '?');
  const hash = StringPrototypeIndexOf(url, '#');
  const start = query === -1 || (hash !== -1 && hash < query) ? hash : query;
  return start === -1 ? '' : StringPrototypeSlice(url, start);
}

// How the importing module is named in messages.
function shown(base) {
  return StringPrototypeStartsWith(base, 'file:') ? modulesBinding.fileUrlToPath(base) : base;
}

// What `require` would have found, as a specifier, or undefined.
function asRequired(specifier, base) {
  const { Module } = require('internal/modules/cjs');
  const from = modulesBinding.fileUrlToPath(base);
  const folder = path.dirname(`${from}x`);
  const parent = { __proto__: null, id: from, filename: `${folder}/x`, paths: Module._nodeModulePaths(folder) };
  let found;
  try {
    found = Module._resolveFilename(specifier, parent, false);
  } catch {
    return undefined;
  }
  if (found[0] !== '/') return undefined;
  const url = modulesBinding.pathToFileUrl(found);
  if (isRelative(specifier)) {
    const here = StringPrototypeSlice(base, 'file://'.length, StringPrototypeLastIndexOf(base, '/'));
    const better = path.relative(here, StringPrototypeSlice(url, 'file://'.length));
    return better[0] === '.' ? better : `./${better}`;
  }
  const name = StringPrototypeSplit(specifier, '/')[0];
  const needle = `/node_modules/${name}/`;
  const within = StringPrototypeLastIndexOf(url, needle);
  return within === -1 ? url : `${name}/${StringPrototypeSlice(url, within + needle.length)}`;
}

// The hint that Node gives where `require` would have found the file.
function hint(error, specifier, base) {
  if (!StringPrototypeStartsWith(base, 'file:')) return error;
  const better = asRequired(specifier, base);
  if (better === undefined) return error;
  const before = error.message;
  error.message += `\nDid you mean to import ${JSONStringify(better)}?`;
  error.stack = error.stack.replace(before, () => error.message);
  return error;
}

function finishFile(url, specifier, base) {
  const { codes } = require('internal/errors');
  checkSeparators(url, shown(base));
  const file = modulesBinding.fileUrlToPath(url);
  if (file === undefined) {
    const error = new codes.ERR_INVALID_FILE_URL_HOST('linux');
    error.input = url;
    error.module = base;
    throw error;
  }
  const kind = modulesBinding.fileKind(file);
  if (kind === 1) {
    const folder = path.resolve(file);
    throw hint(new codes.ERR_UNSUPPORTED_DIR_IMPORT(folder, shown(base), url), specifier, base);
  }
  if (kind === 0) throw hint(new codes.ERR_MODULE_NOT_FOUND(file, shown(base), url), specifier, base);
  return modulesBinding.pathToFileUrl(getOptionValue('--preserve-symlinks') ? path.resolve(file) : kind) + suffixOf(url);
}

// The URL of what `specifier` means in the module at the URL `base`; `active` are the conditions, if
// not the usual ones.
exports.resolve = function resolve(specifier, base, active) {
  const { codes } = require('internal/errors');
  let url;
  if (isRelative(specifier)) {
    url = modulesBinding.resolveUrl(specifier, base);
    if (url === undefined) throw new codes.ERR_UNSUPPORTED_RESOLVE_REQUEST(specifier, base);
  } else {
    const id = builtinId(specifier);
    if (id !== undefined) return `node:${id}`;
    url = specifier[0] === '#' ? undefined : modulesBinding.resolveUrl(specifier, undefined);
  }
  url ??= resolveBare(specifier, base, active);
  if (StringPrototypeStartsWith(url, 'file:')) return finishFile(url, specifier, base);
  if (StringPrototypeStartsWith(url, 'node:') && builtinId(url) === undefined && specifier[0] !== '#') {
    throw new codes.ERR_UNKNOWN_BUILTIN_MODULE(specifier);
  }
  return url;
};

// `#name`, or a package, in the module at the URL `base`.
function resolveBare(specifier, base, active) {
  const { codes: { ERR_UNSUPPORTED_RESOLVE_REQUEST } } = require('internal/errors');
  if (!StringPrototypeStartsWith(base, 'file:')) throw new ERR_UNSUPPORTED_RESOLVE_REQUEST(specifier, base);
  const { conditions, resolveImports, resolvePackage } = require('internal/modules/package_resolve');
  active ??= conditions('import');
  if (specifier[0] === '#') return resolveImports(specifier, base, active);
  try {
    return resolvePackage(specifier, base, active);
  } catch (error) {
    throw error.code === 'ERR_MODULE_NOT_FOUND' ? hint(error, specifier, base) : error;
  }
}
