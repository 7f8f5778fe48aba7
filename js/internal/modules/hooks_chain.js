'use strict';

// Chains of asynchronous hooks, in their own thread: the last that was registered is asked first and
// may ask the one before it (`next`), down to the loader's own step.

const { ArrayPrototypePush, ObjectAssign, ObjectDefineProperty } = require('internal/primordials');
const { activeConditions } = require('internal/modules/hooks');
const { loadStep, resolveStep } = require('internal/modules/hook_steps');

const modulesBinding = binding.modules;

// { fn, url } each, the loader's own first.
const chains = {
  resolve: [{ fn: resolveStep, url: 'node:internal/modules/esm/resolve' }],
  load: [{ fn: loadStep, url: 'node:internal/modules/esm/load' }],
};

function isUrl(text) {
  return modulesBinding.resolveUrl(text, undefined) !== undefined;
}

let warnedOfAssertions = false;

function warnOfAssertions() {
  if (warnedOfAssertions) return;
  warnedOfAssertions = true;
  process.emitWarning('Use `importAttributes` instead of `importAssertions`', 'ExperimentalWarning');
}

// Import attributes under their old name, which hooks still use.
function withAssertions(context) {
  return ObjectDefineProperty(context, 'importAssertions', {
    __proto__: null,
    configurable: true,
    get() {
      warnOfAssertions();
      return this.importAttributes;
    },
    set(value) {
      warnOfAssertions();
      this.importAttributes = value;
    },
  });
}

function checkArguments(name, id, value, context) {
  const { validateObject, validateString } = require('internal/validators');
  const what = name === 'resolve' ? 'specifier' : 'url';
  validateString(value, `${id} ${what}`);
  if (name === 'load' && !isUrl(value)) {
    const { codes: { ERR_INVALID_ARG_VALUE } } = require('internal/errors');
    throw new ERR_INVALID_ARG_VALUE(`${id} url`, value, 'should be a URL string');
  }
  if (context) validateObject(context, `${id} context`);
}

function checkOutput(id, output) {
  if (typeof output === 'object' && output !== null) return;
  const { codes: { ERR_INVALID_RETURN_VALUE } } = require('internal/errors');
  throw new ERR_INVALID_RETURN_VALUE('an object', id, output);
}

// { result, id } of the chain's last hook; `id` names it in errors.
async function run(name, first, context) {
  const state = { finished: false, shortCircuited: false, id: '' };
  const chain = chains[name];
  const nextName = name === 'resolve' ? 'nextResolve' : 'nextLoad';
  withAssertions(context);
  const stepOf = (index) => {
    const { fn, url } = chain[index];
    const next = index > 0 ? stepOf(index - 1) : undefined;
    const ask = async (value, given) => {
      // Who asks is named by the hook above.
      checkArguments(name, `${state.id} hook's ${nextName}()`, value, given);
      if (index === 0) state.finished = true;
      if (given) ObjectAssign(context, given);
      state.id = `${url} '${name}'`;
      const output = await fn(value, context, next);
      checkOutput(`${url} '${name}' hook's ${nextName}()`, output);
      if (output?.shortCircuit === true) state.shortCircuited = true;
      return output;
    };
    return ObjectDefineProperty(ask, 'name', { __proto__: null, value: nextName });
  };
  const top = chain.length - 1;
  state.id = `${chain[top].url} '${name}'`;
  const result = await stepOf(top)(first, context);
  const id = `${chain[top].url} '${name}'`;
  checkOutput(id, result);
  if (!state.finished && !state.shortCircuited) {
    const { codes: { ERR_LOADER_CHAIN_INCOMPLETE } } = require('internal/errors');
    throw new ERR_LOADER_CHAIN_INCOMPLETE(state.id);
  }
  return { result, id };
}

exports.resolve = async function resolve(specifier, parentURL, importAttributes) {
  const { codes: { ERR_INVALID_RETURN_PROPERTY_VALUE } } = require('internal/errors');
  const context = { conditions: activeConditions('import'), importAttributes: { ...importAttributes }, parentURL };
  const { result, id } = await run('resolve', specifier, context);
  const { format, url } = result;
  let { importAttributes: found } = result;
  if (found === undefined && result.importAssertions !== undefined) {
    warnOfAssertions();
    found = result.importAssertions;
  }
  if (found !== undefined && (found === null || typeof found !== 'object')) {
    throw new ERR_INVALID_RETURN_PROPERTY_VALUE('an object', id, 'importAttributes', found);
  }
  if (typeof url !== 'string' || !isUrl(url)) {
    throw new ERR_INVALID_RETURN_PROPERTY_VALUE('a URL string', id, 'url', url);
  }
  if (format != null && typeof format !== 'string') {
    throw new ERR_INVALID_RETURN_PROPERTY_VALUE('a string', id, 'format', format);
  }
  return { url, format, importAttributes: found === undefined ? importAttributes : { ...found } };
};

exports.load = async function load(url, format, importAttributes) {
  const { codes: { ERR_INVALID_RETURN_PROPERTY_VALUE, ERR_UNKNOWN_MODULE_FORMAT } } = require('internal/errors');
  const { isAnyArrayBuffer, isArrayBufferView } = require('internal/util/types');
  const context = { conditions: activeConditions('import'), format, importAttributes: { ...importAttributes } };
  const { result, id } = await run('load', url, context);
  const { format: found, source } = result;
  if (found == null) throw new ERR_UNKNOWN_MODULE_FORMAT(found, url);
  if (typeof found !== 'string') throw new ERR_INVALID_RETURN_PROPERTY_VALUE('a string', id, 'format', found);
  if (source != null && typeof source !== 'string' && !isAnyArrayBuffer(source) && !isArrayBufferView(source)) {
    throw new ERR_INVALID_RETURN_PROPERTY_VALUE('a string, an ArrayBuffer, or a TypedArray', id, 'source', source);
  }
  return { format: found, source };
};

// Loads hooks, through those that there are already.
exports.register = async function register(specifier, parentURL, data) {
  const esm = require('internal/modules/esm');
  const isFirst = chains.resolve.length + chains.load.length === 2;
  const namespace = await (isFirst ? esm.importFrom(specifier, parentURL) : esm.importThrough(exports, specifier, parentURL));
  const { initialize, resolve, load } = namespace;
  for (const [name, fn] of [['resolve', resolve], ['load', load]]) {
    if (fn !== undefined) ArrayPrototypePush(chains[name], { fn, url: specifier });
  }
  esm.setChain(exports);
  if (typeof initialize === 'function') await initialize(data);
};
