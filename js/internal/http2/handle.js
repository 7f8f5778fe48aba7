'use strict';

// An nghttp2 session and the socket under it: bytes that come go into nghttp2, frames that it makes
// go out, at most one write at a time, so that a socket that is full stops what fills it.
//
// nghttp2 is done with all that came before JavaScript hears of any of it (`src/builtins/http2`).

const {
  ArrayPrototypePush, ArrayPrototypeShift, ArrayPrototypeSplice, Number, SafeMap, Uint8Array,
} = require('internal/primordials');
const { FastBuffer } = require('internal/buffer');
const { codes: { ERR_HTTP2_NO_MEM } } = require('internal/http2/errors');
const { NGHTTP2_ERR_PROTO } = require('internal/http2/numbers');
const { sessionStatistics } = require('internal/http2/statistics');
const { isKnownSetting, settingsObject } = require('internal/http2/settings');

const http2Binding = require('internal/http2/native');
const processBinding = binding.process;

/** Bytes of frames that are made for one write to the socket. */
const WRITE_SIZE = 256 * 1024;

// Kinds of events; `src/builtins/http2/event` has the same numbers.
const HEADERS = 0;
const DATA = 1;
const END = 2;
const CLOSE = 3;
const WANT_TRAILERS = 4;
const SETTINGS = 5;
const SETTINGS_ACK = 6;
const PING = 7;
const PING_ACK = 8;
const GOAWAY = 9;
const FRAME_ERROR = 10;
const PRIORITY = 11;
const ALTSVC = 12;
const ORIGIN = 13;
const ERROR = 14;
const GIVEN_UP = 15;

/** Milliseconds. */
function now() {
  const time = process.hrtime();
  return time[0] * 1e3 + time[1] / 1e6;
}

const later = (callback) => require('timers').setImmediate(callback);

/** The options that `src/builtins/http2` takes, in its order. */
function nativeOptions(options) {
  const number = (value, least = 0) => (typeof value === 'number' ? (value < least ? least : value) : undefined);
  const { strictFieldWhitespaceValidation: strict } = options;
  return [
    number(options.maxDeflateDynamicTableSize),
    number(options.maxReservedRemoteStreams),
    number(options.maxSendHeaderBlockLength),
    number(options.peerMaxConcurrentStreams),
    number(options.maxSettings, 1),
    number(options.streamResetBurst, 1),
    number(options.streamResetRate, 1),
    typeof strict === 'boolean' ? Number(strict) : undefined,
    number(options.paddingStrategy),
    number(options.maxHeaderListPairs),
    number(options.maxSessionInvalidFrames),
    number(options.maxSessionRejectedStreams),
    number(options.maxSessionMemory, 1),
  ];
}

function concatenated(first, second) {
  const bytes = new Uint8Array(first.byteLength + second.byteLength);
  bytes.set(new Uint8Array(first));
  bytes.set(new Uint8Array(second), first.byteLength);
  return bytes.buffer;
}

/** Sessions over streams that nobody has ended, and that are gone. */
const dropped = new FinalizationRegistry((number) => http2Binding.free(number));

class SessionHandle {
  #socket;
  #owner;
  #onData;
  /** What happened and was not told yet. */
  #events = [];
  #delivering = false;
  /** Events wait until what the last one has caused has run. */
  #paused = false;
  #flushScheduled = false;
  /** The socket has bytes of ours. */
  #writing = false;
  #writes = new SafeMap();
  #lastWrite = 0;
  /** `[stream, code]` of resets that wait for a write. */
  #resets = [];
  #pings = [];
  #settings = [];
  #maxPings;
  #maxSettings;
  #closing = false;
  #ondone;
  #graceful;

  /** Frames that were made since somebody last wrote to a stream. */
  chunksSent = 0;
  /** The number that the binding knows the session by; 0 when it is gone. */
  number;
  /** What is counted for who observes performance, or undefined. */
  statistics;
  localCustomSettings;
  remoteCustomSettings;
  #remoteCustomIds;

