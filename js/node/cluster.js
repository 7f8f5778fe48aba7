'use strict';

const EventEmitter = require('events');
const { refusing } = require('internal/next_stage');

const cluster = new EventEmitter();

module.exports = refusing('cluster', {
  classes: 'Worker',
  functions: 'disconnect fork setupMaster setupPrimary',
  values: {
    isWorker: false,
    isMaster: true,
    isPrimary: true,
    workers: {},
    settings: {},
    SCHED_NONE: 1,
    SCHED_RR: 2,
    schedulingPolicy: 2,
  },
}, cluster);
