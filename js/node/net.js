'use strict';

const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { missing } = require('internal/not_yet');

const V4_PART = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]\\d|\\d)';
const V4 = `(?:${V4_PART}\\.){3}${V4_PART}`;
const V6_PART = '(?:[0-9a-fA-F]{1,4})';
const v4 = new RegExp(`^${V4}$`);
const v6 = new RegExp('^(?:' +
  `(?:${V6_PART}:){7}(?:${V6_PART}|:)|` +
  `(?:${V6_PART}:){6}(?:${V4}|:${V6_PART}|:)|` +
  `(?:${V6_PART}:){5}(?::${V4}|(?::${V6_PART}){1,2}|:)|` +
  `(?:${V6_PART}:){4}(?:(?::${V6_PART}){0,1}:${V4}|(?::${V6_PART}){1,3}|:)|` +
  `(?:${V6_PART}:){3}(?:(?::${V6_PART}){0,2}:${V4}|(?::${V6_PART}){1,4}|:)|` +
  `(?:${V6_PART}:){2}(?:(?::${V6_PART}){0,3}:${V4}|(?::${V6_PART}){1,5}|:)|` +
  `(?:${V6_PART}:){1}(?:(?::${V6_PART}){0,4}:${V4}|(?::${V6_PART}){1,6}|:)|` +
  `(?::(?:(?::${V6_PART}){0,5}:${V4}|(?::${V6_PART}){1,7}|:))` +
  ')(?:%[0-9a-zA-Z-.:]{1,})?$');

function isIPv4(text) {
  return v4.test(`${text}`);
}

function isIPv6(text) {
  return v6.test(`${text}`);
}

function isIP(text) {
  if (isIPv4(text)) return 4;
  return isIPv6(text) ? 6 : 0;
}

let autoSelectFamily = true;
let autoSelectFamilyAttemptTimeout = 500;

module.exports = {
  ...missing('net', ['BlockList', 'SocketAddress', 'connect', 'createConnection', 'createServer', 'Server', 'Socket', 'Stream']),
  getDefaultAutoSelectFamily() { return autoSelectFamily; },
  getDefaultAutoSelectFamilyAttemptTimeout() { return autoSelectFamilyAttemptTimeout; },
  isIP,
  isIPv4,
  isIPv6,
  setDefaultAutoSelectFamily(value) {
    if (typeof value !== 'boolean') throw new ERR_INVALID_ARG_TYPE('value', 'boolean', value);
    autoSelectFamily = value;
  },
  setDefaultAutoSelectFamilyAttemptTimeout(value) {
    require('internal/validators').validateInt32(value, 'value', 1);
    autoSelectFamilyAttemptTimeout = Math.max(value, 10);
  },
};
