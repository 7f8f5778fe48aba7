'use strict';

const {
  Float64Array, NumberParseInt, ObjectAssign, ObjectDefineProperties, RegExpPrototypeExec, StringPrototypeEndsWith,
  StringPrototypeSlice, StringPrototypeSplit, SymbolToPrimitive, Uint8Array,
} = require('internal/primordials');
const { codes: { ERR_SYSTEM_ERROR }, uvErrmapGet } = require('internal/errors');
const { validateInt32 } = require('internal/validators');
const { constants } = require('internal/os_constants');
const { getOptions } = require('internal/fs/arguments');

const osBinding = binding.os;

const EOL = '\n';
const devNull = '/dev/null';

function contextOf(errno, syscall) {
  const [code, message] = uvErrmapGet(errno);
  return { errno, code, message, syscall };
}

/** The result of a native, or the SystemError that its negative errno stands for. */
function checked(result, syscall) {
  if (typeof result !== 'number' || result >= 0) return result;
  throw new ERR_SYSTEM_ERROR(contextOf(result, syscall));
}

let names;
/** What uname(2) says; the host's name may change, the rest does not. */
function uname() {
  names ??= osBinding.uname();
  return names;
}

const arch = () => process.arch;
const availableParallelism = () => osBinding.parallelism();
const endianness = () => (new Uint8Array(new Float64Array([1]).buffer)[7] === 0x3f ? 'LE' : 'BE');
const freemem = () => osBinding.memory()[1];
const hostname = () => osBinding.uname().nodename;
const loadavg = () => osBinding.loadavg();
const machine = () => uname().machine;
const platform = () => process.platform;
const release = () => uname().release;
const totalmem = () => osBinding.memory()[0];
const type = () => uname().sysname;
const uptime = () => osBinding.uptime();
const version = () => uname().version;

// On the binding as in Node, whose tests put another there. What fails is written into `context`.
osBinding.getHomeDirectory = function getHomeDirectory(context) {
  const { HOME } = process.env;
  if (HOME !== undefined && HOME !== '') return HOME;
  const info = osBinding.userInfo();
  if (typeof info !== 'number') return info.homedir;
  ObjectAssign(context, contextOf(info, 'uv_os_homedir'));
};

function homedir() {
  const context = {};
  const home = osBinding.getHomeDirectory(context);
  if (home === undefined) throw new ERR_SYSTEM_ERROR(context);
  return home;
}

function tmpdir() {
  const { TMPDIR, TMP, TEMP } = process.env;
  const path = TMPDIR || TMP || TEMP || '/tmp';
  return path.length > 1 && StringPrototypeEndsWith(path, '/') ? StringPrototypeSlice(path, 0, -1) : path;
}

/** Milliseconds of one tick of /proc/stat: 100 a second on every Linux. */
const TICK = 10;

function cpus() {
  const [info, stat] = osBinding.cpuinfo();
  const models = [];
  const speeds = [];
  for (const line of StringPrototypeSplit(info, '\n')) {
    const field = RegExpPrototypeExec(/^(model name|cpu MHz)\s*: (.*)$/, line);
    if (field === null) continue;
    if (field[1] === 'model name') models.push(field[2]);
    else speeds.push(NumberParseInt(field[2], 10));
  }
  const list = [];
  for (const line of StringPrototypeSplit(stat, '\n')) {
    const field = RegExpPrototypeExec(/^cpu\d+ (.*)$/, line);
    if (field === null) continue;
    const [user, nice, sys, idle, , irq] = StringPrototypeSplit(field[1], ' ').map((ticks) => ticks * TICK);
    const model = models[list.length] ?? models[0] ?? 'unknown';
    list.push({ model, speed: speeds[list.length] ?? 0, times: { user, nice, sys, idle, irq } });
  }
  return list;
}

/** The bits that a netmask sets from its start, or null where it has holes. */
function prefixLength(netmask, family) {
  const bits = family === 4
    ? StringPrototypeSplit(netmask, '.').map((part) => (+part).toString(2).padStart(8, '0')).join('')
    : expandIPv6(netmask).map((part) => part.toString(2).padStart(16, '0')).join('');
  const field = RegExpPrototypeExec(/^(1*)0*$/, bits);
  return field === null ? null : field[1].length;
}

function expandIPv6(address) {
  const [head, tail] = StringPrototypeSplit(address, '::');
  const parts = (text) => (text ? StringPrototypeSplit(text, ':').map((part) => NumberParseInt(part, 16)) : []);
  const before = parts(head);
  const after = parts(tail);
  if (tail === undefined) return before;
  return [...before, ...new Array(8 - before.length - after.length).fill(0), ...after];
}

/** Values an interface address takes up in the native's flat array. */
const STRIDE = 7;

function networkInterfaces() {
  const flat = osBinding.networkInterfaces() ?? [];
  const result = {};
  for (let i = 0; i < flat.length; i += STRIDE) {
    const [name, family, address, netmask, internal, mac, scopeid] = flat.slice(i, i + STRIDE);
    const prefix = prefixLength(netmask, family);
    const entry = {
      address, netmask, family: family === 4 ? 'IPv4' : 'IPv6', mac, internal,
      cidr: prefix === null ? null : `${address}/${prefix}`,
    };
    if (family === 6) entry.scopeid = scopeid;
    result[name] ??= [];
    result[name].push(entry);
  }
  return result;
}

function userInfo(options = undefined) {
  const { encoding } = getOptions(options, { encoding: 'utf8' });
  const info = checked(osBinding.userInfo(), 'uv_os_get_passwd');
  const text = (value) => {
    if (encoding !== 'buffer') return value;
    const { Buffer } = require('buffer');
    return Buffer.from(value);
  };
  return {
    __proto__: null,
    uid: info.uid, gid: info.gid, username: text(info.username), homedir: text(info.homedir), shell: text(info.shell),
  };
}

function getPriority(pid = 0) {
  validateInt32(pid, 'pid');
  const [errno, priority] = osBinding.getPriority(pid);
  checked(errno, 'uv_os_getpriority');
  return priority;
}

function setPriority(pid, priority) {
  if (priority === undefined) {
    priority = pid;
    pid = 0;
  }
  validateInt32(pid, 'pid');
  validateInt32(priority, 'priority', -20, 19);
  checked(osBinding.setPriority(pid, priority), 'uv_os_setpriority');
}

// `${os.hostname}` is as good as `${os.hostname()}`.
for (const fn of [
  arch, availableParallelism, endianness, freemem, homedir, hostname, machine, platform, release, tmpdir, totalmem,
  type, uptime, version,
]) {
  fn[SymbolToPrimitive] = () => fn();
}

module.exports = {
  arch, availableParallelism, cpus, endianness, freemem, getPriority, homedir, hostname, loadavg, networkInterfaces,
  platform, release, setPriority, tmpdir, totalmem, type, userInfo, uptime, version, machine,
};
ObjectDefineProperties(module.exports, {
  constants: { __proto__: null, configurable: false, enumerable: true, value: constants },
  EOL: { __proto__: null, configurable: true, enumerable: true, writable: false, value: EOL },
  devNull: { __proto__: null, configurable: true, enumerable: true, writable: false, value: devNull },
});
