'use strict';

// Stack traces by source maps: `--enable-source-maps`, `module.setSourceMapsSupport()`. What is
// compiled while that is on is kept under its URL, and its map is read when a stack first asks.
// Whatever is wrong with a map, the stack is then V8's.

const {
  ArrayIsArray, ArrayPrototypeJoin, ArrayPrototypePush, ErrorPrototypeToString, JSONParse, ObjectFreeze,
  RangeError, RegExpPrototypeExec, SafeMap, StringPrototypeEndsWith, StringPrototypeIncludes,
  StringPrototypeIndexOf, StringPrototypeLastIndexOf, StringPrototypeSlice, StringPrototypeSplit,
  StringPrototypeStartsWith, decodeURIComponent,
} = require('internal/primordials');
const { setPrepareStackTrace } = require('internal/stack_trace');

const modulesBinding = binding.modules;

const COMMENT = 'sourceMappingURL=';
const scheme = /^[a-zA-Z][a-zA-Z\d+.-]*:/;
const urlInComment = /^[^\s'"]+(?=[^\S\r\n]*(?:[\r\n]|$))/;
const arrowParts = /^(.+):(\d+)\n[^\n]*\n([ \t]*)\^+\n$/;
const lineBreak = /\r\n|[\n\r\u2028\u2029]/;

let support = ObjectFreeze({ __proto__: null, enabled: false, nodeModules: false, generatedCode: false });

// By the script's name, which stacks have, and by its URL: { scriptUrl, content, url, map }; `map` is null
// where it cannot be read.
const scripts = new SafeMap();

exports.getSupport = () => support;

function setSupport(enabled, nodeModules, generatedCode) {
  support = ObjectFreeze({ __proto__: null, enabled, nodeModules, generatedCode });
  setPrepareStackTrace(enabled ? prepareStackTrace : undefined);
  if (enabled) noteCompiled();
}

exports.setSupport = setSupport;

let noting = false;

// From now on, what is compiled as a module is kept with the name of its map.
function noteCompiled() {
  if (noting) return;
  noting = true;
  const { compileCommonJs, compileModule, runScript } = modulesBinding;
  modulesBinding.compileCommonJs = (content, name, detect) => {
    note(content, name);
    return compileCommonJs(content, name, detect);
  };
  modulesBinding.compileModule = (content, url) => {
    note(content, url);
    return compileModule(content, url);
  };
  modulesBinding.runScript = (content, name) => {
    note(content, name);
    return runScript(content, name);
  };
}

// Whether the maps are for NODE_V8_COVERAGE too.
let covering = false;

exports.startCoverage = function startCoverage() {
  covering = true;
  noteCompiled();
};

// What Node adds to coverage, `source-map-cache`: the maps by the URLs of their scripts.
exports.mapsForCoverage = function mapsForCoverage() {
  const maps = { __proto__: null };
  scripts.forEach((script, name) => {
    if (name !== script.scriptUrl) return;
    const map = loaded(script);
    const [data, url] = map ? [map.payload, null] : [null, script.url];
    maps[name] = { lineLengths: lineLengths(script.content), data, url };
  });
  return maps;
};

function lineLengths(content) {
  return StringPrototypeSplit(content, lineBreak).map((line) => line.length);
}

// A path or URL as a URL.
function urlOf(name) {
  return RegExpPrototypeExec(scheme, name) === null ? modulesBinding.pathToFileUrl(name) : name;
}

function note(content, name) {
  if ((!support.enabled && !covering) || typeof content !== 'string' || typeof name !== 'string') return;
  if (!support.nodeModules && !covering && StringPrototypeIncludes(name, '/node_modules/')) return;
  const url = mapUrlOf(content);
  if (url === undefined) return;
  try {
    const script = { scriptUrl: urlOf(name), content, url, map: undefined };
    scripts.set(name, script);
    scripts.set(script.scriptUrl, script);
  } catch {
    // A name that no file can have.
  }
}

// What the last comment of that kind names.
function mapUrlOf(content) {
  let end = content.length;
  while (end > 0) {
    const at = StringPrototypeLastIndexOf(content, COMMENT, end - 1);
    if (at === -1) return undefined;
    end = at;
    const before = StringPrototypeSlice(content, at - 4 < 0 ? 0 : at - 4, at);
    if (before !== '//# ' && before !== '//@ ' && before !== '//#\t') continue;
    const found = RegExpPrototypeExec(urlInComment, StringPrototypeSlice(content, at + COMMENT.length));
    if (found !== null) return found[0];
  }
  return undefined;
}

function readDataUrl(url) {
  const comma = StringPrototypeIndexOf(url, ',');
  const data = StringPrototypeSlice(url, comma + 1);
  if (!StringPrototypeEndsWith(StringPrototypeSlice(url, 0, comma), ';base64')) return decodeURIComponent(data);
  return require('buffer').Buffer.from(data, 'base64').toString();
}

// Not what may keep the program waiting, such as a pipe.
function readFile(url) {
  const fs = require('fs');
  const file = modulesBinding.fileUrlToPath(url);
  return fs.statSync(file).isFile() ? fs.readFileSync(file, 'utf8') : '';
}

// The map with its sources as URLs.
function readMap({ scriptUrl, content, url }) {
  const { URL } = require('internal/url');
  const isData = StringPrototypeStartsWith(url, 'data:');
  const base = isData ? scriptUrl : new URL(url, scriptUrl).href;
  let text = isData ? readDataUrl(url) : readFile(base);
  // So that no page can load it as a script.
  if (StringPrototypeStartsWith(text, ')]}')) text = StringPrototypeSlice(text, StringPrototypeIndexOf(text, '\n'));
  const payload = JSONParse(text);
  const maps = ArrayIsArray(payload.sections) ? payload.sections.map(({ map }) => map) : [payload];
  for (const map of maps) {
    let root = map.sourceRoot ? `${map.sourceRoot}` : '';
    if (root !== '' && !StringPrototypeEndsWith(root, '/')) root += '/';
    map.sourceRoot = '';
    map.sources = map.sources.map((source) => {
      const named = `${root}${source}`;
      return URL.canParse(named, base) ? new URL(named, base).href : named;
    });
  }
  const { SourceMap } = require('internal/source_map');
  return new SourceMap(payload, { lineLengths: lineLengths(content) });
}

// The map of the script of this name or URL.
function mapOf(name) {
  const script = scripts.get(name);
  if (script === undefined || (!support.nodeModules && StringPrototypeIncludes(name, '/node_modules/'))) return undefined;
  return loaded(script) ?? undefined;
}

function loaded(script) {
  if (script.map === undefined) {
    // An error in here asks for a map again.
    script.map = null;
    try {
      script.map = readMap(script);
    } catch (error) {
      // The stack was full: another time there may be room.
      if (error instanceof RangeError) script.map = undefined;
    }
  }
  return script.map;
}

exports.findSourceMap = function findSourceMap(name) {
  if (typeof name !== 'string' || scripts.size === 0) return undefined;
  try {
    return mapOf(name) ?? mapOf(urlOf(name));
  } catch {
    return undefined;
  }
};

// A source as stacks name it.
function pathOf(source) {
  return StringPrototypeStartsWith(source, 'file:') ? modulesBinding.fileUrlToPath(source) : source;
}

// Where the place was written, as findEntry says it, if a map knows; lines and columns from 0.
function originOf(map, line, column) {
  const entry = map.findEntry(line, column);
  const { originalSource, originalLine, originalColumn } = entry;
  return typeof originalSource === 'string' && originalLine >= 0 && originalColumn >= 0 ? entry : undefined;
}

// The function's name in the source: of the mapping where it begins, else of that of the call.
function originalName(map, site, caller) {
  const { name } = map.findEntry(site.getEnclosingLineNumber() - 1, site.getEnclosingColumnNumber() - 1);
  if (name) return name;
  if (caller === undefined || caller.getFileName() !== site.getFileName()) return undefined;
  return map.findEntry(caller.getLineNumber() - 1, caller.getColumnNumber() - 1).name;
}

function describeFrame(site, caller) {
  const text = `${site}`;
  try {
    const map = mapOf(site.getFileName() ?? site.getEvalOrigin());
    if (map === undefined) return text;
    const entry = originOf(map, site.getLineNumber() - 1, site.getColumnNumber() - 1);
    if (entry === undefined) return text;
    const prefix = site.isAsync() ? 'async ' : site.isConstructor() ? 'new ' : '';
    const behind = StringPrototypeStartsWith(text, prefix) ? StringPrototypeSlice(text, prefix.length) : text;
    const end = StringPrototypeLastIndexOf(behind, ' (');
    let name = end === -1 ? '<anonymous>' : StringPrototypeSlice(behind, 0, end);
    const own = site.getFunctionName() ?? site.getMethodName();
    const mapped = originalName(map, site, caller);
    if (mapped && mapped !== own) name = mapped;
    return `${prefix}${name} (${pathOf(entry.originalSource)}:${entry.originalLine + 1}:${entry.originalColumn + 1})`;
  } catch {
    return text;
  }
}

function prepareStackTrace(error, trace) {
  let head;
  try {
    head = ErrorPrototypeToString(error);
  } catch {
    head = '<error>';
  }
  const lines = [head];
  for (let i = 0; i < trace.length; i++) ArrayPrototypePush(lines, `    at ${describeFrame(trace[i], trace[i + 1])}`);
  return ArrayPrototypeJoin(lines, '\n');
}

// The text of a source, of the map or of its file.
function textOf(map, source) {
  const { payload } = map;
  const maps = ArrayIsArray(payload.sections) ? payload.sections.map((section) => section.map) : [payload];
  for (const { sources, sourcesContent } of maps) {
    const index = sources.indexOf(source);
    const text = index === -1 ? undefined : sourcesContent?.[index];
    if (typeof text === 'string') return text;
  }
  return readFile(source);
}

// What is shown above an uncaught error, `file:line`, the line and carets, of the place where it was
// written; the same text where no map says that, or its source is not there.
exports.mapArrow = function mapArrow(arrow) {
  try {
    const parts = RegExpPrototypeExec(arrowParts, arrow);
    if (parts === null) return arrow;
    const map = mapOf(parts[1]);
    const entry = map && originOf(map, parts[2] - 1, parts[3].length);
    if (entry === undefined) return arrow;
    const { originalSource: source, originalLine: line, originalColumn: column } = entry;
    const text = StringPrototypeSplit(textOf(map, source), lineBreak)[line];
    if (!text) return arrow;
    let indent = '';
    for (let i = 0; i < column; i++) indent += text[i] === '\t' ? '\t' : ' ';
    return `${pathOf(source)}:${line + 1}\n${text}\n${indent}^\n`;
  } catch {
    return arrow;
  }
};

// A frame of `util.getCallSites()`, by the map of its script.
exports.mapCallSite = function mapCallSite(site) {
  const map = mapOf(site.scriptName);
  const entry = map && originOf(map, site.lineNumber - 1, site.columnNumber - 1);
  if (entry === undefined) return site;
  const { originalSource: scriptName, originalLine, originalColumn } = entry;
  const columnNumber = originalColumn + 1;
  return { ...site, scriptName, lineNumber: originalLine + 1, columnNumber, column: columnNumber };
};
