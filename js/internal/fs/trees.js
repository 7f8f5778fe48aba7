'use strict';

// Operations on more than one file: rm, readdir, cp. Generators of requests, see internal/fs/run.

const {
  ArrayPrototypePush, StringPrototypeStartsWith,
} = require('internal/primordials');
const {
  codes: {
    ERR_FS_CP_DIR_TO_NON_DIR, ERR_FS_CP_EEXIST, ERR_FS_CP_EINVAL, ERR_FS_CP_FIFO_PIPE, ERR_FS_CP_NON_DIR_TO_DIR,
    ERR_FS_CP_SOCKET, ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY, ERR_FS_CP_UNKNOWN, ERR_FS_EISDIR,
    ERR_INVALID_RETURN_VALUE,
  },
} = require('internal/errors');
const { validateBoolean, validateFunction, validateObject } = require('internal/validators');
const { isPromise } = require('internal/util/types');
const pathModule = require('path');
const { Request } = require('internal/fs/run');
const { define } = require('internal/fs/operations');
const {
  checkPath, copyMode, getOptions, nameForm, pathText, rmOptions,
} = require('internal/fs/arguments');
const { Dirent, isTypeUnknown, setTypeOf, toStats } = require('internal/fs/stats');
const { COPYFILE_EXCL } = require('internal/fs/constants').constants;

const lstatOf = (path) => new Request('lstat', [path, false], 'lstat', path, undefined, toStats);

function statOrUndefined(native, path) {
  const request = new Request(native, [path, false], native, path, undefined, toStats);
  request.missing = true;
  return request;
}

// ---- rm -------------------------------------------------------------------------------------

define('rm', (path, options = undefined) => {
  path = checkPath(path);
  return removeSteps(path, rmOptions(options));
}, [2, 3]);

function* removeSteps(path, { force, maxRetries, recursive, retryDelay }) {
  const stats = yield force ? statOrUndefined('lstat', path) : lstatOf(path);
  if (stats === undefined) return;
  if (stats.isDirectory() && !recursive) {
    throw new ERR_FS_EISDIR({
      code: 'EISDIR', message: 'is a directory', path: pathText(path), syscall: 'rm', errno: 21,
    });
  }
  yield new Request('removeTree', [path, maxRetries, retryDelay], 'rm', path);
}

// ---- readdir --------------------------------------------------------------------------------

define('readdir', (path, options = undefined) => {
  options = getOptions(options);
  path = checkPath(path);
  if (options.recursive !== undefined && options.recursive !== null) {
    validateBoolean(options.recursive, 'options.recursive');
  }
  const { asBytes, convert } = nameForm(options.encoding);
  if (options.recursive) return readAllSteps(path, asBytes, convert, options.withFileTypes);
  if (options.withFileTypes) return readDirentsSteps(path, asBytes, convert);
  const convertNames = convert === undefined ? undefined : (names) => names.map(convert);
  return new Request('readdir', [path, asBytes, false], 'scandir', path, undefined, convertNames);
}, [2, 3]);

const listRequest = (path, asBytes, convert) => (
  new Request('readdir', [path, asBytes, true], 'scandir', path, undefined, (flat) => {
    const entries = [];
    for (let i = 0; i < flat.length; i += 2) {
      const name = convert === undefined ? flat[i] : convert(flat[i]);
      ArrayPrototypePush(entries, new Dirent(name, flat[i + 1], path));
    }
    return entries;
  })
);

function join(folder, name) {
  if (typeof folder === 'string' && typeof name === 'string') return pathModule.join(folder, name);
  const { Buffer } = require('buffer');
  return Buffer.concat([Buffer.from(folder), Buffer.from('/'), Buffer.from(name)]);
}

function* readDirentsSteps(path, asBytes, convert) {
  const entries = yield listRequest(path, asBytes, convert);
  for (const entry of entries) {
    if (isTypeUnknown(entry)) setTypeOf(entry, yield lstatOf(join(path, entry.name)));
  }
  return entries;
}

// Breadth first, as Node lists.
function* readAllSteps(root, asBytes, convert, withFileTypes) {
  const all = [];
  const folders = [[root, '']];
  for (let i = 0; i < folders.length; i++) {
    const [folder, relative] = folders[i];
    const entries = yield* readDirentsSteps(folder, asBytes, convert);
    for (const entry of entries) {
      const below = relative === '' ? entry.name : join(relative, entry.name);
      ArrayPrototypePush(all, withFileTypes ? entry : below);
      if (entry.isDirectory()) ArrayPrototypePush(folders, [join(folder, entry.name), below]);
    }
  }
  return all;
}

