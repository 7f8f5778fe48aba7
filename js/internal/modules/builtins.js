'use strict';

// The built-in modules that scripts may load, and which requests mean them. They come before every
// file and package of the same name.

const {
  ArrayPrototypeSort, ReflectOwnKeys, SafeSet, StringPrototypeSlice, StringPrototypeStartsWith,
} = require('internal/primordials');

let publicIds;

// Only with the `node:` prefix in Node.
const PREFIX_ONLY = new SafeSet(['sea', 'sqlite', 'test', 'test/reporters']);

exports.setPublicIds = function setPublicIds(ids) {
  publicIds = new SafeSet(ids);
};

exports.publicIds = () => publicIds;

// The names as `module.builtinModules` has them.
exports.builtinModules = function builtinModules() {
  const names = [];
  publicIds.forEach((id) => {
    names[names.length] = PREFIX_ONLY.has(id) ? `node:${id}` : id;
  });
  return ArrayPrototypeSort(names);
};

// The id of the public module that `fs` or `node:fs` means, or undefined.
function builtinId(request) {
  const prefixed = StringPrototypeStartsWith(request, 'node:');
  const id = prefixed ? StringPrototypeSlice(request, 5) : request;
  if (!publicIds.has(id) || (!prefixed && PREFIX_ONLY.has(id))) return undefined;
  return id;
}

// The exports of a public module by `fs` or `node:fs`, or undefined.
function builtinById(request) {
  const id = builtinId(request);
  return id === undefined ? undefined : require(id);
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

exports.builtinId = builtinId;
exports.builtinById = builtinById;
