'use strict';

// process.stdout and process.stderr: synchronous on every kind of descriptor, so that nothing is
// lost when the process ends.

const EventEmitter = require('events');

const { constants: { errno: { EPIPE } } } = require('internal/os_constants');

const processBinding = binding.process;

// Node words an error of a pipe or terminal and one of a file in two ways.
function writeError(errno) {
  const { ErrnoException, UVException } = require('internal/errors');
  if (errno === -EPIPE) return new ErrnoException(errno, 'write');
  return new UVException({ errno, syscall: 'write' });
}

class OutputStream extends EventEmitter {
  constructor(fd) {
    super();
    this.fd = fd;
    this._isStdio = true;
    this.writable = true;
    this.writableLength = 0;
    this.writableHighWaterMark = 16384;
    this.writableNeedDrain = false;
    this.writableEnded = false;
    this.destroyed = false;
  }

  write(chunk, encoding, callback) {
    if (typeof encoding === 'function') {
      callback = encoding;
      encoding = undefined;
    }
    const { codes: { ERR_INVALID_ARG_TYPE, ERR_STREAM_NULL_VALUES } } = require('internal/errors');
    if (chunk === null) throw new ERR_STREAM_NULL_VALUES();
    if (typeof chunk !== 'string' && !ArrayBuffer.isView(chunk)) {
      throw new ERR_INVALID_ARG_TYPE('chunk', ['string', 'Buffer', 'TypedArray', 'DataView'], chunk);
    }
    if (typeof chunk === 'string' && encoding !== undefined && encoding !== 'utf8' && encoding !== 'utf-8') {
      chunk = require('buffer').Buffer.from(chunk, encoding);
    }
    const status = processBinding.write(this.fd, chunk);
    const process = require('process');
    if (status < 0) {
      const error = writeError(status);
      process.nextTick(() => {
        if (typeof callback === 'function') callback(error);
        this.emit('error', error);
      });
      return false;
    }
    if (typeof callback === 'function') process.nextTick(callback, null);
    return true;
  }

  end(chunk, encoding, callback) {
    if (typeof chunk === 'function') {
      callback = chunk;
      chunk = undefined;
    }
    if (chunk !== undefined && chunk !== null) this.write(chunk, encoding);
    if (typeof callback === 'function') require('process').nextTick(callback);
    return this;
  }

  cork() {}
  uncork() {}
  setDefaultEncoding() { return this; }
  destroy() { return this; }
  destroySoon() { return this; }
  _destroy(error, callback) { callback(error); }
  ref() { return this; }
  unref() { return this; }
}

class WriteStream extends OutputStream {
  constructor(fd) {
    super(fd);
    this.isTTY = true;
    const size = processBinding.windowSize(fd);
    this.columns = size === undefined ? undefined : size[0];
    this.rows = size === undefined ? undefined : size[1];
  }

  getWindowSize() {
    return [this.columns, this.rows];
  }

  // Bits of colour, from the environment as Node reads it.
  getColorDepth(env = require('process').env) {
    if (env.FORCE_COLOR !== undefined) {
      switch (env.FORCE_COLOR) {
        case '': case '1': case 'true': return 4;
        case '2': return 8;
        case '3': return 24;
        default: return 1;
      }
    }
    if (env.NODE_DISABLE_COLORS !== undefined || env.NO_COLOR !== undefined || env.TERM === 'dumb') return 1;
    if (env.COLORTERM === 'truecolor' || env.COLORTERM === '24bit') return 24;
    if (/-256(color)?$/i.test(env.TERM ?? '')) return 8;
    if (/^(screen|xterm|vt100|rxvt|linux|ansi|cygwin|konsole|tmux)/i.test(env.TERM ?? '')) return 4;
    return env.COLORTERM ? 4 : 1;
  }

  hasColors(count, env) {
    const colors = typeof count === 'number' ? count : 16;
    return colors <= 2 ** this.getColorDepth(typeof count === 'object' ? count : env);
  }

  clearLine(direction, callback) {
    return this.write(direction < 0 ? '\x1b[1K' : direction > 0 ? '\x1b[0K' : '\x1b[2K', callback);
  }

  cursorTo(x, y, callback) {
    if (typeof y === 'function') [y, callback] = [undefined, y];
    return this.write(y === undefined ? `\x1b[${x + 1}G` : `\x1b[${y + 1};${x + 1}H`, callback);
  }

  moveCursor(dx, dy, callback) {
    let text = '';
    if (dx !== 0) text += `\x1b[${Math.abs(dx)}${dx < 0 ? 'D' : 'C'}`;
    if (dy !== 0) text += `\x1b[${Math.abs(dy)}${dy < 0 ? 'A' : 'B'}`;
    return this.write(text, callback);
  }

  clearScreenDown(callback) {
    return this.write('\x1b[0J', callback);
  }
}

exports.makeStdio = function makeStdio(process) {
  require('internal/process/stdin').defineStdin(process);
  for (const [name, fd] of [['stdout', 1], ['stderr', 2]]) {
    let stream;
    Object.defineProperty(process, name, {
      __proto__: null,
      configurable: true,
      enumerable: true,
      get() {
        stream ??= processBinding.isatty(fd) ? new WriteStream(fd) : new OutputStream(fd);
        return stream;
      },
      set(value) {
        stream = value;
      },
    });
  }
};
