'use strict';

// `lookup` and `lookupService`, with callbacks and as promises.

const { ArrayPrototypeMap, ObjectDefineProperty } = require('internal/primordials');
const {
  DNSException,
  codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_MISSING_ARGS },
} = require('internal/errors');
const {
  validateBoolean, validateFunction, validateNumber, validateOneOf, validatePort, validateString,
} = require('internal/validators');
const { customPromisifyArgs } = require('internal/util');
const { isIP } = require('internal/net/addresses');
const resolver = require('internal/dns/resolver');

const {
  AI_ADDRCONFIG: ADDRCONFIG, AI_ALL: ALL, AI_V4MAPPED: V4MAPPED,
  DNS_ORDER_IPV4_FIRST, DNS_ORDER_IPV6_FIRST, DNS_ORDER_VERBATIM,
  GetAddrInfoReqWrap, GetNameInfoReqWrap,
} = resolver;
// Once, as Node's tests expect who put another in its place.
const { getaddrinfo, getnameinfo } = resolver;

const EAI_NONAME = -3008;

const orders = {
  __proto__: null,
  verbatim: DNS_ORDER_VERBATIM,
  ipv4first: DNS_ORDER_IPV4_FIRST,
  ipv6first: DNS_ORDER_IPV6_FIRST,
};
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

/** Tells observers of performance of a look-up, when it is over. */
function timed(name, detail) {
  const perf = require('internal/perf');
  if (!perf.hasObserver('dns')) return undefined;
  const start = perf.now();
  return (found) => perf.announceEntry('dns', name, start, { ...detail, ...found });
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
    result.hints = options.hints >>> 0;
    if ((result.hints & ~(ADDRCONFIG | ALL | V4MAPPED)) !== 0) {
      throw new ERR_INVALID_ARG_VALUE('hints', result.hints);
    }
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

function isOptions(options) {
  return options === undefined || typeof options === 'number' || typeof options === 'object';
}

function noName(hostname) {
  return new ERR_INVALID_ARG_VALUE('hostname', hostname, 'must be a non-empty string');
}

/** Asks the resolver: `done(error)` or `done(null, [{ address, family }])`, always later. */
function find(request, hostname, { family, hints, order }, done) {
  const known = isIP(hostname);
  if (known !== 0) {
    process.nextTick(done, null, [{ address: hostname, family: known }]);
    return;
  }
  const observed = timed('lookup', { hostname, family, hints, verbatim: order === 'verbatim', order });
  request.family = family;
  request.hostname = hostname;
  request.oncomplete = (errno, addresses) => {
    if (errno) {
      done(new DNSException(errno, 'getaddrinfo', hostname));
      return;
    }
    observed?.({ addresses });
    done(null, ArrayPrototypeMap(addresses, (address) => ({ address, family: family || isIP(address) })));
  };
  const { domainToASCII } = require('internal/url');
  const status = getaddrinfo(request, domainToASCII(hostname) || hostname, family, hints, orders[order]);
  if (status) process.nextTick(done, new DNSException(status, 'getaddrinfo', hostname));
}

function lookup(hostname, options, callback) {
  if (hostname) validateString(hostname, 'hostname');
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  } else if (!isOptions(options)) {
    validateFunction(arguments.length === 2 ? options : callback, 'callback');
    throw new ERR_INVALID_ARG_TYPE('options', ['integer', 'object'], options);
  } else {
    validateFunction(callback, 'callback');
  }
  const wanted = readOptions(options);
  if (!hostname) throw noName(hostname);
  const request = new GetAddrInfoReqWrap();
  request.callback = callback;
  find(request, hostname, wanted, (error, addresses) => {
    if (error) request.callback(error);
    else if (wanted.all) request.callback(null, addresses);
    else if (addresses.length === 0) request.callback(new DNSException(EAI_NONAME, 'getaddrinfo', hostname));
    else request.callback(null, addresses[0].address, addresses[0].family);
  });
  return request;
}
ObjectDefineProperty(lookup, customPromisifyArgs, { __proto__: null, value: ['address', 'family'], enumerable: false });

const named = (fn, name) => ObjectDefineProperty(fn, 'name', { __proto__: null, value: name, configurable: true });

const lookupPromise = named((hostname, options) => {
  if (hostname) validateString(hostname, 'hostname');
  if (!isOptions(options)) throw new ERR_INVALID_ARG_TYPE('options', ['integer', 'object'], options);
  const wanted = readOptions(options);
  const { promise, resolve, reject } = Promise.withResolvers();
  if (!hostname) {
    reject(noName(hostname));
    return promise;
  }
  const request = new GetAddrInfoReqWrap();
  request.resolve = resolve;
  request.reject = reject;
  find(request, hostname, wanted, (error, addresses) => {
    if (error) request.reject(error);
    else if (wanted.all) request.resolve(addresses);
    else if (addresses.length === 0) request.reject(new DNSException(EAI_NONAME, 'getaddrinfo', hostname));
    else request.resolve(addresses[0]);
  });
  return promise;
}, 'lookup');

/** `done(error)` or `done(null, hostname, service)`, later; what is refused at once is returned. */
function findService(address, port, done) {
  if (isIP(address) === 0) throw new ERR_INVALID_ARG_VALUE('address', address);
  validatePort(port);
  const request = new GetNameInfoReqWrap();
  const observed = timed('lookupService', { host: address, port: +port });
  request.oncomplete = (errno, hostname, service) => {
    if (errno) {
      done(new DNSException(errno, 'getnameinfo', address));
      return;
    }
    observed?.({ hostname, service });
    done(null, hostname, service);
  };
  const status = getnameinfo(request, address, +port);
  return { request, error: status ? new DNSException(status, 'getnameinfo', address) : undefined };
}

function lookupService(address, port, callback) {
  if (arguments.length !== 3) throw new ERR_MISSING_ARGS('address', 'port', 'callback');
  if (isIP(address) === 0) throw new ERR_INVALID_ARG_VALUE('address', address);
  validatePort(port);
  validateFunction(callback, 'callback');
  const { request, error } = findService(address, port, callback);
  if (error !== undefined) throw error;
  return request;
}
ObjectDefineProperty(lookupService, customPromisifyArgs,
  { __proto__: null, value: ['hostname', 'service'], enumerable: false });

const lookupServicePromise = named(function(address, port) {
  if (arguments.length !== 2) throw new ERR_MISSING_ARGS('address', 'port');
  const { promise, resolve, reject } = Promise.withResolvers();
  const { error } = findService(address, port, (failure, hostname, service) => {
    if (failure) reject(failure);
    else resolve({ hostname, service });
  });
  if (error !== undefined) reject(error);
  return promise;
}, 'lookupService');

module.exports = {
  ADDRCONFIG,
  ALL,
  V4MAPPED,
  callbacks: { getDefaultResultOrder, lookup, lookupService, setDefaultResultOrder },
  promises: { getDefaultResultOrder, lookup: lookupPromise, lookupService: lookupServicePromise, setDefaultResultOrder },
};
