'use strict';

// A folder watched with all that is in it: a watch of the kernel's for each folder. Links are not
// followed.

const {
  ArrayPrototypePush, SafeMap, SafeSet, StringPrototypeStartsWith,
} = require('internal/primordials');
const { join } = require('path');
const { watching } = require('internal/fs/run');

const fsBinding = binding.fs;

// inotify's.
const IN_MODIFY = 2;
const IN_ATTRIB = 4;
const IN_MOVED_FROM = 0x40;
const IN_MOVED_TO = 0x80;
const IN_CREATE = 0x100;
const IN_DELETE = 0x200;
const IN_DELETE_SELF = 0x400;
const IN_MOVE_SELF = 0x800;
const IN_ONLYDIR = 0x01000000;
const IN_DONT_FOLLOW = 0x02000000;
const IN_ISDIR = 0x40000000;

const UV_DIRENT_DIR = 2;

const ENOENT = -2;
const ENOTDIR = -20;

class TreeWatch {
  #root;
  #ignores;
  #onEvent;
  #onError;
  #referenced;
  #closed = false;
  /** By the path below the root: the watch, and the names that were told of before the kernel did. */
  #folders = new SafeMap();

  constructor(root, persistent, ignores, onEvent, onError) {
    this.#root = root;
    this.#referenced = persistent;
    this.#ignores = ignores;
    this.#onEvent = onEvent;
    this.#onError = onError;
  }

  /** 0 or a negative errno. */
  start() {
    if (this.#referenced) watching.add(this);
    const errno = this.#enter('', false);
    if (errno < 0) this.close();
    return errno;
  }

  /** Watches a folder and those in it, and tells of what is there already where that is new. */
  #enter(folder, isNew) {
    const path = join(this.#root, folder);
    const flags = folder === '' ? IN_ONLYDIR : IN_ONLYDIR | IN_DONT_FOLLOW;
    const told = new SafeSet();
    const id = fsBinding.watchStart(path, false, flags, (mask, name) => this.#happened(folder, told, mask, name));
    if (id < 0) return this.#refused(id, path, folder);
    if (!this.#referenced) fsBinding.watchRef(id, false);
    this.#folders.set(folder, id);
    const entries = fsBinding.readdir(path, false, true, undefined);
    if (typeof entries === 'number') return this.#refused(entries, path, folder);
    for (let i = 0; i < entries.length && !this.#closed; i += 2) {
      const below = folder === '' ? entries[i] : `${folder}/${entries[i]}`;
      if (this.#ignores(below)) continue;
      if (isNew) {
        told.add(entries[i]);
        this.#onEvent('rename', below);
      }
      if (entries[i + 1] === UV_DIRENT_DIR && !this.#closed) this.#enter(below, isNew);
    }
    return 0;
  }

  /** A folder below the root that is gone already is nothing to tell of. */
  #refused(errno, path, folder) {
    if (folder !== '' && errno !== ENOENT && errno !== ENOTDIR) {
      process.nextTick(() => {
        if (!this.#closed) this.#onError(errno, path);
      });
    }
    return errno;
  }

  #happened(folder, told, mask, name) {
    if (name === undefined) {
      // Of the folder itself; its parent tells of all but the root.
      if (folder === '' && (mask & (IN_DELETE_SELF | IN_MOVE_SELF)) !== 0) this.#onEvent('rename', '');
      return;
    }
    const path = folder === '' ? name : `${folder}/${name}`;
    if (this.#ignores(path)) return;
    const isFolder = (mask & IN_ISDIR) !== 0;
    if ((mask & (IN_MODIFY | IN_ATTRIB)) !== 0) {
      this.#onEvent('change', path);
    } else if ((mask & (IN_MOVED_FROM | IN_DELETE)) !== 0) {
      told.delete(name);
      if (isFolder) this.#leave(path);
      this.#onEvent('rename', path);
    } else if ((mask & (IN_CREATE | IN_MOVED_TO)) !== 0 && !told.delete(name)) {
      this.#onEvent('rename', path);
      if (isFolder && !this.#closed) this.#enter(path, true);
    }
  }

  /** Ends the watches of a folder and of those in it. */
  #leave(folder) {
    const gone = [];
    for (const { 0: path, 1: id } of this.#folders) {
      if (path === folder || StringPrototypeStartsWith(path, `${folder}/`)) {
        ArrayPrototypePush(gone, path);
        fsBinding.watchStop(id);
      }
    }
    for (const path of gone) this.#folders.delete(path);
  }

  close() {
    this.#closed = true;
    for (const { 1: id } of this.#folders) fsBinding.watchStop(id);
    this.#folders.clear();
    watching.delete(this);
  }

  #setRef(on) {
    if (this.#closed) return;
    this.#referenced = on;
    for (const { 1: id } of this.#folders) fsBinding.watchRef(id, on);
    if (on) watching.add(this);
    else watching.delete(this);
  }

  ref() {
    this.#setRef(true);
  }

  unref() {
    this.#setRef(false);
  }
}

module.exports = { TreeWatch };
