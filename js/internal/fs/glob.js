'use strict';

// fs.glob: the paths below a folder that match patterns. A walk from folder to folder; in each of them a
// pattern is known by the numbers of its parts that may come next. Loaded when somebody first asks.

const {
  ArrayIsArray, ArrayPrototypeMap, ArrayPrototypePop, ArrayPrototypePush, ArrayPrototypeSlice, ArrayPrototypeSome,
  ArrayPrototypeUnshift, SafeMap, SafeSet, StringPrototypeStartsWith,
} = require('internal/primordials');
const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { validateObject, validateString, validateStringArray } = require('internal/validators');
const { drive, driveSync, settle, validateCallback } = require('internal/fs/run');
const { listRequest, statOrUndefined } = require('internal/fs/trees');
const { Dirent, setTypeOf } = require('internal/fs/stats');
const { isFileUrl } = require('internal/fs/arguments');
const { GLOBSTAR, matchesPath, parsePattern, partMatches } = require('internal/glob/match');
const { basename, dirname, isAbsolute, join, relative, resolve } = require('path');

/** What the system does not let us see is not there. */
function* orUndefined(request) {
  try {
    return yield request;
  } catch {
    return undefined;
  }
}

/** A predicate for paths that a list of patterns leaves out, seen from `root`. */
function excludedBy(patterns, root) {
  const parsed = ArrayPrototypeMap(patterns, (pattern) => ({
    isAbsolute: isAbsolute(pattern),
    alternatives: ArrayPrototypeMap(parsePattern(pattern), (parts) => (
      parts[0] === '.' && parts.length > 1 ? ArrayPrototypeSlice(parts, 1) : parts
    )),
  }));
  const from = resolve(root);
  return (path, isFolder) => {
    const slash = isFolder ? '/' : '';
    const absolute = resolve(root, path);
    const below = relative(from, absolute);
    return ArrayPrototypeSome(parsed, ({ isAbsolute, alternatives }) => (
      matchesPath((isAbsolute ? absolute : below) + slash, alternatives)
    ));
  };
}

/** Where a pattern starts: the folder, and the number of its first part there. */
function startOf(parts) {
  if (parts[0] === '') return ['/', 1];
  if (parts[0] === '..') return ['../', 1];
  return ['.', parts[0] === '.' ? 1 : 0];
}

class Walk {
  #root;
  #withFileTypes;
  #excludes = () => false;
  #excludesEntry;
  #found = new SafeSet();
  #results = [];
  /** Folders to visit, the next one last: `[path, [{ parts, indexes }]]`. */
  #stack = [];
  /** By the parts of a pattern: which numbers have been tried in which folder. */
  #tried = new SafeMap();

