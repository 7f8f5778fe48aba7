'use strict';

// Who the process is: user, groups, title.

const {
  ArrayPrototypeMap, ObjectDefineProperty, StringPrototypeSlice, StringPrototypeToUpperCase,
} = require('internal/primordials');
const {
  ErrnoException, uvErrmapGet, codes: { ERR_INVALID_ARG_TYPE, ERR_UNKNOWN_CREDENTIAL },
} = require('internal/errors');
const { validateArray, validateUint32 } = require('internal/validators');
const { named } = require('internal/fs/run');

const processBinding = binding.process;

function checkId(id, name) {
  if (typeof id === 'number') validateUint32(id, name);
  else if (typeof id !== 'string') throw new ERR_INVALID_ARG_TYPE(name, ['number', 'string'], id);
}

/** The number of a user or a group that may be given by its name. */
function numberOf(id, kind) {
  if (typeof id === 'number') return id;
  const number = kind === 'User' ? processBinding.userId(id) : processBinding.groupId(id);
  if (number === undefined) throw new ERR_UNKNOWN_CREDENTIAL(kind, id);
  return number;
}

function throwIfFailed(status, syscall) {
  if (status >= 0) return;
  const error = new ErrnoException(status, syscall);
  // In the system's words, not libuv's.
  const text = uvErrmapGet(status)?.[1] ?? 'unknown error';
  error.message = `${error.code}, ${StringPrototypeToUpperCase(text[0])}${StringPrototypeSlice(text, 1)}`;
  throw error;
}

for (const [syscall, kind] of [
  ['setuid', 'User'], ['seteuid', 'User'], ['setgid', 'Group'], ['setegid', 'Group'],
]) {
  exports[syscall] = named(syscall, 1, (id) => {
    checkId(id, 'id');
    throwIfFailed(processBinding.setId(syscall, numberOf(id, kind)), syscall);
  });
}

exports.setgroups = function setgroups(groups) {
  validateArray(groups, 'groups');
  const numbers = ArrayPrototypeMap(groups, (group, index) => {
    checkId(group, `groups[${index}]`);
    return numberOf(group, 'Group');
  });
  throwIfFailed(processBinding.setGroups(numbers), 'setgroups');
};

exports.initgroups = function initgroups(user, extraGroup) {
  checkId(user, 'user');
  checkId(extraGroup, 'extraGroup');
  const name = typeof user === 'string' ? user : `${user}`;
  // Only its groups are looked up; a number has to be somebody's.
  if (typeof user === 'number') numberOf(user, 'User');
  throwIfFailed(processBinding.initGroups(name, numberOf(extraGroup, 'Group')), 'initgroups');
};

/** `process.title`: what `ps` shows. */
exports.defineTitle = function defineTitle(target, argv0, chosen) {
  let title = argv0;
  const set = (value) => {
    title = `${value}`;
    processBinding.setTitle(title);
  };
  if (chosen !== undefined) set(chosen);
  ObjectDefineProperty(target, 'title', {
    __proto__: null, configurable: true, enumerable: true, get: () => title, set,
  });
};
