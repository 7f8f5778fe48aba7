'use strict';

// NODE_V8_COVERAGE: which functions and blocks ran, and how often, written when the process ends and
// by `v8.takeCoverage()`, in V8's own form.

const { DateNow, JSONStringify, ObjectKeys } = require('internal/primordials');
const { onFinishCoverage } = require('internal/process/lifecycle');

/** The session that collects, while one does. */
let session;
let directory;
let sequence = 0;

function post(method, params = undefined) {
  let result;
  session.post(method, params, (error, value) => {
    if (error) throw error;
    result = value;
  });
  return result;
}

/** Makes the folder and says in the environment where it is, for children too. */
exports.startCoverage = function startCoverage(wanted) {
  const path = require('path');
  directory = path.resolve(wanted);
  process.env.NODE_V8_COVERAGE = directory;
  const { Session } = require('inspector');
  session = new Session();
  session.connect();
  post('Profiler.enable');
  post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  onFinishCoverage(exports.takeCoverage);
  require('internal/source_maps').startCoverage();
};

function write() {
  const fs = require('fs');
  const path = require('path');
  const coverage = post('Profiler.takePreciseCoverage');
  const maps = require('internal/source_maps').mapsForCoverage();
  if (ObjectKeys(maps).length !== 0) coverage['source-map-cache'] = maps;
  const name = `coverage-${process.pid}-${DateNow()}-${sequence++}.json`;
  try {
    fs.mkdirSync(directory, { recursive: true });
    fs.writeFileSync(path.join(directory, name), JSONStringify(coverage));
  } catch (error) {
    binding.process.write(2, `oomhost: coverage is not written: ${error.message}\n`);
  }
}

/** Writes what was counted since the last time. */
exports.takeCoverage = function takeCoverage() {
  if (session !== undefined) write();
};

exports.stopCoverage = function stopCoverage() {
  if (session === undefined) return;
  post('Profiler.stopPreciseCoverage');
  session.disconnect();
  session = undefined;
};
