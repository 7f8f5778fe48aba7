'use strict';

// `Error.prepareStackTrace`, which Node defines from the start: V8 calls it when `stack` is read for
// the first time. Without it V8 writes the head line from the message that the constructor was
// given, not from `name` and `message` as they are by then.

const { Error, ErrorPrototypeToString } = require('internal/primordials');

// What makes the text in place of this, by source maps.
let prepare;

exports.setPrepareStackTrace = function setPrepareStackTrace(fn) { prepare = fn; };
exports.areStacksMapped = () => prepare !== undefined;

function head(error) {
  try {
    return ErrorPrototypeToString(error);
  } catch {
    return '<error>';
  }
}

Object.defineProperty(Error, 'prepareStackTrace', {
  __proto__: null,
  value: function prepareStackTrace(error, trace) {
    if (prepare !== undefined) return prepare(error, trace);
    let text = head(error);
    for (let i = 0; i < trace.length; i++) text += `\n    at ${trace[i]}`;
    return text;
  },
  writable: true,
  enumerable: false,
  configurable: true,
});
