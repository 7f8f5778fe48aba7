'use strict';

// What `diagnostics_channel` is told of streams.

const { channel } = require('diagnostics_channel');

const of = (side, ...events) => {
  const channels = { __proto__: null };
  for (const event of events) channels[event] = channel(`http2.${side}.stream.${event}`);
  return channels;
};

/** Channels by side, then by event. */
exports.channels = {
  client: of('client', 'created', 'start', 'error', 'finish', 'close', 'bodyChunkSent', 'bodySent'),
  server: of('server', 'created', 'start', 'error', 'finish', 'close'),
};
