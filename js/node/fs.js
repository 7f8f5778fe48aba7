'use strict';

const { ObjectDefineProperties, ObjectDefineProperty, Promise, PromiseResolve, SymbolDispose } = require('internal/primordials');
const { promisify } = require('internal/util');
const { named, validateCallback } = require('internal/fs/run');
const { operations } = require('internal/fs/operations');
const { checkPath, toUnixTimestamp } = require('internal/fs/arguments');
require('internal/fs/whole_files');
require('internal/fs/trees');
const readWrite = require('internal/fs/read_write');
const { Dir } = require('internal/fs/dir');
const { Dirent, StatsWithDeprecation } = require('internal/fs/stats');
const { unwatchFile, watchFile } = require('internal/fs/watch_file');
const { temporaryFolder } = require('internal/fs/temporary');
const { constants } = require('internal/fs/constants');

const fsBinding = binding.fs;
const fs = {};

// In the order in which Node lists them.
for (const name of [
  'appendFile', 'access', 'chown', 'chmod', 'close', 'copyFile', 'cp', 'fchown', 'fchmod', 'fdatasync', 'fstat',
  'fsync', 'ftruncate', 'futimes', 'lchown', 'lchmod', 'link', 'lstat', 'lutimes', 'mkdir', 'mkdtemp', 'open',
  'opendir', 'readdir', 'readFile', 'readlink', 'realpath', 'rename', 'rm', 'rmdir', 'stat', 'statfs', 'symlink',
  'truncate', 'unlink', 'utimes', 'writeFile',
]) {
  fs[name] = operations[name].callback;
  fs[`${name}Sync`] = operations[name].sync;
}
// Defined on Apple's systems only.
fs.lchmod = undefined;
fs.lchmodSync = undefined;

// `close` alone may go without a callback; an error is then thrown.
const throwIt = (error) => {
  if (error) throw error;
};
fs.close = named('close', 1, (fd, callback = throwIt) => {
  operations.close.callback(fd, callback);
});

fs.realpath.native = operations.realpathNative.callback;
fs.realpathSync.native = operations.realpathNative.sync;

for (const name of ['read', 'readv', 'write', 'writev']) {
  fs[name] = readWrite[name];
  fs[`${name}Sync`] = readWrite[`${name}Sync`];
}

/** Calls back with a boolean, not with an error first. */
fs.exists = function exists(path, callback) {
  validateCallback(callback);
  try {
    path = checkPath(path);
  } catch {
    callback(false);
    return;
  }
  operations.access.callback(path, (error) => callback(!error));
};
ObjectDefineProperty(fs.exists, promisify.custom, {
  __proto__: null,
  value: function exists(path) {
    return new Promise((resolve) => { fs.exists(path, resolve); });
  },
});

let hasWarnedOfExists = false;

fs.existsSync = function existsSync(path) {
  try {
    path = checkPath(path);
  } catch (error) {
    if (!hasWarnedOfExists && error.code === 'ERR_INVALID_ARG_TYPE') {
      hasWarnedOfExists = true;
      process.emitWarning(
        'Passing invalid argument types to fs.existsSync is deprecated', 'DeprecationWarning', 'DEP0187');
    }
    return false;
  }
  return fsBinding.access(path, constants.F_OK, undefined) === undefined;
};

fs.mkdtempDisposableSync = function mkdtempDisposableSync(prefix, options = undefined) {
  const { path, removal } = temporaryFolder(operations.mkdtemp.sync(prefix, options));
  const remove = () => operations.rm.sync(removal, { force: true, recursive: true });
  return { path, remove, [SymbolDispose]: remove };
};

// The file is looked at now, and read when somebody wants the Blob's bytes.
fs.openAsBlob = function openAsBlob(path, options = { __proto__: null }) {
  const { validateObject, validateString } = require('internal/validators');
  validateObject(options, 'options');
  const { type = '' } = options;
  validateString(type, 'options.type');
  return PromiseResolve(require('internal/blob').blobOfFile(checkPath(path), type));
};

fs.createReadStream = function createReadStream(path, options) {
  return new fs.ReadStream(path, options);
};
fs.createWriteStream = function createWriteStream(path, options) {
  return new fs.WriteStream(path, options);
};
fs.glob = function glob(pattern, options, callback) {
  require('internal/fs/glob').glob(pattern, options, callback);
};
fs.globSync = function globSync(pattern, options) {
  return require('internal/fs/glob').globSync(pattern, options);
};
fs.watch = function watch(filename, options, listener) {
  return require('internal/fs/watch').watch(filename, options, listener);
};

fs.watchFile = watchFile;
fs.unwatchFile = unwatchFile;
fs.Dirent = Dirent;
fs.Stats = StatsWithDeprecation;
fs.Dir = Dir;
fs._toUnixTimestamp = toUnixTimestamp;

const lazyStreams = { __proto__: null };
for (const [name, from] of [
  ['ReadStream', 'ReadStream'], ['WriteStream', 'WriteStream'],
  ['FileReadStream', 'ReadStream'], ['FileWriteStream', 'WriteStream'],
]) {
  let Class;
  lazyStreams[name] = {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() {
      return Class ??= require('internal/fs/streams')[from];
    },
    set(value) {
      Class = value;
    },
  };
}

ObjectDefineProperties(fs, {
  constants: { __proto__: null, configurable: false, enumerable: true, value: constants },
  // Loaded when they are first asked for; programs (graceful-fs) replace them.
  ...lazyStreams,
  promises: {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() {
      return require('fs/promises');
    },
  },
});

module.exports = fs;
