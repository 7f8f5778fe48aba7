'use strict';

// Between Node's streams and web streams, under the names that Node's own tests ask for.

module.exports = { ...require('internal/webstreams/to_web'), ...require('internal/webstreams/from_web') };
