'use strict';

// What fs tells about files: Stats, BigIntStats, StatFs, Dirent.

const {
  ArrayPrototypeFind, Date, FunctionPrototypeCall, MathRound, Number, ObjectDefineProperty, ObjectSetPrototypeOf,
} = require('internal/primordials');
const { deprecate } = require('internal/util');
const { constants } = require('internal/fs/constants');

const {
  S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK, UV_DIRENT_BLOCK, UV_DIRENT_CHAR,
  UV_DIRENT_DIR, UV_DIRENT_FIFO, UV_DIRENT_FILE, UV_DIRENT_LINK, UV_DIRENT_SOCKET,
} = constants;

const kType = Symbol('type');

const KINDS = [
  ['isDirectory', S_IFDIR, UV_DIRENT_DIR],
  ['isFile', S_IFREG, UV_DIRENT_FILE],
  ['isBlockDevice', S_IFBLK, UV_DIRENT_BLOCK],
  ['isCharacterDevice', S_IFCHR, UV_DIRENT_CHAR],
  ['isSymbolicLink', S_IFLNK, UV_DIRENT_LINK],
  ['isFIFO', S_IFIFO, UV_DIRENT_FIFO],
  ['isSocket', S_IFSOCK, UV_DIRENT_SOCKET],
];

function StatsBase(dev, mode, nlink, uid, gid, rdev, blksize, ino, size, blocks) {
  this.dev = dev;
  this.mode = mode;
  this.nlink = nlink;
  this.uid = uid;
  this.gid = gid;
  this.rdev = rdev;
  this.blksize = blksize;
  this.ino = ino;
  this.size = size;
  this.blocks = blocks;
}

for (const [name, kind] of KINDS) {
  StatsBase.prototype[name] = function() {
    const mask = typeof this.mode === 'bigint' ? BigInt(S_IFMT) : S_IFMT;
    return Number(this.mode & mask) === kind;
  };
}

/** `atime` and so on: Dates made when they are first read. */
function addDates(prototype) {
  for (const name of ['atime', 'mtime', 'ctime', 'birthtime']) {
    const set = function(value) {
      ObjectDefineProperty(this, name, {
        __proto__: null, value, configurable: true, enumerable: true, writable: true,
      });
    };
    ObjectDefineProperty(prototype, name, {
      __proto__: null,
      configurable: true,
      enumerable: true,
      get() {
        const value = new Date(MathRound(Number(this[`${name}Ms`])));
        FunctionPrototypeCall(set, this, value);
        return value;
      },
      set,
    });
  }
}

/** Times in milliseconds. */
function Stats(dev, mode, nlink, uid, gid, rdev, blksize, ino, size, blocks, atimeMs, mtimeMs, ctimeMs, birthtimeMs) {
  FunctionPrototypeCall(StatsBase, this, dev, mode, nlink, uid, gid, rdev, blksize, ino, size, blocks);
  this.atimeMs = atimeMs;
  this.mtimeMs = mtimeMs;
  this.ctimeMs = ctimeMs;
  this.birthtimeMs = birthtimeMs;
}
ObjectSetPrototypeOf(Stats.prototype, StatsBase.prototype);
ObjectSetPrototypeOf(Stats, StatsBase);
addDates(Stats.prototype);

/** As Stats with bigints, and times in nanoseconds too. */
function BigIntStats(dev, mode, nlink, uid, gid, rdev, blksize, ino, size, blocks, atimeNs, mtimeNs, ctimeNs, birthtimeNs) {
  FunctionPrototypeCall(StatsBase, this, dev, mode, nlink, uid, gid, rdev, blksize, ino, size, blocks);
  this.atimeMs = atimeNs / 1000000n;
  this.mtimeMs = mtimeNs / 1000000n;
  this.ctimeMs = ctimeNs / 1000000n;
  this.birthtimeMs = birthtimeNs / 1000000n;
  this.atimeNs = atimeNs;
  this.mtimeNs = mtimeNs;
  this.ctimeNs = ctimeNs;
  this.birthtimeNs = birthtimeNs;
}
ObjectSetPrototypeOf(BigIntStats.prototype, StatsBase.prototype);
ObjectSetPrototypeOf(BigIntStats, StatsBase);
addDates(BigIntStats.prototype);

const milliseconds = (seconds, nanoseconds) => seconds * 1e3 + nanoseconds / 1e6;
const nanoseconds = (seconds, rest) => seconds * 1000000000n + rest;

/** From the numbers of the native `stat`. */
function toStats(n) {
  const bigint = typeof n[0] === 'bigint';
  const time = bigint ? nanoseconds : milliseconds;
  const Class = bigint ? BigIntStats : Stats;
  return new Class(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], time(n[10], n[11]), time(n[12], n[13]),
                   time(n[14], n[15]), time(n[16], n[17]));
}

class StatFs {
  constructor(type, bsize, frsize, blocks, bfree, bavail, files, ffree) {
    this.type = type;
    this.bsize = bsize;
    this.frsize = frsize;
    this.blocks = blocks;
    this.bfree = bfree;
    this.bavail = bavail;
    this.files = files;
    this.ffree = ffree;
  }
}

const toStatFs = (numbers) => new StatFs(...numbers);

class Dirent {
  constructor(name, type, path) {
    this.name = name;
    this.parentPath = path;
    this[kType] = type;
  }
}
for (const [name, , type] of KINDS) {
  ObjectDefineProperty(Dirent.prototype, name, {
    __proto__: null,
    value: { [name]() { return this[kType] === type; } }[name],
    configurable: true,
    enumerable: false,
    writable: true,
  });
}

/** Whether a file system without types in its folders left this one out. */
const isTypeUnknown = (dirent) => dirent[kType] === 0;

/** The type of a Dirent by an lstat. */
function setTypeOf(dirent, stats) {
  const kind = ArrayPrototypeFind(KINDS, ([name]) => stats[name]());
  dirent[kType] = kind === undefined ? 0 : kind[2];
}


module.exports = {
  BigIntStats,
  Dirent,
  StatFs,
  Stats,
  StatsWithDeprecation: deprecate(Stats, 'fs.Stats constructor is deprecated.', 'DEP0180'),
  isTypeUnknown,
  setTypeOf,
  toStatFs,
  toStats,
};
