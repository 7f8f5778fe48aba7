'use strict';

// WebAssembly as modules: what it imports are modules, what it exports are exports, the values of
// globals among them.

const {
  ArrayPrototypeJoin, ArrayPrototypeMap, ArrayPrototypePush, JSONStringify, ObjectKeys, SafeMap, SafeWeakMap,
  StringPrototypeStartsWith,
} = require('internal/primordials');

const modulesBinding = binding.modules;

// By a module's number: what its text below calls.
const runs = new SafeMap();

let instances;
let warned = false;

function invalid(what, url) {
  return new WebAssembly.LinkError(`Invalid Wasm ${what} in ${url}`);
}

const isReserved = (name) => StringPrototypeStartsWith(name, 'wasm:') || StringPrototypeStartsWith(name, 'wasm-js:');

// The `WebAssembly.Module`, of bytes or of a file.
function compile(url, filename, bytes) {
  try {
    return new WebAssembly.Module(bytes ?? require('fs').readFileSync(filename), {
      __proto__: null, builtins: ['js-string'], importedStringConstants: 'wasm:js/string-constants',
    });
  } catch (error) {
    error.message = `${filename ?? url}: ${error.message}`;
    throw error;
  }
}

// What each imported module is asked for: name -> whether it is a global.
function importsOf(compiled, url) {
  const imports = { __proto__: null };
  const list = WebAssembly.Module.imports(compiled);
  for (let i = 0; i < list.length; i++) {
    const { module, name, kind } = list[i];
    if (StringPrototypeStartsWith(module, 'wasm-js:')) throw invalid(`import "${module}"`, url);
    if (isReserved(name)) throw invalid(`import name "${name}"`, url);
    imports[module] ??= { __proto__: null };
    imports[module][name] = kind === 'global';
  }
  return imports;
}

function exportsOf(compiled, url) {
  const list = WebAssembly.Module.exports(compiled);
  for (let i = 0; i < list.length; i++) {
    if (isReserved(list[i].name)) throw invalid(`export name "${list[i].name}"`, url);
  }
  return list;
}

// One WebAssembly module gives its globals to another as they are.
function importedValue(namespace, name, isGlobal) {
  const raw = isGlobal ? instances.get(namespace) : undefined;
  return raw === undefined ? namespace[name] : raw[name];
}

function globalValue(global) {
  try {
    return global.value;
  } catch {
    // JavaScript has no value of that type.
    return undefined;
  }
}

exports.create = function create(url, filename, bytes) {
  if (!warned) {
    warned = true;
    process.emitWarning('Importing WebAssembly module instances is an experimental feature and might change at any time',
      'ExperimentalWarning');
  }
  instances ??= new SafeWeakMap();
  const compiled = compile(url, filename, bytes);
  const imports = importsOf(compiled, url);
  const exported = exportsOf(compiled, url);
  const modules = ObjectKeys(imports);

  // A module of V8's that imports and exports the same, and leaves the rest to `run`.
  const lines = ArrayPrototypeMap(modules, (name, i) => `import * as i${i} from ${JSONStringify(name)};`);
  const names = ArrayPrototypeMap(exported, (_, i) => `e${i}`);
  if (names.length > 0) {
    const pairs = ArrayPrototypeMap(exported, ({ name }, i) => `e${i} as ${JSONStringify(name)}`);
    ArrayPrototypePush(lines, `let ${ArrayPrototypeJoin(names, ', ')};`, `export { ${ArrayPrototypeJoin(pairs, ', ')} };`);
  }
  const namespaces = ArrayPrototypeJoin(ArrayPrototypeMap(modules, (_, i) => `i${i}`), ', ');
  ArrayPrototypePush(lines, `[${ArrayPrototypeJoin(names, ', ')}] = import.meta.run([${namespaces}]);`);
  const id = modulesBinding.compileModule(ArrayPrototypeJoin(lines, '\n'), url);

  runs.set(id, (loaded) => {
    const values = { __proto__: null };
    for (let i = 0; i < modules.length; i++) {
      const wanted = imports[modules[i]];
      const given = { __proto__: null };
      for (const name in wanted) given[name] = importedValue(loaded[i], name, wanted[name]);
      values[modules[i]] = given;
    }
    const raw = new WebAssembly.Instance(compiled, values).exports;
    instances.set(modulesBinding.moduleNamespace(id), raw);
    return ArrayPrototypeMap(exported, ({ name, kind }) => (kind === 'global' ? globalValue(raw[name]) : raw[name]));
  });
  return id;
};

exports.initializeMeta = function initializeMeta(id, meta) {
  meta.run = runs.get(id);
};

// What `import source` gives.
exports.sourceOf = compile;
