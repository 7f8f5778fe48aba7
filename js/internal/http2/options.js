'use strict';

// The options of `connect` and `createServer`, checked.

const { ArrayPrototypeSlice } = require('internal/primordials');
const { validateBoolean, validateUint32 } = require('internal/validators');
const { assertIsArray, assertIsObject } = require('internal/http2/check');
const { MAX_ADDITIONAL_SETTINGS } = require('internal/http2/settings');
const {
  codes: { ERR_HTTP2_INVALID_SETTING_VALUE, ERR_HTTP2_TOO_MANY_CUSTOM_SETTINGS },
} = require('internal/http2/errors');

/** Of sessions on both sides; changes `options`. */
function checkSessionOptions(options) {
  const { remoteCustomSettings: custom, strictSingleValueFields: strict } = options;
  assertIsArray(custom, 'options.remoteCustomSettings');
  if (custom) {
    if (custom.length > MAX_ADDITIONAL_SETTINGS) throw new ERR_HTTP2_TOO_MANY_CUSTOM_SETTINGS();
    for (let i = 0; i < custom.length; i++) {
      if (typeof custom[i] !== 'number' || custom[i] < 0 || custom[i] > 0xffff) {
        throw new ERR_HTTP2_INVALID_SETTING_VALUE.RangeError('Range Error', custom[i], 0, 0xffff);
      }
    }
    options.remoteCustomSettings = ArrayPrototypeSlice(custom);
  }
  if (strict === undefined) options.strictSingleValueFields = true;
  else validateBoolean(strict, 'options.strictSingleValueFields');
}

/** Of a server; returns a copy that is complete. */
function serverOptions(options) {
  assertIsObject(options, 'options');
  options = { ...options };
  assertIsObject(options.settings, 'options.settings');
  options.settings = { ...options.settings };
  checkSessionOptions(options);
  for (const name of ['maxSessionInvalidFrames', 'maxSessionRejectedStreams', 'unknownProtocolTimeout']) {
    if (options[name] !== undefined) validateUint32(options[name], `options.${name}`);
  }
  options.unknownProtocolTimeout ??= 10000;
  const { Http2ServerRequest } = require('internal/http2/compat_request');
  const { Http2ServerResponse } = require('internal/http2/compat_response');
  options.Http2ServerRequest ||= Http2ServerRequest;
  options.Http2ServerResponse ||= Http2ServerResponse;
  return options;
}

module.exports = { checkSessionOptions, serverOptions };
