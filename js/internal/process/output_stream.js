'use strict';

// What process.stdout and process.stderr are: Writables that write at once on every kind of
// descriptor, so that nothing is lost when the process ends.

const { Buffer } = require('buffer');
const { Writable } = require('internal/streams/writable');
const { ErrnoException, UVException } = require('internal/errors');
const { constants: { errno: { EPIPE } } } = require('internal/os_constants');

const processBinding = binding.process;

// Node words an error of a pipe or terminal and one of a file in two ways.
function writeError(errno) {
  if (errno === -EPIPE) return new ErrnoException(errno, 'write');
  return new UVException({ errno, syscall: 'write' });
}

class OutputStream extends Writable {
  constructor(fd) {
    super({ highWaterMark: 16384, decodeStrings: false });
    this.fd = fd;
    this._type = processBinding.isatty(fd) ? 'tty' : 'pipe';
    this._isStdio = true;
  }

  _write(chunk, encoding, callback) {
    if (typeof chunk === 'string' && encoding !== 'utf8' && encoding !== 'utf-8') {
      chunk = Buffer.from(chunk, encoding);
    }
    const status = processBinding.write(this.fd, chunk);
    callback(status < 0 ? writeError(status) : null);
  }

  // The standard streams are never closed: an error or destroy() leaves them as they were.
  _destroy(error, callback) {
    callback(error);
    this._undestroy();
    if (!this._writableState.emitClose) process.nextTick(() => this.emit('close'));
  }

  get readable() { return false; }

  destroySoon() {
    return this.destroy();
  }

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

module.exports = { OutputStream, WriteStream };
