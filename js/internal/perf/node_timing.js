'use strict';

// `performance.nodeTiming`: the milestones of the process, or of the worker.

const { ObjectDefineProperties } = require('internal/primordials');

const workerBinding = binding.worker;

function define({ PerformanceEntry, kCreate, now }) {
  class PerformanceNodeTiming extends PerformanceEntry {
    constructor() {
      super(kCreate, 'node', 'node', 0, 0, undefined);
      const own = (get) => ({ __proto__: null, enumerable: true, configurable: true, get });
      const milestone = (index) => own(() => workerBinding.milestones()[index]);
      ObjectDefineProperties(this, {
        name: { __proto__: null, enumerable: true, configurable: true, value: 'node' },
        entryType: { __proto__: null, enumerable: true, configurable: true, value: 'node' },
        startTime: { __proto__: null, enumerable: true, configurable: true, value: 0 },
        duration: own(now),
        nodeStart: milestone(0),
        v8Start: milestone(1),
        environment: milestone(2),
        bootstrapComplete: milestone(3),
        loopStart: milestone(4),
        loopExit: milestone(5),
        idleTime: own(() => workerBinding.ownIdleTime()),
        uvMetricsInfo: own(() => {
          const { 6: loopCount, 7: events } = workerBinding.milestones();
          return { loopCount, events, eventsWaiting: 0 };
        }),
      });
    }

    toJSON() {
      return {
        name: 'node', entryType: 'node', startTime: 0, duration: this.duration, nodeStart: this.nodeStart,
        v8Start: this.v8Start, bootstrapComplete: this.bootstrapComplete, environment: this.environment,
        loopStart: this.loopStart, loopExit: this.loopExit, idleTime: this.idleTime,
      };
    }
  }
  return { PerformanceNodeTiming };
}

module.exports = { define };
