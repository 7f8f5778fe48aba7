'use strict';

// Entries of type `resource`, which whoever fetches something makes, and the buffer that holds them.

const {
  ArrayPrototypePush, ArrayPrototypeSplice, MathMax, NumberIsSafeInteger, ObjectDefineProperty, SymbolFor,
  SymbolToStringTag,
} = require('internal/primordials');
const { validateObject } = require('internal/validators');
const { inspect } = require('internal/util/inspect');
const { Event } = require('internal/event_target');

const kInspect = SymbolFor('nodejs.util.inspect.custom');

function define({ PerformanceEntry, kCreate }) {
  class PerformanceResourceTiming extends PerformanceEntry {
    #timing;
    #initiatorType;
    #cacheMode;
    #responseStatus;
    #deliveryType;

    constructor(token, timing, url, initiatorType, cacheMode, responseStatus, deliveryType) {
      super(token, url, 'resource', timing?.startTime, timing?.endTime - timing?.startTime, undefined);
      this.#timing = timing;
      this.#initiatorType = initiatorType;
      this.#cacheMode = cacheMode;
      this.#responseStatus = responseStatus;
      this.#deliveryType = deliveryType;
    }

    get initiatorType() { return this.#initiatorType; }
    get workerStart() { return this.#timing.finalServiceWorkerStartTime; }
    get redirectStart() { return this.#timing.redirectStartTime; }
    get redirectEnd() { return this.#timing.redirectEndTime; }
    get fetchStart() { return this.#timing.postRedirectStartTime; }
    get domainLookupStart() { return this.#timing.finalConnectionTimingInfo?.domainLookupStartTime; }
    get domainLookupEnd() { return this.#timing.finalConnectionTimingInfo?.domainLookupEndTime; }
    get connectStart() { return this.#timing.finalConnectionTimingInfo?.connectionStartTime; }
    get connectEnd() { return this.#timing.finalConnectionTimingInfo?.connectionEndTime; }
    get secureConnectionStart() { return this.#timing.finalConnectionTimingInfo?.secureConnectionStartTime; }
    get nextHopProtocol() { return this.#timing.finalConnectionTimingInfo?.ALPNNegotiatedProtocol; }
    get requestStart() { return this.#timing.finalNetworkRequestStartTime; }
    get responseStart() { return this.#timing.finalNetworkResponseStartTime; }
    get responseEnd() { return this.#timing.endTime; }
    get encodedBodySize() { return this.#timing.encodedBodySize; }
    get decodedBodySize() { return this.#timing.decodedBodySize; }

    get transferSize() {
      if (this.#cacheMode === 'local') return 0;
      if (this.#cacheMode === 'validated') return 300;
      return this.#timing.encodedBodySize + 300;
    }

    get deliveryType() { return this.#deliveryType; }
    get responseStatus() { return this.#responseStatus; }

    toJSON() {
      const json = {
        name: this.name, entryType: this.entryType, startTime: this.startTime, duration: this.duration,
      };
      for (let i = 0; i < SHOWN.length; i++) json[SHOWN[i]] = this[SHOWN[i]];
      return json;
    }

    [kInspect](depth, options) {
      if (depth < 0) return this;
      const { responseStatus, deliveryType, ...fields } = this.toJSON();
      return `PerformanceResourceTiming ${inspect({ ...fields, deliveryType, responseStatus }, {
        ...options, depth: options.depth == null ? null : options.depth - 1,
      })}`;
    }
  }
  const SHOWN = [
    'initiatorType', 'nextHopProtocol', 'workerStart', 'redirectStart', 'redirectEnd', 'fetchStart',
    'domainLookupStart', 'domainLookupEnd', 'connectStart', 'connectEnd', 'secureConnectionStart', 'requestStart',
    'responseStart', 'responseEnd', 'transferSize', 'encodedBodySize', 'decodedBodySize', 'responseStatus',
    'deliveryType',
  ];
  for (const name of [...SHOWN, 'toJSON']) {
    ObjectDefineProperty(PerformanceResourceTiming.prototype, name, { __proto__: null, enumerable: true });
  }
  ObjectDefineProperty(PerformanceResourceTiming.prototype, kInspect, { __proto__: null, enumerable: false });
  ObjectDefineProperty(PerformanceResourceTiming.prototype, SymbolToStringTag, {
    __proto__: null, value: 'PerformanceResourceTiming', configurable: true,
  });

  function markResourceTiming(timing, url, initiatorType, global, cacheMode, bodyInfo, responseStatus,
                              deliveryType = '') {
    validateObject(timing, 'timingInfo');
    return new PerformanceResourceTiming(
      kCreate, timing, url, initiatorType, cacheMode, responseStatus, deliveryType);
  }

  return { PerformanceResourceTiming, markResourceTiming };
}

// The buffer has room for so many; the next ones wait until the target of `resourcetimingbufferfull`
// has had its chance to make room.
class ResourceBuffer {
  entries = [];
  #limit = 250;
  #waiting = [];
  #pending = false;

  setLimit(limit) {
    // What is no size is none.
    this.#limit = NumberIsSafeInteger(limit) && limit >= 0 ? limit : 0;
  }

  add(entry, target) {
    if (this.entries.length < this.#limit && !this.#pending) {
      ArrayPrototypePush(this.entries, entry);
      return;
    }
    if (!this.#pending) {
      this.#pending = true;
      require('timers').setImmediate(() => this.#full(target));
    }
    ArrayPrototypePush(this.#waiting, entry);
  }

  #full(target) {
    while (this.#waiting.length > 0) {
      const before = this.#waiting.length;
      target.dispatchEvent(new Event('resourcetimingbufferfull'));
      const room = MathMax(0, this.#limit - this.entries.length);
      const moved = ArrayPrototypeSplice(this.#waiting, 0, room);
      for (let i = 0; i < moved.length; i++) ArrayPrototypePush(this.entries, moved[i]);
      if (before <= this.#waiting.length) this.#waiting = [];
    }
    this.#pending = false;
  }
}

module.exports = { ResourceBuffer, define };
