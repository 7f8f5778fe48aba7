'use strict';

// What is the public part of `internal/http2/core`.

const { Http2Session, Http2Stream, ServerHttp2Session, ...exported } = require('internal/http2/core');

module.exports = exported;
