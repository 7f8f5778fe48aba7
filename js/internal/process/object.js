'use strict';

// The `process` object. What never changes is set at build time; `initializeProcess` adds what only
// the started process knows.

const EventEmitter = require('events');
const lifecycle = require('internal/process/lifecycle');
const { nextTick } = require('internal/process/task_queues');
const uncaught = require('internal/process/uncaught');
const { activeResources } = require('internal/timers');
const { emitWarning, installWarningPrinter } = require('internal/process/warning');
const { installSignalListeners } = require('internal/process/signals');
const { makeStdio } = require('internal/process/stdio');
const { loadEnvFile, makeEnv } = require('internal/process/env');
const { finalization } = require('internal/process/finalization');
const { defineEnvironmentFlags } = require('internal/process/environment_flags');
const identity = require('internal/process/identity');
const { activeRequests, activeWatches } = require('internal/fs/run');
const { constants } = require('internal/os_constants');
const { getOptionValue, setOptions } = require('internal/options');
const { report } = require('internal/process/report');
const { areStacksMapped } = require('internal/stack_trace');
const { deepFreeze, legacy } = require('internal/process/legacy');
const { execve } = require('internal/process/per_thread');
const { activePipes } = require('internal/net/pipe');
const { activeChildren } = require('internal/child_process/process');

const processBinding = binding.process;

function process() {
  // Never called: only so that `process.constructor.name` is 'process', as in Node.
}
process.prototype = Object.create(EventEmitter.prototype, {
  constructor: { __proto__: null, value: process, writable: true, configurable: true },
});
const object = Object.create(process.prototype, {
  [Symbol.toStringTag]: { __proto__: null, value: 'process', writable: true },
});

function systemError(errno, syscall, extra) {
  const { UVException } = require('internal/errors');
  return new UVException({ errno, syscall, ...extra });
}

function cwd() {
  const folder = processBinding.cwd();
  if (typeof folder === 'number') throw systemError(folder, 'uv_cwd');
  return folder;
}

function chdir(directory) {
  require('internal/validators').validateString(directory, 'directory');
  const status = processBinding.chdir(directory);
  if (status < 0) throw systemError(status, 'chdir', { path: cwd(), dest: directory });
}

function hrtime(previous) {
  const now = processBinding.hrtime();
  let seconds = Number(now / 1000000000n);
  let nanoseconds = Number(now % 1000000000n);
  if (previous !== undefined) {
    const { validateArray } = require('internal/validators');
    const { codes: { ERR_OUT_OF_RANGE } } = require('internal/errors');
    validateArray(previous, 'time');
    if (previous.length !== 2) throw new ERR_OUT_OF_RANGE('time', 2, previous.length);
    seconds -= previous[0];
    nanoseconds -= previous[1];
    if (nanoseconds < 0) {
      seconds--;
      nanoseconds += 1e9;
    }
  }
  return [seconds, nanoseconds];
}
hrtime.bigint = function bigint() {
  return processBinding.hrtime();
};

function memoryUsage() {
  const [rss, heapTotal, heapUsed, external, arrayBuffers] = processBinding.memoryUsage();
  return { rss, heapTotal, heapUsed, external, arrayBuffers };
}
memoryUsage.rss = function rss() {
  return processBinding.rss();
};

// The numbers of an earlier call, checked as Node does.
function checkPrevious(previous) {
  const { validateObject, validateNumber } = require('internal/validators');
  const { codes: { ERR_INVALID_ARG_VALUE } } = require('internal/errors');
  validateObject(previous, 'prevValue');
  for (const name of ['user', 'system']) {
    validateNumber(previous[name], `prevValue.${name}`);
    if (!(previous[name] >= 0 && previous[name] <= Number.MAX_SAFE_INTEGER)) {
      throw new ERR_INVALID_ARG_VALUE.RangeError(`prevValue.${name}`, previous[name]);
    }
  }
}

function cpuUsage(previous) {
  const [user, system] = processBinding.resourceUsage();
  if (!previous) return { user, system };
  checkPrevious(previous);
  return { user: user - previous.user, system: system - previous.system };
}

function threadCpuUsage(previous) {
  const [user, system] = processBinding.threadCpuUsage();
  if (!previous) return { user, system };
  checkPrevious(previous);
  return { user: user - previous.user, system: system - previous.system };
}

