'use strict';
// URLSearchParams, alone or as a view of a URL's query.

const {
  codes: {
    ERR_ARG_NOT_ITERABLE,
    ERR_INVALID_THIS,
    ERR_INVALID_TUPLE,
    ERR_MISSING_ARGS,
  },
} = require('internal/errors');
const { validateFunction } = require('internal/validators');
const { inspect } = require('internal/util/inspect');

const encodingBinding = binding.encoding;
const { apply } = Reflect;
const { decodeURIComponent, encodeURIComponent } = globalThis;
const kInspect = Symbol.for('nodejs.util.inspect.custom');

function toUSVString(value) {
  return `${value}`.toWellFormed();
}

/** Percent-decoding to bytes. */
function percentDecodeBytes(text) {
  const bytes = encodingBinding.encode(text);
  let length = 0;
  for (let i = 0; i < bytes.length; ++i) {
    const digits = String.fromCharCode(bytes[i + 1], bytes[i + 2]);
    if (bytes[i] === 0x25 && /^[\da-f]{2}$/i.test(digits)) {
      bytes[length++] = parseInt(digits, 16);
      i += 2;
    } else {
      bytes[length++] = bytes[i];
    }
  }
  return bytes.subarray(0, length);
}

/** Percent-decoding to UTF-8, whatever the bytes are. */
function percentDecode(text) {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return encodingBinding.decodeUtf8(percentDecodeBytes(text), false);
  }
}

/** application/x-www-form-urlencoded: names and values by turns. */
function parseForm(query) {
  const list = [];
  for (const pair of query.split('&')) {
    if (pair.length === 0) continue;
    const text = pair.replaceAll('+', ' ');
    const equals = text.indexOf('=');
    list.push(
      percentDecode(equals < 0 ? text : text.slice(0, equals)),
      equals < 0 ? '' : percentDecode(text.slice(equals + 1)));
  }
  return list;
}

