'use strict';

// The global object's properties, as Node has them: functions and classes writable and configurable,
// classes not enumerable.

function hidden(target, name, value) {
  Object.defineProperty(target, name, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
}

function enumerable(target, name, value) {
  Object.defineProperty(target, name, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
}

/** Globals that few programs need: their module is loaded when one of them is first used. */
function lazily(target, module, names) {
  for (const name of names) {
    Object.defineProperty(target, name, {
      __proto__: null,
      configurable: true,
      enumerable: false,
      get() {
        const value = require(module)[name];
        hidden(target, name, value);
        return value;
      },
      set(value) { hidden(target, name, value); },
    });
  }
}

exports.defineGlobals = function defineGlobals(target) {
  Object.defineProperty(target, Symbol.toStringTag, { __proto__: null, value: 'global', writable: false, enumerable: false, configurable: true });
  enumerable(target, 'global', target);
  hidden(target, 'process', require('process'));
  hidden(target, 'console', require('internal/console').globalConsole);

  const { Buffer, Blob, File, atob, btoa } = require('buffer');
  const { EventTarget, Event, CustomEvent } = require('internal/event_target');
  const { AbortController, AbortSignal } = require('internal/abort_controller');
  const { URL, URLSearchParams } = require('internal/url');
  const { TextEncoder, TextDecoder } = require('internal/encoding');
  const { DOMException } = require('internal/domexception');
  // The classes of perf_hooks are globals too; its constants are not.
  const {
    constants, createHistogram, createSlidingWindowHistogram, eventLoopUtilization, importHistogram,
    monitorEventLoopDelay, performance, timerify, ...performanceClasses
  } = require('perf_hooks');
  const {
    BroadcastChannel, MessageChannel, MessageEvent, MessagePort,
  } = require('internal/worker/message_port');
  const classes = {
    BroadcastChannel, MessageChannel, MessageEvent, MessagePort,
    Buffer, Blob, File, EventTarget, Event, CustomEvent, AbortController, AbortSignal, URL, URLSearchParams,
    TextEncoder, TextDecoder, DOMException, ...performanceClasses,
  };
  for (const name of Object.keys(classes)) hidden(target, name, classes[name]);
  lazily(target, 'internal/url/pattern', ['URLPattern']);
  lazily(target, 'internal/web_events', ['CloseEvent', 'ErrorEvent']);
  lazily(target, 'internal/quota_exceeded_error', ['QuotaExceededError']);
  lazily(target, 'internal/navigator', ['Navigator']);
  Object.defineProperty(target, 'navigator', {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get() { return require('internal/navigator').navigator; },
    set: undefined,
  });

  const timers = require('timers');
  for (const name of ['clearImmediate', 'setImmediate', 'clearInterval', 'clearTimeout', 'setInterval', 'setTimeout']) {
    enumerable(target, name, timers[name]);
  }
  enumerable(target, 'queueMicrotask', require('internal/process/task_queues').queueMicrotask);
  enumerable(target, 'structuredClone', require('internal/structured_clone').structuredClone);
  enumerable(target, 'atob', atob);
  enumerable(target, 'btoa', btoa);
  enumerable(target, 'performance', performance);
  enumerable(target, 'fetch', function fetch(input, init = undefined) {
    const { codes: { ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');
    throw new ERR_METHOD_NOT_IMPLEMENTED('fetch()');
  });
  const { crypto, ...cryptoClasses } = require('internal/crypto/webcrypto');
  for (const name of Object.keys(cryptoClasses)) hidden(target, name, cryptoClasses[name]);
  Object.defineProperty(target, 'crypto', {
    __proto__: null, configurable: true, enumerable: true, get() { return crypto; }, set: undefined,
  });
  lazily(target, 'stream/web', [
    'ByteLengthQueuingStrategy', 'CompressionStream', 'CountQueuingStrategy', 'DecompressionStream',
    'ReadableByteStreamController', 'ReadableStream', 'ReadableStreamBYOBReader', 'ReadableStreamBYOBRequest',
    'ReadableStreamDefaultController', 'ReadableStreamDefaultReader', 'TextDecoderStream', 'TextEncoderStream',
    'TransformStream', 'TransformStreamDefaultController', 'WritableStream', 'WritableStreamDefaultController',
    'WritableStreamDefaultWriter',
  ]);
  const own = require('oomhost');
  for (const name of Object.keys(own)) hidden(target, name, own[name]);
};
