'use strict';

const { missing } = require('internal/not_yet');

module.exports = {
  ...missing('repl', ['REPLServer', 'Recoverable', 'start', 'writer']),
  REPL_MODE_SLOPPY: Symbol('repl-sloppy'),
  REPL_MODE_STRICT: Symbol('repl-strict'),
};
