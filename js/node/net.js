'use strict';

const { RegExpPrototypeExec } = require('internal/primordials');
const { validateBoolean, validateInt32 } = require('internal/validators');
const { refusing } = require('internal/next_stage');

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

// Settings that nothing reads yet: test suites and clients set them when they start.
let autoSelectFamily = true;
let attemptTimeout = 250;

const getDefaultAutoSelectFamily = () => autoSelectFamily;
const getDefaultAutoSelectFamilyAttemptTimeout = () => attemptTimeout;

function setDefaultAutoSelectFamily(value) {
  validateBoolean(value, 'value');
  autoSelectFamily = value;
}

function setDefaultAutoSelectFamilyAttemptTimeout(value) {
  validateInt32(value, 'value', 1);
  attemptTimeout = value < 10 ? 10 : value;
}

module.exports = refusing('net', {
  classes: 'BlockList SocketAddress Server Socket',
  functions: 'connect createConnection createServer',
  values: {
    isIP,
    isIPv4,
    isIPv6,
    getDefaultAutoSelectFamily,
    setDefaultAutoSelectFamily,
    getDefaultAutoSelectFamilyAttemptTimeout,
    setDefaultAutoSelectFamilyAttemptTimeout,
  },
});
module.exports.Stream = module.exports.Socket;
