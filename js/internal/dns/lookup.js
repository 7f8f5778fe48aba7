'use strict';

// `lookup` and `lookupService`, by the system's resolver (getaddrinfo, getnameinfo) on the pool.

const {
  ArrayPrototypeFilter, ArrayPrototypeMap, ObjectDefineProperty, SafeSet,
} = require('internal/primordials');
const { initAsyncResource, runInResource } = require('internal/async_hooks');
const {
  DNSException,
  codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_MISSING_ARGS },
} = require('internal/errors');
const {
  validateBoolean, validateFunction, validateNumber, validateOneOf, validatePort, validateString,
} = require('internal/validators');
const { customPromisifyArgs } = require('internal/util');
const { isIP } = require('internal/net/addresses');

const ADDRCONFIG = 32;
const ALL = 16;
const V4MAPPED = 8;

const ORDERS = ['verbatim', 'ipv4first', 'ipv6first'];

let defaultOrder;

function getDefaultResultOrder() {
  if (defaultOrder === undefined) {
    const { getOptionValue } = require('internal/options');
    defaultOrder = getOptionValue('--dns-result-order') || 'verbatim';
  }
  return defaultOrder;
}

function setDefaultResultOrder(order) {
  validateOneOf(order, 'dnsOrder', ORDERS);
  defaultOrder = order;
}

/** Look-ups under way, for `process.getActiveResourcesInfo()`. */
const active = new SafeSet();

class Request {
  constructor(type, resourceName) {
    this.resourceName = resourceName;
    initAsyncResource(this, type);
    active.add(this);
  }

  done(callback, args) {
    active.delete(this);
    runInResource(this, callback, this, args);
  }
}

function checkedHints(hints) {
  if ((hints & ~(ADDRCONFIG | ALL | V4MAPPED)) !== 0) throw new ERR_INVALID_ARG_VALUE('hints', hints);
  return hints;
}

function familyOf(family) {
  if (family === 'IPv4') return 4;
  if (family === 'IPv6') return 6;
  validateOneOf(family, 'options.family', [0, 4, 6]);
  return family;
}

/** `options` as `{ family, hints, all, order }`, checked. */
function readOptions(options) {
  const result = { family: 0, hints: 0, all: false, order: getDefaultResultOrder() };
  if (typeof options === 'number') {
    validateOneOf(options, 'family', [0, 4, 6]);
    result.family = options;
    return result;
  }
  if (options?.hints != null) {
    validateNumber(options.hints, 'options.hints');
    result.hints = checkedHints(options.hints >>> 0);
  }
  if (options?.family != null) result.family = familyOf(options.family);
  if (options?.all != null) {
    validateBoolean(options.all, 'options.all');
    result.all = options.all;
  }
  if (options?.verbatim != null) {
    validateBoolean(options.verbatim, 'options.verbatim');
    result.order = options.verbatim ? 'verbatim' : 'ipv4first';
  }
  if (options?.order != null) {
    validateOneOf(options.order, 'options.order', ORDERS);
    result.order = options.order;
  }
  return result;
}

function inOrder(addresses, order) {
  const all = ArrayPrototypeMap(addresses, (address) => ({ address, family: isIP(address) }));
  if (order === 'verbatim') return all;
  const first = order === 'ipv4first' ? 4 : 6;
  return [
    ...ArrayPrototypeFilter(all, ({ family }) => family === first),
    ...ArrayPrototypeFilter(all, ({ family }) => family !== first),
  ];
}

/**
 * Finds the addresses of `name`: `done(error)` or `done(null, addresses)`, later in any case. Returns the
 * request.
 */
function find(name, { family, hints, order }, done) {
  const known = isIP(name);
  if (known !== 0) {
    process.nextTick(done, null, [{ address: name, family: known }]);
    return {};
  }
  const request = new Request('GETADDRINFOREQWRAP', 'GetAddrInfoReqWrap');
  const { domainToASCII } = require('url');
  binding.net.lookup(domainToASCII(name) || name, family, hints, (errno, addresses) => {
    if (errno !== 0) request.done(done, [new DNSException(errno, 'getaddrinfo', name)]);
    else request.done(done, [null, inOrder(addresses, order)]);
  });
  return request;
}

