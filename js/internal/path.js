'use strict';
// Both flavours of `node:path`. Paths are taken apart into segments; what the
// flavours share (segments, base names, extensions, format) is written once.

const { validateObject, validateString } = require('internal/validators');

const DOT = 46;
const SLASH = 47;
const COLON = 58;
const QUESTION = 63;
const BACKSLASH = 92;

const isPosixSeparator = (code) => code === SLASH;
const isWin32Separator = (code) => code === SLASH || code === BACKSLASH;

function isDriveLetter(code) {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

/** Resolves `.` and `..`; `..` above the start stays if `keepAbove`. */
function normalizeSegments(path, keepAbove, separator, isSeparator) {
  const segments = [];
  let start = 0;
  for (let i = 0; i <= path.length; ++i) {
    if (i < path.length && !isSeparator(path.charCodeAt(i))) continue;
    const segment = path.slice(start, i);
    start = i + 1;
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') {
      segments.push(segment);
    } else if (segments.length > 0 && segments.at(-1) !== '..') {
      segments.pop();
    } else if (keepAbove) {
      segments.push(segment);
    }
  }
  return segments.join(separator);
}

/** Where the last segment of `path` lies, without trailing separators. */
function lastSegment(path, from, isSeparator) {
  let end = path.length;
  while (end > from && isSeparator(path.charCodeAt(end - 1))) --end;
  let start = end;
  while (start > from && !isSeparator(path.charCodeAt(start - 1))) --start;
  return { start, end };
}

/** Where the extension of a base name begins, or -1. */
function extensionStart(base) {
  const dot = base.lastIndexOf('.');
  // A leading dot makes a hidden file, not an extension; nor does `..`.
  if (dot <= 0 || base === '..') return -1;
  return dot;
}

function basenameOf(path, suffix, from, isSeparator) {
  let { start, end } = lastSegment(path, from, isSeparator);
  if (suffix !== undefined && suffix.length > 0 &&
      suffix.length <= path.length) {
    if (suffix === path) return '';
    const base = path.slice(start, end);
    if (base.length > suffix.length) {
      if (base.endsWith(suffix)) end -= suffix.length;
    } else if (base !== suffix && suffix.endsWith(base)) {
      // As in Node, a suffix that goes beyond the base keeps the separators.
      end = path.length;
    }
  }
  return path.slice(start, end);
}

function extnameOf(path, from, isSeparator) {
  const { start, end } = lastSegment(path, from, isSeparator);
  const base = path.slice(start, end);
  const dot = extensionStart(base);
  return dot < 0 ? '' : base.slice(dot);
}

/** The fields `base`, `ext` and `name` of `parse`, from `from` on. */
function parseBase(result, path, from, isSeparator) {
  const { start, end } = lastSegment(path, from, isSeparator);
  const base = path.slice(start, end);
  const dot = extensionStart(base);
  result.base = base;
  if (dot < 0) {
    result.name = base;
  } else {
    result.name = base.slice(0, dot);
    result.ext = base.slice(dot);
  }
  return start;
}

function formatExtension(ext) {
  return ext ? `${ext[0] === '.' ? '' : '.'}${ext}` : '';
}

function format(separator, pathObject) {
  validateObject(pathObject, 'pathObject');
  const dir = pathObject.dir || pathObject.root;
  const base = pathObject.base ||
    `${pathObject.name || ''}${formatExtension(pathObject.ext)}`;
  if (!dir) return base;
  return dir === pathObject.root ? `${dir}${base}` :
    `${dir}${separator}${base}`;
}

let glob;
function matchesGlob(path, pattern, windows) {
  validateString(path, 'path');
  validateString(pattern, 'pattern');
  glob ??= require('internal/glob/match');
  return glob.matchGlobPattern(path, pattern, windows);
}

/** The way from one list of segments to another. */
function relativeParts(from, to, same, separator) {
  let common = 0;
  while (common < from.length && common < to.length &&
         same(from[common], to[common])) {
    ++common;
  }
  const up = from.slice(common).map(() => '..');
  return [...up, ...to.slice(common)].join(separator);
}

// ---- POSIX ---------------------------------------------------------------

