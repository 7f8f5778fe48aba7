'use strict';

// `binding.http2` with its natives, which a start does without; as `internal/net/native`.

binding.http2.load();

module.exports = binding.http2;