function lookup(hostname, options, callback) {
  if (hostname) validateString(hostname, 'hostname');
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  } else if (options !== undefined && typeof options !== 'number' && typeof options !== 'object') {
    validateFunction(arguments.length === 2 ? options : callback, 'callback');
    throw new ERR_INVALID_ARG_TYPE('options', ['integer', 'object'], options);
  } else {
    validateFunction(callback, 'callback');
  }
  const wanted = readOptions(options);
  if (!hostname) throw new ERR_INVALID_ARG_VALUE('hostname', hostname, 'must be a non-empty string');
  return find(hostname, wanted, (error, addresses) => {
    if (error) callback(error);
    else if (wanted.all) callback(null, addresses);
    else if (addresses.length === 0) callback(new DNSException(-3008, 'getaddrinfo', hostname));
    else callback(null, addresses[0].address, addresses[0].family);
  });
}
ObjectDefineProperty(lookup, customPromisifyArgs, { __proto__: null, value: ['address', 'family'], enumerable: false });

function lookupPromise(hostname, options) {
  if (hostname) validateString(hostname, 'hostname');
  if (options !== undefined && typeof options !== 'number' && typeof options !== 'object') {
    throw new ERR_INVALID_ARG_TYPE('options', ['integer', 'object'], options);
  }
  const wanted = readOptions(options);
  if (!hostname) throw new ERR_INVALID_ARG_VALUE('hostname', hostname, 'must be a non-empty string');
  return new Promise((resolve, reject) => {
    find(hostname, wanted, (error, addresses) => {
      if (error) reject(error);
      else if (wanted.all) resolve(addresses);
      else if (addresses.length === 0) reject(new DNSException(-3008, 'getaddrinfo', hostname));
      else resolve(addresses[0]);
    });
  });
}

function findService(address, port, done) {
  const request = new Request('GETNAMEINFOREQWRAP', 'GetNameInfoReqWrap');
  binding.net.lookupService(address, +port, (errno, names) => {
    if (errno !== 0) request.done(done, [new DNSException(errno, 'getnameinfo', address)]);
    else request.done(done, [null, names[0], names[1]]);
  });
  return request;
}

function lookupService(address, port, callback) {
  if (arguments.length !== 3) throw new ERR_MISSING_ARGS('address', 'port', 'callback');
  if (isIP(address) === 0) throw new ERR_INVALID_ARG_VALUE('address', address);
  validatePort(port);
  validateFunction(callback, 'callback');
  return findService(address, port, callback);
}
ObjectDefineProperty(lookupService, customPromisifyArgs,
  { __proto__: null, value: ['hostname', 'service'], enumerable: false });

function lookupServicePromise(address, port) {
  if (arguments.length !== 2) throw new ERR_MISSING_ARGS('address', 'port');
  if (isIP(address) === 0) throw new ERR_INVALID_ARG_VALUE('address', address);
  validatePort(port);
  return new Promise((resolve, reject) => {
    findService(address, port, (error, hostname, service) => {
      if (error) reject(error);
      else resolve({ hostname, service });
    });
  });
}

module.exports = {
  ADDRCONFIG,
  ALL,
  V4MAPPED,
  callbacks: { getDefaultResultOrder, lookup, lookupService, setDefaultResultOrder },
  promises: {
    getDefaultResultOrder,
    lookup: ObjectDefineProperty(lookupPromise, 'name', { __proto__: null, value: 'lookup', configurable: true }),
    lookupService: ObjectDefineProperty(lookupServicePromise, 'name',
      { __proto__: null, value: 'lookupService', configurable: true }),
    setDefaultResultOrder,
  },
};
