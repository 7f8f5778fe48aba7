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
const { kValidateObjectAllowObjects, validateObject, validateString } =
  require('internal/validators');
const { inspect } = require('internal/util/inspect');
const { posix, win32 } = require('internal/path');
const { createObjectURL, revokeObjectURL } = require('internal/blob');
const { URLSearchParams, bindParams, percentDecodeBytes, resetParams } =
  require('internal/url/params');

const urlBinding = binding.url;
const { decodeURIComponent } = globalThis;
const kInspect = Symbol.for('nodejs.util.inspect.custom');

/** Filled by the parser, see src/builtins/url.rs. */
const places = new Uint32Array(9);
/** The place of what a URL does not have. */
const kAbsent = 0xffffffff;
const kContext = Symbol('context');

// The names are those that Node shows with `showHidden`.
/* eslint-disable camelcase */
/** The text of a URL and the places of its parts. */
class URLContext {
  constructor(href) {
    this.href = href;
    this.protocol_end = places[0];
    this.username_end = places[1];
    this.host_start = places[2];
    this.host_end = places[3];
    this.pathname_start = places[4];
    this.search_start = places[5];
    this.hash_start = places[6];
    this.port = places[7];
    this.scheme_type = places[8];
  }

  get hasPort() {
    return this.port !== kAbsent;
  }

  get hasSearch() {
    return this.search_start !== kAbsent;
  }

  get hasHash() {
    return this.hash_start !== kAbsent;
  }
}

function parse(input, base) {
  const href = urlBinding.parse(input, base, places);
  return href === undefined ? undefined : new URLContext(href);
}

/** What a setter makes of `context`: itself where the standard ignores it. */
function updated(context, part, value) {
  const href = urlBinding.update(context.href, part, value, places);
  return href === undefined ? context : new URLContext(href);
}

/** The error of the constructor, which has no code in its name. */
function invalidURL(input, base) {
  const error = new TypeError('Invalid URL');
  error.code = 'ERR_INVALID_URL';
  error.input = input;
  if (base !== undefined) error.base = base;
  return error;
}

function hostnameOf({ href, host_start: start, host_end: end }) {
  return href.slice(href[start] === '@' ? start + 1 : start, end);
}

function hostOf(context) {
  const { port, hasPort } = context;
  return hasPort ? `${hostnameOf(context)}:${port}` : hostnameOf(context);
}

function pathnameOf(context) {
  // An absent part is behind every place.
  return context.href.slice(
    context.pathname_start, Math.min(context.search_start, context.hash_start));
}

/** `?` and `#` alone count as no query and no fragment. */
function unlessAlone(text) {
  return text.length === 1 ? '' : text;
}

/** The parser's numbers of schemes with an origin: http, https, ws, ftp, wss. */
const withOrigin = new Set([0, 2, 3, 4, 5]);
const kGiven = Symbol('kGiven');

class URL {
  #context;
  #searchParams;
  // `searchParams` was changed, and the text does not say so yet.
  #paramsAhead = false;

