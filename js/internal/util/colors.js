'use strict';

// Terminal colours of built-in messages; empty texts where stderr shows none.

const names = {
  __proto__: null,
  blue: '\u001b[34m', green: '\u001b[32m', white: '\u001b[39m', yellow: '\u001b[33m',
  red: '\u001b[31m', gray: '\u001b[90m', clear: '\u001bc', reset: '\u001b[0m',
};

/** Whether `stream` is a terminal with colours; FORCE_COLOR decides for any stream. */
function shouldColorize(stream) {
  const force = process.env.FORCE_COLOR;
  if (force !== undefined) {
    return force === '' || force === 'true' || force === '1' || force === '2' || force === '3';
  }
  if (!stream?.isTTY) return false;
  return typeof stream.getColorDepth === 'function' ? stream.getColorDepth() > 2 : true;
}

/** Sets the texts for the environment of this moment. */
function refresh() {
  const colors = module.exports;
  colors.hasColors = shouldColorize(process.stderr);
  for (const name in names) colors[name] = colors.hasColors ? names[name] : '';
}

module.exports = {
  blue: '', green: '', white: '', yellow: '', red: '', gray: '', clear: '', reset: '',
  hasColors: false,
  refresh,
  shouldColorize,
};