function encodeForm(text) {
  return encodeURIComponent(text).replace(
    /[!'()~]|%20/g,
    (found) => (found === '%20' ? '+' :
      `%${found.charCodeAt(0).toString(16).toUpperCase()}`));
}

function serializeForm(list) {
  let text = '';
  for (let i = 0; i < list.length; i += 2) {
    if (i > 0) text += '&';
    text += `${encodeForm(list[i])}=${encodeForm(list[i + 1])}`;
  }
  return text;
}

let isSearchParams;
/** Ties `params` to a URL: `changed()` is called after each change. */
let bindParams;
/** Replaces the list by that of `query`, without telling the URL. */
let resetParams;

function methodsOf(list) {
  return list === undefined || list === null ? undefined :
    list[Symbol.iterator];
}

class URLSearchParams {
  /** Names and values by turns. */
  #list = [];
  #changed = undefined;

  constructor(init = undefined) {
    if (init == null) return;
    if (typeof init !== 'object' && typeof init !== 'function') {
      const text = toUSVString(init);
      this.#list = parseForm(text[0] === '?' ? text.slice(1) : text);
      return;
    }
    if (isSearchParams(init)) {
      this.#list = init.#list.slice();
      return;
    }
    const method = methodsOf(init);
    if (method != null) {
      if (typeof method !== 'function') {
        throw new ERR_ARG_NOT_ITERABLE('Query pairs');
      }
      this.#fromPairs(init);
    } else {
      this.#fromRecord(init);
    }
  }

  #fromPairs(pairs) {
    for (const pair of pairs) {
      if (pair == null || typeof pair === 'string' ||
          typeof methodsOf(pair) !== 'function') {
        throw new ERR_INVALID_TUPLE('Each query pair', '[name, value]');
      }
      const entry = [...pair];
      if (entry.length !== 2) {
        throw new ERR_INVALID_TUPLE('Each query pair', '[name, value]');
      }
      this.#list.push(toUSVString(entry[0]), toUSVString(entry[1]));
    }
  }

  #fromRecord(record) {
    const visited = new Map();
    for (const key of Reflect.ownKeys(record)) {
      const descriptor = Reflect.getOwnPropertyDescriptor(record, key);
      if (!descriptor?.enumerable) continue;
      visited.set(toUSVString(key), toUSVString(record[key]));
    }
    for (const [name, value] of visited) this.#list.push(name, value);
  }

  get size() {
    URLSearchParams.#check(this);
    return this.#list.length / 2;
  }

  append(name, value) {
    URLSearchParams.#check(this);
    if (arguments.length < 2) throw new ERR_MISSING_ARGS('name', 'value');
    this.#list.push(toUSVString(name), toUSVString(value));
    this.#update();
  }

  delete(name, value = undefined) {
    URLSearchParams.#check(this);
    if (arguments.length < 1) throw new ERR_MISSING_ARGS('name');
    name = toUSVString(name);
    if (value !== undefined) value = toUSVString(value);
    const kept = [];
    const list = this.#list;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === name && (value === undefined || list[i + 1] === value)) {
        continue;
      }
      kept.push(list[i], list[i + 1]);
    }
    this.#list = kept;
    this.#update();
  }

  get(name) {
    URLSearchParams.#check(this);
    if (arguments.length < 1) throw new ERR_MISSING_ARGS('name');
    const position = this.#find(toUSVString(name));
    return position < 0 ? null : this.#list[position + 1];
  }

  getAll(name) {
    URLSearchParams.#check(this);
    if (arguments.length < 1) throw new ERR_MISSING_ARGS('name');
    name = toUSVString(name);
    return this.#list.filter(
      (_, i, list) => i % 2 === 1 && list[i - 1] === name);
  }

  has(name, value = undefined) {
    URLSearchParams.#check(this);
    if (arguments.length < 1) throw new ERR_MISSING_ARGS('name');
    if (value === undefined) return this.#find(toUSVString(name)) >= 0;
    return this.getAll(name).includes(toUSVString(value));
  }

  set(name, value) {
    URLSearchParams.#check(this);
    if (arguments.length < 2) throw new ERR_MISSING_ARGS('name', 'value');
    name = toUSVString(name);
    value = toUSVString(value);
    const position = this.#find(name);
    if (position < 0) {
      this.#list.push(name, value);
    } else {
      // The first takes the value, the others of that name go.
      const list = this.#list;
      list[position + 1] = value;
      this.#list = list.filter((_, i) => {
        const start = i - i % 2;
        return start <= position || list[start] !== name;
      });
    }
    this.#update();
  }

  sort() {
    URLSearchParams.#check(this);
    const pairs = [];
    for (let i = 0; i < this.#list.length; i += 2) {
      pairs.push([this.#list[i], this.#list[i + 1]]);
    }
    // By UTF-16 code units, stable.
    pairs.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
    this.#list = pairs.flat();
    this.#update();
  }

  entries() {
    URLSearchParams.#check(this);
    return new SearchParamsIterator(() => this.#list, 'key+value');
  }

  forEach(callback, thisArg = undefined) {
    URLSearchParams.#check(this);
    validateFunction(callback, 'callback');
    for (let i = 0; i < this.#list.length; i += 2) {
      apply(callback, thisArg, [this.#list[i + 1], this.#list[i], this]);
    }
  }

  keys() {
    URLSearchParams.#check(this);
    return new SearchParamsIterator(() => this.#list, 'key');
  }

  values() {
    URLSearchParams.#check(this);
    return new SearchParamsIterator(() => this.#list, 'value');
  }

  toString() {
    URLSearchParams.#check(this);
    return serializeForm(this.#list);
  }

  [kInspect](depth, options) {
    URLSearchParams.#check(this);
    if (typeof depth === 'number' && depth < 0) {
      return options.stylize('[Object]', 'special');
    }
    return `URLSearchParams ${inspectList(
      this.#list, options, (list, i, show) =>
        `${show(list[i])} => ${show(list[i + 1])}`)}`;
  }

  #find(name) {
    return this.#list.findIndex((text, i) => i % 2 === 0 && text === name);
  }

  #update() {
    this.#changed?.();
  }

  static #check(value) {
    if (!isSearchParams(value)) throw new ERR_INVALID_THIS('URLSearchParams');
  }

  static {
    isSearchParams = (value) =>
      typeof value === 'object' && value !== null && #changed in value;
    bindParams = (params, changed) => {
      params.#changed = changed;
    };
    resetParams = (params, query) => {
      params.#list = parseForm(query);
    };
  }
}

function inspectList(list, options, format) {
  const show = (text) => inspect(text, options);
  const items = [];
  for (let i = 0; i < list.length; i += 2) items.push(format(list, i, show));
  if (items.length === 0) return '{}';
  const long = items.join(', ').length > options.breakLength;
  return long ? `{\n  ${items.join(',\n  ')} }` : `{ ${items.join(', ')} }`;
}

const IteratorPrototype =
  Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));

class SearchParamsIterator {
  #list;
  #kind;
  #position = 0;

  constructor(list, kind) {
    this.#list = list;
    this.#kind = kind;
  }

  next() {
    if (typeof this !== 'object' || this === null || !(#list in this)) {
      throw new ERR_INVALID_THIS('URLSearchParamsIterator');
    }
    const list = this.#list();
    const position = this.#position;
    if (position >= list.length) return { value: undefined, done: true };
    this.#position += 2;
    const name = list[position];
    const value = list[position + 1];
    switch (this.#kind) {
      case 'key': return { value: name, done: false };
      case 'value': return { value, done: false };
      default: return { value: [name, value], done: false };
    }
  }

  [kInspect](depth, options) {
    if (typeof this !== 'object' || this === null || !(#list in this)) {
      throw new ERR_INVALID_THIS('URLSearchParamsIterator');
    }
    if (typeof depth === 'number' && depth < 0) {
      return options.stylize('[Object]', 'special');
    }
    const kind = this.#kind;
    if (this.#position >= this.#list().length) {
      return 'URLSearchParams Iterator {  }';
    }
    return `URLSearchParams Iterator ${inspectList(
      this.#list().slice(this.#position), options, (list, i, show) => {
        if (kind === 'key') return show(list[i]);
        if (kind === 'value') return show(list[i + 1]);
        return `[ ${show(list[i])}, ${show(list[i + 1])} ]`;
      })}`;
  }
}
delete SearchParamsIterator.prototype.constructor;
Object.setPrototypeOf(SearchParamsIterator.prototype, IteratorPrototype);
Object.defineProperties(SearchParamsIterator.prototype, {
  next: { __proto__: null, enumerable: true },
  [kInspect]: { __proto__: null, enumerable: false },
  [Symbol.toStringTag]: {
    __proto__: null,
    configurable: true,
    value: 'URLSearchParams Iterator',
  },
});

for (const key of
  ['append', 'delete', 'get', 'getAll', 'has', 'set', 'sort', 'entries',
   'forEach', 'keys', 'values', 'toString', 'size']) {
  Object.defineProperty(URLSearchParams.prototype, key,
                        { __proto__: null, enumerable: true });
}
Object.defineProperties(URLSearchParams.prototype, {
  [kInspect]: { __proto__: null, enumerable: false },
  [Symbol.toStringTag]: {
    __proto__: null,
    configurable: true,
    value: 'URLSearchParams',
  },
  // The specification wants the same function.
  [Symbol.iterator]: {
    __proto__: null,
    configurable: true,
    writable: true,
    value: URLSearchParams.prototype.entries,
  },
});

module.exports = { URLSearchParams, bindParams, percentDecodeBytes, resetParams };
