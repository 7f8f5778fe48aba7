'use strict';

// process.execve. In a file of this name, because Node's stack shows it where it fails.

const {
  ArrayPrototypePush, Error, ErrorCaptureStackTrace, ObjectEntries, StringPrototypeIncludes,
} = require('internal/primordials');
const { errname, codes: { ERR_INVALID_ARG_VALUE, ERR_WORKER_UNSUPPORTED_OPERATION } } = require('internal/errors');
const { validateArray, validateObject, validateString } = require('internal/validators');

const childBinding = binding.child;
const processBinding = binding.process;

const isText = (value) => typeof value === 'string' && !StringPrototypeIncludes(value, '\u0000');

exports.execve = function execve(execPath, args = [], env = undefined) {
  if (!require('worker_threads').isMainThread) throw new ERR_WORKER_UNSUPPORTED_OPERATION('Calling process.execve');
  validateString(execPath, 'execPath');
  validateArray(args, 'args');
  for (let i = 0; i < args.length; i++) {
    if (!isText(args[i])) {
      throw new ERR_INVALID_ARG_VALUE(`args[${i}]`, args[i], 'must be a string without null bytes');
    }
  }
  const pairs = [];
  if (env !== undefined) validateObject(env, 'env');
  for (const { 0: name, 1: value } of ObjectEntries(env ?? process.env)) {
    if (!isText(name) || !isText(value)) {
      throw new ERR_INVALID_ARG_VALUE(
        'env', env, 'must be an object with string keys and values without null bytes');
    }
    ArrayPrototypePush(pairs, `${name}=${value}`);
  }
  const status = childBinding.execve(execPath, args, pairs);
  // Half of the process may be shut down: it ends, as in Node.
  const error = new Error(`process.execve failed with error code ${errname(status)}`);
  ErrorCaptureStackTrace(error);
  processBinding.write(2, `${error.stack}\n`);
  processBinding.abort();
};