const posix = {
  resolve(...args) {
    let resolved = '';
    let absolute = false;
    for (let i = args.length - 1; i >= 0 && !absolute; --i) {
      const path = args[i];
      validateString(path, `paths[${i}]`);
      if (path.length === 0) continue;
      resolved = `${path}/${resolved}`;
      absolute = path.charCodeAt(0) === SLASH;
    }
    if (!absolute) {
      const cwd = process.cwd();
      resolved = `${cwd}/${resolved}`;
      absolute = cwd.charCodeAt(0) === SLASH;
    }
    const tail = normalizeSegments(resolved, !absolute, '/', isPosixSeparator);
    if (absolute) return `/${tail}`;
    return tail.length > 0 ? tail : '.';
  },

  normalize(path) {
    validateString(path, 'path');
    if (path.length === 0) return '.';
    const absolute = path.charCodeAt(0) === SLASH;
    const trailing = path.charCodeAt(path.length - 1) === SLASH;
    const tail = normalizeSegments(path, !absolute, '/', isPosixSeparator);
    if (tail.length === 0) {
      if (absolute) return '/';
      return trailing ? './' : '.';
    }
    return `${absolute ? '/' : ''}${tail}${trailing ? '/' : ''}`;
  },

  isAbsolute(path) {
    validateString(path, 'path');
    return path.length > 0 && path.charCodeAt(0) === SLASH;
  },

  join(...args) {
    const parts = [];
    for (let i = 0; i < args.length; i++) {
      validateString(args[i], 'path');
      if (args[i].length > 0) parts.push(args[i]);
    }
    return parts.length === 0 ? '.' : posix.normalize(parts.join('/'));
  },

  relative(from, to) {
    validateString(from, 'from');
    validateString(to, 'to');
    if (from === to) return '';
    from = posix.resolve(from);
    to = posix.resolve(to);
    if (from === to) return '';
    const fromParts = from === '/' ? [] : from.slice(1).split('/');
    const toParts = to === '/' ? [] : to.slice(1).split('/');
    return relativeParts(fromParts, toParts, (a, b) => a === b, '/');
  },

  toNamespacedPath(path) {
    return path;
  },

  dirname(path) {
    validateString(path, 'path');
    if (path.length === 0) return '.';
    const absolute = path.charCodeAt(0) === SLASH;
    const { start } = lastSegment(path, 1, isPosixSeparator);
    if (start <= 1) return absolute ? '/' : '.';
    // `//a` keeps both slashes: POSIX leaves their meaning to the system.
    return absolute && start === 2 ? '//' : path.slice(0, start - 1);
  },

  basename(path, suffix) {
    if (suffix !== undefined) validateString(suffix, 'suffix');
    validateString(path, 'path');
    return basenameOf(path, suffix, 0, isPosixSeparator);
  },

  extname(path) {
    validateString(path, 'path');
    return extnameOf(path, 0, isPosixSeparator);
  },

  format: format.bind(null, '/'),

  parse(path) {
    validateString(path, 'path');
    const result = { root: '', dir: '', base: '', ext: '', name: '' };
    if (path.length === 0) return result;
    const absolute = path.charCodeAt(0) === SLASH;
    if (absolute) result.root = '/';
    const from = absolute ? 1 : 0;
    const start = parseBase(result, path, from, isPosixSeparator);
    if (start > from) {
      result.dir = path.slice(0, start - 1);
    } else if (absolute) {
      result.dir = '/';
    }
    return result;
  },

  matchesGlob(path, pattern) {
    return matchesGlob(path, pattern, false);
  },

  sep: '/',
  delimiter: ':',
  win32: null,
  posix: null,
};

// ---- Windows -------------------------------------------------------------

/**
 * Takes the root off a Windows path.
 *
 * `device` is `C:`, `\\\\server\\share`, `\\\\.`, `\\\\?` or undefined; `end` is where
 * the rest begins; `kind` is '', 'relative', 'rooted', 'drive', 'unc' (with
 * something behind it), 'unc-only' or 'namespace'.
 */
function splitRoot(path) {
  const first = path.charCodeAt(0);
  if (isWin32Separator(first)) {
    if (!isWin32Separator(path.charCodeAt(1))) {
      return { kind: 'rooted', device: undefined, absolute: true, end: 1 };
    }
    return splitUncRoot(path);
  }
  if (isDriveLetter(first) && path.charCodeAt(1) === COLON) {
    const absolute = isWin32Separator(path.charCodeAt(2));
    return {
      kind: 'drive',
      device: path.slice(0, 2),
      absolute,
      end: absolute ? 3 : 2,
    };
  }
  return { kind: 'relative', device: undefined, absolute: false, end: 0 };
}

