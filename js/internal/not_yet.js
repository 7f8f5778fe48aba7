'use strict';

// Parts of Node that are not there yet. A module of them loads, with Node's names, and refuses at use.

const { codes: { ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');

// `names` as exports: functions; those that begin with a capital, classes.
function missing(module, names, target = {}) {
  for (const name of names) {
    if (/^[A-Z]/.test(name)) {
      target[name] = missingClass(`${module}.${name}`, name);
    } else {
      const refuse = () => { throw new ERR_METHOD_NOT_IMPLEMENTED(`${module}.${name}()`); };
      Object.defineProperty(refuse, 'name', { __proto__: null, value: name });
      target[name] = refuse;
    }
  }
  return target;
}

function missingClass(what, name) {
  function Missing() {
    throw new ERR_METHOD_NOT_IMPLEMENTED(`new ${what}()`);
  }
  Object.defineProperty(Missing, 'name', { __proto__: null, value: name });
  return Missing;
}

module.exports = { missing };
