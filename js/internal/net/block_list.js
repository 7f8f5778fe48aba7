'use strict';

// `net.SocketAddress` and `net.BlockList`. Addresses are compared as numbers; an IPv4 address is the
// same as its mapped IPv6 one (`::ffff:a.b.c.d`).

const {
  ArrayIsArray, ArrayPrototypeMap, ArrayPrototypeSome, ArrayPrototypeUnshift, BigInt, JSONParse,
  RegExpPrototypeExec, StringPrototypeIncludes, StringPrototypeSlice, StringPrototypeSplit,
  StringPrototypeStartsWith, StringPrototypeToLowerCase,
} = require('internal/primordials');
const {
  codes: { ERR_INVALID_ADDRESS, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE },
} = require('internal/errors');
const {
  validateInt32, validateObject, validatePort, validateString, validateUint32,
} = require('internal/validators');
const { kEmptyObject } = require('internal/util');
const { inspect } = require('internal/util/inspect');
const { CLONEABLE, kClone, kDeserialize, setMode } = require('internal/worker/transfer');
const { isIP } = require('internal/net/addresses');

const MAPPED = 0xffff00000000n;

function numberOfV4(text) {
  const parts = StringPrototypeSplit(text, '.');
  let number = 0n;
  for (let i = 0; i < 4; i++) number = number * 256n + BigInt(parts[i]);
  return number;
}

function numberOfV6(text) {
  text = StringPrototypeSplit(text, '%')[0];
  const groups = (part) => {
    const list = [];
    const words = part === '' ? [] : StringPrototypeSplit(part, ':');
    for (let i = 0; i < words.length; i++) {
      if (StringPrototypeIncludes(words[i], '.')) {
        const v4 = numberOfV4(words[i]);
        list[list.length] = v4 >> 16n;
        list[list.length] = v4 & 0xffffn;
      } else {
        list[list.length] = BigInt(`0x${words[i]}`);
      }
    }
    return list;
  };
  const halves = StringPrototypeSplit(text, '::');
  const head = groups(halves[0]);
  const tail = halves.length > 1 ? groups(halves[1]) : [];
  let number = 0n;
  for (let i = 0; i < head.length; i++) number = number << 16n | head[i];
  number <<= BigInt(16 * (8 - head.length));
  for (let i = 0; i < tail.length; i++) number |= tail[i] << BigInt(16 * (tail.length - 1 - i));
  return number;
}

/** 128 bits, those of the mapped address for IPv4. */
function numberOf(address, family) {
  return family === 'ipv4' ? MAPPED | numberOfV4(address) : numberOfV6(address);
}

class SocketAddress {
  #address;
  #port;
  #family;
  #flowlabel;

  static isSocketAddress(value) {
    return typeof value === 'object' && value !== null && #address in value;
  }

  /** `address`, `address:port`, `[address]:port`; undefined where it is none of them. */
  static parse(input) {
    validateString(input, 'input');
    const url = URL.parse(`http://${input}`);
    if (url === null) return undefined;
    const { hostname, port } = url;
    const bracketed = StringPrototypeStartsWith(hostname, '[');
    const address = bracketed ? StringPrototypeSlice(hostname, 1, -1) : hostname;
    if (isIP(address) === 0) return undefined;
    return new SocketAddress({ address, port: port | 0, family: bracketed ? 'ipv6' : 'ipv4' });
  }

  constructor(options = kEmptyObject) {
    validateObject(options, 'options');
    let { family = 'ipv4' } = options;
    if (typeof family?.toLowerCase === 'function') family = family.toLowerCase();
    if (family !== 'ipv4' && family !== 'ipv6') throw new ERR_INVALID_ARG_VALUE('options.family', options.family);
    const { address = family === 'ipv4' ? '127.0.0.1' : '::', port = 0, flowlabel = 0 } = options;
    validateString(address, 'options.address');
    validatePort(port, 'options.port');
    validateUint32(flowlabel, 'options.flowlabel', false);
    if (isIP(address) !== (family === 'ipv4' ? 4 : 6)) throw new ERR_INVALID_ADDRESS();
    this.#address = address;
    this.#port = port | 0;
    this.#family = family;
    this.#flowlabel = family === 'ipv6' ? flowlabel : 0;
  }

