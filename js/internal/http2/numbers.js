'use strict';

// Numbers of nghttp2's that `http2.constants` does not show.

const { ObjectKeys } = require('internal/primordials');
const { constants } = require('internal/http2_constants');

module.exports = {
  NGHTTP2_ERR_INVALID_ARGUMENT: -501,
  NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE: -509,
  NGHTTP2_ERR_STREAM_CLOSED: -510,
  NGHTTP2_ERR_PROTO: -505,
  NGHTTP2_ERR_NOMEM: -901,

  NGHTTP2_HCAT_RESPONSE: 1,
  NGHTTP2_HCAT_PUSH_RESPONSE: 2,

  /** The names of the codes in RST_STREAM and GOAWAY, by number. */
  errorNames: [],
};

const first = ObjectKeys(constants).indexOf('NGHTTP2_NO_ERROR');
for (const name of ObjectKeys(constants).slice(first, first + 14)) {
  module.exports.errorNames[constants[name]] = name;
}
