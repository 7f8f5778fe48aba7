'use strict';

// The global console as clients of the inspector see it: each call goes to V8's console too.

const { FunctionPrototypeBind, ObjectDefineProperty, ObjectKeys } = require('internal/primordials');
const { globalConsole, inspectorConsole } = require('internal/console');

const inspectorBinding = binding.inspector;

let wrapped = false;

// When the first inspector is made. What a script has put on the console stays what it prints with.
exports.wrapConsole = function wrapConsole() {
  if (wrapped) return;
  wrapped = true;
  const keys = ObjectKeys(inspectorConsole);
  for (let i = 0; i < keys.length; i++) {
    const name = keys[i];
    const forClients = inspectorConsole[name];
    const own = globalConsole[name];
    if (typeof own !== 'function' || typeof forClients !== 'function' || own === forClients) continue;
    globalConsole[name] =
      FunctionPrototypeBind(inspectorBinding.consoleCall, globalConsole, forClients, own);
    ObjectDefineProperty(globalConsole[name], 'name', { __proto__: null, value: name });
  }
};