// What can be told to keep the program alive, or not to, by its own symbol or by a method.
function switchRef(value, symbol, method) {
  const fn = value?.[Symbol.for(symbol)] ?? value?.[method];
  if (typeof fn === 'function') Reflect.apply(fn, value, []);
}

const RESOURCE_NAMES = [
  'userCPUTime', 'systemCPUTime', 'maxRSS', 'sharedMemorySize', 'unsharedDataSize', 'unsharedStackSize',
  'minorPageFault', 'majorPageFault', 'swappedOut', 'fsRead', 'fsWrite', 'ipcSent', 'ipcReceived', 'signalsCount',
  'voluntaryContextSwitches', 'involuntaryContextSwitches',
];

function resourceUsage() {
  const values = processBinding.resourceUsage();
  const usage = {};
  RESOURCE_NAMES.forEach((name, index) => { usage[name] = values[index]; });
  return usage;
}

function umask(mask) {
  if (mask === undefined) return processBinding.umask(undefined);
  return processBinding.umask(require('internal/validators').parseFileMode(mask, 'mask'));
}

function nameOfSignal(number) {
  return Object.keys(constants.signals).find((name) => constants.signals[name] === number);
}

function kill(pid, signal) {
  const { codes: { ERR_INVALID_ARG_TYPE, ERR_UNKNOWN_SIGNAL } } = require('internal/errors');
  if (pid != (pid | 0)) throw new ERR_INVALID_ARG_TYPE('pid', 'number', pid);
  let number = signal;
  if (typeof signal === 'string' || signal === undefined) {
    number = constants.signals[signal ?? 'SIGTERM'];
    if (number === undefined) throw new ERR_UNKNOWN_SIGNAL(signal);
  }
  if (pid == object.pid && number > 0 && object.listenerCount(nameOfSignal(number)) === 0) {
    // It will most likely end us.
    lifecycle.finishCoverage();
  }
  // By the public name, which programs replace to see signals.
  const status = object._kill(pid | 0, number);
  if (status < 0) throw new (require('internal/errors').ErrnoException)(status, 'kill');
  return true;
}

function getBuiltinModule(id) {
  require('internal/validators').validateString(id, 'id');
  const { builtinById } = require('internal/modules/builtins');
  return builtinById(id);
}


Object.assign(object, {
  version: '',
  versions: {},
  arch: 'x64',
  platform: 'linux',
});
// Node's `process.exit` takes the code from `exitCode` where none is given.
Object.defineProperty(object, 'exitCode', {
  __proto__: null,
  configurable: false,
  enumerable: true,
  get: lifecycle.getExitCode,
  set: lifecycle.setExitCode,
});

let libraryFiles;

// What programs ask to know how they were built: names and meanings are those of Node's
// `configure`.
const config = deepFreeze({
  target_defaults: {
    cflags: [], configurations: { Debug: {}, Release: {} }, default_configuration: 'Release', defines: [],
    include_dirs: [], libraries: [],
  },
  variables: {
    asan: 0, coverage: false, debug_node: false, host_arch: 'x64', icu_small: false, napi_build_version: '10',
    node_builtin_shareable_builtins: [], node_enable_experimentals: false, node_install_npm: false,
    get node_library_files() {
      libraryFiles ??= Object.freeze(binding.builtins.ids().map((id) => `lib/${id}.js`));
      return libraryFiles;
    },
    node_module_version: 137, node_no_browser_globals: false, node_prefix: '/', node_shared: false,
    node_use_amaro: false, node_use_lief: false, node_use_openssl: false, node_use_sqlite: false,
    node_without_node_options: false, target_arch: 'x64', v8_enable_i18n_support: 1, v8_enable_inspector: 1,
    v8_enable_webassembly: 1,
  },
});

