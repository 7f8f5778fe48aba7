'use strict';
// The URL class of the URL standard. The parser is native: it gives the URL's
// text and where its parts are in it.

const {
  codes: {
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_FILE_URL_HOST,
    ERR_INVALID_FILE_URL_PATH,
    ERR_INVALID_THIS,
    ERR_INVALID_URL,
    ERR_INVALID_URL_SCHEME,
    ERR_MISSING_ARGS,
  },
} = require('internal/errors');
const { validateString } = require('internal/validators');
const { inspect } = require('internal/util/inspect');
const { posix, win32 } = require('internal/path');
const { createObjectURL, revokeObjectURL } = require('internal/blob');
const { URLSearchParams, bindParams, resetParams } =
  require('internal/url/params');

const urlBinding = binding.url;
const { decodeURIComponent } = globalThis;
const kInspect = Symbol.for('nodejs.util.inspect.custom');

/** Filled by the parser, see src/builtins/url.rs. */
const places = new Uint32Array(12);

/** The text of a URL and the places of its parts. */
class URLContext {
  constructor(href) {
    this.href = href;
    [
      this.schemeEnd, this.usernameStart, this.usernameEnd,
      this.passwordStart, this.passwordEnd, this.hostStart, this.hostEnd,
      this.portStart, this.portEnd, this.pathEnd, this.searchEnd,
      this.pathStart,
    ] = places;
  }
}

function parse(input, base) {
  const href = urlBinding.parse(input, base, places);
  return href === undefined ? undefined : new URLContext(href);
}

/** `?` and `#` alone count as no query and no fragment. */
function unlessAlone(text) {
  return text.length === 1 ? '' : text;
}

const webSchemes = new Set(['http:', 'https:', 'ws:', 'wss:', 'ftp:']);
const kGiven = Symbol('kGiven');

class URL {
  #context;
  #searchParams;

  constructor(input, base = undefined, given = undefined) {
    if (input === kGiven) {
      this.#context = given;
      return;
    }
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('url');
    input = `${input}`;
    if (base !== undefined) base = `${base}`;
    this.#context = parse(input, base);
    if (this.#context === undefined) throw new ERR_INVALID_URL(input, base);
  }

  static parse(input, base = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('url');
    const context = parse(
      `${input}`, base === undefined ? undefined : `${base}`);
    return context === undefined ? null : new URL(kGiven, undefined, context);
  }

  static canParse(url, base = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('url');
    return urlBinding.canParse(
      `${url}`, base === undefined ? undefined : `${base}`);
  }

  [kInspect](depth, options) {
    URL.#check(this);
    if (typeof depth === 'number' && depth < 0) return this;
    const fields = {};
    for (const key of
      ['href', 'origin', 'protocol', 'username', 'password', 'host',
       'hostname', 'port', 'pathname', 'search', 'searchParams', 'hash']) {
      fields[key] = this[key];
    }
    return `${this.constructor.name} ${inspect(fields, options)}`;
  }

  #slice(start, end) {
    return this.#context.href.slice(start, end);
  }

  #set(part, value) {
    const href =
      urlBinding.update(this.#context.href, part, `${value}`, places);
    if (href !== undefined) this.#context = new URLContext(href);
  }

  toString() {
    URL.#check(this);
    return this.#context.href;
  }

  get href() {
    URL.#check(this);
    return this.#context.href;
  }

  set href(value) {
    URL.#check(this);
    value = `${value}`;
    const context = parse(value, undefined);
    if (context === undefined) throw new ERR_INVALID_URL(value);
    this.#context = context;
    this.#resetParams();
  }

  get origin() {
    URL.#check(this);
    const { protocol } = this;
    if (webSchemes.has(protocol)) return `${protocol}//${this.host}`;
    if (protocol === 'blob:') {
      const inner = parse(this.pathname, undefined);
      if (inner !== undefined) {
        const url = new URL(kGiven, undefined, inner);
        if (/^https?:$/.test(url.protocol)) return url.origin;
      }
    }
    return 'null';
  }