  get address() { return this.#address; }
  get port() { return this.#port; }
  get family() { return this.#family; }
  get flowlabel() { return this.#flowlabel; }

  toJSON() {
    return { address: this.address, port: this.port, family: this.family, flowlabel: this.flowlabel };
  }

  [inspect.custom](depth, options) {
    if (depth < 0) return '[SocketAddress]';
    const inner = { ...options, depth: options.depth == null ? null : options.depth - 1 };
    return `SocketAddress ${inspect(this.toJSON(), inner)}`;
  }

  [kClone]() {
    return { data: this.toJSON(), deserializeInfo: 'internal/net/block_list:SocketAddress' };
  }

  [kDeserialize]({ address, port, family, flowlabel }) {
    this.#address = address;
    this.#port = port;
    this.#family = family;
    this.#flowlabel = flowlabel;
  }
}
setMode(SocketAddress.prototype, CLONEABLE);

const familyName = (family) => (family === 'ipv4' ? 'IPv4' : 'IPv6');

/** An address, as text with its family or as a SocketAddress. */
function addressArg(address, family, name) {
  if (SocketAddress.isSocketAddress(address)) return address;
  validateString(address, name);
  validateString(family, 'family');
  return new SocketAddress({ address, family });
}

const rulePatterns = [
  /^(Address): (IPv[46]) (\S+)$/,
  /^(Range): (IPv[46]) ([^-\s]+)-(\S+)$/,
  /^(Subnet): (IPv[46]) ([^/\s]+)\/(\d+)$/,
];

class BlockList {
  /** Each `{ from, to, text }`, the newest first, as Node lists them. */
  #rules = [];

  static isBlockList(value) {
    return typeof value === 'object' && value !== null && #rules in value;
  }

  #add(from, to, text) {
    ArrayPrototypeUnshift(this.#rules, { from, to, text });
  }

  addAddress(address, family = 'ipv4') {
    const { address: text, family: kind } = addressArg(address, family, 'address');
    const number = numberOf(text, kind);
    this.#add(number, number, `Address: ${familyName(kind)} ${text}`);
  }

  addRange(start, end, family = 'ipv4') {
    const first = addressArg(start, family, 'start');
    const last = addressArg(end, family, 'end');
    const from = numberOf(first.address, first.family);
    const to = numberOf(last.address, last.family);
    if (from > to) throw new ERR_INVALID_ARG_VALUE('start', start, 'must come before end');
    this.#add(from, to, `Range: ${familyName(first.family)} ${first.address}-${last.address}`);
  }

  addSubnet(network, prefix, family = 'ipv4') {
    // Node's order of checks.
    if (!SocketAddress.isSocketAddress(network)) {
      validateString(network, 'network');
      validateString(family, 'family');
    }
    const { address, family: kind } = addressArg(network, family, 'network');
    const bits = kind === 'ipv4' ? 32 : 128;
    validateInt32(prefix, 'prefix', 0, bits);
    const size = 1n << BigInt(bits - prefix);
    const number = numberOf(address, kind);
    const from = number - number % size;
    this.#add(from, from + size - 1n, `Subnet: ${familyName(kind)} ${address}/${prefix}`);
  }

  check(address, family = 'ipv4') {
    if (!SocketAddress.isSocketAddress(address)) {
      validateString(address, 'address');
      validateString(family, 'family');
      try {
        address = new SocketAddress({ address, family });
      } catch (error) {
        // A text that is no address is on no list.
        if (error.code === 'ERR_INVALID_ADDRESS') return false;
        throw error;
      }
    }
    const number = numberOf(address.address, address.family);
    return ArrayPrototypeSome(this.#rules, ({ from, to }) => from <= number && number <= to);
  }

  get rules() {
    return ArrayPrototypeMap(this.#rules, ({ text }) => text);
  }

  toJSON() {
    return this.rules;
  }

  fromJSON(data) {
    if (ArrayIsArray(data)) {
      for (let i = 0; i < data.length; i++) {
        if (typeof data[i] !== 'string') throw new ERR_INVALID_ARG_TYPE('data', ['string', 'string[]'], data);
      }
    } else if (typeof data === 'string') {
      data = JSONParse(data);
      if (!ArrayIsArray(data)) throw new ERR_INVALID_ARG_TYPE('data', ['string', 'string[]'], data);
      this.fromJSON(data);
      return;
    } else {
      throw new ERR_INVALID_ARG_TYPE('data', ['string', 'string[]'], data);
    }
    for (let i = 0; i < data.length; i++) this.#addRule(data[i]);
  }

  #addRule(text) {
    for (let i = 0; i < rulePatterns.length; i++) {
      const match = RegExpPrototypeExec(rulePatterns[i], text);
      if (match === null) continue;
      const family = StringPrototypeToLowerCase(match[2]);
      if (i === 0) this.addAddress(match[3], family);
      else if (i === 1) this.addRange(match[3], match[4], family);
      else this.addSubnet(match[3], +match[4], family);
      return;
    }
  }

  [inspect.custom](depth, options) {
    if (depth < 0) return '[BlockList]';
    const inner = { ...options, depth: options.depth == null ? null : options.depth - 1 };
    return `BlockList ${inspect({ rules: this.rules }, inner)}`;
  }

  [kClone]() {
    return { data: this.#rules, deserializeInfo: 'internal/net/block_list:BlockList' };
  }

  [kDeserialize](rules) {
    this.#rules = rules;
  }
}
setMode(BlockList.prototype, CLONEABLE);

module.exports = { BlockList, SocketAddress };
