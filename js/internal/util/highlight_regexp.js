'use strict';

// Colours for the parts of a regular expression, by how deep they lie in groups and classes. One
// pass that takes any text; where that is no valid pattern, the colours are a guess.

const { RegExpPrototypeExec, StringPrototypeSlice } = require('internal/primordials');

// Each is tried where the pass has come to.
const braced = /(\\[upP]\{)([^}]*)\}/y;
const reference = /(\\k<)([^>]*)>/y;
const escape = /\\(?:x[^]{0,2}|\d+|[^]?)/y;
const classEscape = /\\(?:x[^]{0,2}|[^]?)/y;
const quantifier = /\{(\d*)(,?)(\d*)(\}?)(\??)/y;
const groupName = /\?<([^>]*)>/y;
const groupKind = /\?(?:[:=!]|<[=!])/y;
const operator = /[|+*?,^$]/;

class Painter {
  text = '';
  depth = 0;
  #palette;

  constructor(palette) {
    this.#palette = palette;
  }

  paint(part, deeper = 0) {
    const { 0: open, 1: close } = this.#palette[(this.depth + deeper) % this.#palette.length] ?? this.#palette[0];
    this.text += `${open}${part}${close}`;
  }
}

function match(pattern, source, at) {
  pattern.lastIndex = at;
  return RegExpPrototypeExec(pattern, source);
}

/** An escape of any kind, painted `deeper`; returns where it ends. */
function paintEscape(painter, source, at, deeper, inClass) {
  const whole = match(braced, source, at);
  if (whole !== null) {
    painter.paint(whole[1]);
    painter.paint(whole[2], 1);
    painter.paint('}');
    return at + whole[0].length;
  }
  if (!inClass) {
    const named = match(reference, source, at);
    if (named !== null) {
      painter.paint(named[1], -1);
      painter.paint(named[2]);
      painter.paint('>', -1);
      return at + named[0].length;
    }
  }
  const { 0: text } = match(inClass ? classEscape : escape, source, at);
  // What its bracket does not close is painted with the bracket.
  const opens = text === '\\u' || text === '\\p' || text === '\\P' ? '{' : text === '\\k' && !inClass ? '<' : '';
  const isOpen = opens !== '' && source[at + 2] === opens;
  painter.paint(isOpen ? `${text}${opens}` : text, isOpen ? 1 : deeper);
  return at + text.length + (isOpen ? 1 : 0);
}

function paintGroup(painter, source, at) {
  painter.paint('(');
  painter.depth++;
  if (source[++at] !== '?') return at;
  const kind = match(groupKind, source, at);
  if (kind !== null) {
    painter.paint(kind[0], -1);
    return at + kind[0].length;
  }
  const name = match(groupName, source, at);
  if (name === null) {
    painter.paint('?');
    return at + 1;
  }
  painter.paint('?<', -1);
  painter.paint(name[1]);
  painter.paint('>', -1);
  return at + name[0].length;
}

function paintQuantifier(painter, source, at) {
  const { 0: all, 1: least, 2: comma, 3: most, 4: close, 5: lazy } = match(quantifier, source, at);
  if (least === '' && comma === '') {
    painter.paint('{', 1);
    return at + 1;
  }
  painter.paint('{');
  painter.depth++;
  if (least !== '') painter.paint(least, 1);
  if (comma !== '') painter.paint(comma);
  if (most !== '') painter.paint(most, 1);
  if (close !== '') {
    painter.depth--;
    painter.paint('}');
  }
  if (lazy !== '') painter.paint('?', 3);
  return at + all.length;
}

function paintInClass(painter, source, at) {
  const character = source[at];
  if (character === '\\') return paintEscape(painter, source, at, 0, true);
  if (character === ']') painter.depth--;
  const isRange = character === '-' && source[at - 1] !== '[' && at + 1 < source.length && source[at + 1] !== ']';
  painter.paint(character, isRange ? 1 : 0);
  return at + 1;
}

/** `source` is the whole of it, '/a/g'; `palette` holds pairs of escape sequences. */
function highlightRegExp(source, palette) {
  const painter = new Painter(palette);
  painter.paint('/');
  painter.depth = 1;
  let at = 1;
  let inClass = false;
  while (at < source.length) {
    const character = source[at];
    if (inClass) {
      inClass = character !== ']';
      at = paintInClass(painter, source, at);
    } else if (character === '/') {
      break;
    } else if (character === '\\') {
      at = paintEscape(painter, source, at, 1, false);
    } else if (character === '(') {
      at = paintGroup(painter, source, at);
    } else if (character === '{') {
      at = paintQuantifier(painter, source, at);
    } else {
      if (character === ')') painter.depth--;
      const deeper = character === ')' || character === '[' ? 0 :
        character === '.' ? 2 : RegExpPrototypeExec(operator, character) !== null ? 3 : 1;
      painter.paint(character, deeper);
      if (character === '[') {
        painter.depth++;
        inClass = true;
      }
      at++;
    }
  }
  painter.paint('/', -1);
  if (at + 1 < source.length) painter.paint(StringPrototypeSlice(source, at + 1));
  return painter.text;
}

module.exports = { highlightRegExp };