Object.assign(object, {
  ...legacy,
  _exiting: false,
  config,
  // `tls` says what `node:tls` can do; there is none yet.
  features: Object.freeze({
    inspector: true, debug: false, uv: true, ipv6: true, openssl_is_boringssl: false, tls_alpn: false, tls_sni: false,
    tls_ocsp: false, tls: false, cached_builtins: true, get require_module() { return getOptionValue('--experimental-require-module') !== false; }, quic: false, typescript: 'strip',
  }),
  abort() { processBinding.abort(); },
  availableMemory() { return processBinding.availableMemory(); },
  chdir,
  constrainedMemory() { return processBinding.constrainedMemory(); },
  cpuUsage,
  cwd,
  emitWarning,
  execve,
  exit: lifecycle.exit,
  getActiveResourcesInfo() {
    return [
      ...activeRequests(), ...activePipes(), ...activeChildren(), ...activeWatches(), ...activeResources(),
    ];
  },
  addUncaughtExceptionCaptureCallback: uncaught.addUncaughtExceptionCaptureCallback,
  getBuiltinModule,
  getegid() { return processBinding.ids()[5]; },
  geteuid() { return processBinding.ids()[3]; },
  getgid() { return processBinding.ids()[4]; },
  getgroups() { return processBinding.groups(); },
  getuid() { return processBinding.ids()[2]; },
  hasUncaughtExceptionCaptureCallback: uncaught.hasUncaughtExceptionCaptureCallback,
  hrtime,
  initgroups: identity.initgroups,
  kill,
  loadEnvFile,
  memoryUsage,
  nextTick,
  openStdin() {
    object.stdin.resume();
    return object.stdin;
  },
  reallyExit(code) {
    lifecycle.finishCoverage();
    processBinding.reallyExit(code);
  },
  report,
  ref(value) { switchRef(value, 'nodejs.ref', 'ref'); },
  resourceUsage,
  setegid: identity.setegid,
  seteuid: identity.seteuid,
  setgid: identity.setgid,
  setgroups: identity.setgroups,
  setuid: identity.setuid,
  setSourceMapsEnabled(enabled) {
    require('internal/validators').validateBoolean(enabled, 'enabled');
    require('internal/source_maps').setSupport(enabled, enabled, enabled);
  },
  setUncaughtExceptionCaptureCallback: uncaught.setUncaughtExceptionCaptureCallback,
  threadCpuUsage,
  umask,
  unref(value) { switchRef(value, 'nodejs.unref', 'unref'); },
  uptime() { return processBinding.uptime(); },
});

Object.defineProperty(object, 'sourceMapsEnabled', {
  __proto__: null, configurable: true, enumerable: true, get: areStacksMapped,
});
Object.defineProperty(object, 'finalization', { __proto__: null, value: finalization, configurable: true, enumerable: true });

defineEnvironmentFlags(object);
makeStdio(object);


exports.process = object;

exports.initializeProcess = function initializeProcess() {
  const info = processBinding.info();
  setOptions(JSON.parse(info.options));
  const [pid] = processBinding.ids();
  Object.defineProperty(object, 'ppid', { __proto__: null, get: () => processBinding.ids()[1], enumerable: true, configurable: true });
  object.pid = pid;
  object.argv0 = info.argv0;
  object.execPath = info.execPath;
  object.execArgv = info.execArgv;
  object.argv = [info.execPath, ...info.args];
  identity.defineTitle(object, info.argv0, info.title);
  object.debugPort = 9229;
  object.version = info.nodeVersion;
  const node = info.nodeVersion.slice(1);
  const downloads = `https://nodejs.org/download/release/${info.nodeVersion}/node-${info.nodeVersion}`;
  object.release = {
    name: 'node', lts: 'Krypton', sourceUrl: `${downloads}.tar.gz`, headersUrl: `${downloads}-headers.tar.gz`,
  };
  // Programs ask for `openssl` to know whether there is `node:crypto`; it is not OpenSSL's code.
  object.versions = Object.freeze({
    node, icu: '78.1', modules: '137', napi: '10', oomhost: info.oomhostVersion, openssl: '3.5.4', unicode: '17.0',
    v8: info.v8Version,
  });
  object.env = makeEnv(info.env, processBinding.setTimeZone);
  installSignalListeners(object);
  installWarningPrinter(object);
  openChannel();
  if (getOptionValue('--enable-source-maps')) object.setSourceMapsEnabled(true);
  if (object.env.NODE_V8_COVERAGE) require('internal/v8/coverage').startCoverage(object.env.NODE_V8_COVERAGE);
};

// The parent process made a channel for messages.
function openChannel() {
  const { NODE_CHANNEL_FD: fd, NODE_CHANNEL_SERIALIZATION_MODE: mode } = object.env;
  if (!fd) return;
  // Not for children of this one.
  delete object.env.NODE_CHANNEL_FD;
  delete object.env.NODE_CHANNEL_SERIALIZATION_MODE;
  require('child_process')._forkChild(Number(fd), mode);
}
