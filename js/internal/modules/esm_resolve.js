'use strict';

// From a specifier to a URL, as an ECMAScript module asks.

const {
  JSONStringify, RegExpPrototypeExec, StringPrototypeIndexOf, StringPrototypeLastIndexOf, StringPrototypeSlice,
  StringPrototypeSplit, StringPrototypeStartsWith,
} = require('internal/primordials');
const path = require('path');
const { builtinId } = require('internal/modules/builtins');
const { findFile } = require('internal/modules/resolve');

const modulesBinding = binding.modules;

const encodedSeparator = /%2f|%5c/i;

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

function packageName(specifier) {
  const parts = StringPrototypeSplit(specifier, '/');
  return specifier[0] === '@' && parts.length > 1 ? `${parts[0]}/${parts[1]}` : parts[0];
}

// How the importing module is named in messages.
function shown(base) {
  return StringPrototypeStartsWith(base, 'file:') ? modulesBinding.fileUrlToPath(base) : base;
}

// The hint that Node gives where `require` would have found the file.
function hint(error, specifier, base) {
  if (!StringPrototypeStartsWith(base, 'file:')) return error;
  const folder = path.dirname(modulesBinding.fileUrlToPath(base));
  const found = modulesBinding.resolve(false, folder, specifier, '.js,.json,.node', undefined);
  if (typeof found !== 'string') return error;
  let better;
  if (isRelative(specifier)) {
    better = path.relative(folder, found);
    if (better[0] !== '.') better = `./${better}`;
  } else {
    const within = StringPrototypeLastIndexOf(found, '/node_modules/');
    if (within === -1) return error;
    better = StringPrototypeSlice(found, within + '/node_modules/'.length);
  }
  const before = error.message;
  error.message += `\nDid you mean to import ${JSONStringify(better)}?`;
  error.stack = error.stack.replace(before, () => error.message);
  return error;
}

function finishFile(url, specifier, base) {
  const { codes } = require('internal/errors');
  const suffix = suffixOf(url);
  const plain = suffix === '' ? url : StringPrototypeSlice(url, 0, -suffix.length);
  if (RegExpPrototypeExec(encodedSeparator, plain) !== null) {
    throw new codes.ERR_INVALID_MODULE_SPECIFIER(StringPrototypeSlice(plain, 'file://'.length), 'must not include encoded "/" or "\\" characters', shown(base));
  }
  const file = modulesBinding.fileUrlToPath(url);
  if (file === undefined) throw new codes.ERR_INVALID_FILE_URL_HOST('linux');
  const kind = modulesBinding.fileKind(file);
  if (kind === 1) {
    const folder = path.resolve(file);
    throw hint(new codes.ERR_UNSUPPORTED_DIR_IMPORT(folder, shown(base), url), specifier, base);
  }
  if (kind === 0) throw hint(new codes.ERR_MODULE_NOT_FOUND(file, shown(base), url), specifier, base);
  return modulesBinding.pathToFileUrl(kind) + suffix;
}

// The URL of what `specifier` means in the module at the URL `base`.
exports.resolve = function resolve(specifier, base) {
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
  if (url === undefined) return resolvePackage(specifier, base);
  if (StringPrototypeStartsWith(url, 'file:')) return finishFile(url, specifier, base);
  if (StringPrototypeStartsWith(url, 'data:')) return url;
  if (StringPrototypeStartsWith(url, 'node:')) throw new codes.ERR_UNKNOWN_BUILTIN_MODULE(specifier);
  const protocol = StringPrototypeSlice(url, 0, StringPrototypeIndexOf(url, ':') + 1);
  throw new codes.ERR_UNSUPPORTED_ESM_URL_SCHEME({ protocol }, ['file', 'data']);
};

function resolvePackage(specifier, base) {
  const { codes } = require('internal/errors');
  if (!StringPrototypeStartsWith(base, 'file:')) {
    throw new codes.ERR_UNSUPPORTED_RESOLVE_REQUEST(specifier, base);
  }
  const from = modulesBinding.fileUrlToPath(base);
  const folder = StringPrototypeIndexOf(base, '/', base.length - 1) !== -1 ? from : path.dirname(from);
  const found = findFile(true, folder, specifier, '', undefined, from);
  if (found === undefined) throw missing(specifier, folder, from);
  if (found[0] !== '/') return found;
  return modulesBinding.pathToFileUrl(found);
}

// The package, or the file that its "exports" or the specifier names in it.
function missing(specifier, folder, from) {
  const { codes: { ERR_MODULE_NOT_FOUND, ERR_PACKAGE_IMPORT_NOT_DEFINED } } = require('internal/errors');
  if (specifier[0] === '#') {
    const scope = modulesBinding.packageScope(from)[1];
    return new ERR_PACKAGE_IMPORT_NOT_DEFINED(specifier, scope && `${path.dirname(scope)}/`, from);
  }
  const name = packageName(specifier);
  const { Module } = require('internal/modules/cjs');
  const folders = Module._nodeModulePaths(folder);
  for (let i = 0; i < folders.length; i++) {
    const place = path.join(folders[i], name);
    if (modulesBinding.fileKind(place) !== 1) continue;
    const file = path.join(folders[i], specifier);
    const url = modulesBinding.pathToFileUrl(file);
    return hint(new ERR_MODULE_NOT_FOUND(file, from, url), specifier, modulesBinding.pathToFileUrl(from));
  }
  return new ERR_MODULE_NOT_FOUND(name, from);
}
