'use strict';

// One context: what runs in another one refuses.

const { validateString } = require('internal/validators');
const { refusing } = require('internal/next_stage');

const modulesBinding = binding.modules;

function runInThisContext(code, options) {
  validateString(code, 'code');
  const filename = typeof options === 'string' ? options : options?.filename ?? 'evalmachine.<anonymous>';
  validateString(filename, 'options.filename');
  return modulesBinding.runScript(code, filename);
}

module.exports = refusing('vm', {
  classes: 'Script',
  functions: 'compileFunction createContext createScript measureMemory runInContext runInNewContext',
  values: {
    runInThisContext,
    isContext(object) {
      require('internal/validators').validateObject(object, 'object', 6);
      return object === globalThis;
    },
    constants: {
      __proto__: null,
      measureMemory: {
        __proto__: null,
        mode: { __proto__: null, SUMMARY: 'summary', DETAILED: 'detailed' },
        execution: { __proto__: null, DEFAULT: 'default', EAGER: 'eager' },
      },
      USE_MAIN_CONTEXT_DEFAULT_LOADER: Symbol('vm_dynamic_import_main_context_default'),
      DONT_CONTEXTIFY: Symbol('vm_context_no_contextify'),
    },
  },
});
