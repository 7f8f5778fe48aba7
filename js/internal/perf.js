'use strict';
// `performance` of the High Resolution Time and User Timing standards, and
// the observers of its entries.

const {
  codes: {
    ERR_ILLEGAL_CONSTRUCTOR,
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_THIS,
    ERR_MISSING_ARGS,
    ERR_PERFORMANCE_INVALID_TIMESTAMP,
    ERR_PERFORMANCE_MEASURE_INVALID_OPTIONS,
  },
} = require('internal/errors');
const {
  validateArray,
  validateFunction,
  validateNumber,
  validateObject,
} = require('internal/validators');
const { inspect } = require('internal/util/inspect');
const { DOMException } = require('internal/domexception');
const { EventTarget, defineEventHandler } = require('internal/event_target');

const perfBinding = binding.performance;
const kInspect = Symbol.for('nodejs.util.inspect.custom');
const kCreate = Symbol('kCreate');

/** Milliseconds since the process started, with fractions. */
function now() {
  return perfBinding.now();
}

/** The process's start in milliseconds of the Unix epoch. */
function timeOrigin() {
  return perfBinding.timeOrigin();
}

function enumerable(prototype, tag, keys) {
  for (const key of keys) {
    Object.defineProperty(prototype, key,
                          { __proto__: null, enumerable: true });
  }
  Object.defineProperty(prototype, Symbol.toStringTag, {
    __proto__: null,
    configurable: true,
    value: tag,
  });
}

function inspectFields(object, depth, options, fields) {
  if (depth < 0) return object;
  return `${object.constructor.name} ${inspect(fields, {
    ...options,
    depth: options.depth == null ? null : options.depth - 1,
  })}`;
}

// ---- Entries -------------------------------------------------------------

class PerformanceEntry {
  #name;
  #entryType;
  #startTime;
  #duration;
  #detail;

  constructor(token, name, type, start, duration, detail) {
    if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
    this.#name = name;
    this.#entryType = type;
    this.#startTime = start;
    this.#duration = duration;
    this.#detail = detail;
  }

  get name() {
    PerformanceEntry.#check(this);
    return this.#name;
  }

  get entryType() {
    PerformanceEntry.#check(this);
    return this.#entryType;
  }

  get startTime() {
    PerformanceEntry.#check(this);
    return this.#startTime;
  }

  get duration() {
    PerformanceEntry.#check(this);
    return this.#duration;
  }

  get detail() {
    PerformanceEntry.#check(this);
    return this.#detail;
  }

  toJSON() {
    PerformanceEntry.#check(this);
    return {
      name: this.#name,
      entryType: this.#entryType,
      startTime: this.#startTime,
      duration: this.#duration,
      detail: this.#detail,
    };
  }

  [kInspect](depth, options) {
    return inspectFields(this, depth, options, this.toJSON());
  }

  static #check(value) {
    if (value === null || typeof value !== 'object' || !(#name in value)) {
      throw new ERR_INVALID_THIS('PerformanceEntry');
    }
  }
}
enumerable(PerformanceEntry.prototype, 'PerformanceEntry',
           ['name', 'entryType', 'startTime', 'duration', 'toJSON']);

function cloned(value) {
  if (value === undefined || value === null) return null;
  return require('internal/structured_clone').structuredClone(value);
}

class PerformanceMark extends PerformanceEntry {
  constructor(name, options = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    name = `${name}`;
    if (milestones.includes(name)) throw new ERR_INVALID_ARG_VALUE('name', name);
    if (options != null) validateObject(options, 'options');
    const start = options?.startTime ?? now();
    validateNumber(start, 'startTime');
    if (start < 0) throw new ERR_PERFORMANCE_INVALID_TIMESTAMP(start);
    super(kCreate, name, 'mark', start, 0, cloned(options?.detail));
  }
}
enumerable(PerformanceMark.prototype, 'PerformanceMark', []);

