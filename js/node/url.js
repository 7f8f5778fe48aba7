'use strict';
// The legacy `Url` objects (`parse`, `format`, `resolve`) beside the URL
// standard's classes.

const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_URL },
} = require('internal/errors');
const { validateObject, validateString } = require('internal/validators');
const querystring = require('querystring');
const {
  URL,
  URLSearchParams,
  domainToASCII,
  domainToUnicode,
  fileURLToPath,
  fileURLToPathBuffer,
  isURL,
  pathToFileURL,
  urlToHttpOptions,
} = require('internal/url');
const { hostless, resolveInto, slashed } = require('internal/url/resolve');

const urlBinding = binding.url;
const utilBinding = binding.util;

const { decodeURIComponent, encodeURIComponent } = globalThis;

/** Characters that are never left as they are. */
const unwise = /[\t\n\r "'<>\\^`{|}]/g;

function Url() {
  this.protocol = null;
  this.slashes = null;
  this.auth = null;
  this.host = null;
  this.port = null;
  this.hostname = null;
  this.hash = null;
  this.search = null;
  this.query = null;
  this.pathname = null;
  this.path = null;
  this.href = null;
}

let warned = false;

function parse(url, parseQueryString, slashesDenoteHost) {
  if (!warned && !utilBinding.isInsideNodeModules()) {
    warned = true;
    process.emitWarning(
      '`url.parse()` behavior is not standardized and prone to ' +
      'errors that have security implications. Use the WHATWG URL API ' +
      'instead. CVEs are not issued for `url.parse()` vulnerabilities.',
      'DeprecationWarning', 'DEP0169');
  }
  if (url instanceof Url) return url;
  return parsed(url, slashesDenoteHost, parseQueryString);
}

/** Without a warning, for ourselves. */
function parsed(url, slashesDenoteHost, parseQueryString) {
  const result = new Url();
  result.parse(url, parseQueryString, slashesDenoteHost);
  return result;
}

/** Backslashes before the query are slashes; blanks around are dropped. */
function normalized(url) {
  // eslint-disable-next-line no-control-regex
  const text = url.replace(/^[\0- \u00a0\ufeff]+|[\0- \u00a0\ufeff]+$/g, '');
  const end = text.search(/[?#]/);
  const head = end < 0 ? text : text.slice(0, end);
  return head.replaceAll('\\', '/') + (end < 0 ? '' : text.slice(end));
}

function escapeUnwise(text) {
  return text.replace(unwise, (char) =>
    `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

Url.prototype.parse = function(url, parseQueryString, slashesDenoteHost) {
  validateString(url, 'url');
  let rest = normalized(url);

  const protocol = /^[a-z0-9.+-]+:/i.exec(rest)?.[0];
  const scheme = protocol?.toLowerCase();
  if (protocol !== undefined) {
    this.protocol = scheme;
    rest = rest.slice(protocol.length);
  }

  const hasSlashes = rest.startsWith('//');
  if (slashesDenoteHost || protocol !== undefined ||
      /^\/\/[^@/]+@[^@/]+/.test(rest)) {
    if (hasSlashes && !hostless.has(scheme)) {
      rest = rest.slice(2);
      this.slashes = true;
    }
  }
  if (!hostless.has(scheme) &&
      (this.slashes || (protocol !== undefined && !slashed.has(scheme)))) {
    rest = parseAuthority(this, rest, url);
  }

  if (!hostless.has(scheme)) rest = escapeUnwise(rest);
  const hash = rest.indexOf('#');
  if (hash >= 0) {
    this.hash = rest.slice(hash);
    rest = rest.slice(0, hash);
  }
  const question = rest.indexOf('?');
  if (question >= 0) {
    this.search = rest.slice(question);
    this.query = rest.slice(question + 1);
    if (parseQueryString) this.query = querystring.parse(this.query);
    rest = rest.slice(0, question);
  } else if (parseQueryString) {
    this.search = null;
    this.query = { __proto__: null };
  }
  if (rest.length > 0) this.pathname = rest;
  if (slashed.has(scheme) && this.hostname && !this.pathname) {
    this.pathname = '/';
  }
  if (this.pathname || this.search) {
    this.path = (this.pathname || '') + (this.search || '');
  }
  this.href = this.format();
  return this;
};

function parseAuthority(url, rest, input) {
  const end = rest.search(/[/?#]/);
  // As the URL standard does.
  let authority =
    (end < 0 ? rest : rest.slice(0, end)).replace(/[\t\n\r]/g, '');
  let tail = end < 0 ? '' : rest.slice(end);
  const at = authority.lastIndexOf('@');
  if (at >= 0) {
    url.auth = decodeURIComponent(authority.slice(0, at));
    authority = authority.slice(at + 1);
  }
  // What no host can hold begins the path.
  const wrong = authority.search(/[ "%';<>\\^`{|}]/);
  if (wrong >= 0) {
    tail = authority.slice(wrong) + tail;
    authority = authority.slice(0, wrong);
  }
  url.host = authority;
  url.parseHost();
  url.hostname ??= '';

  const isIPv6 = url.hostname[0] === '[' && url.hostname.endsWith(']');
  if (isIPv6) {
    if (tail[0] !== '/') tail = `/${tail}`;
  } else {
    // Nor is this a host's, but it comes behind a slash.
    const strange = url.hostname.search(/[/\\#?:]/);
    if (strange >= 0) {
      if (url.hostname[strange] === ':') {
        throw new ERR_INVALID_ARG_VALUE('url', 'Invalid port in url', input);
      }
      tail = `/${url.hostname.slice(strange)}${tail}`;
      url.hostname = url.hostname.slice(0, strange);
    }
  }
  url.hostname = checkedHostname(url.hostname, isIPv6, input);
  url.host = url.hostname + (url.port ? `:${url.port}` : '');
  // `host` keeps the brackets.
  if (isIPv6) url.hostname = url.hostname.slice(1, -1);
  return tail;
}

function checkedHostname(hostname, isIPv6, input) {
  if (hostname === '' || hostname.length > 255) return '';
  hostname = hostname.toLowerCase();
  if (isIPv6) {
    // eslint-disable-next-line no-control-regex
    if (/[\0\t\n\r #%/<>?@\\^|]/.test(hostname)) {
      throw new ERR_INVALID_URL(input);
    }
    return hostname;
  }
  const ascii = urlBinding.toASCII(hostname);
  // What is forbidden here can only come from a character that stands for it.
  // eslint-disable-next-line no-control-regex
  if (ascii === '' || /[\0\t\n\r #%/:<>?@[\\\]^|]/.test(ascii)) {
    throw new ERR_INVALID_URL(input);
  }
  return ascii;
}

function format(urlObject, options) {
  if (typeof urlObject === 'string') {
    urlObject = parsed(urlObject);
  } else if (typeof urlObject !== 'object' || urlObject === null) {
    throw new ERR_INVALID_ARG_TYPE(
      'urlObject', ['Object', 'string'], urlObject);
  } else if (isURL(urlObject)) {
    return formatURL(urlObject, options);
  }
  return Url.prototype.format.call(urlObject);
}

function formatURL(url, options) {
  let { fragment = true, unicode = false, search = true, auth = true } = {};
  if (options) {
    validateObject(options, 'options');
    if (options.fragment != null) fragment = Boolean(options.fragment);
    if (options.unicode != null) unicode = Boolean(options.unicode);
    if (options.search != null) search = Boolean(options.search);
    if (options.auth != null) auth = Boolean(options.auth);
  }
  const copy = new URL(url.href);
  if (!fragment) copy.hash = '';
  if (!search) copy.search = '';
  if (!auth) {
    copy.username = '';
    copy.password = '';
  }
  if (!unicode) return copy.href;
  return copy.href.replace(copy.hostname, domainToUnicode(copy.hostname));
}

Url.prototype.format = function() {
  let auth = this.auth || '';
  if (auth) {
    auth = `${encodeURIComponent(auth).replace(/%3A/g, ':')}@`;
  }
  let protocol = this.protocol || '';
  if (protocol && !protocol.endsWith(':')) protocol += ':';

  let host = '';
  if (this.host) {
    host = auth + this.host;
  } else if (this.hostname) {
    const ipv6 = this.hostname.includes(':') && this.hostname[0] !== '[';
    host = auth + (ipv6 ? `[${this.hostname}]` : this.hostname);
    if (this.port) host += `:${this.port}`;
  }

  let query = '';
  if (this.query !== null && typeof this.query === 'object') {
    query = querystring.stringify(this.query);
  }
  let search = this.search || (query && `?${query}`) || '';
  let pathname = this.pathname || '';
  if (this.slashes || slashed.has(protocol)) {
    if (this.slashes || host) {
      if (pathname && pathname[0] !== '/') pathname = `/${pathname}`;
      host = `//${host}`;
    } else if (protocol === 'file:') {
      host = '//';
    }
  }
  let hash = this.hash || '';
  if (hash && hash[0] !== '#') hash = `#${hash}`;
  if (search && search[0] !== '?') search = `?${search}`;
  pathname = pathname.replace(/[?#]/g, encodeURIComponent);
  return protocol + host + pathname + search.replaceAll('#', '%23') + hash;
};

function asUrl(value) {
  return value instanceof Url ? value : parsed(value, true);
}

function resolve(source, relative) {
  return asUrl(source).resolve(relative);
}

function resolveObject(source, relative) {
  if (!source) return relative;
  return asUrl(source).resolveObject(relative);
}

Url.prototype.resolve = function(relative) {
  return this.resolveObject(asUrl(relative)).format();
};

Url.prototype.resolveObject = function(relative) {
  if (typeof relative === 'string') relative = parsed(relative, true);
  return resolveInto(Object.assign(new Url(), this), relative);
};

Url.prototype.parseHost = function() {
  const port = /:([0-9]*)$/.exec(this.host);
  let { host } = this;
  if (port !== null) {
    if (port[1] !== '') this.port = port[1];
    host = host.slice(0, port.index);
  }
  if (host) this.hostname = host;
};

module.exports = {
  Url,
  parse,
  resolve,
  resolveObject,
  format,
  URL,
  URLSearchParams,
  domainToASCII,
  domainToUnicode,
  pathToFileURL,
  fileURLToPath,
  fileURLToPathBuffer,
  urlToHttpOptions,
};

// Compiled when somebody asks for it.
Object.defineProperty(module.exports, 'URLPattern', {
  __proto__: null,
  configurable: true,
  enumerable: true,
  get() {
    return require('internal/url/pattern').URLPattern;
  },
});
