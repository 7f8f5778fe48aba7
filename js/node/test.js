'use strict';

const { MockTracker } = require('internal/test/mock');
const { refusing } = require('internal/next_stage');
const { describe, hooks, test } = require('internal/test/runner');

module.exports = test;
let mock;
Object.assign(test, hooks, {
  describe,
  it: test,
  suite: describe,
  test,
  assert: refusing('test.assert', { functions: 'register' }),
  snapshot: refusing('test.snapshot', { functions: 'setDefaultSnapshotSerializers setResolveSnapshotPath' }),
});
refusing('test', { functions: 'run' }, test);
Object.defineProperty(test, 'mock', {
  __proto__: null, configurable: true, enumerable: true, get() { return mock ??= new MockTracker(); },
});
