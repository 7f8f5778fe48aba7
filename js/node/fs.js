'use strict';

const {
  ObjectDefineProperties, ObjectDefineProperty, Promise, StringPrototypeEndsWith, StringPrototypeSlice, SymbolDispose,
} = require('internal/primordials');
const { promisify } = require('internal/util');
const { validateObject, validateString } = require('internal/validators');
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

// In the order in which Node lists them; what is no operation follows below.
for (const name of [
  'appendFile', 'appendFileSync', 'access', 'accessSync', 'chown', 'chownSync', 'chmod', 'chmodSync', 'close',
  'closeSync', 'copyFile', 'copyFileSync', 'cp', 'cpSync', 'createReadStream', 'createWriteStream', 'exists',
  'existsSync', 'fchown', 'fchownSync', 'fchmod', 'fchmodSync', 'fdatasync', 'fdatasyncSync', 'fstat', 'fstatSync',
  'fsync', 'fsyncSync', 'ftruncate', 'ftruncateSync', 'futimes', 'futimesSync', 'glob', 'globSync', 'lchown',
  'lchownSync', 'lchmod', 'lchmodSync', 'link', 'linkSync', 'lstat', 'lstatSync', 'lutimes', 'lutimesSync', 'mkdir',
  'mkdirSync', 'mkdtemp', 'mkdtempSync', 'mkdtempDisposableSync', 'open', 'openSync', 'openAsBlob', 'readdir',
  'readdirSync', 'read', 'readSync', 'readv', 'readvSync', 'readFile', 'readFileSync', 'readlink', 'readlinkSync',
  'realpath', 'realpathSync', 'rename', 'renameSync', 'rm', 'rmSync', 'rmdir', 'rmdirSync', 'stat', 'statfs',
  'statSync', 'statfsSync', 'symlink', 'symlinkSync', 'truncate', 'truncateSync', 'unwatchFile', 'unlink',
  'unlinkSync', 'utimes', 'utimesSync', 'watch', 'watchFile', 'writeFile', 'writeFileSync', 'write', 'writeSync',
  'writev', 'writevSync', 'Dirent', 'Stats', 'ReadStream', 'WriteStream', 'FileReadStream', 'FileWriteStream',
  '_toUnixTimestamp', 'Dir', 'opendir', 'opendirSync',
]) {
  const isSync = StringPrototypeEndsWith(name, 'Sync');
  const operation = operations[isSync ? StringPrototypeSlice(name, 0, -4) : name];
  fs[name] = isSync ? operation?.sync : operation?.callback;
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

fs.createReadStream = function createReadStream(path, options) {
  return new fs.ReadStream(path, options);
};
fs.createWriteStream = function createWriteStream(path, options) {
  return new fs.WriteStream(path, options);
};
/** Does not read the file; the Blob does, each time that it is read, and only as the file was. */
fs.openAsBlobSync = function openAsBlobSync(path, options = { __proto__: null }) {
  validateObject(options, 'options');
  const type = options.type || '';
  validateString(type, 'options.type');
  return require('internal/blob_file').blobOfFile(checkPath(path), type);
};
fs.openAsBlob = function openAsBlob(path, options = undefined) {
  const blob = fs.openAsBlobSync(path, options);
  return new Promise((resolve) => { resolve(blob); });
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