  /**
   * `owner` has a method for each kind of event: onHeaders, onData, onEnd, onClose, onWantTrailers,
   * onSettings, onPing, onGoaway, onFrameError, onPriority, onAltsvc, onOrigin, onInternalError, onGivenUp.
   */
  constructor(server, options, socket, owner) {
    this.#maxPings = typeof options.maxOutstandingPings === 'number' ? options.maxOutstandingPings : 10;
    this.#maxSettings =
      typeof options.maxOutstandingSettings === 'number' ? Math.max(1, options.maxOutstandingSettings) : 10;
    this.#remoteCustomIds = options.remoteCustomSettings;
    this.number = http2Binding.newSession(server, nativeOptions(options));
    if (this.number === undefined) throw new ERR_HTTP2_NO_MEM();
    this.statistics = sessionStatistics(server ? 0 : 1);
    dropped.register(this, this.number, this);
    this.#socket = socket;
    this.#owner = owner;
    this.#onData = (chunk) => this.receive(chunk);
    // A listener for 'remoteSettings' may still be added in this turn.
    process.nextTick(() => {
      if (!this.#closing) socket.on('data', this.#onData);
    });
  }

  // From the socket.

  receive(chunk) {
    if (this.#closing) return;
    if (this.statistics !== undefined) this.statistics.bytesRead += chunk.length;
    const status = http2Binding.receive(this.number, chunk);
    this.#collect();
    if (status < 0) ArrayPrototypePush(this.#events, [ERROR, status, http2Binding.failure(this.number)]);
    this.#deliver();
    this.schedule();
  }

  #collect() {
    const events = http2Binding.events(this.number);
    if (events !== undefined) ArrayPrototypePush(this.#events, ...events);
  }

  #deliver() {
    if (this.#delivering || this.#paused) return;
    this.#delivering = true;
    const events = this.#events;
    try {
      while (events.length !== 0 && !this.#paused) {
        const event = ArrayPrototypeShift(events);
        this.#tell(event);
        // What this has caused comes first, in ticks and in promises, as if each came by itself.
        if (events.length !== 0) this.#resumeLater();
      }
    } finally {
      this.#delivering = false;
      // A listener threw.
      if (events.length !== 0 && !this.#paused) this.#resumeLater();
    }
    this.#checkGraceful();
  }

  /** Goes on when neither ticks nor microtasks are left. */
  #resumeLater() {
    this.#paused = true;
    const resume = () => {
      this.#paused = false;
      this.#deliver();
      this.schedule();
    };
    processBinding.enqueueMicrotask(() => process.nextTick(resume));
  }

  #tell(event) {
    const owner = this.#owner;
    switch (event[0]) {
      case HEADERS:
        owner.onHeaders(event[1], event[2], event[3], event[4], event[5]);
        break;
      case DATA:
        owner.onData(event[1], new FastBuffer(event[2]));
        break;
      case END:
        owner.onEnd(event[1]);
        break;
      case CLOSE:
        owner.onClose(event[1], event[2]);
        break;
      case WANT_TRAILERS:
        owner.onWantTrailers(event[1]);
        break;
      case SETTINGS:
        this.#keepCustomSettings(event[1]);
        owner.onSettings(settingsObject(event[2], this.remoteCustomSettings));
        break;
      case SETTINGS_ACK: {
        const sent = ArrayPrototypeShift(this.#settings);
        if (sent === undefined) owner.onInternalError(NGHTTP2_ERR_PROTO);
        else sent.callback(true, now() - sent.start, settingsObject(event[1], this.localCustomSettings));
        break;
      }
      case PING:
        owner.onPing(new FastBuffer(event[1]));
        break;
      case PING_ACK: {
        const sent = ArrayPrototypeShift(this.#pings);
        if (sent === undefined) owner.onInternalError(NGHTTP2_ERR_PROTO);
        else this.#pingAnswered(sent, new FastBuffer(event[1]));
        break;
      }
      case GOAWAY: {
        const data = event[3].byteLength === 0 ? undefined : new FastBuffer(event[3]);
        owner.onGoaway(event[1], event[2], data);
        break;
      }
      case FRAME_ERROR:
        owner.onFrameError(event[1], event[2], event[3]);
        break;
      case PRIORITY:
        owner.onPriority(event[1], event[2], event[3], event[4]);
        break;
      case ALTSVC:
        owner.onAltsvc(event[1], event[2], event[3]);
        break;
      case ORIGIN:
        owner.onOrigin(event[1]);
        break;
      case ERROR:
        owner.onInternalError(event[1], event[2]);
        break;
      case GIVEN_UP:
        owner.onGivenUp(event[1]);
        break;
    }
  }

  #pingAnswered({ callback, start }, payload) {
    const duration = now() - start;
    if (this.statistics !== undefined) this.statistics.pingRTT = duration;
    callback(true, duration, payload);
  }

  #keepCustomSettings(entries) {
    const wanted = this.#remoteCustomIds;
    if (wanted === undefined) return;
    for (let i = 0; i < entries.length; i += 2) {
      if (!wanted.includes(entries[i])) continue;
      this.remoteCustomSettings ??= {};
      this.remoteCustomSettings[entries[i]] = entries[i + 1];
    }
  }

  // To the socket.

  /** Has what waits be sent at the end of this turn. */
  schedule() {
    if (this.#flushScheduled || this.number === 0) return;
    this.#flushScheduled = true;
    later(() => {
      this.#flushScheduled = false;
      this.flush();
    });
  }

  /** Sends what waits, unless a write is on its way: then what waits goes behind it. */
  flush() {
    if (this.number === 0 || this.#writing || this.#socket.destroyed) return;
    this.#writing = true;
    const frames = this.#makeFrames();
    if (this.#events.length === 0) {
      this.#write(frames);
      return;
    }
    // Streams have ended by this: what is said to that goes along.
    later(() => {
      const more = this.number === 0 ? undefined : this.#makeFrames();
      this.#write(frames, more);
      this.#deliver();
    });
    this.#deliver();
  }

  /** What nghttp2 has to send now, and the writes that are in it. */
  #makeFrames() {
    const bytes = http2Binding.send(this.number, WRITE_SIZE);
    const writes = http2Binding.written(this.number) ?? [];
    this.#collect();
    if (typeof bytes !== 'number') return { bytes, writes };
    ArrayPrototypePush(this.#events, [ERROR, bytes]);
    return { bytes: undefined, writes };
  }

  #write({ bytes, writes }, more = undefined) {
    if (more !== undefined) {
      ArrayPrototypePush(writes, ...more.writes);
      if (bytes === undefined) bytes = more.bytes;
      else if (more.bytes !== undefined) bytes = concatenated(bytes, more.bytes);
    }
    const socket = this.#socket;
    if (bytes === undefined || this.number === 0 || socket.destroyed) {
      this.#afterWrite(writes, null, false);
      return;
    }
    this.chunksSent++;
    if (this.statistics !== undefined) this.statistics.bytesWritten += bytes.byteLength;
    const done = (error) => this.#afterWrite(writes, error, true);
    // A stream of JavaScript's may be done at once, while the other side is still told of it.
    socket.write(new FastBuffer(bytes), socket._handle ? done : (error) => later(() => done(error)));
  }

  #afterWrite(writes, error, wrote) {
    this.#writing = false;
    try {
      this.#complete(writes, error, 0);
    } finally {
      this.#goOn(wrote);
    }
  }

  #goOn(wrote) {
    const resets = ArrayPrototypeSplice(this.#resets, 0);
    for (let i = 0; i < resets.length; i++) http2Binding.reset(this.number, resets[i][0], resets[i][1]);
    if (this.#closing) {
      if (wrote) this.flush();
      if (!this.#writing) this.#finish();
      return;
    }
    // At the end of the turn: what those who wrote write next goes along, and so does that it is the last.
    if (wrote || resets.length !== 0) this.schedule();
    this.#checkGraceful();
  }

  /** Calls back who wrote, from the write `next` on; one that throws keeps nothing from the others. */
  #complete(writes, error, next) {
    try {
      while (next < writes.length) {
        const write = writes[next++];
        const callback = this.#writes.get(write);
        this.#writes.delete(write);
        callback?.(error);
      }
    } finally {
      if (next < writes.length) later(() => this.#complete(writes, error, next));
    }
  }

  // The session.

  ping(payload, callback) {
    if (this.#pings.length >= this.#maxPings) {
      callback(false, 0, payload);
      return false;
    }
    http2Binding.ping(this.number, payload);
    ArrayPrototypePush(this.#pings, { callback, start: now(), payload });
    this.schedule();
    return true;
  }

  /** Whether they are sent: not many may wait for an answer. */
  settings(entries, callback) {
    if (this.#settings.length >= this.#maxSettings) return false;
    for (let i = 0; i < entries.length; i += 2) {
      if (isKnownSetting(entries[i])) continue;
      this.localCustomSettings ??= {};
      this.localCustomSettings[entries[i]] = entries[i + 1];
    }
    http2Binding.settings(this.number, entries);
    ArrayPrototypePush(this.#settings, { callback, start: now() });
    this.schedule();
    return true;
  }

  goaway(code, last, data) {
    http2Binding.goaway(this.number, code, last, data);
    this.schedule();
  }

  setLocalWindowSize(size) {
    const status = http2Binding.setLocalWindowSize(this.number, size);
    this.schedule();
    return status;
  }

  setNextStreamID(id) {
    return http2Binding.setNextStreamID(this.number, id);
  }

  altsvc(stream, origin, value) {
    http2Binding.altsvc(this.number, stream, origin, value);
    this.schedule();
  }

  origin(origins) {
    http2Binding.origin(this.number, origins);
    this.schedule();
  }

  /** Whether nghttp2 has something to say or to hear. */
  hasPendingData() {
    return this.number !== 0 && (this.#writing || http2Binding.wants(this.number) !== 0);
  }

  /** `callback` is called once there is no more pending data. */
  setGracefulClose(callback) {
    this.#graceful = callback;
  }

  #checkGraceful() {
    if (this.#graceful === undefined || this.#closing || this.hasPendingData()) return;
    const callback = this.#graceful;
    this.#graceful = undefined;
    callback();
  }

  /** Says goodbye, unless the socket is gone; `ondone` is called when that is written. */
  destroy(code, socketGone, ondone) {
    if (this.#closing) return;
    this.#closing = true;
    this.#ondone = ondone;
    this.#events = [];
    this.#socket.removeListener('data', this.#onData);
    if (socketGone) {
      this.#writing = false;
    } else {
      http2Binding.terminate(this.number, code);
      this.flush();
    }
    // Who waits for settings is told nothing, as in Node.
    if (this.#pings.length !== 0) {
      const unanswered = this.#pings;
      this.#pings = [];
      later(() => {
        for (let i = 0; i < unanswered.length; i++) unanswered[i].callback(false, 0, unanswered[i].payload);
      });
    }
    if (!this.#writing) this.#finish();
  }

  #finish() {
    if (this.number === 0) return;
    this.statistics?.end(http2Binding.frames(this.number));
    dropped.unregister(this);
    http2Binding.free(this.number);
    this.number = 0;
    this.#writes.clear();
    this.#ondone();
  }

  // Streams. Below 0: a number of nghttp2's.

  request(headers, empty, trailers) {
    const id = http2Binding.request(this.number, headers, empty, trailers);
    this.schedule();
    return id;
  }

  respond(stream, headers, empty, trailers) {
    const status = http2Binding.respond(this.number, stream, headers, empty, trailers);
    this.schedule();
    return status;
  }

  inform(stream, headers) {
    const status = http2Binding.inform(this.number, stream, headers);
    this.schedule();
    return status;
  }

  sendTrailers(stream, headers) {
    const status = http2Binding.sendTrailers(this.number, stream, headers);
    this.schedule();
    return status;
  }

  promise(stream, headers, empty) {
    const id = http2Binding.promise(this.number, stream, headers, empty, false);
    this.schedule();
    return id;
  }

  /** `callback(error)` is called when all of `chunks` have been given to the socket. */
  write(stream, chunks, callback) {
    const write = ++this.#lastWrite;
    this.#writes.set(write, callback);
    const last = chunks.length - 1;
    for (let i = 0; i <= last; i++) {
      http2Binding.write(this.number, stream, i === last ? write : 0, chunks[i]);
    }
    this.schedule();
  }

  /** No more is written to the stream. */
  end(stream) {
    http2Binding.end(this.number, stream);
    this.schedule();
  }

  /** So many bytes of what came were taken: the stream's window opens. */
  consume(stream, bytes) {
    if (bytes === 0) return;
    http2Binding.consume(this.number, stream, bytes);
    this.schedule();
  }

  /** RST_STREAM, behind what the stream has written before, where that can be sent. */
  reset(stream, code) {
    if (this.#writing) {
      ArrayPrototypePush(this.#resets, [stream, code]);
      return;
    }
    this.flush();
    http2Binding.reset(this.number, stream, code);
    this.schedule();
  }

  /** Nothing more is told of the stream. */
  abandon(stream) {
    http2Binding.abandon(this.number, stream);
  }
}

module.exports = { SessionHandle };
