'use strict';

const {
  ArrayBufferIsView, ArrayPrototypePush, SymbolAsyncDispose, SymbolAsyncIterator, SymbolIterator,
} = require('internal/primordials');
const { operations } = require('internal/fs/operations');
require('internal/fs/whole_files');
require('internal/fs/trees');
require('internal/fs/dir');
const { FileHandle } = require('internal/fs/file_handle');
const { temporaryFolder } = require('internal/fs/temporary');
const { constants } = require('internal/fs/constants');

const promises = {};

for (const name of [
  'access', 'copyFile', 'cp', 'opendir', 'rename', 'truncate', 'rm', 'rmdir', 'mkdir', 'readdir', 'readlink',
  'symlink', 'lstat', 'stat', 'statfs', 'link', 'unlink', 'chmod', 'lchmod', 'lchown', 'chown', 'utimes', 'lutimes',
  'mkdtemp',
]) {
  promises[name] = operations[name].promise;
}
promises.realpath = operations.realpathNative.promise;

promises.open = async function open(path, flags, mode) {
  return new FileHandle(await operations.open.promise(path, flags, mode));
};

promises.readFile = async function readFile(path, options) {
  return path instanceof FileHandle ? path.readFile(options) : operations.readFile.promise(path, options);
};

promises.writeFile = async function writeFile(path, data, options) {
  const all = await collected(data, options);
  return path instanceof FileHandle ? path.writeFile(all, options)
    : operations.writeFile.promise(path, all, options);
};

promises.appendFile = async function appendFile(path, data, options) {
  return path instanceof FileHandle ? path.appendFile(data, options)
    : operations.appendFile.promise(path, data, options);
};

/** Data that comes in pieces, as one Buffer; anything else as it is. */
async function collected(data, options) {
  if (data === null || typeof data !== 'object' || ArrayBufferIsView(data) ||
      (data[SymbolAsyncIterator] === undefined && data[SymbolIterator] === undefined)) {
    return data;
  }
  const { Buffer } = require('buffer');
  const encoding = typeof options === 'string' ? options : options?.encoding;
  const chunks = [];
  for await (const chunk of data) {
    if (options?.signal?.aborted) break;
    ArrayPrototypePush(chunks, typeof chunk === 'string' ? Buffer.from(chunk, encoding ?? 'utf8') : chunk);
  }
  return Buffer.concat(chunks);
}

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