  get protocol() {
    URL.#check(this);
    return this.#slice(0, this.#context.schemeEnd + 1);
  }

  set protocol(value) {
    URL.#check(this);
    this.#set('protocol', value);
  }

  get username() {
    URL.#check(this);
    return this.#slice(this.#context.usernameStart, this.#context.usernameEnd);
  }

  set username(value) {
    URL.#check(this);
    this.#set('username', value);
  }

  get password() {
    URL.#check(this);
    return this.#slice(this.#context.passwordStart, this.#context.passwordEnd);
  }

  set password(value) {
    URL.#check(this);
    this.#set('password', value);
  }

  get host() {
    URL.#check(this);
    return this.#slice(this.#context.hostStart, this.#context.portEnd);
  }

  set host(value) {
    URL.#check(this);
    this.#set('host', value);
  }

  get hostname() {
    URL.#check(this);
    return this.#slice(this.#context.hostStart, this.#context.hostEnd);
  }

  set hostname(value) {
    URL.#check(this);
    this.#set('hostname', value);
  }

  get port() {
    URL.#check(this);
    return this.#slice(this.#context.portStart, this.#context.portEnd);
  }

  set port(value) {
    URL.#check(this);
    this.#set('port', value);
  }

  get pathname() {
    URL.#check(this);
    return this.#slice(this.#context.pathStart, this.#context.pathEnd);
  }

  set pathname(value) {
    URL.#check(this);
    this.#set('pathname', value);
  }

