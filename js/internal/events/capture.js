'use strict';

// The property that says whether an emitter looks at the promises of its listeners.

exports.kCapture = Symbol('kCapture');
