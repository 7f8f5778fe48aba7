'use strict';

// Makes a module of what a URL holds: source text, JSON, CommonJS, a built-in.

const {
  ArrayPrototypePush, JSONParse, ObjectPrototypeHasOwnProperty, RegExpPrototypeExec, SafeMap,
  SafeSet, StringPrototypeSlice, StringPrototypeStartsWith, decodeURIComponent,
} = require('internal/primordials');
const path = require('path');
const { builtinById, exportNames } = require('internal/modules/builtins');
const { formatByName, readProgram, readText } = require('internal/modules/resolve');
const { getOptionValue } = require('internal/options');

const modulesBinding = binding.modules;

const dataUrl = /^data:([^,;]*)((?:;[^,]*)?),([^]*)$/;
const knownExtensions = new SafeSet(['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.json', '']);

function formatOfFile(filename) {
  const extension = path.extname(filename);
  if (extension === '.json') return { format: 'json' };
  if (!knownExtensions.has(extension)) {
    const { codes: { ERR_UNKNOWN_FILE_EXTENSION } } = require('internal/errors');
    throw new ERR_UNKNOWN_FILE_EXTENSION(extension, filename);
  }
  const format = formatByName(filename);
  if (format !== undefined) return { format };
  if (getOptionValue('--experimental-detect-module') === false) return { format: 'commonjs' };
  const text = readProgram(filename);
  return { format: modulesBinding.hasModuleSyntax(text, filename) ? 'module' : 'commonjs', text };
}

function readData(url) {
  const { codes: { ERR_UNKNOWN_MODULE_FORMAT, ERR_INVALID_URL } } = require('internal/errors');
  const match = RegExpPrototypeExec(dataUrl, url);
  if (match === null) throw new ERR_INVALID_URL(url);
  const format = { '__proto__': null, 'text/javascript': 'module', 'application/json': 'json' }[match[1]];
  if (format === undefined) throw new ERR_UNKNOWN_MODULE_FORMAT(match[1], url);
  const isBase64 = /;base64$/i.test(match[2]);
  const body = decodeURIComponent(match[3]);
  const text = isBase64 ? require('buffer').Buffer.from(body, 'base64').toString() : body;
  return { format, text };
}

// { format, filename, text }: what is to be read, before it is read where the name alone tells.
exports.describe = function describe(url) {
  if (StringPrototypeStartsWith(url, 'node:')) return { format: 'builtin' };
  if (StringPrototypeStartsWith(url, 'data:')) return readData(url);
  const filename = modulesBinding.fileUrlToPath(url);
  return { filename, ...formatOfFile(filename) };
};

function createBuiltin(url) {
  // Our own modules have no `node:` in their names, but they have it in their URLs.
  const exported = builtinById(url) ?? builtinById(StringPrototypeSlice(url, 5));
  const names = exportNames(exported);
  return modulesBinding.createSynthetic(url, ['default', ...names], () => {
    const values = [exported];
    for (let i = 0; i < names.length; i++) values[i + 1] = exported[names[i]];
    return values;
  });
}

function createJson(url, filename, text) {
  const content = text ?? readText(filename);
  let value;
  try {
    value = JSONParse(content);
  } catch (error) {
    error.message = `${filename ?? url}: ${error.message}`;
    throw error;
  }
  return modulesBinding.createSynthetic(url, ['default'], () => [value]);
}

// By file: the names that a CommonJS module exports, with those of what it reexports.
const namesByFile = new SafeMap();

function commonJsNames(filename, text) {
  const known = namesByFile.get(filename);
  if (known !== undefined) return known;
  const names = new SafeSet();
  // First, so that a cycle of reexports ends here.
  namesByFile.set(filename, names);
  const { 0: own, 1: reexports } = modulesBinding.commonJsExports(text ?? readProgram(filename));
  for (let i = 0; i < own.length; i++) names.add(own[i]);
  const { Module } = require('internal/modules/cjs');
  for (let i = 0; i < reexports.length; i++) {
    let file;
    try {
      const from = { filename, id: filename, paths: Module._nodeModulePaths(path.dirname(filename)) };
      file = Module._resolveFilename(reexports[i], from);
    } catch {
      continue;
    }
    if (file[0] !== '/') {
      const builtin = exportNames(builtinById(file));
      for (let j = 0; j < builtin.length; j++) names.add(builtin[j]);
    } else if (path.extname(file) !== '.json' && path.extname(file) !== '.node' && formatByName(file) !== 'module') {
      commonJsNames(file).forEach((name) => names.add(name));
    }
  }
  return names;
}

function createCommonJs(url, filename, text, isMain) {
  const names = ['default', 'module.exports'];
  commonJsNames(filename, text).forEach((name) => {
    if (name !== 'default' && name !== 'module.exports') ArrayPrototypePush(names, name);
  });
  return modulesBinding.createSynthetic(url, names, () => {
    const { Module } = require('internal/modules/cjs');
    const exported = Module._load(filename, undefined, isMain);
    const values = [exported, exported];
    const hasParts = exported !== null && (typeof exported === 'object' || typeof exported === 'function');
    for (let i = 2; i < names.length; i++) {
      values[i] = undefined;
      if (!hasParts || !ObjectPrototypeHasOwnProperty(exported, names[i])) continue;
      try {
        values[i] = exported[names[i]];
      } catch {
        // A getter that throws is an export without a value, as in Node.
      }
    }
    return values;
  });
}

// The module's number. `text` is what was read already, if anything.
exports.create = function create(url, { format, filename, text }, isMain) {
  switch (format) {
    case 'builtin': return createBuiltin(url);
    case 'json': return createJson(url, filename, text);
    case 'commonjs': return createCommonJs(url, filename, text, isMain);
    default: return modulesBinding.compileModule(text ?? readProgram(filename), url);
  }
};
