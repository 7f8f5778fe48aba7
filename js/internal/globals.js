'use strict';

// The global object's properties, as Node has them: functions and classes writable and configurable,
// classes not enumerable.

function hidden(target, name, value) {
  Object.defineProperty(target, name, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
}

function enumerable(target, name, value) {
  Object.defineProperty(target, name, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
}

// Until every module below has landed.
function part(define) {
  try {
    define();
  } catch (error) {
    if (!/^No such built-in/.test(error.message)) throw error;
  }
}

exports.defineGlobals = function defineGlobals(target) {
  Object.defineProperty(target, Symbol.toStringTag, { __proto__: null, value: 'global', writable: false, enumerable: false, configurable: true });
  enumerable(target, 'global', target);
  hidden(target, 'process', require('process'));
  part(() => {
    const { Buffer, Blob, File, atob, btoa } = require('buffer');
    hidden(target, 'Buffer', Buffer);
    hidden(target, 'Blob', Blob);
    hidden(target, 'File', File);
    enumerable(target, 'atob', atob);
    enumerable(target, 'btoa', btoa);
  });
  part(() => hidden(target, 'console', require('internal/console').globalConsole));
  part(() => {
    const timers = require('timers');
    for (const name of ['clearImmediate', 'setImmediate', 'clearInterval', 'clearTimeout', 'setInterval', 'setTimeout']) {
      enumerable(target, name, timers[name]);
    }
  });
  enumerable(target, 'queueMicrotask', require('internal/process/task_queues').queueMicrotask);
  part(() => enumerable(target, 'structuredClone', require('internal/structured_clone').structuredClone));
  part(() => {
    const { constants, ...classes } = require('perf_hooks');
    enumerable(target, 'performance', classes.performance);
    delete classes.performance;
    for (const name of Object.keys(classes)) hidden(target, name, classes[name]);
  });
  enumerable(target, 'fetch', function fetch(input, init = undefined) {
    const { codes: { ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');
    throw new ERR_METHOD_NOT_IMPLEMENTED('fetch()');
  });
  part(() => {
    const { URL, URLSearchParams } = require('internal/url');
    hidden(target, 'URL', URL);
    hidden(target, 'URLSearchParams', URLSearchParams);
  });
  part(() => {
    const { TextEncoder, TextDecoder } = require('internal/encoding');
    hidden(target, 'TextEncoder', TextEncoder);
    hidden(target, 'TextDecoder', TextDecoder);
  });
  part(() => {
    const { AbortController, AbortSignal } = require('internal/abort_controller');
    hidden(target, 'AbortController', AbortController);
    hidden(target, 'AbortSignal', AbortSignal);
  });
  part(() => {
    const { EventTarget, Event, CustomEvent } = require('internal/event_target');
    hidden(target, 'EventTarget', EventTarget);
    hidden(target, 'Event', Event);
    hidden(target, 'CustomEvent', CustomEvent);
  });
  part(() => hidden(target, 'DOMException', require('internal/domexception').DOMException));
  part(() => hidden(target, 'heapSnapshot', require('internal/heap_snapshot').heapSnapshot));
};
