'use strict';

// Settings: as objects to programs, as pairs of number and value to nghttp2.

const {
  ArrayPrototypePush, Number, NumberIsNaN, ObjectEntries, ObjectKeys, Uint8Array,
} = require('internal/primordials');
const { hideStackFrames } = require('internal/errors');
const { FastBuffer } = require('internal/buffer');
const { isArrayBufferView } = require('internal/util/types');
const { assertIsObject } = require('internal/http2/check');
const {
  codes: {
    ERR_HTTP2_INVALID_PACKED_SETTINGS_LENGTH,
    ERR_HTTP2_INVALID_SETTING_VALUE,
    ERR_HTTP2_TOO_MANY_CUSTOM_SETTINGS,
    ERR_INVALID_ARG_TYPE,
  },
} = require('internal/http2/errors');

const http2Binding = require('internal/http2/native');

const MAX_ADDITIONAL_SETTINGS = 10;
const MAX_UINT32 = 2 ** 32 - 1;

/** The settings that have names: number, whether it is a switch, least and greatest value. */
const known = {
  __proto__: null,
  headerTableSize: { id: 1, min: 0, max: MAX_UINT32 },
  enablePush: { id: 2, isSwitch: true },
  maxConcurrentStreams: { id: 3, min: 0, max: MAX_UINT32 },
  initialWindowSize: { id: 4, min: 0, max: 2 ** 31 - 1 },
  maxFrameSize: { id: 5, min: 16384, max: 2 ** 24 - 1 },
  maxHeaderListSize: { id: 6, min: 0, max: MAX_UINT32 },
  enableConnectProtocol: { id: 8, isSwitch: true },
};
const nameOf = { __proto__: null };
for (const name of ObjectKeys(known)) nameOf[known[name].id] = name;

const assertWithinRange = hideStackFrames((name, value, min = 0, max = Infinity) => {
  if (value !== undefined && (typeof value !== 'number' || value < min || value > max)) {
    throw new ERR_HTTP2_INVALID_SETTING_VALUE.RangeError(name, value, min, max);
  }
});

const validateSettings = hideStackFrames((settings) => {
  if (settings === undefined) return;
  const { customSettings } = settings;
  assertIsObject(customSettings, 'customSettings', 'Number');
  if (customSettings) {
    const entries = ObjectEntries(customSettings);
    if (entries.length > MAX_ADDITIONAL_SETTINGS) throw new ERR_HTTP2_TOO_MANY_CUSTOM_SETTINGS();
    for (let i = 0; i < entries.length; i++) {
      assertWithinRange('customSettings:id', Number(entries[i][0]), 0, 0xffff);
      assertWithinRange('customSettings:value', Number(entries[i][1]), 0, MAX_UINT32);
    }
  }
  for (const name of [
    'headerTableSize', 'initialWindowSize', 'maxFrameSize', 'maxConcurrentStreams', 'maxHeaderListSize',
  ]) {
    assertWithinRange(name, settings[name], known[name].min, known[name].max);
  }
  assertWithinRange('maxHeaderSize', settings.maxHeaderSize, 0, MAX_UINT32);
  for (const name of ['enablePush', 'enableConnectProtocol']) {
    if (settings[name] !== undefined && typeof settings[name] !== 'boolean') {
      throw new ERR_HTTP2_INVALID_SETTING_VALUE(name, settings[name]);
    }
  }
});

function assertNumbers(...values) {
  for (let i = 0; i < values.length; i += 2) {
    if (NumberIsNaN(values[i]) || values[i] <= 0 || values[i] > values[i + 1]) {
      throw new ERR_HTTP2_INVALID_SETTING_VALUE.RangeError('Range Error', values[i], 0, values[i + 1]);
    }
  }
}

