'use strict';

// `import()` in what `node:vm` compiles. V8 keeps a symbol with each such text and gives it back when
// the text imports; with a text goes its symbol, and what is known of it here.

const {
  codes: { ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING, ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG, ERR_VM_MODULE_NOT_MODULE },
} = require('internal/errors');
const { isModuleNamespaceObject } = require('internal/util/types');

const USE_MAIN_CONTEXT_DEFAULT_LOADER = Symbol('vm_dynamic_import_main_context_default');

// The symbol of all texts that were given no way to import.
const missing = Symbol('vm_dynamic_import_missing');

// From a text's symbol to `{ callback, owner }`.
const importers = new WeakMap();

// The symbol for the option `importModuleDynamically`; none where the main loader imports.
function importerOf(option, owner) {
  if (option === USE_MAIN_CONTEXT_DEFAULT_LOADER) return undefined;
  if (option === undefined) return missing;
  const symbol = Symbol('vm_dynamic_import');
  importers.set(symbol, { callback: option, owner });
  return symbol;
}

async function importFromScript(symbol, specifier, attributes) {
  const importer = importers.get(symbol);
  if (importer === undefined) throw new ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING();
  if (!process.execArgv.includes('--experimental-vm-modules')) throw new ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING_FLAG();
  const { callback, owner } = importer;
  const given = { __proto__: null };
  for (let i = 0; i + 1 < attributes.length; i += 2) given[attributes[i]] = attributes[i + 1];
  const imported = await Reflect.apply(callback, owner, [specifier, owner.function ?? owner, given, 'evaluation']);
  if (!isModuleNamespaceObject(imported)) throw new ERR_VM_MODULE_NOT_MODULE();
  return imported;
}

module.exports = { USE_MAIN_CONTEXT_DEFAULT_LOADER, importFromScript, importerOf, missing };
