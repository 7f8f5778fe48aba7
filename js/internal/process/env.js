'use strict';

// `process.env`: an object whose values are strings, whatever is assigned.

function checked(value) {
  if (typeof value === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
  return `${value}`;
}

exports.makeEnv = function makeEnv(flat) {
  const target = {};
  for (let i = 0; i < flat.length; i += 2) target[flat[i]] = flat[i + 1];
  return new Proxy(target, {
    __proto__: null,
    set(object, name, value) {
      if (typeof name === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
      object[name] = checked(value);
      return true;
    },
    defineProperty(object, name, descriptor) {
      const { codes: { ERR_INVALID_OBJECT_DEFINE_PROPERTY } } = require('internal/errors');
      if ('value' in descriptor) {
        if (!descriptor.configurable || !descriptor.writable || !descriptor.enumerable) {
          throw new ERR_INVALID_OBJECT_DEFINE_PROPERTY("'process.env' only accepts a configurable, writable, and enumerable data descriptor");
        }
        return Reflect.defineProperty(object, name, { ...descriptor, value: checked(descriptor.value) });
      }
      throw new ERR_INVALID_OBJECT_DEFINE_PROPERTY("'process.env' does not accept an accessor(getter/setter) descriptor");
    },
  });
};

// Sets what the file says and the environment does not.
exports.loadEnvFile = function loadEnvFile(path = '.env') {
  const process = require('process');
  const { parseEnv } = require('internal/util/parse_env');
  const values = parseEnv(require('fs').readFileSync(path ?? '.env', 'utf8'));
  for (const name of Object.keys(values)) {
    if (!Object.hasOwn(process.env, name)) process.env[name] = values[name];
  }
};
