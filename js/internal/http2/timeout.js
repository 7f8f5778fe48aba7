'use strict';

// Idle timeouts of sessions and streams: `setTimeout()` and what starts the time anew.

const { clearTimeout } = require('timers');
const { NumberIsFinite } = require('internal/primordials');
const { kTimeout, setUnrefTimeout } = require('internal/timers');
const { validateFunction, validateNumber } = require('internal/validators');
const { codes: { ERR_OUT_OF_RANGE } } = require('internal/errors');
const { kHandle, kSession, kState, kUpdateTimer } = require('internal/http2/symbols');

const TIMEOUT_MAX = 2 ** 31 - 1;

/** Milliseconds that a timer can wait. */
function validDuration(msecs, name) {
  validateNumber(msecs, name);
  if (msecs < 0 || !NumberIsFinite(msecs)) {
    throw new ERR_OUT_OF_RANGE(name, 'a non-negative finite number', msecs);
  }
  if (msecs <= TIMEOUT_MAX) return msecs;
  process.emitWarning(
    `${msecs} does not fit into a 32-bit signed integer.\nTimer duration was truncated to ${TIMEOUT_MAX}.`,
    'TimeoutOverflowWarning');
  return TIMEOUT_MAX;
}

/** The `setTimeout(msecs, callback)` of both. */
function setTimeout(msecs, callback) {
  if (this.destroyed) return this;
  this.timeout = msecs;
  msecs = validDuration(msecs, 'msecs');
  clearTimeout(this[kTimeout]);
  // The timer is set, as in Node, where the callback is refused.
  if (msecs !== 0) {
    this[kTimeout] = setUnrefTimeout(() => this._onTimeout(), msecs);
    this[kSession]?.[kUpdateTimer]();
  }
  if (callback === undefined) return this;
  validateFunction(callback, 'callback');
  if (msecs === 0) this.removeListener('timeout', callback);
  else this.once('timeout', callback);
  return this;
}

/** The time is up: unless what was written is still on its way, which counts as use. */
function timedOut(self, session) {
  if (self.destroyed) return;
  const handle = session[kHandle];
  if (self[kState].writeQueueSize > 0 && handle !== undefined) {
    const { chunksSent } = handle;
    if (self[kState].chunksSent !== chunksSent) {
      self[kState].chunksSent = chunksSent;
      self[kUpdateTimer]();
      return;
    }
  }
  self.emit('timeout');
}

module.exports = { setTimeout, timedOut };
