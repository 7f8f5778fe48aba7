'use strict';

// The system's resolver (getaddrinfo, getnameinfo) on the pool, with the names of Node's own binding:
// a request's `oncomplete` is called with an errno or null, and what was found.

const { ArrayPrototypeFilter } = require('internal/primordials');
const { emitDestroy, initAsyncResource, kAsyncId, runInResource } = require('internal/async_hooks');
const { isIP } = require('internal/net/addresses');
const netBinding = require('internal/net/native');
const { openHandles } = require('internal/net/pipe');

const DNS_ORDER_VERBATIM = 0;
const DNS_ORDER_IPV4_FIRST = 1;
const DNS_ORDER_IPV6_FIRST = 2;

class GetAddrInfoReqWrap {
  constructor() {
    initAsyncResource(this, 'GETADDRINFOREQWRAP');
  }

  get isActive() { return true; }
  get isRequest() { return true; }
  get resourceName() { return 'GetAddrInfoReqWrap'; }
}

class GetNameInfoReqWrap {
  constructor() {
    initAsyncResource(this, 'GETNAMEINFOREQWRAP');
  }

  get isActive() { return true; }
  get isRequest() { return true; }
  get resourceName() { return 'GetNameInfoReqWrap'; }
}

function complete(request, args) {
  openHandles.delete(request);
  runInResource(request, request.oncomplete, request, args);
  emitDestroy(request[kAsyncId]);
}

function inOrder(addresses, order) {
  if (order === DNS_ORDER_VERBATIM) return addresses;
  const first = order === DNS_ORDER_IPV4_FIRST ? 4 : 6;
  return [
    ...ArrayPrototypeFilter(addresses, (address) => isIP(address) === first),
    ...ArrayPrototypeFilter(addresses, (address) => isIP(address) !== first),
  ];
}

/** 0; `oncomplete(errno)` or `oncomplete(null, addresses)` comes later. */
function getaddrinfo(request, hostname, family, hints, order) {
  openHandles.add(request);
  netBinding.lookup(hostname, family, hints, (errno, addresses) => {
    if (errno !== 0) complete(request, [errno]);
    else complete(request, [null, inOrder(addresses, order)]);
  });
  return 0;
}

/** 0; `oncomplete(errno)` or `oncomplete(null, hostname, service)` comes later. */
function getnameinfo(request, address, port) {
  openHandles.add(request);
  netBinding.lookupService(address, port, (errno, names) => {
    if (errno !== 0) complete(request, [errno]);
    else complete(request, [null, names[0], names[1]]);
  });
  return 0;
}

module.exports = {
  AI_ADDRCONFIG: 32,
  AI_ALL: 16,
  AI_V4MAPPED: 8,
  DNS_ORDER_IPV4_FIRST,
  DNS_ORDER_IPV6_FIRST,
  DNS_ORDER_VERBATIM,
  GetAddrInfoReqWrap,
  GetNameInfoReqWrap,
  getaddrinfo,
  getnameinfo,
};

