'use strict';

// What old programs ask `process` for: methods with an underscore, `process.binding`.

const { ObjectFreeze, ObjectGetOwnPropertyDescriptor, ObjectKeys } = require('internal/primordials');
const { codes: { ERR_INVALID_MODULE } } = require('internal/errors');
const { deprecate, isPendingDeprecation } = require('internal/util');
const types = require('internal/util/types');

const processBinding = binding.process;

function rawDebug(...args) {
  const { format } = require('internal/util/inspect');
  processBinding.write(2, `${format(...args)}\n`);
}

// Those of the natives that programs are known to ask for, as plain JavaScript.
const bindings = {
  __proto__: null,
  constants: () => ({
    os: require('internal/os_constants').constants,
    fs: require('internal/fs/constants').constants,
    crypto: require('internal/crypto/constants').constants,
  }),
  natives: () => {
    const natives = {};
    for (const id of require('internal/modules/builtins').builtinModules()) natives[id] = '';
    return natives;
  },
  util: () => {
    const names = [
      'isAnyArrayBuffer', 'isArrayBuffer', 'isArrayBufferView', 'isAsyncFunction', 'isDataView', 'isDate',
      'isExternal', 'isMap', 'isMapIterator', 'isNativeError', 'isPromise', 'isRegExp', 'isSet', 'isSetIterator',
      'isTypedArray', 'isUint8Array',
    ];
    const util = {};
    for (const name of names) util[name] = types[name];
    return util;
  },
  uv: () => {
    const { errmap, errname } = require('internal/errors');
    const uv = { errname, getErrorMap: () => errmap };
    errmap.forEach(({ 0: name }, number) => { uv[`UV_${name}`] = number; });
    return uv;
  },
};

// Names that exist in Node: there is nothing in them.
const EMPTY = [
  'async_wrap', 'buffer', 'cares_wrap', 'config', 'contextify', 'crypto', 'fs', 'fs_event_wrap', 'http_parser', 'icu',
  'inspector', 'js_stream', 'os', 'pipe_wrap', 'process_wrap', 'signal_wrap', 'spawn_sync', 'stream_wrap', 'tcp_wrap',
  'tls_wrap', 'tty_wrap', 'udp_wrap', 'url', 'v8', 'zlib',
];

function internalBinding(name) {
  name = `${name}`;
  const make = bindings[name];
  if (make !== undefined) return make();
  if (EMPTY.includes(name)) return {};
  throw new ERR_INVALID_MODULE(name);
}

const warned = deprecate(internalBinding, 'process.binding() is deprecated.', 'DEP0111');

exports.legacy = {
  _rawDebug: rawDebug,
  moduleLoadList: [],
  binding: function binding(name) {
    return isPendingDeprecation() ? warned(name) : internalBinding(name);
  },
  _linkedBinding: function _linkedBinding(name) {
    throw new ERR_INVALID_MODULE(`${name}`);
  },
  domain: null,
  _getActiveRequests: function _getActiveRequests() {
    return require('internal/fs/run').activeRequests();
  },
  _getActiveHandles: function _getActiveHandles() {
    const { activeHandles } = require('internal/net/pipe');
    const { activeChildren } = require('internal/child_process/process');
    const { watching } = require('internal/fs/run');
    return [...activeHandles(), ...activeChildren(), ...watching];
  },
  _kill(pid, signal) { return processBinding.kill(pid, signal); },
  dlopen: function dlopen(module, filename) {
    const { codes: { ERR_DLOPEN_FAILED, ERR_MISSING_ARGS } } = require('internal/errors');
    if (arguments.length < 2) throw new ERR_MISSING_ARGS('process.dlopen needs at least 2 arguments.');
    throw new ERR_DLOPEN_FAILED(`${filename}: native add-ons cannot be loaded`);
  },
  _debugProcess: function _debugProcess(pid) {
    const { constants: { signals } } = require('internal/os_constants');
    require('process').kill(pid, signals.SIGUSR1);
  },
  _debugEnd: function _debugEnd() { require('inspector').close(); },
  _startProfilerIdleNotifier() {},
  _stopProfilerIdleNotifier() {},
};

/** The object, frozen with all that it holds, but for what a getter gives. */
exports.deepFreeze = function deepFreeze(object) {
  for (const key of ObjectKeys(object)) {
    const { value } = ObjectGetOwnPropertyDescriptor(object, key);
    if (typeof value === 'object' && value !== null) deepFreeze(value);
  }
  return ObjectFreeze(object);
};
