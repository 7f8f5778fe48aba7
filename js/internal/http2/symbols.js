'use strict';

// The hidden properties of sessions and streams that more than one file knows.

const names = [
  'authority', 'boundSession', 'handle', 'id', 'infoHeaders', 'init', 'maxOriginSetSize', 'maybeDestroy', 'options',
  'origin', 'pendingRequests', 'proceed', 'protocol', 'proxySocket', 'rawHeaders', 'remoteSettings', 'request',
  'requestResource', 'sentHeaders', 'sentTrailers', 'server', 'session', 'sessions', 'socket', 'state',
  'strictSingleValueFields', 'type', 'updateTimer',
];
for (const name of names) {
  exports[`k${name[0].toUpperCase()}${name.slice(1)}`] = Symbol(name);
}
exports.kSensitiveHeaders = Symbol('sensitiveHeaders');
