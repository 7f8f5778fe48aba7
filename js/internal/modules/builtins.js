'use strict';

// The built-in modules that scripts may load.

let publicIds;

// Only with the `node:` prefix in Node.
const PREFIX_ONLY = new Set(['sea', 'sqlite', 'test', 'test/reporters']);

exports.setPublicIds = function setPublicIds(ids) {
  publicIds = new Set(ids);
};

exports.publicIds = () => publicIds;

// The exports of a public module by `fs` or `node:fs`, or undefined.
exports.builtinById = function builtinById(request) {
  const prefixed = request.startsWith('node:');
  const id = prefixed ? request.slice(5) : request;
  if (!publicIds.has(id) || (!prefixed && PREFIX_ONLY.has(id))) return undefined;
  return require(id);
};
