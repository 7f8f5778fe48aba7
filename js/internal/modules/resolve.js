'use strict';

// From a request to a file, as `require` asks, and how a file is to be read. The usual search is
// native; what packages forbid is in `internal/modules/package_resolve`.

const {
  RegExpPrototypeExec, StringPrototypeEndsWith, StringPrototypeIncludes, StringPrototypeSlice, StringPrototypeStartsWith,
} = require('internal/primordials');
const path = require('path');
const { getOptionValue } = require('internal/options');

const modulesBinding = binding.modules;

// Looks once more where the file system may have changed since it was last looked at. A search is
// repeated only if a turn of the program came between.
let turn = 0;
let forgottenInTurn = 0;

exports.nextTurn = function nextTurn() {
  turn++;
};

function search(directory, specifier, extensions, lookupFolder, keepLinks) {
  const found = modulesBinding.resolve(directory, specifier, extensions, lookupFolder, keepLinks);
  if (found !== undefined || forgottenInTurn === turn) return found;
  forgottenInTurn = turn;
  modulesBinding.forget();
  return modulesBinding.resolve(directory, specifier, extensions, lookupFolder, keepLinks);
}

// The path of the file that `require(specifier)` means in `directory`, or undefined. With
// `lookupFolder` a package is looked for there alone. What a package's "exports" forbids is
// undefined, too: `packageFile` says why.
exports.findFile = function findFile(directory, specifier, extensions, lookupFolder, isMain = false) {
  const keepLinks = getOptionValue(isMain ? '--preserve-symlinks-main' : '--preserve-symlinks') === true;
  return search(directory, specifier, extensions, lookupFolder, keepLinks);
};

const encodedSeparator = /%2f|%5c/i;

exports.checkSeparators = function checkSeparators(url, base) {
  const end = RegExpPrototypeExec(/[?#]|$/, url).index;
  const place = StringPrototypeSlice(url, 'file://'.length, end);
  if (RegExpPrototypeExec(encodedSeparator, place) === null) return;
  const { codes: { ERR_INVALID_MODULE_SPECIFIER } } = require('internal/errors');
  throw new ERR_INVALID_MODULE_SPECIFIER(place, 'must not include encoded "/" or "\\" characters', base);
};

// The path of what "exports" or "imports" name, for `require`.
function fileOfTarget(url, base, packageJson) {
  if (!StringPrototypeStartsWith(url, 'file:')) return url;
  exports.checkSeparators(url, base);
  const file = modulesBinding.fileUrlToPath(url);
  const found = modulesBinding.fileKind(file);
  if (typeof found === 'string') return found;
  const error = new Error(`Cannot find module '${file}'`);
  error.code = 'MODULE_NOT_FOUND';
  error.path = packageJson;
  throw error;
}

// What the package that `request` names says of it, seen from the file `filename` (or undefined) or
// in the folders `paths`: a path, or undefined where no package says anything. Throws what it
// forbids.
exports.packageFile = function packageFile(request, filename, paths) {
  const { conditions, parseName, readPackage, resolveExports, resolveImports, scopeOf } =
    require('internal/modules/package_resolve');
  const active = conditions('require');
  const base = filename === undefined ? undefined : modulesBinding.pathToFileUrl(filename);
  const scope = filename === undefined ? undefined : scopeOf(filename);
  if (request[0] === '#' && scope?.imports !== undefined) {
    return fileOfTarget(resolveImports(request, base, active), filename, scope.file);
  }
  const parsed = parseName(request);
  if (parsed === undefined) return undefined;
  const { name, subpath } = parsed;
  if (scope !== undefined && scope.name === name && scope.exports !== undefined) {
    return fileOfTarget(resolveExports(scope, subpath, base, active), filename, scope.file);
  }
  for (let i = 0; i < paths.length; i++) {
    const config = readPackage(path.resolve(paths[i], name, 'package.json'));
    if (config?.exports === undefined) continue;
    return fileOfTarget(resolveExports(config, subpath, undefined, active), filename, config.file);
  }
  return undefined;
};

// The working directory, as the base of what is imported from no file.
exports.cwdUrl = function cwdUrl() {
  const folder = globalThis.process.cwd();
  return modulesBinding.pathToFileUrl(folder === '/' ? folder : `${folder}/`);
};

exports.isTypeScript = function isTypeScript(filename) {
  return StringPrototypeEndsWith(filename, '.ts') || StringPrototypeEndsWith(filename, '.mts') ||
    StringPrototypeEndsWith(filename, '.cts');
};

// 'module', 'commonjs', or undefined where only the text itself can tell.
exports.formatByName = function formatByName(filename) {
  switch (path.extname(filename)) {
    case '.mjs':
    case '.mts':
      return 'module';
    case '.cjs':
    case '.cts':
      return 'commonjs';
    case '.js':
    case '.ts':
    case '':
      return modulesBinding.packageScope(filename)[0];
    default:
      return undefined;
  }
};

function failure(errno, filename) {
  const { UVException } = require('internal/errors');
  return new UVException({ errno, syscall: 'open', path: filename });
}

// The text of a file, without a byte order mark.
exports.readText = function readText(filename) {
  const text = modulesBinding.readFile(filename);
  if (typeof text === 'number') throw failure(text, filename);
  return stripBOM(text);
};

function stripBOM(text) {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

exports.stripBOM = stripBOM;

// The program's text of a file: TypeScript's types are blanked.
exports.readProgram = function readProgram(filename) {
  const text = exports.readText(filename);
  if (!exports.isTypeScript(filename)) return text;
  const { codes: { ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING } } = require('internal/errors');
  if (StringPrototypeIncludes(filename, '/node_modules/')) {
    throw new ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING(filename);
  }
  return require('internal/modules/typescript').stripTypes(text, filename);
};
