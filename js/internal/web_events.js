'use strict';

// The events of the web that Node has as globals and that nothing here sends: ErrorEvent, CloseEvent.

const { ObjectDefineProperties, String, StringPrototypeToWellFormed, SymbolToStringTag } = require('internal/primordials');
const { Event } = require('internal/event_target');

const shown = { __proto__: null, enumerable: true };

function finish(Class, names) {
  const descriptors = {
    __proto__: null,
    [SymbolToStringTag]: { __proto__: null, value: Class.name, configurable: true },
  };
  for (const name of names) descriptors[name] = shown;
  ObjectDefineProperties(Class.prototype, descriptors);
}

class ErrorEvent extends Event {
  #message;
  #filename;
  #lineno;
  #colno;
  #error;

  constructor(type, eventInitDict = undefined) {
    super(...arguments);
    const { message = '', filename = '', lineno = 0, colno = 0, error } = eventInitDict ?? {};
    this.#message = String(message);
    this.#filename = StringPrototypeToWellFormed(String(filename));
    this.#lineno = lineno >>> 0;
    this.#colno = colno >>> 0;
    this.#error = error;
  }

  get message() { return this.#message; }
  get filename() { return this.#filename; }
  get lineno() { return this.#lineno; }
  get colno() { return this.#colno; }
  get error() { return this.#error; }
}
finish(ErrorEvent, ['message', 'filename', 'lineno', 'colno', 'error']);

class CloseEvent extends Event {
  #wasClean;
  #code;
  #reason;

  constructor(type, eventInitDict = undefined) {
    super(...arguments);
    const { wasClean = false, code = 0, reason = '' } = eventInitDict ?? {};
    this.#wasClean = Boolean(wasClean);
    this.#code = code & 0xffff;
    this.#reason = StringPrototypeToWellFormed(String(reason));
  }

  get wasClean() { return this.#wasClean; }
  get code() { return this.#code; }
  get reason() { return this.#reason; }
}
finish(CloseEvent, ['wasClean', 'code', 'reason']);

module.exports = { CloseEvent, ErrorEvent };