// ---- cp -------------------------------------------------------------------------------------

function cpOptions(options) {
  const defaults = {
    dereference: false, errorOnExist: false, filter: undefined, force: true, mode: 0, preserveTimestamps: false,
    recursive: false, verbatimSymlinks: false,
  };
  if (options === undefined) return defaults;
  validateObject(options, 'options');
  const all = { ...defaults, ...options };
  for (const name of ['dereference', 'errorOnExist', 'force', 'preserveTimestamps', 'recursive', 'verbatimSymlinks']) {
    validateBoolean(all[name], `options.${name}`);
  }
  all.mode = copyMode(all.mode);
  if (all.dereference && all.verbatimSymlinks) {
    const { codes: { ERR_INCOMPATIBLE_OPTION_PAIR } } = require('internal/errors');
    throw new ERR_INCOMPATIBLE_OPTION_PAIR('dereference', 'verbatimSymlinks');
  }
  if (all.filter !== undefined) validateFunction(all.filter, 'options.filter');
  return all;
}

define('cp', (src, dest, options = undefined) => {
  options = cpOptions(options);
  src = pathText(checkPath(src, 'src'));
  dest = pathText(checkPath(dest, 'dest'));
  return cpSteps(src, dest, options);
}, [3, 4]);

const cpError = (Class, errno, code, message, path) => (
  new Class({ message, path, syscall: 'cp', errno, code })
);

const einval = (message, path) => cpError(ERR_FS_CP_EINVAL, 22, 'EINVAL', message, path);

const isSame = (a, b) => a.ino === b.ino && a.dev === b.dev && a.ino !== 0;

/** Whether `path` lies in `folder`, by their texts. */
function isInside(folder, path) {
  const relative = pathModule.relative(pathModule.resolve(folder), pathModule.resolve(path));
  return relative === '' || (!StringPrototypeStartsWith(relative, '..') && !pathModule.isAbsolute(relative));
}

function* wanted(src, dest, { filter }) {
  if (filter === undefined) return true;
  const answer = yield filter(src, dest);
  // Only the synchronous driver hands a promise back.
  if (isPromise(answer)) throw new ERR_INVALID_RETURN_VALUE('boolean', 'filter', answer);
  return answer;
}

function* cpSteps(src, dest, options) {
  if (!(yield* wanted(src, dest, options))) return;
  const stat = options.dereference ? 'stat' : 'lstat';
  const srcStats = yield new Request(stat, [src, false], stat, src, undefined, toStats);
  const destStats = yield statOrUndefined(stat, dest);
  checkPair(src, srcStats, dest, destStats);
  yield* checkParents(src, srcStats, dest);
  const parent = pathModule.dirname(dest);
  yield new Request('mkdirAll', [parent, 0o777], 'mkdir', parent);
  yield* copyEntry(src, srcStats, dest, destStats, options);
}

function checkPair(src, srcStats, dest, destStats) {
  if (destStats !== undefined) {
    if (isSame(srcStats, destStats)) throw einval('src and dest cannot be the same', dest);
    if (srcStats.isDirectory() && !destStats.isDirectory()) {
      throw cpError(ERR_FS_CP_DIR_TO_NON_DIR, 21, 'EISDIR',
                    `cannot overwrite non-directory ${dest} with directory ${src}`, dest);
    }
    if (!srcStats.isDirectory() && destStats.isDirectory()) {
      throw cpError(ERR_FS_CP_NON_DIR_TO_DIR, 20, 'ENOTDIR',
                    `cannot overwrite directory ${dest} with non-directory ${src}`, dest);
    }
  }
  if (srcStats.isDirectory() && isInside(src, dest)) {
    throw einval(`cannot copy ${src} to a subdirectory of self ${dest}`, dest);
  }
}

/** Refuses a destination whose folder is, by another name, inside the source. */
function* checkParents(src, srcStats, dest) {
  if (!srcStats.isDirectory()) return;
  const stop = pathModule.resolve(pathModule.dirname(src));
  let parent = pathModule.resolve(pathModule.dirname(dest));
  while (parent !== stop && parent !== pathModule.parse(parent).root) {
    const stats = yield statOrUndefined('stat', parent);
    if (stats === undefined) return;
    if (isSame(srcStats, stats)) throw einval(`cannot copy ${src} to a subdirectory of self ${dest}`, dest);
    parent = pathModule.dirname(parent);
  }
}

