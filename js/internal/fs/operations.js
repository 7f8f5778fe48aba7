'use strict';

// The operations of fs that are one system call, or one native that does several: each once, for the
// synchronous, the callback and the promise function.

const { StringPrototypeEndsWith } = require('internal/primordials');
const { codes: { ERR_INVALID_ARG_VALUE } } = require('internal/errors');
const {
  validateBoolean, validateInteger, validateObject, validateOneOf,
} = require('internal/validators');
const { Request, operation } = require('internal/fs/run');
const {
  accessMode, checkFd, checkId, checkPath, copyMode, getOptions, nameForm, parseFileMode, parseFlags, pathText,
  toUnixTimestamp,
} = require('internal/fs/arguments');
const { toStatFs, toStats } = require('internal/fs/stats');
const { constants } = require('internal/fs/constants');

const operations = { __proto__: null };

function define(name, prepare, lengths, options) {
  operations[name] = operation(name, prepare, lengths, options);
}

const checkFirst = { __proto__: null, checkFirst: true };

// ---- Descriptors ----------------------------------------------------------------------------

define('open', (path, flags = undefined, mode = undefined) => {
  path = checkPath(path);
  const number = parseFlags(flags);
  return new Request('open', [path, number, parseFileMode(mode, 'mode', 0o666)], 'open', path);
}, [3, 4], checkFirst);

define('close', (fd) => new Request('close', [checkFd(fd)], 'close'), [1, 1]);

define('fsync', (fd) => new Request('fsync', [checkFd(fd)], 'fsync'));
define('fdatasync', (fd) => new Request('fdatasync', [checkFd(fd)], 'fdatasync'));

define('ftruncate', (fd, length = 0) => {
  checkFd(fd);
  validateInteger(length, 'len');
  return new Request('ftruncate', [fd, length < 0 ? 0 : length], 'ftruncate');
}, [1, 1], checkFirst);

define('fchmod', (fd, mode) => (
  new Request('fchmod', [checkFd(fd), parseFileMode(mode, 'mode')], 'fchmod')
), undefined, checkFirst);

define('fchown', (fd, uid, gid) => {
  checkFd(fd);
  checkId(uid, 'uid');
  checkId(gid, 'gid');
  return new Request('fchown', [fd, uid, gid], 'fchown');
}, undefined, checkFirst);

define('futimes', (fd, atime, mtime) => {
  checkFd(fd);
  return new Request('futimes', [fd, toUnixTimestamp(atime, 'atime'), toUnixTimestamp(mtime, 'mtime')], 'futime');
});

// ---- What is known about a file -------------------------------------------------------------

function statOptions(options) {
  return typeof options === 'function' || options === undefined || options === null ? {} : options;
}

function statRequest(native, path, options, maybeMissing) {
  path = checkPath(path);
  const { bigint = false, throwIfNoEntry = true } = statOptions(options);
  const request = new Request(native, [path, bigint], native, path, undefined, toStats);
  request.missing = maybeMissing && throwIfNoEntry === false;
  return request;
}

for (const name of ['stat', 'lstat']) {
  define(name, (path, options = undefined) => statRequest(name, path, options, true), [1, 1]);
}

define('fstat', (fd, options = undefined) => (
  new Request('fstat', [checkFd(fd), statOptions(options).bigint], 'fstat', undefined, undefined, toStats)
), [1, 1]);

define('statfs', (path, options = undefined) => {
  path = checkPath(path);
  return new Request('statfs', [path, statOptions(options).bigint], 'statfs', path, undefined, toStatFs);
}, [1, 1]);

define('access', (path, mode = undefined) => {
  path = checkPath(path);
  return new Request('access', [path, accessMode(mode)], 'access', path);
}, [2, 3], checkFirst);

define('chmod', (path, mode) => {
  path = checkPath(path);
  return new Request('chmod', [path, parseFileMode(mode, 'mode')], 'chmod', path);
}, undefined, checkFirst);

for (const name of ['chown', 'lchown']) {
  define(name, (path, uid, gid) => {
    path = checkPath(path);
    checkId(uid, 'uid');
    checkId(gid, 'gid');
    return new Request(name, [path, uid, gid], name, path);
  });
}

for (const [name, syscall] of [['utimes', 'utime'], ['lutimes', 'lutime']]) {
  define(name, (path, atime, mtime) => {
    path = checkPath(path);
    return new Request(
      name, [path, toUnixTimestamp(atime, 'atime'), toUnixTimestamp(mtime, 'mtime')], syscall, path);
  });
}

// ---- Names ----------------------------------------------------------------------------------

define('rename', (oldPath, newPath) => {
  oldPath = checkPath(oldPath, 'oldPath');
  newPath = checkPath(newPath, 'newPath');
  return new Request('rename', [oldPath, newPath], 'rename', oldPath, newPath);
});

