'use strict';

// `util.MIMEType` and `util.MIMEParams`: the WHATWG standard "MIME Sniffing".

const {
  ObjectDefineProperty, RegExpPrototypeExec, RegExpPrototypeSymbolReplace, SafeMap, StringPrototypeIndexOf,
  StringPrototypeSlice, StringPrototypeToLowerCase, SymbolIterator,
} = require('internal/primordials');
const { codes: { ERR_INVALID_MIME_SYNTAX } } = require('internal/errors');

const notToken = /[^-!#$%&'*+.^_`|~0-9A-Za-z]/;
const notQuotable = /[^\t\x20-\x7e\x80-\xff]/;
const leadingSpace = /^[\t\n\r ]+/;
const trailingSpace = /[\t\n\r ]+$/;
const upperCase = /[A-Z]+/g;
const needsBackslash = /["\\]/g;
const escaped = /\\([^])/g;
// Up to the closing quotation mark or the end; then up to the next semicolon.
const quotedString = /^"([^"\\]*(?:\\[^][^"\\]*)*\\?)"?[^;]*/;

const lower = (text) => RegExpPrototypeSymbolReplace(upperCase, text, (part) => StringPrototypeToLowerCase(part));
const without = (space, text) => RegExpPrototypeSymbolReplace(space, text, '');
const firstMatch = (pattern, text) => RegExpPrototypeExec(pattern, text)?.index ?? -1;

/** Refuses what is no token; `whole` is the text that the error shows. */
function checkToken(production, token, whole = token) {
  const index = firstMatch(notToken, token);
  if (token === '' || index !== -1) throw new ERR_INVALID_MIME_SYNTAX(production, whole, index);
}

/** `[type, subtype, what is behind the semicolon]` of `text`. */
function split(text) {
  const rest = without(leadingSpace, text);
  const slash = StringPrototypeIndexOf(rest, '/');
  const type = slash === -1 ? rest : StringPrototypeSlice(rest, 0, slash);
  checkToken('type', type, text);
  if (slash === -1) throw new ERR_INVALID_MIME_SYNTAX('type', text, -1);
  const semicolon = StringPrototypeIndexOf(rest, ';', slash);
  const end = semicolon === -1 ? rest.length : semicolon;
  const subtype = without(trailingSpace, StringPrototypeSlice(rest, slash + 1, end));
  checkToken('subtype', subtype, text);
  return [lower(type), lower(subtype), StringPrototypeSlice(rest, end + 1)];
}

/** Sets the parameters of `text` in `map`; what is none is passed over, and the first of a name counts. */
function parseParameters(text, map) {
  let rest = without(trailingSpace, text);
  while (rest !== '') {
    rest = without(leadingSpace, rest);
    const { 0: name } = RegExpPrototypeExec(/^[^;=]*/, rest);
    rest = StringPrototypeSlice(rest, name.length);
    if (rest[0] !== '=') {
      rest = StringPrototypeSlice(rest, 1);
      continue;
    }
    rest = StringPrototypeSlice(rest, 1);
    const quoted = RegExpPrototypeExec(quotedString, rest);
    const { 0: whole } = quoted ?? RegExpPrototypeExec(/^[^;]*/, rest);
    const value = quoted === null ? without(trailingSpace, whole) : RegExpPrototypeSymbolReplace(escaped, quoted[1], '$1');
    rest = StringPrototypeSlice(rest, whole.length + 1);
    if (value === '' && quoted === null) continue;
    if (name === '' || firstMatch(notToken, name) !== -1 || firstMatch(notQuotable, value) !== -1) continue;
    const key = lower(name);
    if (!map.has(key)) map.set(key, value);
  }
}

function serialize(value) {
  if (value !== '' && firstMatch(notToken, value) === -1) return value;
  return `"${RegExpPrototypeSymbolReplace(needsBackslash, value, '\\$&')}"`;
}

let withText;

class MIMEParams {
  #map = new SafeMap();

  delete(name) {
    this.#map.delete(lower(`${name}`));
  }

  get(name) {
    return this.#map.get(lower(`${name}`)) ?? null;
  }

  has(name) {
    return this.#map.has(lower(`${name}`));
  }

  set(name, value) {
    name = `${name}`;
    value = `${value}`;
    checkToken('parameter name', lower(name));
    const index = firstMatch(notQuotable, value);
    if (index !== -1) throw new ERR_INVALID_MIME_SYNTAX('parameter value', value, index);
    this.#map.set(lower(name), value);
  }

  *entries() {
    yield* this.#map.entries();
  }

  *keys() {
    yield* this.#map.keys();
  }

  *values() {
    yield* this.#map.values();
  }

  toString() {
    let text = '';
    for (const { 0: name, 1: value } of this.#map) {
      text += `${text === '' ? '' : ';'}${name}=${serialize(value)}`;
    }
    return text;
  }

  static {
    withText = (text) => {
      const params = new MIMEParams();
      parseParameters(text, params.#map);
      return params;
    };
  }
}

class MIMEType {
  #type;
  #subtype;
  #params;

  constructor(string) {
    const { 0: type, 1: subtype, 2: params } = split(`${string}`);
    this.#type = type;
    this.#subtype = subtype;
    this.#params = withText(params);
  }

  get type() {
    return this.#type;
  }

  set type(value) {
    value = `${value}`;
    checkToken('type', value);
    this.#type = lower(value);
  }

  get subtype() {
    return this.#subtype;
  }

  set subtype(value) {
    value = `${value}`;
    checkToken('subtype', value);
    this.#subtype = lower(value);
  }

  get essence() {
    return `${this.#type}/${this.#subtype}`;
  }

  get params() {
    return this.#params;
  }

  toString() {
    const params = `${this.#params}`;
    return `${this.#type}/${this.#subtype}${params === '' ? '' : `;${params}`}`;
  }
}

const alias = (Class, name, value) => ObjectDefineProperty(Class.prototype, name, {
  __proto__: null, value, configurable: true, writable: true,
});
alias(MIMEParams, SymbolIterator, MIMEParams.prototype.entries);
alias(MIMEParams, 'toJSON', MIMEParams.prototype.toString);
alias(MIMEType, 'toJSON', MIMEType.prototype.toString);

module.exports = { MIMEParams, MIMEType };
