'use strict';

// `console` and the class `Console`. A console must never be the reason that a program fails: it
// works from the first moment, and a closed stream is no error.

const {
  ArrayPrototypeUnshift, Boolean, ErrorCaptureStackTrace, FunctionPrototypeBind, MapPrototypeGet,
  MapPrototypeValues, ObjectDefineProperty, ObjectHasOwn, ObjectKeys, ReflectApply, ReflectConstruct, ReflectOwnKeys,
  RegExpPrototypeSymbolReplace, SafeMap, SafeWeakMap, StringPrototypeIncludes,
  StringPrototypeRepeat, StringPrototypeSlice, SymbolHasInstance, SymbolToStringTag,
} = require('internal/primordials');
const {
  codes: { ERR_CONSOLE_WRITABLE_STREAM, ERR_INCOMPATIBLE_OPTION_PAIR }, isStackOverflowError,
} = require('internal/errors');
const { validateArray, validateInteger, validateObject, validateOneOf } = require('internal/validators');
const { isMap } = require('internal/util/types');
const { formatArgs, inspect } = require('internal/util/inspect');
const { shouldColorize } = require('internal/util/colors');
const { readTime, startTime } = require('internal/util/elapsed');
const { formatTable } = require('internal/console_table');
const { channel } = require('diagnostics_channel');

const maxGroupIndentation = 1000;
const lineBreaks = /\n/g;

const kState = Symbol('console state');
/** inspectOptions by stream, for each Console that was given some. */
const optionsByConsole = new SafeWeakMap();

const noop = () => {};

const channels = { __proto__: null };
for (const name of ['log', 'info', 'debug', 'warn', 'error']) channels[name] = channel(`console.${name}`);

function define(object, key, value) {
  ObjectDefineProperty(object, key, {
    __proto__: null, value, configurable: true, enumerable: false, writable: true,
  });
}

/** `options` or (stdout, stderr = stdout, ignoreErrors = true). */
function Console(options) {
  if (new.target === undefined) return ReflectConstruct(Console, arguments);
  const given = !options || typeof options.write === 'function' ?
    { stdout: options, stderr: arguments[1], ignoreErrors: arguments[2] } : options;
  const {
    stdout, stderr = stdout, ignoreErrors = true, colorMode = 'auto', inspectOptions, groupIndentation,
  } = given;
  if (!stdout || typeof stdout.write !== 'function') throw new ERR_CONSOLE_WRITABLE_STREAM('stdout');
  if (!stderr || typeof stderr.write !== 'function') throw new ERR_CONSOLE_WRITABLE_STREAM('stderr');
  validateOneOf(colorMode, 'colorMode', ['auto', true, false]);
  if (groupIndentation !== undefined) {
    validateInteger(groupIndentation, 'groupIndentation', 0, maxGroupIndentation);
  }
  if (inspectOptions !== undefined) {
    validateObject(inspectOptions, 'options.inspectOptions');
    const byStream = isMap(inspectOptions) ? inspectOptions
      : new SafeMap([[stdout, inspectOptions], [stderr, inspectOptions]]);
    for (const one of MapPrototypeValues(byStream)) {
      if (one.colors !== undefined && given.colorMode !== undefined) {
        throw new ERR_INCOMPATIBLE_OPTION_PAIR('options.inspectOptions.color', 'colorMode');
      }
    }
    optionsByConsole.set(this, byStream);
  }
  // From the instance, so that a subclass's own methods are bound too.
  for (const key of ObjectKeys(Console.prototype)) {
    this[key] = FunctionPrototypeBind(this[key], this);
    ObjectDefineProperty(this[key], 'name', { __proto__: null, value: key });
  }
  define(this, '_stdout', stdout);
  define(this, '_stderr', stderr);
  initialize(this, ignoreErrors, colorMode, groupIndentation);
}

function initialize(console, ignoreErrors, colorMode, groupIndentation = 2) {
  define(console, '_stdoutErrorHandler', makeErrorHandler(console, '_stdout'));
  define(console, '_stderrErrorHandler', makeErrorHandler(console, '_stderr'));
  define(console, '_ignoreErrors', Boolean(ignoreErrors));
  define(console, '_times', new SafeMap());
  define(console, kState, { counts: new SafeMap(), colorMode, groupIndentation, indentation: '' });
  ObjectDefineProperty(console, SymbolToStringTag, {
    __proto__: null, value: 'console', configurable: true, enumerable: false, writable: false,
  });
}

// The global console is one without having the prototype.
ObjectDefineProperty(Console, SymbolHasInstance, {
  __proto__: null,
  value: { [SymbolHasInstance](instance) { return instance[kState] !== undefined; } }[SymbolHasInstance],
});

/** Keeps an error that the stream emits later, such as EPIPE, from becoming an uncaught one. */
function makeErrorHandler(console, key) {
  return (error) => {
    const stream = console[key];
    if (error && !stream._writableState?.errorEmitted && stream.listenerCount('error') === 0) {
      stream.once('error', noop);
    }
  };
}

function write(console, key, text) {
  const stream = console[key];
  const { indentation } = console[kState];
  let line = text;
  if (indentation !== '') {
    if (StringPrototypeIncludes(line, '\n')) {
      line = RegExpPrototypeSymbolReplace(lineBreaks, line, `\n${indentation}`);
    }
    line = `${indentation}${line}`;
  }
  line += '\n';
  if (console._ignoreErrors === false) {
    stream.write(line);
    return;
  }
  try {
    // For what the stream emits before `write` returns.
    if (stream.listenerCount('error') === 0) stream.once('error', noop);
    stream.write(line, key === '_stdout' ? console._stdoutErrorHandler : console._stderrErrorHandler);
  } catch (error) {
    // A lost line is no reason to fail, an endless recursion is.
    if (isStackOverflowError(error)) throw error;
  } finally {
    stream.removeListener('error', noop);
  }
}

