'use strict';

// Classes of Node's whose instances are more than their properties, and cannot be cloned.

const { setMode } = require('internal/worker/transfer');
const { URL, URLSearchParams } = require('internal/url');
const { AbortController, AbortSignal } = require('internal/abort_controller');

for (const { prototype } of [URL, URLSearchParams, AbortController, AbortSignal]) setMode(prototype, 0);
