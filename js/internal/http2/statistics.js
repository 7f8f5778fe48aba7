'use strict';

// What a `PerformanceObserver` of 'http2' is told when sessions and streams end. Counted only where
// there was one when the session began.

const { NGHTTP2_SESSION_SERVER } = require('internal/http2_constants').constants;
const { announceEntry, hasObserver, now } = require('internal/perf');

class StreamStatistics {
  #start = now();
  #id;
  #session;
  /** Milliseconds from the start to the first of each; 0 where there was none. */
  #firstHeader = 0;
  #firstByte = 0;
  #firstByteSent = 0;
  #read = 0;
  #written = 0;

  constructor(id, session) {
    this.#id = id;
    this.#session = session;
  }

  headers() {
    this.#firstHeader ||= now() - this.#start;
  }

  read(bytes) {
    this.#firstByte ||= now() - this.#start;
    this.#read += bytes;
  }

  written(bytes) {
    this.#firstByteSent ||= now() - this.#start;
    this.#written += bytes;
  }

  end() {
    this.#session.streamEnded(now() - this.#start);
    if (!hasObserver('http2')) return;
    announceEntry('http2', 'Http2Stream', this.#start, {
      bytesRead: this.#read,
      bytesWritten: this.#written,
      id: this.#id,
      timeToFirstByte: this.#firstByte,
      timeToFirstByteSent: this.#firstByteSent,
      timeToFirstHeader: this.#firstHeader,
    });
  }
}

class SessionStatistics {
  #start = now();
  #type;
  #streams = 0;
  #open = 0;
  #most = 0;
  #durations = 0;
  bytesRead = 0;
  bytesWritten = 0;
  pingRTT = 0;

  constructor(type) {
    this.#type = type;
  }

  streamBegan(id) {
    this.#streams++;
    if (++this.#open > this.#most) this.#most = this.#open;
    return new StreamStatistics(id, this);
  }

  streamEnded(duration) {
    this.#open--;
    this.#durations += duration;
  }

  /** `frames`: how many were received and sent. */
  end(frames) {
    if (!hasObserver('http2')) return;
    announceEntry('http2', 'Http2Session', this.#start, {
      bytesRead: this.bytesRead,
      bytesWritten: this.bytesWritten,
      framesReceived: frames[0],
      framesSent: frames[1],
      maxConcurrentStreams: this.#most,
      pingRTT: this.pingRTT,
      streamAverageDuration: this.#streams === 0 ? 0 : this.#durations / this.#streams,
      streamCount: this.#streams,
      type: this.#type === NGHTTP2_SESSION_SERVER ? 'server' : 'client',
    });
  }
}

/** Those of a session that begins, or undefined where nobody wants to know. */
exports.sessionStatistics = (type) => (hasObserver('http2') ? new SessionStatistics(type) : undefined);