/** `[id, value, ...]` of a settings object that was checked; what is undefined is not in it. */
function settingsEntries(settings) {
  const values = { __proto__: null };
  const custom = [];
  const names = ObjectKeys(known);
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    let value = settings[name];
    if (name === 'maxHeaderListSize') {
      // Another name of the same setting.
      const size = settings.maxHeaderSize;
      if (size !== undefined && size !== value) {
        process.emitWarning('settings.maxHeaderSize overwrite settings.maxHeaderListSize');
      }
      value = size ?? value;
    }
    if (typeof value === 'number' || typeof value === 'boolean') values[known[name].id] = +value;
  }
  const { customSettings } = settings;
  if (typeof customSettings === 'object' && customSettings !== null) {
    const keys = ObjectKeys(customSettings);
    for (let i = 0; i < keys.length; i++) {
      const value = customSettings[keys[i]];
      if (typeof value !== 'number') continue;
      const id = Number(keys[i]);
      assertNumbers(id, 0xffff, value, MAX_UINT32);
      if (nameOf[id] === undefined) ArrayPrototypePush(custom, id, value);
      else values[id] = value;
    }
  }
  const entries = [];
  for (let i = 0; i < names.length; i++) {
    const { id } = known[names[i]];
    if (values[id] !== undefined) ArrayPrototypePush(entries, id, values[id]);
  }
  ArrayPrototypePush(entries, ...custom);
  return entries;
}

/** The settings in force, of this side or the other one. */
function settingsInForce(handle, remote) {
  const custom = remote ? handle.remoteCustomSettings : handle.localCustomSettings;
  return settingsObject(http2Binding.settingsInForce(handle.number, remote), custom);
}

/** Settings as programs get them, of the binding's array. */
function settingsObject(values, custom) {
  const {
    0: headerTableSize, 1: enablePush, 2: maxConcurrentStreams, 3: initialWindowSize,
    4: maxFrameSize, 5: maxHeaderListSize, 6: enableConnectProtocol,
  } = values;
  const settings = {
    headerTableSize,
    enablePush: enablePush !== 0,
    initialWindowSize,
    maxFrameSize,
    maxConcurrentStreams,
    maxHeaderListSize,
    maxHeaderSize: maxHeaderListSize,
    enableConnectProtocol: enableConnectProtocol !== 0,
  };
  if (custom !== undefined) settings.customSettings = { ...custom };
  return settings;
}

function getDefaultSettings() {
  return {
    __proto__: null,
    headerTableSize: 4096,
    enablePush: true,
    initialWindowSize: 65535,
    maxFrameSize: 16384,
    maxConcurrentStreams: MAX_UINT32,
    maxHeaderListSize: 65535,
    maxHeaderSize: 65535,
    enableConnectProtocol: false,
  };
}

function getPackedSettings(settings) {
  assertIsObject(settings, 'settings');
  validateSettings(settings);
  const packed = http2Binding.packSettings(settingsEntries({ ...settings }));
  return packed === undefined ? undefined : new FastBuffer(packed);
}

function getUnpackedSettings(buf, options = undefined) {
  if (!isArrayBufferView(buf) || buf.length === undefined) {
    throw new ERR_INVALID_ARG_TYPE('buf', ['Buffer', 'TypedArray'], buf);
  }
  if (buf.length % 6 !== 0) throw new ERR_HTTP2_INVALID_PACKED_SETTINGS_LENGTH();
  // Of wider elements each is one byte, as in Node.
  const bytes = Uint8Array.from(buf);
  const settings = {};
  for (let i = 0; i < bytes.length; i += 6) {
    const id = bytes[i] * 0x100 + bytes[i + 1];
    const value = bytes[i + 2] * 0x1000000 + bytes[i + 3] * 0x10000 + bytes[i + 4] * 0x100 + bytes[i + 5];
    const name = nameOf[id];
    if (name === undefined) {
      settings.customSettings ||= {};
      settings.customSettings[id] = value;
    } else {
      settings[name] = known[name].isSwitch ? value !== 0 : value;
      if (name === 'maxHeaderListSize') settings.maxHeaderSize = value;
    }
  }
  if (options?.validate) validateSettings(settings);
  return settings;
}

module.exports = {
  assertWithinRange,
  MAX_ADDITIONAL_SETTINGS,
  getDefaultSettings,
  getPackedSettings,
  getUnpackedSettings,
  isKnownSetting: (id) => nameOf[id] !== undefined,
  settingsEntries,
  settingsInForce,
  settingsObject,
  validateSettings,
};
