'use strict';

// `process.env`: an object whose values are strings, whatever is assigned.

const workerBinding = binding.worker;

let warned = false;

function checked(value) {
  if (typeof value === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
  if (!warned && typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean' &&
      require('internal/options').getOptionValue('--pending-deprecation') === true) {
    warned = true;
    process.emitWarning(
      'Assigning any value other than a string, number, or boolean to a process.env property is deprecated. ' +
      'Please make sure to convert the value to a string before setting process.env with it.',
      'DeprecationWarning', 'DEP0104');
  }
  return `${value}`;
}

// `setTimeZone` is told what becomes of TZ.
exports.makeEnv = function makeEnv(flat, setTimeZone = () => {}) {
  const target = {};
  for (let i = 0; i < flat.length; i += 2) target[flat[i]] = flat[i + 1];
  return new Proxy(target, {
    __proto__: null,
    set(object, name, value) {
      if (typeof name === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
      value = checked(value);
      // The system has no such variable.
      if (name === '') return true;
      object[name] = value;
      if (name === 'TZ') setTimeZone(value);
      return true;
    },
    deleteProperty(object, name) {
      delete object[name];
      if (name === 'TZ') setTimeZone(undefined);
      return true;
    },
    defineProperty(object, name, descriptor) {
      const { codes: { ERR_INVALID_OBJECT_DEFINE_PROPERTY } } = require('internal/errors');
      if (!('get' in descriptor || 'set' in descriptor)) {
        if (!descriptor.configurable || !descriptor.writable || !descriptor.enumerable) {
          throw new ERR_INVALID_OBJECT_DEFINE_PROPERTY("'process.env' only accepts a configurable, writable, and enumerable data descriptor");
        }
        const value = checked(descriptor.value);
        if (name === 'TZ') setTimeZone(value);
        return Reflect.defineProperty(object, name, { ...descriptor, value });
      }
      throw new ERR_INVALID_OBJECT_DEFINE_PROPERTY("'process.env' does not accept an accessor(getter/setter) descriptor");
    },
  });
};

function flatten(values) {
  const flat = [];
  const names = Object.keys(values);
  for (let i = 0; i < names.length; i++) flat.push(names[i], values[names[i]]);
  return flat;
}

// The environment that several threads share under a number.
function makeSharedEnv(id) {
  const get = (name) => (typeof name === 'symbol' ? undefined : workerBinding.envGet(id, name));
  return new Proxy({}, {
    __proto__: null,
    get(target, name) { return get(name) ?? target[name]; },
    set(target, name, value) {
      if (typeof name === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
      workerBinding.envSet(id, name, checked(value));
      return true;
    },
    has(target, name) { return get(name) !== undefined || name in target; },
    deleteProperty(target, name) {
      if (typeof name !== 'symbol') workerBinding.envDelete(id, name);
      return true;
    },
    ownKeys() { return workerBinding.envKeys(id); },
    getOwnPropertyDescriptor(target, name) {
      const value = get(name);
      return value === undefined ? undefined : { value, writable: true, enumerable: true, configurable: true };
    },
    defineProperty(target, name, descriptor) {
      workerBinding.envSet(id, name, checked(descriptor.value));
      return true;
    },
  });
}

let sharedId;

// Lets other threads share this one's environment; returns its number.
exports.shareEnv = function shareEnv(process) {
  if (sharedId === undefined) {
    sharedId = workerBinding.envNew(flatten(process.env));
    process.env = makeSharedEnv(sharedId);
  }
  return sharedId;
};

// A worker's environment: `{ values }`, or `{ shared }`, the number of one that is shared.
exports.replaceEnv = function replaceEnv(process, env) {
  sharedId = env.shared;
  process.env = sharedId === undefined ? exports.makeEnv(flatten(env.values)) : makeSharedEnv(sharedId);
};

function parseEnv(content) {
  require('internal/validators').validateString(content, 'content');
  const flat = binding.util.parseEnv(content);
  const values = { __proto__: null };
  for (let i = 0; i < flat.length; i += 2) values[flat[i]] = flat[i + 1];
  return values;
}

exports.parseEnv = parseEnv;

// Sets what the file says and the environment does not.
exports.loadEnvFile = function loadEnvFile(path = undefined) {
  const process = require('process');
  const file = path == null ? '.env' : require('internal/fs/arguments').checkPath(path);
  const values = parseEnv(require('fs').readFileSync(file, 'utf8'));
  for (const name of Object.keys(values)) {
    if (!Object.hasOwn(process.env, name)) process.env[name] = values[name];
  }
};
