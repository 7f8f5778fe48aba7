'use strict';

// `util.debuglog(section)`: messages to stderr for the sections that NODE_DEBUG names.

const {
  ObjectDefineProperty, ReflectApply, RegExp, RegExpPrototypeExec, RegExpPrototypeSymbolReplace, SafeMap,
  StringPrototypeReplaceAll, StringPrototypeToLowerCase, StringPrototypeToUpperCase,
} = require('internal/primordials');
const { format, formatArgs, inspect } = require('internal/util/inspect');
const { shouldColorize } = require('internal/util/colors');
const { formatTime } = require('internal/util/elapsed');

const special = /[|\\{}()[\]^$+?.]/g;

let pattern; // of NODE_DEBUG, once it was asked for; null for none
const printers = new SafeMap();

function isEnabled(section) {
  if (pattern === undefined) {
    const list = process.env.NODE_DEBUG;
    pattern = null;
    if (list) {
      const escaped = RegExpPrototypeSymbolReplace(special, list, '\\$&');
      const names = StringPrototypeReplaceAll(StringPrototypeReplaceAll(escaped, '*', '.*'), ',', '$|^');
      pattern = new RegExp(`^${names}$`, 'i');
    }
  }
  return pattern !== null && RegExpPrototypeExec(pattern, section) !== null;
}

function makePrinter(section) {
  if (section === 'HTTP' || section === 'HTTP2') {
    process.emitWarning(
      `Setting the NODE_DEBUG environment variable to '${StringPrototypeToLowerCase(section)}' can ` +
      'expose sensitive data (such as passwords, tokens and authentication headers) in the ' +
      'resulting log.');
  }
  return function debug(...args) {
    const colors = shouldColorize(process.stderr);
    const text = formatArgs({ colors }, args);
    process.stderr.write(format('%s %s: %s\n', section, inspect(process.pid, { colors }), text));
  };
}

/** The environment is first read at the first call of the logger or of its `enabled`. */
function debuglog(section, onFirstCall) {
  const name = StringPrototypeToUpperCase(section);
  let enabled;
  let print;
  const check = () => (enabled ??= isEnabled(name));
  const defineEnabled = (target) => ObjectDefineProperty(target, 'enabled', {
    __proto__: null, get: check, configurable: true, enumerable: true,
  });
  const logger = (...args) => {
    if (enabled === false && print !== undefined) return;
    if (print === undefined) {
      print = () => {};
      if (check()) {
        if (!printers.has(name)) printers.set(name, makePrinter(name));
        print = printers.get(name);
      }
      if (typeof onFirstCall === 'function') {
        defineEnabled(print);
        onFirstCall(print);
      }
    }
    ReflectApply(print, undefined, args);
  };
  defineEnabled(logger);
  return logger;
}

module.exports = { debuglog, formatTime };
