'use strict';

// The built-in modules that scripts may load, and which requests mean them. They come before every
// file and package of the same name.

const {
  ArrayPrototypeSort, ReflectOwnKeys, SafeSet, StringPrototypeSlice, StringPrototypeStartsWith,
} = require('internal/primordials');

const { getOptionValue } = require('internal/options');

const modulesBinding = binding.modules;

let publicIds;
// Whether there is any built-in of this id.
let isBuiltin;

// Only with the `node:` prefix in Node.
const PREFIX_ONLY = new SafeSet(['sea', 'sqlite', 'test', 'test/reporters']);

// None of Node's: ours, and npm packages whose native add-ons cannot load here. Without `node:`.
const OWN = new SafeSet(['oomhost', 'oomhost/test', 'node-oom-heapdump', 'heapdump', 'v8-profiler-next']);

exports.setIds = function setIds(ids, isAny) {
  publicIds = new SafeSet(ids);
  isBuiltin = isAny;
};

exports.publicIds = () => publicIds;

// The names as `module.builtinModules` has them.
exports.builtinModules = function builtinModules() {
  const names = [];
  publicIds.forEach((id) => {
    if (OWN.has(id)) return;
    names[names.length] = PREFIX_ONLY.has(id) ? `node:${id}` : id;
  });
  return ArrayPrototypeSort(names);
};

// The id of the public module that `fs` or `node:fs` means, or undefined.
function builtinId(request) {
  if (request === 'oomhost:test') return 'oomhost/test';
  const prefixed = StringPrototypeStartsWith(request, 'node:');
  const id = prefixed ? StringPrototypeSlice(request, 5) : request;
  if (StringPrototypeStartsWith(id, 'internal/')) {
    return getOptionValue('--expose-internals') === true && isBuiltin(id) ? id : undefined;
  }
  if (!publicIds.has(id) || (prefixed ? OWN.has(id) : PREFIX_ONLY.has(id))) return undefined;
  return id;
}

// The exports of a public module by `fs` or `node:fs`, or undefined.
function builtinById(request) {
  const id = builtinId(request);
  if (id === undefined) return undefined;
  if (id === 'heapdump') require('internal/heapdump').listen();
  return require(id);
}

// The names under which an ECMAScript module may import parts of a built-in's exports.
exports.exportNames = function exportNames(value) {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return [];
  const names = [];
  const keys = ReflectOwnKeys(value);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (typeof key === 'string' && key !== 'default' && key !== 'module.exports' &&
        (typeof value !== 'function' || (key !== 'prototype' && key !== 'length' && key !== 'name'))) {
      names[names.length] = key;
    }
  }
  return names;
};

// The exports that stand for the file `filename`, where it is the main file of one of those npm
// packages, or undefined.
exports.standIn = function standIn(filename) {
  const name = modulesBinding.packageScope(filename)[2];
  return name === undefined ? undefined : builtinById(name);
};

exports.builtinId = builtinId;
exports.builtinById = builtinById;
