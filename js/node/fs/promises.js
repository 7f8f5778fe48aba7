'use strict';

const { SymbolAsyncDispose } = require('internal/primordials');
const { operations } = require('internal/fs/operations');
require('internal/fs/whole_files');
require('internal/fs/trees');
require('internal/fs/dir');
const { FileHandle, isInPieces } = require('internal/fs/file_handle');
const { temporaryFolder } = require('internal/fs/temporary');
const { constants } = require('internal/fs/constants');

const promises = {};

for (const name of [
  'access', 'copyFile', 'cp', 'glob', 'open', 'opendir', 'rename', 'truncate', 'rm', 'rmdir', 'mkdir', 'readdir',
  'readlink', 'symlink', 'lstat', 'stat', 'statfs', 'link', 'unlink', 'chmod', 'lchmod', 'lchown', 'chown', 'utimes',
  'lutimes', 'realpath', 'mkdtemp', 'mkdtempDisposable', 'writeFile', 'appendFile', 'readFile', 'watch', 'constants',
]) {
  promises[name] = operations[name]?.promise;
}
promises.realpath = operations.realpathNative.promise;

promises.open = async function open(path, flags, mode) {
  return new FileHandle(await operations.open.promise(path, flags, mode));
};

promises.readFile = async function readFile(path, options) {
  return path instanceof FileHandle ? path.readFile(options) : operations.readFile.promise(path, options);
};

/** Data that comes in pieces is written as it comes. */
async function writePieces(path, data, options, flag) {
  const handle = await promises.open(path, options?.flag ?? flag, options?.mode);
  try {
    await handle.writeFile(data, options);
  } finally {
    await handle.close();
  }
}

promises.writeFile = async function writeFile(path, data, options) {
  if (path instanceof FileHandle) return path.writeFile(data, options);
  return isInPieces(data) ? writePieces(path, data, options, 'w') : operations.writeFile.promise(path, data, options);
};

promises.appendFile = async function appendFile(path, data, options) {
  if (path instanceof FileHandle) return path.appendFile(data, options);
  return isInPieces(data) ? writePieces(path, data, options, 'a') : operations.appendFile.promise(path, data, options);
};

promises.mkdtempDisposable = async function mkdtempDisposable(prefix, options = undefined) {
  const { path, removal } = temporaryFolder(await operations.mkdtemp.promise(prefix, options));
  const remove = async () => {
    await operations.rm.promise(removal, { force: true, recursive: true });
  };
  return { __proto__: null, path, remove, [SymbolAsyncDispose]: remove };
};

promises.glob = async function* glob(pattern, options) {
  yield* require('internal/fs/glob').globAsync(pattern, options);
};

promises.watch = async function* watch(filename, options = undefined) {
  yield* require('internal/fs/watch').watchEvents(filename, options);
};

promises.constants = constants;

module.exports = promises;