  get search() {
    URL.#check(this);
    return unlessAlone(
      this.#slice(this.#context.pathEnd, this.#context.searchEnd));
  }

  set search(value) {
    URL.#check(this);
    this.#set('search', `${value}`.toWellFormed());
    this.#resetParams();
  }

  get searchParams() {
    URL.#check(this);
    if (this.#searchParams === undefined) {
      this.#searchParams = new URLSearchParams(this.search);
      bindParams(this.#searchParams, (query) => this.#set('search', query));
    }
    return this.#searchParams;
  }

  get hash() {
    URL.#check(this);
    return unlessAlone(this.#slice(this.#context.searchEnd));
  }

  set hash(value) {
    URL.#check(this);
    this.#set('hash', value);
  }

  toJSON() {
    URL.#check(this);
    return this.#context.href;
  }

  #resetParams() {
    if (this.#searchParams !== undefined) {
      resetParams(this.#searchParams, this.search.slice(1));
    }
  }

  static #check(value) {
    if (typeof value !== 'object' || value === null || !(#context in value)) {
      throw new ERR_INVALID_THIS('URL');
    }
  }
}
// Not a private check: URLs of other realms and look-alikes count, the
// legacy `Url` (with `auth` and `path`) does not.
function isURL(value) {
  return Boolean(
    value?.href && value.protocol && value.auth === undefined &&
    value.path === undefined);
}

Object.defineProperty(URL, 'length', { __proto__: null, value: 1 });
for (const key of
  ['toString', 'href', 'origin', 'protocol', 'username', 'password', 'host',
   'hostname', 'port', 'pathname', 'search', 'searchParams', 'hash',
   'toJSON']) {
  Object.defineProperty(URL.prototype, key,
                        { __proto__: null, enumerable: true });
}
Object.defineProperties(URL.prototype, {
  [kInspect]: { __proto__: null, enumerable: false },
  [Symbol.toStringTag]: {
    __proto__: null,
    configurable: true,
    value: 'URL',
  },
});
URL.createObjectURL = createObjectURL;
URL.revokeObjectURL = revokeObjectURL;
for (const key of ['canParse', 'parse']) {
  Object.defineProperty(URL, key, { __proto__: null, enumerable: true });
}

// ---- File URLs and helpers -----------------------------------------------

function posixPathOf(url) {
  if (url.hostname !== '') {
    throw new ERR_INVALID_FILE_URL_HOST(process.platform);
  }
  const { pathname } = url;
  if (/%2f/i.test(pathname)) {
    throw new ERR_INVALID_FILE_URL_PATH(
      'must not include encoded / characters', url);
  }
  return decodeURIComponent(pathname);
}

function win32PathOf(url) {
  const { hostname } = url;
  if (/%2f|%5c/i.test(url.pathname)) {
    throw new ERR_INVALID_FILE_URL_PATH(
      'must not include encoded \\ or / characters', url);
  }
  const pathname = decodeURIComponent(url.pathname.replaceAll('/', '\\'));
  if (hostname !== '') return `\\\\${domainToUnicode(hostname)}${pathname}`;
  if (!/^.[a-z]:/i.test(pathname)) {
    throw new ERR_INVALID_FILE_URL_PATH('must be absolute', url);
  }
  return pathname.slice(1);
}

function fileURLToPath(path, options = undefined) {
  const windows = options?.windows;
  if (typeof path === 'string') {
    path = new URL(path);
  } else if (!isURL(path)) {
    throw new ERR_INVALID_ARG_TYPE('path', ['string', 'URL'], path);
  }
  if (path.protocol !== 'file:') throw new ERR_INVALID_URL_SCHEME('file');
  return windows ? win32PathOf(path) : posixPathOf(path);
}

/** What the parser would take for syntax in a path. */
function encodePath(path, windows) {
  const special = windows ? /[%\n\r\t?#]/g : /[%\\\n\r\t?#]/g;
  return path.replace(special, (char) =>
    `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

function pathToFileURL(filepath, options = undefined) {
  validateString(filepath, 'path');
  const windows = Boolean(options?.windows);
  if (windows && filepath.startsWith('\\\\')) {
    // \\server\share\resource
    const end = filepath.indexOf('\\', 2);
    if (end === -1) {
      throw new ERR_INVALID_ARG_VALUE(
        'path', filepath, 'Missing UNC resource path');
    }
    const url = new URL('file://');
    url.hostname = domainToASCII(filepath.slice(2, end));
    url.pathname = encodePath(filepath.slice(end).replaceAll('\\', '/'), true);
    return url;
  }
  let resolved = (windows ? win32 : posix).resolve(filepath);
  // `resolve` takes the last separator, which matters in a URL.
  const last = filepath.at(-1);
  const isSeparator = last === '/' || (windows && last === '\\');
  if (isSeparator && !resolved.endsWith(windows ? '\\' : '/')) resolved += '/';
  const path = encodePath(resolved, windows);
  return windows ? new URL(`file:///${path.replaceAll('\\', '/')}`) :
    new URL(`file://${path}`);
}

function urlToHttpOptions(url) {
  const { hostname, pathname, port, username, password, search } = url;
  const options = {
    __proto__: null,
    ...url,
    protocol: url.protocol,
    hostname: hostname && hostname[0] === '[' ?
      hostname.slice(1, -1) : hostname,
    hash: url.hash,
    search,
    pathname,
    path: `${pathname || ''}${search || ''}`,
    href: url.href,
  };
  if (port !== '') options.port = Number(port);
  if (username || password) {
    options.auth =
      `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  }
  return options;
}

function domainToASCII(domain) {
  if (arguments.length < 1) throw new ERR_MISSING_ARGS('domain');
  return urlBinding.domainToASCII(`${domain}`);
}

function domainToUnicode(domain) {
  if (arguments.length < 1) throw new ERR_MISSING_ARGS('domain');
  return urlBinding.domainToUnicode(`${domain}`);
}

module.exports = {
  URL,
  URLSearchParams,
  domainToASCII,
  domainToUnicode,
  fileURLToPath,
  isURL,
  pathToFileURL,
  urlToHttpOptions,
};
