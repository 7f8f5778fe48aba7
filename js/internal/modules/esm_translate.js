'use strict';

// Makes a module of what a URL holds: source text, JSON, CommonJS, a built-in.

const {
  ArrayPrototypePush, JSONParse, ObjectPrototypeHasOwnProperty, RegExpPrototypeExec, SafeMap,
  SafeSet, StringPrototypeIndexOf, StringPrototypeSlice, StringPrototypeStartsWith, decodeURIComponent,
} = require('internal/primordials');
const path = require('path');
const { builtinById, exportNames } = require('internal/modules/builtins');
const { formatByName, readProgram, readText } = require('internal/modules/resolve');
const { getOptionValue } = require('internal/options');

const modulesBinding = binding.modules;

const dataUrl = /^data:([^,;]*)((?:;[^,]*)?),([^]*)$/;
const dataFormats = { '__proto__': null, 'text/javascript': 'module', 'application/json': 'json', 'application/wasm': 'wasm' };
const extensionFormats = { '__proto__': null, '.json': 'json', '.wasm': 'wasm' };
const knownExtensions = new SafeSet(['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '']);

function plainFileUrl(url) {
  return StringPrototypeStartsWith(url, 'file:') ? modulesBinding.fileUrlToPath(url) : undefined;
}

// Of a file without an extension that is no CommonJS the first bytes may say that it is WebAssembly.
function formatOfName(filename) {
  const extension = path.extname(filename);
  const format = extensionFormats[extension];
  if (format !== undefined) return format;
  if (!knownExtensions.has(extension)) {
    const { codes: { ERR_UNKNOWN_FILE_EXTENSION } } = require('internal/errors');
    throw new ERR_UNKNOWN_FILE_EXTENSION(extension, filename);
  }
  const named = formatByName(filename);
  return extension === '' && named === 'module' && modulesBinding.isWasm(filename) ? 'wasm' : named;
}

// What only the text tells: { format, text }.
function formatOfText(filename) {
  if (getOptionValue('--experimental-detect-module') === false) return { format: 'commonjs' };
  const text = readProgram(filename);
  return { format: modulesBinding.hasModuleSyntax(text, filename) ? 'module' : 'commonjs', text };
}

function dataMatch(url) {
  const match = RegExpPrototypeExec(dataUrl, url);
  if (match !== null) return match;
  const { codes: { ERR_INVALID_URL } } = require('internal/errors');
  throw new ERR_INVALID_URL(url);
}

function readData(url, hint) {
  const { 1: type, 2: parameters, 3: encoded } = dataMatch(url);
  const format = hint ?? dataFormats[type];
  if (format === undefined) {
    const { codes: { ERR_UNKNOWN_MODULE_FORMAT } } = require('internal/errors');
    throw new ERR_UNKNOWN_MODULE_FORMAT(type, url);
  }
  const isBase64 = RegExpPrototypeExec(/;base64$/i, parameters) !== null;
  const body = decodeURIComponent(encoded);
  if (!isBase64) return { format, text: body };
  const bytes = require('buffer').Buffer.from(body, 'base64');
  return format === 'wasm' ? { format, bytes } : { format, text: bytes.toString() };
}

// The format as far as a URL alone tells it; throws where nothing can be loaded from it.
exports.formatByUrl = function formatByUrl(url) {
  if (StringPrototypeStartsWith(url, 'node:')) return 'builtin';
  if (StringPrototypeStartsWith(url, 'data:')) return dataFormats[dataMatch(url)[1]];
  const filename = plainFileUrl(url);
  return filename === undefined ? undefined : formatOfName(filename);
};

// The attribute `type`, the only one that there is.
function typeAttribute(url, attributes) {
  let type;
  for (let i = 0; i < attributes.length; i += 2) {
    if (attributes[i] !== 'type') {
      const { codes: { ERR_IMPORT_ATTRIBUTE_UNSUPPORTED } } = require('internal/errors');
      throw new ERR_IMPORT_ATTRIBUTE_UNSUPPORTED(attributes[i], attributes[i + 1], url);
    }
    type = attributes[i + 1];
  }
  return type;
}

function checkAttributes(url, format, attributes) {
  const { codes } = require('internal/errors');
  const type = typeAttribute(url, attributes);
  if (format === 'json') {
    if (type === undefined) throw new codes.ERR_IMPORT_ATTRIBUTE_MISSING(url, 'type', 'json');
    if (type !== 'json') throw new codes.ERR_IMPORT_ATTRIBUTE_UNSUPPORTED('type', type, url);
  } else if (type === 'json') {
    throw new codes.ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE(url, 'json');
  } else if (type !== undefined) {
    throw new codes.ERR_IMPORT_ATTRIBUTE_UNSUPPORTED('type', type, url);
  }
}

exports.checkAttributes = checkAttributes;

function describeUrl(url, hint) {
  if (StringPrototypeStartsWith(url, 'node:')) return { format: 'builtin' };
  if (StringPrototypeStartsWith(url, 'data:')) return readData(url, hint);
  if (!StringPrototypeStartsWith(url, 'file:')) {
    const { codes: { ERR_UNSUPPORTED_ESM_URL_SCHEME } } = require('internal/errors');
    const protocol = StringPrototypeSlice(url, 0, StringPrototypeIndexOf(url, ':') + 1);
    throw new ERR_UNSUPPORTED_ESM_URL_SCHEME({ protocol }, ['file', 'data', 'node']);
  }
  const filename = modulesBinding.fileUrlToPath(url);
  const format = hint ?? formatOfName(filename);
  return format === undefined ? { filename, ...formatOfText(filename) } : { filename, format };
}

// { format, filename, text, bytes }: what is to be read, before it is read where the name alone tells.
// `hint` is a format that is known already; with `whole` the content is there, but for CommonJS, which
// reads itself.
exports.describe = function describe(url, attributes, hint, whole = false) {
  typeAttribute(url, attributes);
  const description = describeUrl(url, hint);
  const { format, filename } = description;
  checkAttributes(url, format, attributes);
  if (!whole || filename === undefined) return description;
  if (format === 'commonjs') description.text = undefined;
  else if (format === 'wasm') description.bytes ??= require('fs').readFileSync(filename);
  else description.text ??= format === 'json' ? readText(filename) : readProgram(filename);
  return description;
};

// The same of what a hook has returned.
exports.describeLoaded = function describeLoaded(url, { format, source }) {
  const { codes: { ERR_INVALID_RETURN_PROPERTY_VALUE, ERR_UNKNOWN_MODULE_FORMAT } } = require('internal/errors');
  const filename = plainFileUrl(url);
  if (format === 'builtin' || (format === 'commonjs' && source == null)) return { format, filename };
  if (format === 'wasm') return { format, filename, bytes: source };
  if (format !== 'module' && format !== 'json' && format !== 'commonjs' && format !== 'module-typescript' &&
      format !== 'commonjs-typescript') {
    throw new ERR_UNKNOWN_MODULE_FORMAT(format, url);
  }
  const { textOf } = require('internal/modules/hooks');
  const { isAnyArrayBuffer, isArrayBufferView } = require('internal/util/types');
  if (typeof source !== 'string' && !isAnyArrayBuffer(source) && !isArrayBufferView(source)) {
    throw new ERR_INVALID_RETURN_PROPERTY_VALUE(
      'string, an instance of ArrayBuffer, or a TypedArray', 'load', 'source', source);
  }
  const text = textOf(source);
  if (format !== 'module-typescript' && format !== 'commonjs-typescript') return { format, filename, text };
  return {
    format: format === 'module-typescript' ? 'module' : 'commonjs',
    filename,
    text: require('internal/modules/typescript').stripTypes(text, filename ?? url),
  };
};

// Built-ins that were imported: { id, exported, names } of each.
const importedBuiltins = [];

function createBuiltin(url) {
  // Our own modules have no `node:` in their names, but they have it in their URLs.
  const exported = builtinById(url) ?? builtinById(StringPrototypeSlice(url, 5));
  if (exported === undefined) {
    const { codes: { ERR_UNKNOWN_BUILTIN_MODULE } } = require('internal/errors');
    throw new ERR_UNKNOWN_BUILTIN_MODULE(url);
  }
  const names = exportNames(exported);
  const values = () => {
    const list = [exported];
    for (let i = 0; i < names.length; i++) list[i + 1] = valueOf(exported, names[i]);
    return list;
  };
  const id = modulesBinding.createSynthetic(url, ['default', ...names], values);
  ArrayPrototypePush(importedBuiltins, { id, values });
  return id;
}

function valueOf(exported, name) {
  try {
    return exported[name];
  } catch {
    // A getter that throws is an export without a value, as in Node.
    return undefined;
  }
}

// Brings what was imported of built-ins up to what their objects hold.
exports.syncBuiltins = function syncBuiltins() {
  for (let i = 0; i < importedBuiltins.length; i++) {
    const { id, values } = importedBuiltins[i];
    modulesBinding.updateSynthetic(id, values());
  }
};

function parseJson(url, filename, text) {
  try {
    return JSONParse(text ?? readText(filename));
  } catch (error) {
    error.message = `${filename ?? url}: ${error.message}`;
    throw error;
  }
}

function createJson(url, filename, text) {
  const value = parseJson(url, filename, text);
  return modulesBinding.createSynthetic(url, ['default'], () => {
    if (filename === undefined || modulesBinding.pathToFileUrl(filename) !== url) return [value];
    // `require` and `import` see one object.
    const { Module } = require('internal/modules/cjs');
    const cached = Module._cache[filename];
    if (cached?.loaded) return [cached.exports];
    const module = new Module(filename);
    module.filename = filename;
    module.exports = value;
    module.loaded = true;
    Module._cache[filename] ??= module;
    return [value];
  });
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
    const { loadImported } = require('internal/modules/cjs');
    const exported = loadImported(filename, isMain, text);
    const values = [exported, exported];
    const hasParts = exported !== null && (typeof exported === 'object' || typeof exported === 'function');
    for (let i = 2; i < names.length; i++) {
      const own = hasParts && ObjectPrototypeHasOwnProperty(exported, names[i]);
      values[i] = own ? valueOf(exported, names[i]) : undefined;
    }
    return values;
  });
}

// The module's number, of a description.
exports.create = function create(url, { format, filename, text, bytes }, isMain) {
  switch (format) {
    case 'builtin': return createBuiltin(url);
    case 'json': return createJson(url, filename, text);
    case 'commonjs': return createCommonJs(url, filename ?? url, text, isMain);
    case 'wasm': return require('internal/modules/esm_wasm').create(url, filename, bytes);
    default: return modulesBinding.compileModule(text ?? readProgram(filename), url);
  }
};
