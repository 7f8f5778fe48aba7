'use strict';

// The global object's properties, as Node has them: functions and classes writable and configurable,
// classes not enumerable.

function hidden(target, name, value) {
  Object.defineProperty(target, name, { __proto__: null, value, writable: true, enumerable: false, configurable: true });
}

function enumerable(target, name, value) {
  Object.defineProperty(target, name, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
}

// A property that is computed when it is first read and can be overwritten.
function lazy(target, name, isEnumerable, load) {
  Object.defineProperty(target, name, {
    __proto__: null,
    configurable: true,
    enumerable: isEnumerable,
    get() {
      const value = load();
      this[name] = value;
      return value;
    },
    set(value) {
      Object.defineProperty(target, name, { __proto__: null, value, writable: true, enumerable: isEnumerable, configurable: true });
    },
  });
}

exports.defineGlobals = function defineGlobals(target) {
  Object.defineProperty(target, Symbol.toStringTag, { __proto__: null, value: 'global', writable: false, enumerable: false, configurable: true });
  enumerable(target, 'global', target);
  hidden(target, 'process', require('process'));
  const { Buffer, Blob, File, atob, btoa } = require('buffer');
  hidden(target, 'Buffer', Buffer);
  hidden(target, 'Blob', Blob);
  hidden(target, 'File', File);
  hidden(target, 'console', require('internal/console').globalConsole);

  const timers = require('timers');
  for (const name of ['clearImmediate', 'setImmediate', 'clearInterval', 'clearTimeout', 'setInterval', 'setTimeout']) {
    enumerable(target, name, timers[name]);
  }
  enumerable(target, 'queueMicrotask', require('internal/process/task_queues').queueMicrotask);
  enumerable(target, 'structuredClone', require('internal/structured_clone').structuredClone);
  enumerable(target, 'atob', atob);
  enumerable(target, 'btoa', btoa);
  enumerable(target, 'performance', require('perf_hooks').performance);
  enumerable(target, 'fetch', function fetch(input, init = undefined) {
    const { codes: { ERR_METHOD_NOT_IMPLEMENTED } } = require('internal/errors');
    throw new ERR_METHOD_NOT_IMPLEMENTED('fetch()');
  });

  const { URL, URLSearchParams } = require('internal/url');
  hidden(target, 'URL', URL);
  hidden(target, 'URLSearchParams', URLSearchParams);
  const { TextEncoder, TextDecoder } = require('internal/encoding');
  hidden(target, 'TextEncoder', TextEncoder);
  hidden(target, 'TextDecoder', TextDecoder);
  const { AbortController, AbortSignal } = require('internal/abort_controller');
  hidden(target, 'AbortController', AbortController);
  hidden(target, 'AbortSignal', AbortSignal);
  const { EventTarget, Event, CustomEvent } = require('internal/event_target');
  hidden(target, 'EventTarget', EventTarget);
  hidden(target, 'Event', Event);
  hidden(target, 'CustomEvent', CustomEvent);
  hidden(target, 'DOMException', require('internal/domexception').DOMException);
  hidden(target, 'heapSnapshot', require('internal/heap_snapshot').heapSnapshot);
};

exports.lazy = lazy;
