'use strict';

// The constants of fs and os in one flat object, as old programs want them.

const { ObjectAssign } = require('internal/primordials');
const { constants: { dlopen, errno, priority, signals } } = require('internal/os_constants');
const { constants } = require('internal/fs/constants');

ObjectAssign(exports, dlopen, errno, priority, signals, constants);
