'use strict';

// The channel between a process and its child: `send`, `disconnect`, 'message'. `target` is a
// ChildProcess in the parent and `process` in the child.

const {
  ArrayPrototypePush, StringPrototypeStartsWith,
} = require('internal/primordials');
const EventEmitter = require('events');
const {
  ErrnoException,
  codes: {
    ERR_INVALID_ARG_TYPE, ERR_INVALID_HANDLE_TYPE, ERR_IPC_CHANNEL_CLOSED, ERR_IPC_DISCONNECTED, ERR_MISSING_ARGS,
  },
} = require('internal/errors');
const { validateObject } = require('internal/validators');
const { FastBuffer } = require('internal/buffer');
const { Pipe, UV_EOF } = require('internal/net/pipe');
const { makeCodec } = require('internal/child_process/serialization');

/** Bytes that may wait before `send` says that it is too fast. */
const HIGH_WATER_MARK = 65536 * 2;

/** `subprocess.channel`: whether it keeps the program running. */
class Control extends EventEmitter {
  #pipe;
  #references = 0;
  #isChosen = false;

  constructor(pipe) {
    super();
    this.#pipe = pipe;
  }

  // Counts listeners; what the script chose itself stays.
  refCounted() {
    if (++this.#references === 1 && !this.#isChosen) this.#pipe.ref();
  }

  unrefCounted() {
    if (--this.#references === 0 && !this.#isChosen) {
      this.#pipe.unref();
      this.emit('unref');
    }
  }

  ref() {
    this.#isChosen = true;
    this.#pipe.ref();
  }

  unref() {
    this.#isChosen = true;
    this.#pipe.unref();
  }

  hasRef() {
    return this.#pipe.hasRef();
  }

  get fd() {
    return this.#pipe.fd < 0 ? undefined : this.#pipe.fd;
  }
}

const isInternal = (message) => (
  typeof message === 'object' && message !== null && typeof message.cmd === 'string' &&
  message.cmd.length > 'NODE_'.length && StringPrototypeStartsWith(message.cmd, 'NODE_')
);

function checkMessage(message) {
  if (message === undefined) throw new ERR_MISSING_ARGS('message');
  if (typeof message !== 'string' && typeof message !== 'object' && typeof message !== 'number' &&
      typeof message !== 'boolean') {
    throw new ERR_INVALID_ARG_TYPE('message', ['string', 'object', 'number', 'boolean'], message);
  }
}

function setupChannel(target, pipe, mode, onClosed = undefined) {
  const control = new Control(pipe);
  const codec = makeCodec(mode);
  /** Messages for which nobody listened yet. */
  let waiting = [];
  let isClosed = false;

  target.channel = control;
  target._channel = pipe;
  target.connected = true;

  function closePipe() {
    if (isClosed) return;
    isClosed = true;
    pipe.onread = null;
    pipe.close();
    target.channel = null;
    target._channel = null;
    onClosed?.(target);
  }

  function deliver(message) {
    if (!target.channel) return;
    const event = isInternal(message) ? 'internalMessage' : 'message';
    // A child that has not come to its listener gets the message when it has.
    if (target.listenerCount('message') === 0 && event === 'message') {
      ArrayPrototypePush(waiting, message);
      return;
    }
    target.emit(event, message, undefined);
  }

  target.on('newListener', () => {
    process.nextTick(() => {
      if (!target.channel || target.listenerCount('message') === 0) return;
      const messages = waiting;
      waiting = [];
      for (let i = 0; i < messages.length; i++) process.nextTick(deliver, messages[i]);
    });
  });

  pipe.onread = (result) => {
    if (typeof result === 'number') {
      if (result !== UV_EOF && target.connected) target.emit('error', new ErrnoException(result, 'read'));
      if (target.connected) target.disconnect();
      return;
    }
    const messages = codec.decode(new FastBuffer(result));
    for (let i = 0; i < messages.length; i++) process.nextTick(deliver, messages[i]);
  };

  target.send = function send(message, handle, options, callback) {
    if (typeof handle === 'function') {
      callback = handle;
      handle = undefined;
      options = undefined;
    } else if (typeof options === 'function') {
      callback = options;
      options = undefined;
    } else if (options !== undefined) {
      validateObject(options, 'options');
    }
    options = { swallowErrors: false, ...options };
    if (this.connected) return this._send(message, handle, options, callback);
    const error = new ERR_IPC_CHANNEL_CLOSED();
    if (typeof callback === 'function') process.nextTick(callback, error);
    else process.nextTick(() => this.emit('error', error));
    return false;
  };

  target._send = function _send(message, handle, options, callback) {
    checkMessage(message);
    // Neither sockets nor servers can be sent.
    if (handle) throw new ERR_INVALID_HANDLE_TYPE();
    const done = (status) => {
      if (status === 0) {
        if (typeof callback === 'function') callback(null);
      } else if (typeof callback === 'function') {
        callback(new ErrnoException(status, 'write'));
      } else if (!options?.swallowErrors) {
        this.emit('error', new ErrnoException(status, 'write'));
      }
    };
    const status = pipe.write(codec.encode(message), done);
    if (status !== 1) process.nextTick(done, status);
    return pipe.writeQueueSize < HIGH_WATER_MARK;
  };

  target.disconnect = function disconnect() {
    if (!this.connected) {
      this.emit('error', new ERR_IPC_DISCONNECTED());
      return;
    }
    this._disconnect();
  };

  target._disconnect = function _disconnect() {
    this.connected = false;
    const finish = () => {
      // What was sent goes out first.
      if (pipe.writeQueueSize > 0) {
        require('timers').setImmediate(finish);
        return;
      }
      closePipe();
      process.nextTick(() => target.emit('disconnect'));
    };
    process.nextTick(finish);
  };

  pipe.readStart();
  return control;
}

/** Opens the channel that the parent process made, in the child. */
function openInChild(fd, mode) {
  const pipe = new Pipe();
  if (pipe.open(fd) < 0) return;
  pipe.unref();
  const control = setupChannel(process, pipe, mode);
  process.on('newListener', (name) => {
    if (name === 'message' || name === 'disconnect') control.refCounted();
  });
  process.on('removeListener', (name) => {
    if (name === 'message' || name === 'disconnect') control.unrefCounted();
  });
}

module.exports = { openInChild, setupChannel };
