'use strict';

// From a request to a file, for both loaders. The search itself is native; here are Node's errors
// for what it did not find, and how a file is to be read.

const { StringPrototypeEndsWith, StringPrototypeIncludes } = require('internal/primordials');
const path = require('path');

const modulesBinding = binding.modules;

// Looks once more where the file system may have changed since it was last looked at. A search is
// repeated only if a turn of the program came between.
let turn = 0;
let forgottenInTurn = 0;

exports.nextTurn = function nextTurn() {
  turn++;
};

function search(isImport, directory, specifier, extensions, lookupFolder) {
  const found = modulesBinding.resolve(isImport, directory, specifier, extensions, lookupFolder);
  if (typeof found === 'string' || (found[0] !== 'NotFound' && found[0] !== 'TargetNotFound') || forgottenInTurn === turn) return found;
  forgottenInTurn = turn;
  modulesBinding.forget();
  return modulesBinding.resolve(isImport, directory, specifier, extensions, lookupFolder);
}

function isOwnPackage(file, folder) {
  return file !== undefined && modulesBinding.packageScope(file)[1] === `${folder}package.json`;
}

// A file that "exports" or "imports" name but that is not there.
function targetNotFound(isImport, target, base) {
  const { codes: { ERR_MODULE_NOT_FOUND } } = require('internal/errors');
  if (isImport) return new ERR_MODULE_NOT_FOUND(target, base, modulesBinding.pathToFileUrl(target));
  const error = new Error(`Cannot find module '${target}'`);
  error.code = 'MODULE_NOT_FOUND';
  error.path = target;
  return error;
}

// The file's path, or undefined where there is none; throws what "exports", "imports" and
// package.json files forbid. `base` is the importing file, as the messages name it.
exports.findFile = function findFile(isImport, directory, specifier, extensions, lookupFolder, base) {
  const found = search(isImport, directory, specifier, extensions, lookupFolder);
  if (typeof found === 'string') return found;
  const { codes } = require('internal/errors');
  switch (found[0]) {
    case 'NotExported':
      // Node names the importing file of a `require` only where it asks its own package.
      throw new codes.ERR_PACKAGE_PATH_NOT_EXPORTED(found[1], found[2], isImport || isOwnPackage(base, found[1]) ? base : undefined);
    case 'TargetNotFound':
      throw targetNotFound(isImport, found[1], base);
    case 'ImportNotDefined':
      throw new codes.ERR_PACKAGE_IMPORT_NOT_DEFINED(specifier, found[1], base);
    case 'InvalidTarget':
      throw new codes.ERR_INVALID_PACKAGE_TARGET(found[1], found[2], found[3], specifier[0] === '#', base);
    case 'InvalidConfig':
      throw new codes.ERR_INVALID_PACKAGE_CONFIG(found[1], base, found[2]);
    case 'InvalidSpecifier':
      throw new codes.ERR_INVALID_MODULE_SPECIFIER(specifier, found[1], base);
    case 'Builtin': {
      const { builtinId } = require('internal/modules/builtins');
      if (builtinId(found[1]) !== undefined) return found[1];
      throw new codes.ERR_UNKNOWN_BUILTIN_MODULE(found[1]);
    }
    default:
      return undefined;
  }
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