define('unlink', (path) => {
  path = checkPath(path);
  return new Request('unlink', [path], 'unlink', path);
});

define('link', (existingPath, newPath) => {
  existingPath = checkPath(existingPath, 'existingPath');
  newPath = checkPath(newPath, 'newPath');
  return new Request('link', [existingPath, newPath], 'link', existingPath, newPath);
});

// The type matters on Windows only, but is checked as in Node.
define('symlink', (target, path, type = undefined) => {
  if (typeof type !== 'function') validateOneOf(type, 'type', ['dir', 'file', 'junction', null, undefined]);
  target = checkPath(target, 'target');
  path = checkPath(path);
  return new Request('symlink', [target, path], 'symlink', target, path);
}, [3, 4]);

define('readlink', (path, options = undefined) => {
  const { asBytes, convert } = nameForm(getOptions(options).encoding);
  path = checkPath(path, 'oldPath');
  return new Request('readlink', [path, asBytes], 'readlink', path, undefined, convert);
}, [2, 3]);

define('copyFile', (src, dest, mode = undefined) => {
  src = checkPath(src, 'src');
  dest = checkPath(dest, 'dest');
  return new Request('copyFile', [src, dest, copyMode(mode)], 'copyfile', src, dest);
}, [3, 4]);

define('realpath', (path, options = undefined) => {
  const { asBytes, convert } = nameForm(getOptions(options).encoding);
  path = checkPath(path);
  // Node walks the absolute path itself, and names what it stops at.
  const absolute = require('path').resolve(pathText(path));
  return new Request('realpath', [absolute, asBytes, true], 'lstat', absolute, undefined, convert);
}, [2, 3]);

// The system's own realpath(3), as `fs.realpath.native`; promises have no other.
define('realpathNative', (path, options = undefined) => {
  const { asBytes, convert } = nameForm(getOptions(options).encoding);
  path = checkPath(path);
  return new Request('realpath', [path, asBytes, false], 'realpath', path, undefined, convert);
}, [2, 3]);

// ---- Folders --------------------------------------------------------------------------------

define('mkdir', (path, options = undefined) => {
  let mode = 0o777;
  let recursive = false;
  if (typeof options === 'number' || typeof options === 'string') {
    mode = parseFileMode(options, 'mode');
  } else if (options) {
    if (options.recursive !== undefined) {
      recursive = options.recursive;
      validateBoolean(recursive, 'options.recursive');
    }
    if (options.mode !== undefined) mode = parseFileMode(options.mode, 'options.mode');
  }
  path = checkPath(path);
  return new Request(recursive ? 'mkdirAll' : 'mkdir', [path, mode], 'mkdir', path);
}, [2, 3]);

let hasWarnedOfX = false;

function warnOfX(prefix) {
  if (hasWarnedOfX || !StringPrototypeEndsWith(pathText(prefix), 'X')) return;
  hasWarnedOfX = true;
  process.emitWarning('mkdtemp() templates ending with X are not portable. ' +
    'For details see: https://nodejs.org/api/fs.html');
}

function mkdtempRequest(prefix, options) {
  const { asBytes, convert } = nameForm(getOptions(options).encoding);
  prefix = checkPath(prefix, 'prefix');
  warnOfX(prefix);
  return new Request('mkdtemp', [prefix, asBytes], 'mkdtemp', `${pathText(prefix)}XXXXXX`, undefined, convert);
}

define('mkdtemp', (prefix, options = undefined) => mkdtempRequest(prefix, options), [2, 3]);

define('rmdir', (path, options = undefined) => {
  path = checkPath(path);
  if (options !== undefined && options !== null) {
    validateObject(options, 'options');
    if (options.recursive !== undefined) {
      throw new ERR_INVALID_ARG_VALUE('options.recursive', options.recursive, 'is no longer supported');
    }
  }
  return new Request('rmdir', [path], 'rmdir', path);
}, [2, 3]);

// ---- More than one request ------------------------------------------------------------------

define('truncate', (path, length = 0) => {
  path = checkPath(path);
  validateInteger(length, 'len');
  return truncateSteps(path, length < 0 ? 0 : length);
}, [2, 3], checkFirst);

function* truncateSteps(path, length) {
  const fd = yield new Request('open', [path, constants.O_RDWR, 0o666], 'open', path);
  try {
    yield new Request('ftruncate', [fd, length], 'ftruncate');
  } finally {
    yield new Request('close', [fd], 'close');
  }
}

define('lchmod', () => {
  const { codes: { ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');
  throw new ERR_METHOD_NOT_IMPLEMENTED('lchmod()');
}, [2, 3]);

module.exports = { operations, define };
