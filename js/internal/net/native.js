'use strict';

// `binding.net` with its natives, which a start does without. For files that are compiled when they are
// required, never for what is in the startup blob.

binding.net.load();

module.exports = binding.net;
