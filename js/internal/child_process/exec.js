'use strict';

// exec and execFile: a child whose output is collected for a callback.

const {
  ArrayPrototypeJoin, ArrayPrototypePush, ObjectDefineProperty, PromiseWithResolvers, StringPrototypeSlice,
} = require('internal/primordials');
const {
  errname, genericNodeError, codes: { ERR_CHILD_PROCESS_STDIO_MAXBUFFER },
} = require('internal/errors');
const { promisify } = require('internal/util');
const {
  MAX_BUFFER, checkMaxBuffer, checkTimeout, killSignalOf, normalizeExecArgs, normalizeExecFileArgs,
} = require('internal/child_process/options');

/** What one stream of the child brings, up to `limit` bytes. */
class Collector {
  #chunks = [];
  #length = 0;
  #limit;

  /** `tooMuch(error)` is called for what is over the limit. */
  constructor(stream, name, encoding, limit, tooMuch) {
    this.stream = stream;
    this.encoding = encoding;
    this.#limit = limit;
    if (!stream) return;
    if (encoding) stream.setEncoding(encoding);
    stream.on('data', (chunk) => {
      if (!this.#add(chunk)) tooMuch(new ERR_CHILD_PROCESS_STDIO_MAXBUFFER(name));
    });
  }

  #add(chunk) {
    if (this.#limit === Infinity) {
      ArrayPrototypePush(this.#chunks, chunk);
      return true;
    }
    // The script may have chosen an encoding itself.
    const encoding = this.stream.readableEncoding;
    const { Buffer } = require('buffer');
    const size = encoding ? Buffer.byteLength(chunk, encoding) : chunk.length;
    const room = this.#limit - this.#length;
    this.#length += size;
    const fits = this.#length <= this.#limit;
    if (!fits) chunk = encoding ? StringPrototypeSlice(chunk, 0, room) : chunk.slice(0, room);
    ArrayPrototypePush(this.#chunks, chunk);
    return fits;
  }

  all() {
    if (this.encoding || this.stream?.readableEncoding) return ArrayPrototypeJoin(this.#chunks, '');
    return require('buffer').Buffer.concat(this.#chunks);
  }
}

function execFile(file, args, options, callback) {
  ({ file, args, options, callback } = normalizeExecFileArgs(file, args, options, callback));
  options = {
    __proto__: null,
    encoding: 'utf8',
    timeout: 0,
    maxBuffer: MAX_BUFFER,
    killSignal: 'SIGTERM',
    cwd: null,
    env: null,
    shell: false,
    ...options,
  };
  checkTimeout(options.timeout);
  checkMaxBuffer(options.maxBuffer);
  options.killSignal = killSignalOf(options.killSignal);

  // By the public name, which tests and tools replace.
  const child = require('child_process').spawn(file, args, {
    cwd: options.cwd,
    env: options.env,
    gid: options.gid,
    shell: options.shell,
    signal: options.signal,
    uid: options.uid,
    windowsHide: Boolean(options.windowsHide),
    windowsVerbatimArguments: Boolean(options.windowsVerbatimArguments),
  });

  const { Buffer } = require('buffer');
  const encoding = options.encoding !== 'buffer' && Buffer.isEncoding(options.encoding) ? options.encoding : null;
  let killed = false;
  let exited = false;
  let timer;
  let failure = null;

  const tooMuch = (error) => {
    failure = error;
    kill();
  };
  const stdout = new Collector(child.stdout, 'stdout', encoding, options.maxBuffer ?? Infinity, tooMuch);
  const stderr = new Collector(child.stderr, 'stderr', encoding, options.maxBuffer ?? Infinity, tooMuch);

  function onClose(code = 0, signal = undefined) {
    if (exited) return;
    exited = true;
    if (timer !== undefined) require('timers').clearTimeout(timer);
    if (!callback) return;
    const out = stdout.all();
    const err = stderr.all();
    if (failure === null && code === 0 && signal === null) {
      callback(null, out, err);
      return;
    }
    let command = file;
    if (args?.length) command += ` ${ArrayPrototypeJoin(args, ' ')}`;
    failure ||= genericNodeError(`Command failed: ${command}\n${err}`, {
      code: code < 0 ? errname(code) : code,
      killed: child.killed || killed,
      signal,
    });
    failure.cmd = command;
    callback(failure, out, err);
  }

  function onError(error) {
    failure = error;
    child.stdout?.destroy();
    child.stderr?.destroy();
    onClose();
  }

  function kill() {
    child.stdout?.destroy();
    child.stderr?.destroy();
    killed = true;
    try {
      child.kill(options.killSignal);
    } catch (error) {
      failure ??= error;
      onClose();
    }
  }

  if (options.timeout > 0) {
    timer = require('timers').setTimeout(() => {
      kill();
      timer = undefined;
    }, options.timeout);
  }
  child.addListener('close', onClose);
  child.addListener('error', onError);
  return child;
}

function exec(command, options, callback) {
  const normalized = normalizeExecArgs(command, options, callback);
  return require('child_process').execFile(normalized.file, normalized.options, normalized.callback);
}

/** `util.promisify` gives the child as the promise's property, and both outputs. */
function promisified(original) {
  return (...args) => {
    const { promise, resolve, reject } = PromiseWithResolvers();
    promise.child = original(...args, (error, stdout, stderr) => {
      if (error !== null) {
        error.stdout = stdout;
        error.stderr = stderr;
        reject(error);
      } else {
        resolve({ stdout, stderr });
      }
    });
    return promise;
  };
}

for (const fn of [exec, execFile]) {
  ObjectDefineProperty(fn, promisify.custom, {
    __proto__: null, enumerable: false, value: promisified(fn),
  });
}

module.exports = { exec, execFile };