function inspectOptionsFor(console, stream) {
  const { colorMode } = console[kState];
  const colors = colorMode === 'auto' ? shouldColorize(stream) : colorMode;
  const byStream = optionsByConsole.get(console);
  const options = byStream === undefined ? undefined : MapPrototypeGet(byStream, stream);
  return options === undefined ? { colors } : { ...options, colors: options.colors ?? colors };
}

/** What `console.log(...args)` prints on the stream in `console[key]`. */
function formatFor(console, key, args) {
  if (args.length === 1 && typeof args[0] === 'string') return args[0];
  return formatArgs(inspectOptionsFor(console, console[key]), args);
}

const methods = {
  log(...args) {
    if (channels.log.hasSubscribers) channels.log.publish(args);
    write(this, '_stdout', formatFor(this, '_stdout', args));
  },

  info(...args) {
    if (channels.info.hasSubscribers) channels.info.publish(args);
    write(this, '_stdout', formatFor(this, '_stdout', args));
  },

  debug(...args) {
    if (channels.debug.hasSubscribers) channels.debug.publish(args);
    write(this, '_stdout', formatFor(this, '_stdout', args));
  },

  warn(...args) {
    if (channels.warn.hasSubscribers) channels.warn.publish(args);
    write(this, '_stderr', formatFor(this, '_stderr', args));
  },

  error(...args) {
    if (channels.error.hasSubscribers) channels.error.publish(args);
    write(this, '_stderr', formatFor(this, '_stderr', args));
  },

  dir(object, options) {
    write(this, '_stdout', inspect(object, {
      customInspect: false, ...inspectOptionsFor(this, this._stdout), ...options,
    }));
  },

  time(label = 'default') {
    startTime(this._times, `${label}`, 'console.time()');
  },

  timeEnd(label = 'default') {
    const text = readTime(this._times, `${label}`, 'console.timeEnd()');
    if (text !== undefined) this.log('%s: %s', `${label}`, text);
    this._times.delete(`${label}`);
  },

  timeLog(label = 'default', ...data) {
    const text = readTime(this._times, `${label}`, 'console.timeLog()');
    if (text === undefined) return;
    ArrayPrototypeUnshift(data, '%s: %s', `${label}`, text);
    ReflectApply(this.log, this, data);
  },

  trace: function trace(...args) {
    const error = { name: 'Trace', message: formatFor(this, '_stderr', args) };
    ErrorCaptureStackTrace(error, trace);
    this.error(error.stack);
  },

  assert(expression, ...args) {
    if (expression) return;
    if (typeof args[0] === 'string') args[0] = `Assertion failed: ${args[0]}`;
    else ArrayPrototypeUnshift(args, 'Assertion failed');
    ReflectApply(this.warn, this, args);
  },

  clear() {
    if (!this._stdout.isTTY || process.env.TERM === 'dumb') return;
    this._stdout.write('\u001b[1;1H\u001b[0J');
  },

  count(label = 'default') {
    const { counts } = this[kState];
    const name = `${label}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    this.log(`${name}: ${count}`);
  },

  countReset(label = 'default') {
    if (!this[kState].counts.delete(`${label}`)) {
      process.emitWarning(`Count for '${label}' does not exist`);
    }
  },

  group(...data) {
    if (data.length > 0) ReflectApply(this.log, this, data);
    const state = this[kState];
    state.indentation += StringPrototypeRepeat(' ', state.groupIndentation);
  },

  groupEnd() {
    const state = this[kState];
    state.indentation = StringPrototypeSlice(
      state.indentation, 0, state.indentation.length - state.groupIndentation);
  },

  table(tabularData, properties) {
    if (properties !== undefined) validateArray(properties, 'properties');
    if (tabularData === null || typeof tabularData !== 'object') {
      this.log(tabularData);
      return;
    }
    const options = inspectOptionsFor(this, this._stdout);
    this.log(formatTable(tabularData, properties, (value, cell) => inspect(value, { ...cell, ...options })));
  },
};

for (const key of ObjectKeys(methods)) Console.prototype[key] = methods[key];
Console.prototype.dirxml = Console.prototype.log;
Console.prototype.groupCollapsed = Console.prototype.group;

// A namespace object: its methods work without their receiver.
const globalConsole = { __proto__: {} };
for (const key of ReflectOwnKeys(Console.prototype)) {
  if (key === 'constructor') continue;
  const method = Console.prototype[key];
  globalConsole[key] = FunctionPrototypeBind(method, globalConsole);
  ObjectDefineProperty(globalConsole[key], 'name', { __proto__: null, value: method.name });
}
for (const name of ['stdout', 'stderr']) {
  let stream;
  ObjectDefineProperty(globalConsole, `_${name}`, {
    __proto__: null,
    configurable: true,
    enumerable: false,
    get() {
      return stream ??= process[name];
    },
    set(value) {
      stream = value;
    },
  });
}
initialize(globalConsole, true, 'auto');
globalConsole.Console = Console;

// V8's own console speaks to an inspector: what only it has (profile, timeStamp ...) is taken over.
const inspectorConsole = globalThis.console;
for (const key of ObjectKeys(inspectorConsole)) {
  if (!ObjectHasOwn(globalConsole, key)) globalConsole[key] = inspectorConsole[key];
}

module.exports = { Console, globalConsole, inspectorConsole };
