'use strict';

const { refusing } = require('internal/next_stage');

module.exports = refusing('repl', {
  classes: 'REPLServer Recoverable',
  functions: 'start writer isValidSyntax',
  values: { REPL_MODE_SLOPPY: Symbol('repl-sloppy'), REPL_MODE_STRICT: Symbol('repl-strict') },
});
