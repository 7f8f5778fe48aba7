'use strict';

// Errors that come from the system: what natives return as a negative errno becomes an Error with
// `errno`, `code`, `syscall` and, where there are any, `path` and `dest`.

const {
  Error, ErrorCaptureStackTrace, Map, MapPrototypeGet, ObjectDefineProperty, ObjectKeys,
  ReflectConstruct, SafeMap,
} = require('internal/primordials');
const { getMessage, kIsNodeError } = require('internal/errors');
const table = require('internal/errors/errno');

const errmap = new Map();
const errnoByName = new SafeMap();
for (const [errno, name, text] of table) {
  errmap.set(errno, [name, text]);
  errnoByName.set(name, errno);
}

const unknown = ['UNKNOWN', 'unknown error'];

/** `[name, text]` of a negative errno, or undefined. */
const uvErrmapGet = (errno) => MapPrototypeGet(errmap, errno);

/** 'ENOENT' for -2; for an unknown one, 'Unknown system error -999'. */
function errname(errno) {
  const entry = uvErrmapGet(errno);
  return entry === undefined ? `Unknown system error ${errno}` : entry[0];
}

function hostAndPort(address, port) {
  if (port && port > 0) return ` ${address}:${port}`;
  return address ? ` ${address}` : '';
}

/** "ENOENT: no such file or directory, open 'x'" from `{ errno, syscall, path?, dest?, message? }`. */
class UVException extends Error {
  constructor(context) {
    const { 0: code, 1: text } = uvErrmapGet(context.errno) || unknown;
    const path = context.path ? `${context.path}` : undefined;
    const dest = context.dest ? `${context.dest}` : undefined;
    super(`${code}: ${context.message || text}, ${context.syscall}${
      path === undefined ? '' : ` '${path}'`}${dest === undefined ? '' : ` -> '${dest}'`}`);
    this.errno = context.errno;
    this.code = code;
    this.syscall = context.syscall;
    const keys = ObjectKeys(context);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      if (!(key in this) && key !== 'message' && key !== 'path' && key !== 'dest') this[key] = context[key];
    }
    if (path !== undefined) this.path = path;
    if (dest !== undefined) this.dest = dest;
  }

  get ['constructor']() {
    return Error;
  }
}

/** 'connect ECONNREFUSED: connection refused 127.0.0.1:1'. */
class UVExceptionWithHostPort extends Error {
  constructor(errno, syscall, address, port) {
    const { 0: code, 1: text } = uvErrmapGet(errno) || unknown;
    super(`${syscall} ${code}: ${text}${hostAndPort(address, port)}`);
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
    this.address = address;
    if (port) this.port = port;
  }

  get ['constructor']() {
    return Error;
  }
}

/** 'kill ESRCH'. */
class ErrnoException extends Error {
  constructor(errno, syscall, original) {
    const code = errname(errno);
    super(original ? `${syscall} ${code} ${original}` : `${syscall} ${code}`);
    this.errno = errno;
    this.code = code;
    this.syscall = syscall;
  }

  get ['constructor']() {
    return Error;
  }
}

/** 'connect ECONNREFUSED 127.0.0.1:1'. */
class ExceptionWithHostPort extends Error {
  constructor(errno, syscall, address, port, additional) {
    const code = errname(errno);
    const local = additional ? ` - Local (${additional})` : '';
    super(`${syscall} ${code}${hostAndPort(address, port)}${local}`);
    this.errno = errno;
    this.code = code;
    this.syscall = syscall;
    this.address = address;
    if (port) this.port = port;
  }

  get ['constructor']() {
    return Error;
  }
}

const EAI_NODATA = -3007;
const EAI_NONAME = -3008;

/** 'getaddrinfo ENOTFOUND example.invalid'; `code` is an errno or a name. */
class DNSException extends Error {
  constructor(code, syscall, hostname) {
    const errno = typeof code === 'number' ? code : undefined;
    let name = code;
    if (errno !== undefined) {
      name = errno === EAI_NODATA || errno === EAI_NONAME ? 'ENOTFOUND' : errname(errno);
    }
    super(`${syscall} ${name}${hostname ? ` ${hostname}` : ''}`);
    this.errno = errno;
    this.code = name;
    this.syscall = syscall;
    if (hostname) this.hostname = hostname;
  }

  get ['constructor']() {
    return Error;
  }
}

class ConnResetException extends Error {
  constructor(message) {
    super(message);
    this.code = 'ECONNRESET';
  }

  get ['constructor']() {
    return Error;
  }
}

/** A system error told in our own words: `code` is an ERR_ code, the system's facts are in `info`. */
class SystemError extends Error {
  static isSystemError = true;

  static withCode(code) {
    return class NodeError extends SystemError {
      constructor(context) {
        super(code, context);
      }
    };
  }

  constructor(code, context) {
    super(`${getMessage(code, [], undefined)}: ${context.syscall} returned ${context.code} (${
      context.message})${context.path === undefined ? '' : ` ${context.path}`}${
      context.dest === undefined ? '' : ` => ${context.dest}`}`);
    this.code = code;
    const hidden = (key, value, writable = true) => ObjectDefineProperty(this, key, {
      __proto__: null, value, configurable: true, enumerable: false, writable,
    });
    hidden('name', `SystemError [${code}]`);
    this.stack; // eslint-disable-line no-unused-expressions -- its head line is written now
    hidden('name', 'SystemError');
    hidden(kIsNodeError, true, false);
    ObjectDefineProperty(this, 'info', {
      __proto__: null, value: context, configurable: true, enumerable: true, writable: false,
    });
    for (const key of ['errno', 'syscall', 'path', 'dest']) {
      if ((key === 'path' || key === 'dest') && context[key] === undefined) continue;
      ObjectDefineProperty(this, key, {
        __proto__: null,
        get: () => (key === 'path' || key === 'dest' ? context[key]?.toString() : context[key]),
        set: (value) => { context[key] = value; },
        configurable: true,
        enumerable: true,
      });
    }
  }

  toString() {
    return `${this.name} [${this.code}]: ${this.message}`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](depth, options) {
    return require('internal/util/inspect').inspect(this, {
      ...options, getters: true, customInspect: false,
    });
  }
}

/** `makerOf(Class)(...args)` is `new Class(...args)` with a stack that starts at its caller. */
function makerOf(Class) {
  return function make(...args) {
    const error = ReflectConstruct(Class, args);
    ErrorCaptureStackTrace(error, make);
    return error;
  };
}

module.exports = {
  ConnResetException,
  DNSException,
  ErrnoException,
  ExceptionWithHostPort,
  SystemError,
  UVException,
  UVExceptionWithHostPort,
  errmap,
  errname,
  errnoByName,
  errnoException: makerOf(ErrnoException),
  exceptionWithHostPort: makerOf(ExceptionWithHostPort),
  uvErrmapGet,
  uvException: makerOf(UVException),
  uvExceptionWithHostPort: makerOf(UVExceptionWithHostPort),
};
