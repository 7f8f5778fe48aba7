'use strict';
// The legacy `Url` objects (`parse`, `format`, `resolve`) beside the URL
// standard's classes.

const {
  codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_URL },
} = require('internal/errors');
const { validateObject, validateString } = require('internal/validators');
const querystring = require('querystring');
const {
  URL,
  URLSearchParams,
  domainToASCII,
  domainToUnicode,
  fileURLToPath,
  isURL,
  pathToFileURL,
  urlToHttpOptions,
} = require('internal/url');

const { decodeURIComponent, encodeURIComponent } = globalThis;

/** Schemes with `//` and a host. */
const slashed = new Set([
  'http', 'https', 'ftp', 'gopher', 'file', 'ws', 'wss',
].flatMap((name) => [name, `${name}:`]));
const hostless = new Set(['javascript', 'javascript:']);

/** Characters that end the host, and those that are never left as they are. */
const hostEnd = /[/?#\\]/;
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

function parse(url, parseQueryString, slashesDenoteHost) {
  if (url instanceof Url) return url;
  const result = new Url();
  result.parse(url, parseQueryString, slashesDenoteHost);
  return result;
}

/** Backslashes before the query are slashes; blanks around are dropped. */
function normalized(url) {
  const text = url.replace(/^[\s\ufeff\u00a0]+|[\s\ufeff\u00a0]+$/g, '');
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
  const end = rest.search(hostEnd);
  let authority = end < 0 ? rest : rest.slice(0, end);
  let tail = end < 0 ? '' : rest.slice(end);
  const at = authority.lastIndexOf('@');
  if (at >= 0) {
    url.auth = decodeURIComponent(authority.slice(0, at));
    authority = authority.slice(at + 1);
  }
  // What no host can hold begins the path.
  const wrong = authority.search(/[\t\n\r "'<>%^`{|};]/);
  if (wrong >= 0) {
    tail = authority.slice(wrong) + tail;
    authority = authority.slice(0, wrong);
  }
  url.host = authority;
  const port = /:([0-9]*)$/.exec(authority);
  if (port !== null) {
    if (port[1] !== '') url.port = port[1];
    authority = authority.slice(0, port.index);
  }
  // Nor is this a host's, but it comes behind a slash.
  const strange = authority[0] === '[' ?
    -1 : authority.search(/[^\w.+\u0080-\uffff-]/);
  if (strange >= 0) {
    tail = `/${authority.slice(strange)}${tail}`;
    authority = authority.slice(0, strange);
  }
  url.hostname = hostnameOf(authority, input);
  url.host = url.hostname + (url.port ? `:${url.port}` : '');
  if (url.hostname[0] === '[') {
    url.hostname = url.hostname.slice(1, -1);
  }
  return tail;
}

function hostnameOf(text, input) {
  if (text.length > 255) return '';
  const lower = text.toLowerCase();
  if (lower.startsWith('[') && lower.endsWith(']')) {
    if (!/^\[[\da-f:.]+\]$/.test(lower)) throw new ERR_INVALID_URL(input);
    return lower;
  }
  // eslint-disable-next-line no-control-regex
  if (!/[^\0-\x7f]/.test(lower)) return lower;
  const ascii = domainToASCII(lower);
  if (ascii === '') throw new ERR_INVALID_URL(input);
  return ascii;
}

function format(urlObject, options) {
  if (typeof urlObject === 'string') {
    urlObject = parse(urlObject);
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
    auth = `${encodeURIComponent(auth).replace(/%3A/i, ':')}@`;
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

function resolve(source, relative) {
  return parse(source, false, true).resolve(relative);
}

function resolveObject(source, relative) {
  if (!source) return relative;
  return parse(source, false, true).resolveObject(relative);
}

Url.prototype.resolve = function(relative) {
  return this.resolveObject(parse(relative, false, true)).format();
};

function copyUrl(source) {
  return Object.assign(new Url(), source);
}

function finish(result) {
  if (result.pathname !== null || result.search !== null) {
    result.path = (result.pathname || '') + (result.search || '');
  }
  result.href = result.format();
  return result;
}

/** Joins and shortens paths as RFC 3986 says. */
function mergePaths(base, relative, hasHost) {
  const absolute = relative.startsWith('/');
  const segments = absolute ? relative.split('/') :
    [...base.split('/').slice(0, -1), ...relative.split('/')];
  const rooted = absolute || hasHost || base.startsWith('/');
  const out = [];
  let above = 0;
  for (const segment of segments.slice(segments[0] === '' ? 1 : 0)) {
    if (segment === '.') continue;
    if (segment === '..') {
      if (out.length > 0) {
        out.pop();
      } else {
        ++above;
      }
    } else {
      out.push(segment);
    }
  }
  const last = segments.at(-1);
  if (last === '.' || last === '..') out.push('');
  if (rooted) return `/${out.join('/')}`;
  return [...new Array(above).fill('..'), ...out].join('/');
}

Url.prototype.resolveObject = function(relative) {
  if (typeof relative === 'string') relative = parse(relative, false, true);
  const result = copyUrl(this);
  // Even an empty reference drops the base's fragment.
  result.hash = relative.hash;
  if (relative.href === '') {
    result.href = result.format();
    return result;
  }
  if (relative.protocol && relative.protocol !== result.protocol) {
    return finish(Object.assign(copyUrl(relative), {
      slashes: relative.slashes || result.slashes,
    }));
  }
  if (relative.slashes || relative.host) {
    const { protocol } = result;
    const merged = Object.assign(copyUrl(relative), {
      protocol,
      slashes: true,
      pathname: mergePaths('/', relative.pathname || '/', true),
    });
    return finish(merged);
  }
  if (!relative.pathname) {
    if (relative.search !== null) {
      result.search = relative.search;
      result.query = relative.query;
    }
    return finish(result);
  }
  result.search = relative.search;
  result.query = relative.query;
  const hasHost = Boolean(result.host);
  result.pathname = mergePaths(
    result.pathname || (hasHost ? '/' : ''), relative.pathname, hasHost);
  return finish(result);
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
  urlToHttpOptions,
};
