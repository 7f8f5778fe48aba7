'use strict';

// Patterns for paths, as Node has minimatch read them: `**`, braces, and what `segment` knows.

const {
  ArrayPrototypeIndexOf, ArrayPrototypeMap, ArrayPrototypePush, ArrayPrototypeSlice, ArrayPrototypeSome,
  ArrayPrototypeSplice, RegExpPrototypeExec, RegExpPrototypeSymbolReplace, RegExpPrototypeSymbolSplit, TypeError,
} = require('internal/primordials');
const { expandBraces } = require('internal/glob/braces');
const { compileSegment } = require('internal/glob/segment');

const GLOBSTAR = Symbol('globstar **');

/** Characters that a pattern has at most. */
const MAX_LENGTH = 65536;

const isName = (part) => part !== undefined && part !== '' && part !== '.' && part !== '..';
const isPlain = (part) => isName(part) && part !== '**';

/** Leaves out what a path can do without: empty parts, `.`, and `part/..`. */
function simplify(parts) {
  let changed;
  do {
    changed = false;
    for (let i = 1; i < parts.length - 1; i++) {
      if (i === 1 && parts[0] === '' && parts[1] === '') continue;
      if (parts[i] === '.' || parts[i] === '') {
        ArrayPrototypeSplice(parts, i--, 1);
        changed = true;
      }
    }
    if (parts.length === 2 && parts[0] === '.' && (parts[1] === '.' || parts[1] === '')) {
      parts.length = 1;
      changed = true;
    }
    for (let up = ArrayPrototypeIndexOf(parts, '..', 1); up !== -1; up = ArrayPrototypeIndexOf(parts, '..', up)) {
      if (isPlain(parts[up - 1])) {
        // What begins with `.` keeps saying so.
        const isAfterDot = up === 1 && parts[up + 1] === '**';
        ArrayPrototypeSplice(parts, up - 1, 2, ...(isAfterDot ? ['.'] : []));
        if (parts.length === 0) ArrayPrototypePush(parts, '');
        changed = true;
        up = up > 1 ? up - 1 : 1;
      } else {
        up++;
      }
    }
  } while (changed);
  return parts.length === 0 ? [''] : parts;
}

/** The same as several patterns where `**` comes before `..` and two parts that can be matched. */
function simplifyAll(patterns) {
  const all = [];
  for (let i = 0; i < patterns.length; i++) {
    const parts = patterns[i];
    for (let at = ArrayPrototypeIndexOf(parts, '**'); at !== -1; at = ArrayPrototypeIndexOf(parts, '**', at + 1)) {
      let after = at;
      while (parts[after + 1] === '**') after++;
      if (after > at) ArrayPrototypeSplice(parts, at + 1, after - at);
      if (parts[at + 1] !== '..' || !isName(parts[at + 2]) || !isName(parts[at + 3])) continue;
      const without = ArrayPrototypeSlice(parts);
      ArrayPrototypeSplice(without, at, 1);
      ArrayPrototypePush(patterns, without);
      ArrayPrototypeSplice(parts, at + 1, 1);
    }
    ArrayPrototypePush(all, simplify(parts));
  }
  return all;
}

/** The patterns that one stands for, each as its parts: strings, regular expressions, GLOBSTAR. */
function parsePattern(pattern) {
  if (pattern.length > MAX_LENGTH) throw new TypeError('pattern is too long');
  const texts = expandBraces(RegExpPrototypeSymbolReplace(/\\/g, pattern, '/'));
  const split = ArrayPrototypeMap(texts, (text) => RegExpPrototypeSymbolSplit(/\/+/, text));
  return ArrayPrototypeMap(simplifyAll(split), (parts) => (
    ArrayPrototypeMap(parts, (part) => (part === '**' ? GLOBSTAR : compileSegment(part)))
  ));
}

const partMatches = (part, name) => (
  typeof part === 'string' ? part === name : RegExpPrototypeExec(part, name) !== null
);

function matchesFrom(names, parts, name, part) {
  while (name < names.length && part < parts.length) {
    if (parts[part] !== GLOBSTAR) {
      if (!partMatches(parts[part++], names[name++])) return false;
      continue;
    }
    for (; name < names.length; name++) {
      if (part + 1 < parts.length && matchesFrom(names, parts, name, part + 1)) return true;
      // `**` goes into nothing that is hidden.
      if (names[name][0] === '.') return false;
    }
    return part + 1 === parts.length;
  }
  if (part < parts.length) return false;
  // A slash at the end may go beyond the pattern.
  return name === names.length || (name === names.length - 1 && names[name] === '');
}

const splitPath = (path) => simplify(RegExpPrototypeSymbolSplit(/\/+/, path));

/** Whether `path` matches one of the patterns that `parsePattern` gave. */
function matchesPath(path, patterns) {
  const names = splitPath(path);
  return ArrayPrototypeSome(patterns, (parts) => matchesFrom(names, parts, 0, 0));
}

/** `path.matchesGlob`. */
function matchGlobPattern(path, pattern, windows) {
  if (pattern === '') return path === '';
  return matchesPath(windows ? RegExpPrototypeSymbolReplace(/\\/g, path, '/') : path, parsePattern(pattern));
}

/** A predicate for paths; a pattern of one part looks at the last name of a path. */
function nameMatcher(pattern) {
  const patterns = parsePattern(pattern);
  return (path) => {
    const names = splitPath(path);
    const last = names.at(-1) === '' && names.length > 1 ? names.at(-2) : names.at(-1);
    return ArrayPrototypeSome(patterns, (parts) => matchesFrom(parts.length === 1 ? [last] : names, parts, 0, 0));
  };
}

module.exports = { GLOBSTAR, matchGlobPattern, matchesPath, nameMatcher, parsePattern, partMatches };