class PerformanceMeasure extends PerformanceEntry {
  constructor(token, name, start, duration, detail) {
    super(token, name, 'measure', start, duration, detail);
  }
}
enumerable(PerformanceMeasure.prototype, 'PerformanceMeasure', []);

const { PerformanceResourceTiming, markResourceTiming } =
  require('internal/perf/resource_timing').define({ PerformanceEntry, kCreate });
const { eventLoopUtilization } =
  require('internal/perf/event_loop').define({ now });
const { PerformanceNodeTiming } =
  require('internal/perf/node_timing').define({ PerformanceEntry, kCreate, now });

/** The entries that nobody has cleared, in the order of their start. */
let entries = [];
/** Those of type `resource`, which have a limit. */
const resources = new (require('internal/perf/resource_timing').ResourceBuffer)();

function all() {
  return [...entries, ...resources.entries];
}

function byStart(list) {
  return list.sort((a, b) => a.startTime - b.startTime);
}

function announce(entry) {
  for (const observer of observers) observe(observer, entry);
}

function store(entry) {
  if (entry.entryType === 'resource') resources.add(entry, performance);
  else entries.push(entry);
  announce(entry);
}

function clear(type, name) {
  if (type === 'resource') {
    resources.entries = resources.entries.filter((entry) => name !== undefined && entry.name !== name);
    return;
  }
  entries = entries.filter((entry) => entry.entryType !== type ||
    (name !== undefined && entry.name !== name));
}

const milestones = ['nodeStart', 'v8Start', 'environment', 'loopStart', 'loopExit', 'bootstrapComplete'];

/** A mark's name, or a time, as a time. */
function timeOf(markOrTime) {
  if (typeof markOrTime === 'number') {
    if (markOrTime < 0) {
      throw new ERR_PERFORMANCE_INVALID_TIMESTAMP(markOrTime);
    }
    return markOrTime;
  }
  const name = `${markOrTime}`;
  if (milestones.includes(name)) return performance.nodeTiming[name];
  const mark = entries.findLast(
    (entry) => entry.entryType === 'mark' && entry.name === name);
  if (mark === undefined) {
    throw new DOMException(
      `The "${name}" performance mark has not been set`, 'SyntaxError');
  }
  return mark.startTime;
}

function measureBounds(startOrOptions, endMark) {
  const options = typeof startOrOptions === 'object' ?
    startOrOptions ?? {} : {};
  const { start, end, duration, detail } = options;
  if (Object.keys(options).length > 0) {
    if (start === undefined && end === undefined && detail === undefined) {
      throw new ERR_PERFORMANCE_MEASURE_INVALID_OPTIONS(
        'One of options.start or options.end is required');
    }
    if (endMark !== undefined) {
      throw new ERR_PERFORMANCE_MEASURE_INVALID_OPTIONS(
        'endMark must not be specified');
    }
    if (start !== undefined && end !== undefined && duration !== undefined) {
      throw new ERR_PERFORMANCE_MEASURE_INVALID_OPTIONS(
        'Must not have options.start, options.end, and ' +
        'options.duration specified');
    }
  }
  let last;
  if (endMark !== undefined) {
    last = timeOf(endMark);
  } else if (end !== undefined) {
    last = timeOf(end);
  } else if (start !== undefined && duration !== undefined) {
    last = timeOf(start) + timeOf(duration);
  } else {
    last = now();
  }
  let first = 0;
  if (typeof startOrOptions === 'string') {
    first = timeOf(startOrOptions);
  } else if (start !== undefined) {
    first = timeOf(start);
  } else if (duration !== undefined && end !== undefined) {
    first = timeOf(end) - timeOf(duration);
  }
  return { first, last };
}

// ---- Observers -----------------------------------------------------------

const supportedEntryTypes = [
  'dns', 'function', 'gc', 'http', 'http2', 'mark', 'measure', 'net', 'resource',
];
const observers = new Set();

class PerformanceObserverEntryList {
  #entries;

  constructor(token, list) {
    if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
    this.#entries = byStart(list);
  }

