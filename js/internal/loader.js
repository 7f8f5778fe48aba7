'use strict';

// The first built-in: called by build.rs with the compiled function of every other one. What it
// returns is kept in the startup blob and handed to src/builtins when a process starts.

// What nearly every program needs is evaluated at build time, with all that it requires. The rest is
// compiled when somebody asks for it: each built-in in the blob costs every start.
const COMMON = [
  'internal/bootstrap', 'internal/modules/run_main', 'internal/modules/esm', 'assert', 'async_hooks', 'buffer',
  'console', 'events', 'fs', 'fs/promises', 'internal/util/inspect', 'module', 'os', 'path', 'process', 'string_decoder',
  'timers', 'timers/promises', 'url', 'util',
];

const cache = { __proto__: null };

// Filled by src/builtins at process start, empty at build time.
const binding = { __proto__: null };
for (const name of [
  'async', 'buffer', 'builtins', 'capture', 'child', 'crypto', 'encoding', 'errors', 'fs', 'http2', 'inspector',
  'leakRunner', 'leakTest', 'messaging', 'modules', 'net', 'os', 'performance', 'pipe', 'process', 'profile',
  'serdes', 'timers', 'types', 'url', 'urlPattern', 'util', 'v8', 'vm', 'worker', 'zlib',
]) {
  binding[name] = {};
}

function requireBuiltin(id) {
  const cached = cache[id];
  if (cached !== undefined) return cached.exports;
  const fn = functions === null ? binding.builtins.compile(id) : functions[id];
  if (fn === undefined) throw new Error(`Missing internal module '${id}'`);
  const module = { id, exports: {} };
  cache[id] = module;
  try {
    Reflect.apply(fn, undefined, [module.exports, requireBuiltin, module, binding]);
  } catch (error) {
    // `domain` refuses under some conditions, which may change.
    delete cache[id];
    throw error;
  }
  return module.exports;
}

requireBuiltin('internal/modules/builtins').setIds(publicIds, (id) => binding.builtins.has(id));
for (const id of COMMON) requireBuiltin(id);
functions = null;

return {
  __proto__: null,
  binding,
  requireBuiltin,
  bootstrap: requireBuiltin('internal/bootstrap'),
};
