'use strict';

exports.writeSnapshot = require('internal/heapdump').writeSnapshot;
