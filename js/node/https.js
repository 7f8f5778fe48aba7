'use strict';

const { refusing } = require('internal/next_stage');

module.exports = refusing('https', { classes: 'Agent Server', functions: 'createServer get request' });
module.exports.globalAgent = { __proto__: module.exports.Agent.prototype };