function* copyEntry(src, srcStats, dest, destStats, options) {
  if (srcStats.isDirectory()) {
    if (!options.recursive) {
      throw new ERR_FS_EISDIR({
        message: `Recursive option not enabled, cannot copy a directory: ${src}`,
        path: src, syscall: 'cp', errno: 21, code: 'EISDIR',
      });
    }
    yield* copyFolder(src, srcStats, dest, destStats, options);
  } else if (srcStats.isFile() || srcStats.isCharacterDevice() || srcStats.isBlockDevice()) {
    yield* copyOneFile(src, srcStats, dest, destStats, options);
  } else if (srcStats.isSymbolicLink()) {
    yield* copyLink(src, dest, destStats, options);
  } else if (srcStats.isSocket()) {
    throw cpError(ERR_FS_CP_SOCKET, 22, 'EINVAL', `cannot copy a socket file: ${dest}`, dest);
  } else if (srcStats.isFIFO()) {
    throw cpError(ERR_FS_CP_FIFO_PIPE, 22, 'EINVAL', `cannot copy a FIFO pipe: ${dest}`, dest);
  } else {
    throw cpError(ERR_FS_CP_UNKNOWN, 22, 'EINVAL', `cannot copy an unknown file type: ${dest}`, dest);
  }
}

const alreadyExists = (dest) => cpError(ERR_FS_CP_EEXIST, 17, 'EEXIST', `${dest} already exists`, dest);

function* copyOneFile(src, srcStats, dest, destStats, options) {
  if (destStats !== undefined) {
    if (options.force) yield new Request('unlink', [dest], 'unlink', dest);
    else if (options.errorOnExist) throw alreadyExists(dest);
    else return;
  }
  const mode = options.mode & ~COPYFILE_EXCL;
  yield new Request('copyFile', [src, dest, mode], 'copyfile', src, dest);
  if (options.preserveTimestamps) {
    const { atimeMs, mtimeMs } = yield statOrUndefined('stat', src);
    yield new Request('utimes', [dest, atimeMs / 1000, mtimeMs / 1000], 'utime', dest);
  }
}

function* copyFolder(src, srcStats, dest, destStats, options) {
  if (destStats === undefined) yield new Request('mkdir', [dest, 0o777], 'mkdir', dest);
  else if (options.errorOnExist && !options.force) throw alreadyExists(dest);
  const names = yield new Request('readdir', [src, false, false], 'scandir', src);
  for (const name of names) {
    const from = pathModule.join(src, name);
    const to = pathModule.join(dest, name);
    if (!(yield* wanted(from, to, options))) continue;
    const stat = options.dereference ? 'stat' : 'lstat';
    const fromStats = yield new Request(stat, [from, false], stat, from, undefined, toStats);
    const toStatsOrNone = yield statOrUndefined(stat, to);
    checkPair(from, fromStats, to, toStatsOrNone);
    yield* copyEntry(from, fromStats, to, toStatsOrNone, options);
  }
  if (destStats === undefined) yield new Request('chmod', [dest, srcStats.mode & 0o7777], 'chmod', dest);
}

function* copyLink(src, dest, destStats, options) {
  let target = yield new Request('readlink', [src, false], 'readlink', src);
  if (!options.verbatimSymlinks && !pathModule.isAbsolute(target)) {
    target = pathModule.resolve(pathModule.dirname(src), target);
  }
  // Of what is there only a link makes room for a link; else the system says that it exists.
  if (destStats?.isSymbolicLink()) {
    const targetStats = yield statOrUndefined('stat', src);
    const old = pathModule.resolve(
      pathModule.dirname(dest), yield new Request('readlink', [dest, false], 'readlink', dest));
    if (targetStats?.isDirectory()) {
      if (isInside(target, old)) throw einval(`cannot copy ${target} to a subdirectory of self ${old}`, dest);
      if (isInside(old, target)) {
        throw cpError(ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY, 22, 'EINVAL',
                      `cannot overwrite ${old} with ${target}`, dest);
      }
    }
    yield new Request('unlink', [dest], 'unlink', dest);
  }
  yield new Request('symlink', [target, dest], 'symlink', target, dest);
}

module.exports = { listRequest, statOrUndefined };
