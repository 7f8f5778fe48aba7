'use strict';
// How the legacy `url.resolve` joins two parsed URLs: by the rules of RFC 3986
// where the scheme is followed by slashes; otherwise a host is the first
// segment of the path, so that `../..` reaches it.

/** Schemes with `//` and a host. */
const slashed = new Set([
  'http', 'https', 'ftp', 'gopher', 'file', 'ws', 'wss',
].flatMap((name) => [name, `${name}:`]));
const hostless = new Set(['javascript', 'javascript:']);

function finish(result) {
  result.href = result.format();
  return result;
}

function setPath(result) {
  result.path = (result.pathname || '') + (result.search || '');
}

function takeQuery(result, relative) {
  result.search = relative.search;
  result.query = relative.query;
}

/** `//host/path` keeps the scheme alone. */
function fromHost(result, relative) {
  for (const key of Object.keys(relative)) {
    if (key !== 'protocol') result[key] = relative[key];
  }
  if (slashed.has(result.protocol) && result.hostname && !result.pathname) {
    result.path = result.pathname = '/';
  }
  return finish(result);
}

/** Another scheme keeps nothing; without a host its path begins with one. */
function fromScheme(result, relative) {
  if (!slashed.has(relative.protocol)) {
    return finish(Object.assign(result, relative));
  }
  result.protocol = relative.protocol;
  if (relative.host || relative.protocol === 'file:' ||
      relative.protocol === 'file') {
    result.pathname = relative.pathname;
  } else {
    const segments = (relative.pathname || '').split('/');
    const first = segments.findIndex((segment) => segment !== '');
    relative.host = first < 0 ? '' : segments[first];
    relative.hostname ||= '';
    const rest = first < 0 ? [] : segments.slice(first + 1);
    if (rest[0] !== '') rest.unshift('');
    if (rest.length < 2) rest.unshift('');
    result.pathname = rest.join('/');
  }
  takeQuery(result, relative);
  result.host = relative.host || '';
  result.auth = relative.auth;
  result.hostname = relative.hostname || relative.host;
  result.port = relative.port;
  if (result.pathname || result.search) setPath(result);
  result.slashes ||= relative.slashes;
  return finish(result);
}

/** The first segment of `segments` as the host, with a name before its `@`. */
function hostFromSegment(result, segment) {
  result.hostname = result.host = segment;
  if (segment && segment.indexOf('@') > 0) {
    const { 0: auth, 1: host } = segment.split('@');
    result.auth = auth;
    result.host = result.hostname = host;
  }
}

function prependHost(segments, host) {
  if (segments[0] === '') {
    segments[0] = host;
  } else {
    segments.unshift(host);
  }
}

/** Takes `.` and `..` out of `segments`; how many `..` are left over. */
function dropDots(segments) {
  let up = 0;
  for (let i = segments.length - 1; i >= 0; --i) {
    const segment = segments[i];
    if (segment !== '.' && segment !== '..' && up === 0) continue;
    segments.splice(i, 1);
    if (segment === '..') {
      ++up;
    } else if (segment !== '.') {
      --up;
    }
  }
  return up;
}

const isRooted = (segments) => segments[0] === '' || segments[0]?.[0] === '/';

/** The same scheme, or none. */
function fromPath(result, relative) {
  const isAbsolute = relative.host || relative.pathname?.[0] === '/';
  let mustBeRooted = Boolean(
    isAbsolute || result.pathname?.[0] === '/' ||
    (result.host && relative.pathname));
  const dropsAllDots = mustBeRooted;
  let segments = result.pathname ? result.pathname.split('/') : [];
  const added = relative.pathname ? relative.pathname.split('/') : [];
  const hostInPath = Boolean(result.protocol) && !slashed.has(result.protocol);

  if (hostInPath) {
    if (result.host) prependHost(segments, result.host);
    result.hostname = '';
    result.port = null;
    result.host = '';
    if (relative.protocol) {
      if (relative.host) prependHost(added, relative.host);
      relative.hostname = null;
      relative.port = null;
      relative.host = null;
      result.auth = null;
    }
    mustBeRooted &&= added[0] === '' || segments[0] === '';
  }

  if (isAbsolute) {
    if (relative.host || relative.host === '') {
      if (result.host !== relative.host) result.auth = null;
      result.host = relative.host;
      result.port = relative.port;
    }
    if (relative.hostname || relative.hostname === '') {
      if (result.hostname !== relative.hostname) result.auth = null;
      result.hostname = relative.hostname;
    }
    takeQuery(result, relative);
    segments = added;
  } else if (added.length > 0) {
    segments.pop();
    segments.push(...added);
    takeQuery(result, relative);
  } else if (relative.search != null) {
    if (hostInPath) hostFromSegment(result, segments.shift());
    takeQuery(result, relative);
    if (result.pathname !== null || result.search !== null) setPath(result);
    return finish(result);
  }

  if (segments.length === 0) {
    result.pathname = null;
    result.path = result.search ? `/${result.search}` : null;
    return finish(result);
  }
  return joined(result, relative, segments,
                { hostInPath, mustBeRooted, dropsAllDots });
}

function joined(result, relative, segments, how) {
  const { hostInPath, dropsAllDots } = how;
  let { mustBeRooted } = how;
  const last = segments.at(-1);
  const endsWithSlash = last === '' ||
    ((result.host || relative.host || segments.length > 1) &&
     (last === '.' || last === '..'));

  const up = dropDots(segments);
  if (!mustBeRooted && !dropsAllDots) {
    segments.unshift(...new Array(up).fill('..'));
  }
  if (mustBeRooted && !isRooted(segments)) segments.unshift('');
  if (endsWithSlash && !segments.join('/').endsWith('/')) segments.push('');

  const rooted = isRooted(segments);
  if (hostInPath) {
    hostFromSegment(
      result, rooted || segments.length === 0 ? '' : segments.shift());
  }
  mustBeRooted ||= result.host && segments.length > 0;
  if (mustBeRooted && !rooted) segments.unshift('');

  if (segments.length === 0) {
    result.pathname = null;
    result.path = null;
  } else {
    result.pathname = segments.join('/');
  }
  if (result.pathname !== null || result.search !== null) setPath(result);
  result.auth = relative.auth || result.auth;
  result.slashes ||= relative.slashes;
  return finish(result);
}

/** `result`, a copy of the base, becomes where `relative` points. */
function resolveInto(result, relative) {
  // Even an empty reference drops the base's fragment.
  result.hash = relative.hash;
  if (relative.href === '') return finish(result);
  if (relative.slashes && !relative.protocol) return fromHost(result, relative);
  if (relative.protocol && relative.protocol !== result.protocol) {
    return fromScheme(result, relative);
  }
  return fromPath(result, relative);
}

module.exports = { hostless, resolveInto, slashed };