  constructor(input, base = undefined, given = undefined) {
    if (input === kGiven) {
      this.#context = given;
      return;
    }
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('url');
    input = `${input}`;
    if (base !== undefined) base = `${base}`;
    this.#context = parse(input, base);
    if (this.#context === undefined) throw invalidURL(input, base);
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
    if (this == null) throw new ERR_INVALID_THIS('URL');
    if (typeof depth === 'number' && depth < 0) return this;
    const fields = {};
    for (const key of
      ['href', 'origin', 'protocol', 'username', 'password', 'host',
       'hostname', 'port', 'pathname', 'search', 'searchParams', 'hash']) {
      fields[key] = this[key];
    }
    if (options.showHidden) fields[kContext] = this.#context;
    return `${this.constructor.name} ${inspect(fields, options)}`;
  }

  /** The text, with what was changed in `searchParams`. */
  #text() {
    if (this.#paramsAhead) {
      this.#paramsAhead = false;
      this.#context =
        updated(this.#context, 'search', `${this.#searchParams}`);
    }
    return this.#context.href;
  }

  toString() {
    return this.#text();
  }

  get href() {
    return this.#text();
  }

  set href(value) {
    const before = this.#context;
    value = `${value}`;
    this.#context = updated(before, 'href', value);
    if (this.#context === before) throw new ERR_INVALID_URL(value);
    this.#resetParams();
  }

  get origin() {
    const { scheme_type: type, href, protocol_end: end } = this.#context;
    const protocol = href.slice(0, end);
    if (withOrigin.has(type)) return `${protocol}//${hostOf(this.#context)}`;
    if (protocol === 'blob:') {
      const inner = parse(pathnameOf(this.#context), undefined);
      // http and https
      if (inner?.scheme_type === 0 || inner?.scheme_type === 2) {
        return new URL(kGiven, undefined, inner).origin;
      }
    }
    return 'null';
  }

  get protocol() {
    const { href, protocol_end: end } = this.#context;
    return href.slice(0, end);
  }

  set protocol(value) {
    this.#context = updated(this.#context, 'protocol', `${value}`);
  }

  get username() {
    const { href, protocol_end: start, username_end: end } = this.#context;
    return start + 2 < end ? href.slice(start + 2, end) : '';
  }

  set username(value) {
    this.#context = updated(this.#context, 'username', `${value}`);
  }

  get password() {
    const { href, username_end: start, host_start: end } = this.#context;
    return end > start ? href.slice(start + 1, end) : '';
  }

  set password(value) {
    this.#context = updated(this.#context, 'password', `${value}`);
  }

  get host() {
    return hostOf(this.#context);
  }

  set host(value) {
    this.#context = updated(this.#context, 'host', `${value}`);
  }

  get hostname() {
    return hostnameOf(this.#context);
  }

  set hostname(value) {
    this.#context = updated(this.#context, 'hostname', `${value}`);
  }

  get port() {
    const { port, hasPort } = this.#context;
    return hasPort ? `${port}` : '';
  }

  set port(value) {
    this.#context = updated(this.#context, 'port', `${value}`);
  }

  get pathname() {
    return pathnameOf(this.#context);
  }

  set pathname(value) {
    this.#context = updated(this.#context, 'pathname', `${value}`);
  }

  get search() {
    this.#text();
    const { href, search_start: start, hash_start: end, hasSearch } =
      this.#context;
    return hasSearch ? unlessAlone(href.slice(start, end)) : '';
  }

  set search(value) {
    this.#context = updated(this.#context, 'search', `${value}`.toWellFormed());
    this.#resetParams();
  }

  get searchParams() {
    if (this.#searchParams === undefined) {
      this.#searchParams = new URLSearchParams(this.search);
      bindParams(this.#searchParams, () => {
        this.#paramsAhead = true;
      });
    }
    return this.#searchParams;
  }

  get hash() {
    const { href, hash_start: start, hasHash } = this.#context;
    return hasHash ? unlessAlone(href.slice(start)) : '';
  }

  set hash(value) {
    this.#context = updated(this.#context, 'hash', `${value}`);
  }

  toJSON() {
    return this.#text();
  }

  #resetParams() {
    this.#paramsAhead = false;
    if (this.#searchParams !== undefined) {
      resetParams(this.#searchParams, this.search.slice(1));
    }
  }
}
/* eslint-enable camelcase */

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

function posixPathOf(url, decode) {
  if (url.hostname !== '') {
    throw new ERR_INVALID_FILE_URL_HOST(process.platform);
  }
  const { pathname } = url;
  if (/%2f/i.test(pathname)) {
    throw new ERR_INVALID_FILE_URL_PATH(
      'must not include encoded / characters', url);
  }
  return decode(pathname);
}

function win32PathOf(url, decode) {
  const { hostname } = url;
  if (/%2f|%5c/i.test(url.pathname)) {
    throw new ERR_INVALID_FILE_URL_PATH(
      'must not include encoded \\ or / characters', url);
  }
  const pathname = url.pathname.replaceAll('/', '\\');
  if (hostname !== '') {
    return decode(`\\\\${domainToUnicode(hostname)}${pathname}`);
  }
  if (!/^.[a-z]:/i.test(pathname)) {
    throw new ERR_INVALID_FILE_URL_PATH('must be absolute', url);
  }
  return decode(pathname.slice(1));
}

function checkedFileURL(path) {
  if (typeof path === 'string') {
    path = new URL(path);
  } else if (!isURL(path)) {
    throw new ERR_INVALID_ARG_TYPE('path', ['string', 'URL'], path);
  }
  if (path.protocol !== 'file:') throw new ERR_INVALID_URL_SCHEME('file');
  return path;
}

function fileURLToPath(path, options = undefined) {
  path = checkedFileURL(path);
  return options?.windows ? win32PathOf(path, decodeURIComponent) :
    posixPathOf(path, decodeURIComponent);
}

/** As `fileURLToPath`, for names that are no UTF-8: the bytes. */
function fileURLToPathBuffer(path, options = undefined) {
  path = checkedFileURL(path);
  const { FastBuffer } = require('internal/buffer');
  const bytes = (pathname) => {
    const decoded = percentDecodeBytes(pathname);
    return new FastBuffer(decoded.buffer, decoded.byteOffset, decoded.length);
  };
  return options?.windows ? win32PathOf(path, bytes) : posixPathOf(path, bytes);
}

/** What the parser would take for syntax in a path, and what Node never leaves. */
function encodePath(path, windows) {
  const special = windows ? /[%\n\r\t?#[\]^|~]/g : /[%\\\n\r\t?#[\]^|~]/g;
  return path.replace(special, (char) =>
    `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

/** The URL of `\\server\share\path`. */
function uncURL(filepath, isExtended) {
  const start = isExtended ? '\\\\?\\UNC\\'.length : 2;
  const end = filepath.indexOf('\\', start);
  if (end === -1) {
    throw new ERR_INVALID_ARG_VALUE(
      'path', filepath, 'Missing UNC resource path');
  }
  if (end === start) {
    throw new ERR_INVALID_ARG_VALUE('path', filepath, 'Empty UNC servername');
  }
  const url = new URL('file://');
  url.hostname = domainToASCII(filepath.slice(start, end));
  url.pathname = encodePath(filepath.slice(end).replaceAll('\\', '/'), true);
  return url;
}

function pathToFileURL(filepath, options = undefined) {
  validateString(filepath, 'path');
  const windows = Boolean(options?.windows);
  if (windows && filepath.startsWith('\\\\')) {
    const isExtended = filepath.startsWith('\\\\?\\UNC\\');
    if (isExtended || !filepath.startsWith('\\\\?\\')) {
      return uncURL(filepath, isExtended);
    }
    // A long local path.
    filepath = filepath.slice('\\\\?\\'.length);
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
  validateObject(url, 'url', kValidateObjectAllowObjects);
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
  fileURLToPathBuffer,
  isURL,
  pathToFileURL,
  urlToHttpOptions,
};
