'use strict';

const { refusing } = require('internal/next_stage');
const { METHODS, STATUS_CODES } = require('internal/http_names');

module.exports = refusing('http', {
  classes: 'Agent ClientRequest IncomingMessage OutgoingMessage Server ServerResponse',
  functions: '_connectionListener createServer get request setMaxIdleHTTPParsers ' +
    'validateHeaderName validateHeaderValue',
  values: { METHODS, STATUS_CODES, maxHeaderSize: 16384 },
});
module.exports.globalAgent = { __proto__: module.exports.Agent.prototype };