function splitUncRoot(path) {
  const rooted = { kind: 'rooted', device: undefined, absolute: true, end: 1 };
  const skip = (from, separators) => {
    let i = from;
    while (i < path.length &&
           isWin32Separator(path.charCodeAt(i)) === separators) {
      ++i;
    }
    return i;
  };
  const serverEnd = skip(2, false);
  if (serverEnd === path.length || serverEnd === 2) return rooted;
  const shareStart = skip(serverEnd, true);
  if (shareStart === path.length) return rooted;
  const shareEnd = skip(shareStart, false);
  const server = path.slice(2, serverEnd);
  const root = {
    kind: shareEnd === path.length ? 'unc-only' : 'unc',
    device: `\\\\${server}\\${path.slice(shareStart, shareEnd)}`,
    absolute: true,
    end: shareEnd,
  };
  if (server === '.' || server === '?') {
    return { ...root, namespace: true };
  }
  return root;
}

const RESERVED = /^(?:CON|PRN|AUX|NUL|(?:COM|LPT)[1-9\xb2\xb3\xb9])$/;

/** Whether `path` begins with the name of a device that ends at `colon`. */
function isReservedName(path, colon) {
  return colon > 0 && RESERVED.test(path.slice(0, colon).toUpperCase());
}

const win32 = {
  resolve(...args) {
    let device = '';
    let tail = '';
    let absolute = false;
    for (let i = args.length - 1; i >= -1; --i) {
      let path;
      if (i >= 0) {
        path = args[i];
        validateString(path, `paths[${i}]`);
        if (path.length === 0) continue;
      } else {
        path = currentDirectory(device);
      }
      const root = splitRoot(path);
      if (root.namespace) {
        root.device = root.device.slice(0, 3);
        root.end = 4;
      }
      if (root.device !== undefined) {
        if (device === '') {
          device = root.device;
        } else if (root.device.toLowerCase() !== device.toLowerCase()) {
          continue;
        }
      }
      if (!absolute) {
        tail = `${path.slice(root.end)}\\${tail}`;
        absolute = root.absolute;
      }
      if (absolute && device !== '') break;
    }
    tail = normalizeSegments(tail, !absolute, '\\', isWin32Separator);
    return absolute ? `${device}\\${tail}` : `${device}${tail}` || '.';
  },

  normalize(path) {
    validateString(path, 'path');
    const { length } = path;
    if (length === 0) return '.';
    if (length === 1) return isPosixSeparator(path.charCodeAt(0)) ? '\\' : path;
    const root = splitRoot(path);
    const colon = path.indexOf(':');
    if (root.namespace) {
      const name = path.slice(4, colon + 1);
      const isReserved = isReservedName(name, name.length - 1);
      root.device = isReserved ? `\\\\?\\${name}` : root.device.slice(0, 3);
      root.end = isReserved ? 4 + name.length : 4;
    } else if (root.kind === 'unc-only') {
      return `${root.device}\\`;
    } else if (isReservedName(path, colon)) {
      root.device = path.slice(0, colon + 1);
      root.end = colon + 1;
    }
    let tail = root.end < length ?
      normalizeSegments(
        path.slice(root.end), !root.absolute, '\\', isWin32Separator) :
      '';
    if (tail.length === 0 && !root.absolute) tail = '.';
    if (tail.length > 0 && isWin32Separator(path.charCodeAt(length - 1))) {
      tail += '\\';
    }
    if (!root.absolute && root.device === undefined && path.includes(':')) {
      // A relative path must not become one with a drive by normalizing.
      if (isDriveLetter(tail.charCodeAt(0)) && tail.charCodeAt(1) === COLON) {
        return `.\\${tail}`;
      }
      for (let i = path.indexOf(':'); i !== -1; i = path.indexOf(':', i + 1)) {
        if (i === length - 1 || isWin32Separator(path.charCodeAt(i + 1))) {
          return `.\\${tail}`;
        }
      }
    }
    const device = root.device ?? '';
    // A device's name leads out of every folder, so it is marked as a file.
    if (isReservedName(path, colon)) return `.\\${device}${tail}`;
    return root.absolute ? `${device}\\${tail}` : `${device}${tail}`;
  },

  isAbsolute(path) {
    validateString(path, 'path');
    return path.length > 0 && splitRoot(path).absolute;
  },

  join(...args) {
    const parts = [];
    for (const arg of args) {
      validateString(arg, 'path');
      if (arg.length > 0) parts.push(arg);
    }
    if (parts.length === 0) return '.';
    let joined = parts.join('\\');
    // Only a first part that is itself `\\\\server...` may make a UNC path.
    const [first] = parts;
    const unc = isWin32Separator(first.charCodeAt(0)) &&
      isWin32Separator(first.charCodeAt(1)) &&
      first.length > 2 && !isWin32Separator(first.charCodeAt(2));
    if (!unc) {
      let slashes = 0;
      while (isWin32Separator(joined.charCodeAt(slashes))) ++slashes;
      if (slashes >= 2) joined = `\\${joined.slice(slashes)}`;
    }
    // `..` behind the name of a device does not undo that name.
    const hasReserved = joined.split('\\').some(
      (part) => isReservedName(part, part.indexOf(':')));
    return hasReserved ?
      joined.replaceAll('/', '\\') : win32.normalize(joined);
  },

  relative(from, to) {
    validateString(from, 'from');
    validateString(to, 'to');
    if (from === to) return '';
    const fromFull = win32.resolve(from);
    const toFull = win32.resolve(to);
    const same = (a, b) => a === b || a.toLowerCase() === b.toLowerCase();
    if (same(fromFull, toFull)) return '';
    const split = (path) => path.split('\\').filter((part) => part !== '');
    const fromParts = split(fromFull);
    const toParts = split(toFull);
    if (fromParts.length > 0 && toParts.length > 0 &&
        !same(fromParts[0], toParts[0])) {
      return toFull;
    }
    return relativeParts(fromParts, toParts, same, '\\');
  },

  toNamespacedPath(path) {
    if (typeof path !== 'string' || path.length === 0) return path;
    const resolved = win32.resolve(path);
    if (resolved.length <= 2) return path;
    if (resolved.startsWith('\\\\')) {
      const code = resolved.charCodeAt(2);
      if (code !== QUESTION && code !== DOT) {
        return `\\\\?\\UNC\\${resolved.slice(2)}`;
      }
    } else if (isDriveLetter(resolved.charCodeAt(0)) &&
               resolved.charCodeAt(1) === COLON &&
               resolved.charCodeAt(2) === BACKSLASH) {
      return `\\\\?\\${resolved}`;
    }
    return resolved;
  },

  dirname(path) {
    validateString(path, 'path');
    const { length } = path;
    if (length === 0) return '.';
    if (length === 1) return isWin32Separator(path.charCodeAt(0)) ? path : '.';
    const root = splitRoot(path);
    if (root.kind === 'unc-only') return path;
    const rootEnd = root.kind === 'unc' ? root.end + 1 : root.end;
    const from = Math.max(rootEnd, root.kind === 'relative' ? 1 : 0);
    const { start } = lastSegment(path, from, isWin32Separator);
    if (start > from) return path.slice(0, start - 1);
    return root.kind === 'relative' ? '.' : path.slice(0, rootEnd);
  },

  basename(path, suffix) {
    if (suffix !== undefined) validateString(suffix, 'suffix');
    validateString(path, 'path');
    return basenameOf(path, suffix, driveEnd(path), isWin32Separator);
  },

  extname(path) {
    validateString(path, 'path');
    return extnameOf(path, driveEnd(path), isWin32Separator);
  },

  format: format.bind(null, '\\'),

  parse(path) {
    validateString(path, 'path');
    const result = { root: '', dir: '', base: '', ext: '', name: '' };
    if (path.length === 0) return result;
    const root = splitRoot(path);
    const rootEnd = root.kind === 'unc' ? root.end + 1 : root.end;
    result.root = path.slice(0, rootEnd);
    const start = parseBase(result, path, rootEnd, isWin32Separator);
    result.dir = start > rootEnd ? path.slice(0, start - 1) : result.root;
    return result;
  },

  matchesGlob(path, pattern) {
    return matchesGlob(path, pattern, true);
  },

  sep: '\\',
  delimiter: ';',
  win32: null,
  posix: null,
};

function driveEnd(path) {
  return isDriveLetter(path.charCodeAt(0)) && path.charCodeAt(1) === COLON ?
    2 : 0;
}

/** What a relative path on `device` is relative to. */
function currentDirectory(device) {
  if (device === '') return process.cwd();
  const path = process.env[`=${device}`] || process.cwd();
  // Each drive has a directory of its own; without one it is its root.
  if (path.slice(0, 2).toLowerCase() !== device.toLowerCase() &&
      path.charCodeAt(2) === BACKSLASH) {
    return `${device}\\`;
  }
  return path;
}

posix._makeLong = posix.toNamespacedPath;
win32._makeLong = win32.toNamespacedPath;

module.exports = { posix, win32 };
