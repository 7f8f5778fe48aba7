'use strict';

const { codes: { ERR_INVALID_THIS } } = require('internal/errors');

const { captureStackTrace } = Error;

/** The legacy codes of WebIDL, in the order of their numbers. */
const names = [
  ['IndexSizeError', 'INDEX_SIZE_ERR', 1],
  [undefined, 'DOMSTRING_SIZE_ERR', 2],
  ['HierarchyRequestError', 'HIERARCHY_REQUEST_ERR', 3],
  ['WrongDocumentError', 'WRONG_DOCUMENT_ERR', 4],
  ['InvalidCharacterError', 'INVALID_CHARACTER_ERR', 5],
  [undefined, 'NO_DATA_ALLOWED_ERR', 6],
  ['NoModificationAllowedError', 'NO_MODIFICATION_ALLOWED_ERR', 7],
  ['NotFoundError', 'NOT_FOUND_ERR', 8],
  ['NotSupportedError', 'NOT_SUPPORTED_ERR', 9],
  ['InUseAttributeError', 'INUSE_ATTRIBUTE_ERR', 10],
  ['InvalidStateError', 'INVALID_STATE_ERR', 11],
  ['SyntaxError', 'SYNTAX_ERR', 12],
  ['InvalidModificationError', 'INVALID_MODIFICATION_ERR', 13],
  ['NamespaceError', 'NAMESPACE_ERR', 14],
  ['InvalidAccessError', 'INVALID_ACCESS_ERR', 15],
  [undefined, 'VALIDATION_ERR', 16],
  ['TypeMismatchError', 'TYPE_MISMATCH_ERR', 17],
  ['SecurityError', 'SECURITY_ERR', 18],
  ['NetworkError', 'NETWORK_ERR', 19],
  ['AbortError', 'ABORT_ERR', 20],
  ['URLMismatchError', 'URL_MISMATCH_ERR', 21],
  ['QuotaExceededError', 'QUOTA_EXCEEDED_ERR', 22],
  ['TimeoutError', 'TIMEOUT_ERR', 23],
  ['InvalidNodeTypeError', 'INVALID_NODE_TYPE_ERR', 24],
  ['DataCloneError', 'DATA_CLONE_ERR', 25],
];
const codeOfName = new Map();
for (const [name, , code] of names) {
  if (name !== undefined) codeOfName.set(name, code);
}

class Given {
  constructor(object) {
    return object;
  }
}

/** Puts private state on an object that `new Error()` made. */
class State extends Given {
  #message;
  #name;

  constructor(object, message, name) {
    super(object);
    this.#message = message;
    this.#name = name;
  }

  static message(object) {
    if (!State.has(object)) throw new ERR_INVALID_THIS('DOMException');
    return object.#message;
  }

  static exceptionName(object) {
    if (!State.has(object)) throw new ERR_INVALID_THIS('DOMException');
    return object.#name;
  }

  static restore(object, message, name) {
    object.#message = message;
    object.#name = name;
  }

  static has(object) {
    return typeof object === 'object' && object !== null && #name in object;
  }
}

class DOMException {
  constructor(message = '', options = 'Error') {
    // A true Error, so that V8 and `util.types.isNativeError` know it.
    const self = new Error();
    Object.setPrototypeOf(self, new.target.prototype);
    let name = 'Error';
    if (options !== null && typeof options === 'object') {
      ({ name = 'Error' } = options);
      if ('cause' in options) {
        Object.defineProperty(self, 'cause', {
          __proto__: null,
          value: options.cause,
          configurable: true,
          writable: true,
          enumerable: false,
        });
      }
    } else {
      name = options;
    }
    new State(self, `${message}`, `${name}`);
    captureStackTrace(self, DOMException);
    return self;
  }

  get name() {
    return State.exceptionName(this);
  }

  get message() {
    return State.message(this);
  }

  get code() {
    return codeOfName.get(State.exceptionName(this)) ?? 0;
  }
}

Object.setPrototypeOf(DOMException.prototype, Error.prototype);
Object.defineProperties(DOMException.prototype, {
  [Symbol.toStringTag]: {
    __proto__: null,
    configurable: true,
    value: 'DOMException',
  },
  name: { __proto__: null, enumerable: true },
  message: { __proto__: null, enumerable: true },
  code: { __proto__: null, enumerable: true },
});
for (const [, constant, value] of names) {
  const descriptor = { __proto__: null, enumerable: true, value };
  Object.defineProperty(DOMException, constant, descriptor);
  Object.defineProperty(DOMException.prototype, constant, descriptor);
}

/** Gives an exception that a message made anew what the one that was sent had. */
function restore(exception, { message, name, stack }) {
  State.restore(exception, message, name);
  Object.defineProperty(exception, 'stack', {
    __proto__: null, value: stack, writable: true, enumerable: false, configurable: true,
  });
}

module.exports = { DOMException, isDOMException: State.has, restore };
