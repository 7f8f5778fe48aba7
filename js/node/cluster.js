'use strict';

// Node's module is an emitter; this process is nobody's worker.
const EventEmitter = require('events');
const { missing } = require('internal/not_yet');

const cluster = new EventEmitter();
module.exports = Object.assign(cluster, missing('cluster', ['Worker', 'disconnect', 'fork', 'setupMaster', 'setupPrimary']), {
  isMaster: true,
  isPrimary: true,
  isWorker: false,
  SCHED_NONE: 1,
  SCHED_RR: 2,
  schedulingPolicy: 2,
  settings: {},
  workers: {},
});
