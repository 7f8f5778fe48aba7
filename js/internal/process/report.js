'use strict';

// `process.report`: diagnostic reports in Node's shape. Those that a script asks for are put
// together here; a signal, an uncaught error and the end of memory have theirs from `src/capture`.

const { codes: { ERR_UNKNOWN_SIGNAL } } = require('internal/errors');
const { getOptionValue } = require('internal/options');
const { validateBoolean, validateObject, validateString } = require('internal/validators');
const { constants: { signals } } = require('internal/os_constants');

const captureBinding = binding.capture;

let settings;

// What the command line says, until a script changes it.
function current() {
  settings ??= {
    onFatalError: getOptionValue('--report-on-fatalerror') === true,
    onUncaughtException: getOptionValue('--report-uncaught-exception') === true,
    onSignal: getOptionValue('--report-on-signal') === true,
    signal: getOptionValue('--report-signal') ?? 'SIGUSR2',
    directory: getOptionValue('--report-directory') ?? '',
    filename: getOptionValue('--report-filename') ?? '',
    compact: getOptionValue('--report-compact') === true,
    excludeEnv: getOptionValue('--report-exclude-env') === true,
    excludeNetwork: getOptionValue('--report-exclude-network') === true,
  };
  return settings;
}

function change(name, value) {
  const now = current();
  now[name] = value;
  captureBinding.setReportOptions(
    now.onFatalError, now.onUncaughtException, now.directory, now.filename, now.compact, now.excludeEnv);
}

// Signals that the native side was told of.
const known = new Set();

function updateSignal() {
  const { onSignal, signal } = current();
  // The command line's own is watched from the start.
  if (getOptionValue('--report-on-signal')) known.add(signals[getOptionValue('--report-signal') ?? 'SIGUSR2']);
  const number = onSignal ? signals[signal] : 0;
  captureBinding.reportOnSignal(number, number !== 0 && !known.has(number));
  if (number !== 0) known.add(number);
}

function cpus() {
  return require('os').cpus().map(({ model, speed, times }) => ({ model, speed, ...times }));
}

function networkInterfaces() {
  const list = [];
  for (const [name, addresses] of Object.entries(require('os').networkInterfaces())) {
    for (const { internal, mac, address, netmask, family } of addresses) {
      list.push({ name, internal, mac, address, netmask, family });
    }
  }
  return list;
}

function stackOf(error) {
  const { 0: message, ...lines } = String(error.stack).split('\n');
  const properties = {};
  for (const key of Object.keys(error)) {
    try {
      properties[key] = String(error[key]);
    } catch {
      // It has no text.
    }
  }
  return { message, stack: Object.values(lines).map((line) => line.trim()), errorProperties: properties };
}

function synthetic(callee) {
  const error = new Error('JavaScript Callstack');
  Error.captureStackTrace(error, callee);
  error.stack = error.stack.replace('Error:', 'Error [ERR_SYNTHETIC]:');
  error.code = 'ERR_SYNTHETIC';
  return error;
}

function make(error, filename, isGet) {
  const text = captureBinding.report(isGet);
  if (text === undefined) throw new Error('The report cannot be made');
  const report = JSON.parse(text);
  report.header.filename = filename;
  report.header.cpus = cpus();
  if (!current().excludeNetwork) report.header.networkInterfaces = networkInterfaces();
  report.javascriptStack = stackOf(error);
  return report;
}

function say(text) {
  globalThis.process.stderr.write(text);
}

function writeReport(file, err) {
  if (typeof file === 'object' && file !== null) [file, err] = [undefined, file];
  else if (file !== undefined) validateString(file, 'file');
  if (err === undefined) err = synthetic(writeReport);
  else validateObject(err, 'err');
  const { directory, filename, compact } = current();
  const name = file || filename || captureBinding.nextReportName();
  const text = `${JSON.stringify(make(err, name, false), undefined, compact ? undefined : 2)}\n`;
  const fs = require('fs');
  if (name === 'stdout' || name === 'stderr') {
    fs.writeSync(name === 'stdout' ? 1 : 2, text);
    return name;
  }
  const folder = directory || getOptionValue('--diagnostic-dir') || '';
  const path = require('path').join(folder, name);
  say(`\nWriting Node.js report to file: ${name}\n`);
  const partial = `${path}.partial`;
  let fd;
  try {
    fd = fs.openSync(partial, 'wx', 0o600);
    try {
      fs.writeFileSync(fd, text);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(partial, path);
  } catch (error) {
    if (fd !== undefined) fs.rmSync(partial, { force: true });
    say(`Failed to open Node.js report file: ${name} directory: ${folder} (errno: ${-error.errno})\n`);
    return '';
  }
  say('Node.js report completed\n');
  return name;
}

function getReport(err) {
  if (err === undefined) err = synthetic(getReport);
  else validateObject(err, 'err');
  return make(err, null, true);
}

function text(name, key) {
  return {
    get() { return current()[key]; },
    set(value) {
      validateString(value, name);
      change(key, value);
    },
  };
}

function flag(name, key, after = undefined) {
  return {
    get() { return current()[key]; },
    set(value) {
      validateBoolean(value, name);
      change(key, value);
      after?.();
    },
  };
}

const properties = {
  directory: text('directory', 'directory'),
  filename: text('filename', 'filename'),
  compact: flag('compact', 'compact'),
  excludeNetwork: flag('excludeNetwork', 'excludeNetwork'),
  signal: {
    get() { return current().signal; },
    set(value) {
      validateString(value, 'signal');
      const upper = value.toUpperCase();
      if (signals[value] === undefined) {
        if (signals[upper] !== undefined) {
          throw new ERR_UNKNOWN_SIGNAL(`${value} (signals must use all capital letters)`);
        }
        throw new ERR_UNKNOWN_SIGNAL(value);
      }
      change('signal', value);
      updateSignal();
    },
  },
  reportOnFatalError: flag('trigger', 'onFatalError'),
  reportOnSignal: flag('trigger', 'onSignal', updateSignal),
  reportOnUncaughtException: flag('trigger', 'onUncaughtException'),
  excludeEnv: flag('excludeEnv', 'excludeEnv'),
};

const report = { writeReport, getReport };
for (const [name, { get, set }] of Object.entries(properties)) {
  Object.defineProperty(get, 'name', { __proto__: null, value: `get ${name}` });
  Object.defineProperty(set, 'name', { __proto__: null, value: `set ${name}` });
  Object.defineProperty(report, name, { __proto__: null, get, set, enumerable: true, configurable: true });
}

exports.report = report;
