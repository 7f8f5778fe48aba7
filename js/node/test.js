'use strict';

const { missing } = require('internal/not_yet');

const names = ['after', 'afterEach', 'before', 'beforeEach', 'describe', 'it', 'run', 'suite', 'test', 'todo', 'skip', 'only'];
module.exports = missing('test', names, function test() { return missing('test', ['test']).test(); });
module.exports.mock = missing('test.mock', ['fn', 'getter', 'method', 'module', 'reset', 'restoreAll', 'setter']);