  getEntries() {
    return this.#entries.slice();
  }

  getEntriesByType(type) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('type');
    return this.#entries.filter(({ entryType }) => entryType === `${type}`);
  }

  getEntriesByName(name, type = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    return this.#entries.filter((entry) => entry.name === `${name}` &&
      (type === undefined || entry.entryType === `${type}`));
  }
}
enumerable(PerformanceObserverEntryList.prototype,
           'PerformanceObserverEntryList',
           ['getEntries', 'getEntriesByType', 'getEntriesByName']);

let observe;
let isWanted;
let watching = false;

// Called from the loop: a collection is over. Times in milliseconds.
function onCollection(kind, flags, start, duration) {
  announce(new PerformanceEntry(kCreate, 'gc', 'gc', start, duration, { kind, flags }));
}

/** Whether somebody observes entries of that type. */
function hasObserver(type) {
  if (observers.size === 0) return false;
  for (const observer of observers) if (isWanted(observer, type)) return true;
  return false;
}

/** Tells of something that began at `start` and ends now. */
function announceEntry(type, name, start, detail) {
  announce(new PerformanceEntry(kCreate, name, type, start, now() - start, detail));
}

class PerformanceObserver {
  #callback;
  #types = new Set();
  #buffer = [];
  #pending = false;

  constructor(callback) {
    validateFunction(callback, 'callback');
    this.#callback = callback;
  }

