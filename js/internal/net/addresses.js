'use strict';

const { RegExpPrototypeExec } = require('internal/primordials');

// Which texts are addresses.

const OCTET = '(?:[0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])';
const V4_TEXT = `(?:${OCTET}\\.){3}${OCTET}`;
const V4 = new RegExp(`^${V4_TEXT}$`);
const GROUP = '(?:[0-9a-fA-F]{1,4})';
// One alternative for each number of groups in front of the `::`.
const V6 = new RegExp('^(?:' +
  `(?:${GROUP}:){7}(?:${GROUP}|:)|` +
  `(?:${GROUP}:){6}(?:${V4_TEXT}|:${GROUP}|:)|` +
  `(?:${GROUP}:){5}(?::${V4_TEXT}|(?::${GROUP}){1,2}|:)|` +
  `(?:${GROUP}:){4}(?:(?::${GROUP}){0,1}:${V4_TEXT}|(?::${GROUP}){1,3}|:)|` +
  `(?:${GROUP}:){3}(?:(?::${GROUP}){0,2}:${V4_TEXT}|(?::${GROUP}){1,4}|:)|` +
  `(?:${GROUP}:){2}(?:(?::${GROUP}){0,3}:${V4_TEXT}|(?::${GROUP}){1,5}|:)|` +
  `(?:${GROUP}:){1}(?:(?::${GROUP}){0,4}:${V4_TEXT}|(?::${GROUP}){1,6}|:)|` +
  `(?::(?:(?::${GROUP}){0,5}:${V4_TEXT}|(?::${GROUP}){1,7}|:))` +
  ')(?:%[0-9a-zA-Z-.:]{1,})?$');

const isIPv4 = (input) => RegExpPrototypeExec(V4, `${input}`) !== null;
const isIPv6 = (input) => RegExpPrototypeExec(V6, `${input}`) !== null;

function isIP(input) {
  if (isIPv4(input)) return 4;
  return isIPv6(input) ? 6 : 0;
}

module.exports = { isIP, isIPv4, isIPv6 };