  constructor(patterns, options = { __proto__: null }) {
    validateObject(options, 'options');
    const { cwd, exclude, withFileTypes } = options;
    this.#root = (isFileUrl(cwd) ? require('url').fileURLToPath(cwd) : cwd) ?? '.';
    this.#withFileTypes = !!withFileTypes;
    if (ArrayIsArray(exclude)) {
      validateStringArray(exclude, 'options.exclude');
      this.#excludes = excludedBy(exclude, this.#root);
    } else if (typeof exclude === 'function') {
      this.#excludesEntry = exclude;
    } else if (exclude !== undefined && exclude !== null) {
      throw new ERR_INVALID_ARG_TYPE('options.exclude', ['function', 'string[]'], exclude);
    }
    if (typeof patterns === 'object') validateStringArray(patterns, 'patterns');
    else validateString(patterns, 'patterns');
    resolve(this.#root, '.');

    const starts = new SafeMap();
    for (const pattern of ArrayIsArray(patterns) ? patterns : [patterns]) {
      for (const parts of parsePattern(pattern)) {
        const { 0: path, 1: index } = startOf(parts);
        if (index < parts.length) this.#later(starts, path, parts, new SafeSet([index]));
      }
    }
    for (const start of starts) {
      if (start[0] === '.') ArrayPrototypePush(this.#stack, start);
      else ArrayPrototypeUnshift(this.#stack, start);
    }
  }

  get isDone() {
    return this.#stack.length === 0;
  }

  /** Visits one more folder. Returns what matches there. */
  * next() {
    const { 0: path, 1: states } = ArrayPrototypePop(this.#stack);
    this.#results = [];
    const stats = yield* orUndefined(statOrUndefined('stat', resolve(this.#root, path)));
    if (stats?.isDirectory() && !this.#excludes(path, true)) {
      const folders = new SafeMap();
      for (const { parts, indexes } of states) yield* this.#visit(path, parts, indexes, folders);
      for (const folder of folders) ArrayPrototypePush(this.#stack, folder);
    }
    return this.#withFileTypes ? yield* this.#asDirents() : this.#results;
  }

  #later(folders, path, parts, indexes) {
    const states = folders.get(path);
    if (states === undefined) folders.set(path, [{ parts, indexes }]);
    else ArrayPrototypePush(states, { parts, indexes });
  }

  #add(path) {
    if (this.#found.has(path) || this.#excludes(path, false)) return;
    this.#found.add(path);
    ArrayPrototypePush(this.#results, path);
  }

  /** The numbers that have not been tried in this folder, and those that `**` may be left out for. */
  #untried(path, parts, indexes) {
    let folders = this.#tried.get(parts);
    if (folders === undefined) this.#tried.set(parts, folders = new SafeMap());
    let tried = folders.get(path);
    if (tried === undefined) folders.set(path, tried = new SafeSet());
    const all = [];
    for (let index of indexes) {
      for (; index < parts.length && !tried.has(index); index++) {
        tried.add(index);
        ArrayPrototypePush(all, index);
        if (parts[index] !== GLOBSTAR) break;
      }
    }
    return all;
  }

  * #visit(path, parts, starts, folders) {
    const indexes = this.#untried(path, parts, starts);
    const last = parts.length - 1;
    for (const index of indexes) {
      if (index !== last) continue;
      if (parts[index] === '' ||
          (parts[index] === GLOBSTAR && (path !== '.' || parts[0] === '.' || last === 0))) {
        this.#add(path);
      }
    }
    for (const entry of yield* this.#entries(path, parts, indexes)) {
      const { name } = entry;
      const below = join(path, name);
      const isFolder = entry.isDirectory();
      const isLink = entry.isSymbolicLink();
      const isHidden = StringPrototypeStartsWith(name, '.');
      const isAnywhere = !isHidden && ArrayPrototypeSome(indexes, (index) => parts[index] === GLOBSTAR);
      // As in Node: what `**` finds is asked about by its name, and a folder to visit by its path.
      if (isAnywhere && this.#excludesEntry?.(this.#withFileTypes ? entry : name)) continue;
      const next = new SafeSet();
      for (const index of indexes) {
        const part = parts[index];
        if (part === GLOBSTAR) {
          if (isHidden) continue;
          if (isFolder) {
            next.add(index);
          } else if (index === last) {
            this.#add(below);
          } else if (isLink && (parts[0] === '.' || matches(parts[index + 1], name))) {
            // A link is the last that `**` goes through.
            next.add(index + 1);
          }
        } else if (matches(part, name)) {
          if (index === last) this.#add(below);
          else if (isFolder || (isLink && typeof part === 'string')) next.add(index + 1);
        }
      }
      const isAsked = isAnywhere && this.#withFileTypes;
      if (next.size > 0 && !this.#excludes(below, isFolder) &&
          !(!isAsked && this.#excludesEntry?.(this.#withFileTypes ? entry : below))) {
        this.#later(folders, below, parts, next);
      }
    }
  }

  /** What is in a folder, as far as these parts of a pattern can match it. */
  * #entries(path, parts, indexes) {
    const folder = resolve(this.#root, path);
    const names = new SafeSet();
    let needsAll = false;
    for (const index of indexes) {
      if (typeof parts[index] !== 'string') needsAll = true;
      else if (parts[index] !== '') names.add(parts[index]);
    }
    const entries = needsAll ? (yield* orUndefined(listRequest(folder, false, undefined))) ?? [] : [];
    for (const name of names) {
      if (needsAll && name !== '..') continue;
      const stats = yield* orUndefined(statOrUndefined('lstat', join(folder, name)));
      if (stats !== undefined) ArrayPrototypePush(entries, direntOf(name, folder, stats));
    }
    return entries;
  }

  * #asDirents() {
    const dirents = [];
    for (const path of this.#results) {
      const place = isAbsolute(path) ? path : join(this.#root, path);
      const stats = yield* orUndefined(statOrUndefined('lstat', place));
      if (stats !== undefined) ArrayPrototypePush(dirents, direntOf(basename(place), dirname(place), stats));
    }
    return dirents;
  }
}

const matches = (part, name) => part !== GLOBSTAR && partMatches(part, name);

function direntOf(name, folder, stats) {
  const dirent = new Dirent(name, 0, folder);
  setTypeOf(dirent, stats);
  return dirent;
}

function globSync(pattern, options) {
  const walk = new Walk(pattern, options);
  const all = [];
  while (!walk.isDone) ArrayPrototypePush(all, ...driveSync(walk.next()));
  return all;
}

async function* globAsync(pattern, options) {
  const walk = new Walk(pattern, options);
  while (!walk.isDone) yield* await drive(walk.next());
}

async function collect(walk) {
  const all = [];
  while (!walk.isDone) ArrayPrototypePush(all, ...await drive(walk.next()));
  return all;
}

function glob(pattern, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  validateCallback(callback);
  settle(collect(new Walk(pattern, options)), callback);
}

module.exports = { glob, globAsync, globSync };