  observe(options = {}) {
    validateObject(options, 'options');
    const { entryTypes, type, buffered } = options;
    if (entryTypes === undefined && type === undefined) {
      throw new ERR_MISSING_ARGS('options.entryTypes', 'options.type');
    }
    if (entryTypes != null && type != null) {
      throw new ERR_INVALID_ARG_VALUE(
        'options.entryTypes', entryTypes,
        'options.entryTypes can not set with options.type together');
    }
    if (entryTypes !== undefined) {
      validateArray(entryTypes, 'options.entryTypes');
      this.#types = new Set(
        entryTypes.filter((name) => supportedEntryTypes.includes(name)));
    } else if (supportedEntryTypes.includes(type)) {
      this.#types.add(type);
      if (buffered) {
        for (const entry of all()) {
          if (entry.entryType === type) observe(this, entry);
        }
      }
    }
    if (this.#types.size > 0) {
      observers.add(this);
      this.#watchCollections();
    } else {
      this.disconnect();
    }
  }

  disconnect() {
    observers.delete(this);
    this.#types.clear();
    this.#buffer = [];
    this.#watchCollections();
  }

  /** V8 tells of its collections as long as somebody wants to know. */
  #watchCollections() {
    let wanted = false;
    for (const observer of observers) wanted ||= observer.#types.has('gc');
    if (wanted !== watching) perfBinding.watchCollections(watching = wanted);
  }

  takeRecords() {
    const list = this.#buffer;
    this.#buffer = [];
    return list;
  }

  static get supportedEntryTypes() {
    return supportedEntryTypes.slice();
  }

  #deliver() {
    this.#pending = false;
    const list = this.takeRecords();
    if (list.length === 0) return;
    Reflect.apply(this.#callback, this,
                  [new PerformanceObserverEntryList(kCreate, list), this]);
  }

  static {
    isWanted = (observer, type) => observer.#types.has(type);
    observe = (observer, entry) => {
      if (!observer.#types.has(entry.entryType)) return;
      observer.#buffer.push(entry);
      if (observer.#pending) return;
      observer.#pending = true;
      require('timers').setImmediate(() => observer.#deliver());
    };
  }
}
enumerable(PerformanceObserver.prototype, 'PerformanceObserver',
           ['observe', 'disconnect', 'takeRecords']);

/** `fn`, but each call makes an entry of type `function`. */
function timerify(fn, options = {}) {
  validateFunction(fn, 'fn');
  validateObject(options, 'options');
  const { histogram } = options;
  if (histogram !== undefined && !require('internal/histogram').isRecordable(histogram)) {
    throw new ERR_INVALID_ARG_TYPE(
      'options.histogram', 'RecordableHistogram', histogram);
  }
  const done = (start, args) => {
    const duration = now() - start;
    histogram?.record(Math.max(1, Math.ceil(duration * 1e6)));
    const entry = new PerformanceEntry(kCreate, fn.name, 'function', start, duration, args);
    for (let i = 0; i < args.length; i++) entry[i] = args[i];
    announce(entry);
  };
  function timerified(...args) {
    const start = now();
    const result = new.target ?
      Reflect.construct(fn, args, fn) : Reflect.apply(fn, this, args);
    if (!new.target && typeof result?.finally === 'function') {
      return result.finally(() => done(start, args));
    }
    done(start, args);
    return result;
  }
  Object.defineProperties(timerified, {
    length: { __proto__: null, configurable: true, value: fn.length },
    name: {
      __proto__: null,
      configurable: true,
      value: `timerified ${fn.name}`,
    },
  });
  return timerified;
}

// ---- performance ---------------------------------------------------------

class Performance extends EventTarget {
  constructor(token) {
    if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
    super();
  }

  clearMarks(name = undefined) {
    clear('mark', name === undefined ? undefined : `${name}`);
  }

  clearMeasures(name = undefined) {
    clear('measure', name === undefined ? undefined : `${name}`);
  }

  clearResourceTimings(name = undefined) {
    clear('resource', name === undefined ? undefined : `${name}`);
  }

  getEntries() {
    return byStart(all());
  }

  getEntriesByName(name, type = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    return byStart(all().filter((entry) => entry.name === `${name}` &&
      (type === undefined || entry.entryType === type)));
  }

  getEntriesByType(type) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('type');
    return byStart(all().filter((entry) => entry.entryType === `${type}`));
  }

  mark(name, options = {}) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    const mark = new PerformanceMark(name, options);
    store(mark);
    return mark;
  }

  measure(name, startOrOptions = undefined, endMark = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    const { first, last } = measureBounds(startOrOptions, endMark);
    const measure = new PerformanceMeasure(
      kCreate, `${name}`, first, last - first,
      cloned(startOrOptions?.detail));
    store(measure);
    return measure;
  }

  now() {
    return now();
  }

  get nodeTiming() {
    return nodeTiming ??= new PerformanceNodeTiming();
  }

  setResourceTimingBufferSize(size) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('maxSize');
    resources.setLimit(size);
  }

  markResourceTiming(...args) {
    const entry = markResourceTiming(...args);
    store(entry);
    return entry;
  }

  get timeOrigin() {
    return timeOrigin();
  }

  toJSON() {
    return {
      nodeTiming: this.nodeTiming,
      timeOrigin: this.timeOrigin,
      eventLoopUtilization: eventLoopUtilization(),
    };
  }

  [kInspect](depth, options) {
    return inspectFields(this, depth, options, {
      nodeTiming: this.nodeTiming,
      timeOrigin: this.timeOrigin,
    });
  }
}
for (const value of [timerify, eventLoopUtilization]) {
  Object.defineProperty(Performance.prototype, value.name, {
    __proto__: null, value, writable: true, configurable: true, enumerable: false,
  });
}
enumerable(Performance.prototype, 'Performance', [
  'clearMarks', 'clearMeasures', 'clearResourceTimings', 'getEntries',
  'getEntriesByName', 'getEntriesByType', 'mark', 'measure', 'now',
  'setResourceTimingBufferSize', 'timeOrigin', 'toJSON',
]);
defineEventHandler(Performance.prototype, 'resourcetimingbufferfull');
let nodeTiming;

const performance = new Performance(kCreate);

module.exports = {
  Performance,
  PerformanceEntry,
  PerformanceMark,
  PerformanceMeasure,
  PerformanceObserver,
  PerformanceObserverEntryList,
  PerformanceResourceTiming,
  announceEntry,
  eventLoopUtilization,
  hasObserver,
  now,
  onCollection,
  performance,
  timerify,
};
