'use strict';

// readFile, writeFile, appendFile: a path or a descriptor, one native each.

const {
  AbortError, codes: { ERR_STRING_TOO_LONG },
} = require('internal/errors');
const { validateBoolean } = require('internal/validators');
const { FastBuffer } = require('internal/buffer');
const { Request } = require('internal/fs/run');
const { define } = require('internal/fs/operations');
const {
  checkData, checkFd, checkPath, getOptions, parseFileMode, parseFlags, toBytes,
} = require('internal/fs/arguments');

const { O_APPEND, O_CREAT, O_WRONLY, O_TRUNC } = require('internal/fs/constants').constants;

function textOrThrow(text) {
  if (text === undefined) throw new ERR_STRING_TOO_LONG(require('buffer').constants.MAX_STRING_LENGTH);
  return text;
}

const toBuffer = (bytes) => new FastBuffer(bytes);

/** A path or a descriptor, checked. */
const checkPlace = (place) => (typeof place === 'number' ? checkFd(place) : checkPath(place));

function throwIfAborted(signal) {
  if (signal?.aborted) throw new AbortError(undefined, { cause: signal.reason });
}

function readRequest(place, options) {
  const { encoding } = options;
  const asText = encoding === 'utf8' || encoding === 'utf-8';
  let convert = toBuffer;
  if (asText) convert = textOrThrow;
  else if (encoding && encoding !== 'buffer') convert = (bytes) => new FastBuffer(bytes).toString(encoding);
  const path = typeof place === 'number' ? undefined : place;
  return new Request('readFile', [place, parseFlags(options.flag), 0o666, asText], 'open', path, undefined, convert);
}

/** A request that an AbortSignal may end: the file is read or written to its end all the same. */
function* abortable(request, signal) {
  throwIfAborted(signal);
  const result = yield request;
  throwIfAborted(signal);
  return result;
}

const withSignal = (request, signal) => (signal === undefined ? request : abortable(request, signal));

define('readFile', (path, options = undefined) => {
  options = getOptions(options, { flag: 'r' });
  return withSignal(readRequest(checkPlace(path), options), options.signal);
}, [2, 3]);

function writeRequest(place, data, options, defaultFlags) {
  const flags = options.flag === undefined || options.flag === null ? defaultFlags : parseFlags(options.flag);
  const mode = parseFileMode(options.mode, 'mode', 0o666);
  const flush = options.flush ?? false;
  validateBoolean(flush, 'options.flush');
  const path = typeof place === 'number' ? undefined : place;
  return new Request(
    'writeFile', [place, flags, mode, toBytes(data, options.encoding), flush], 'open', path);
}

define('writeFile', (path, data, options = undefined) => {
  options = getOptions(options, { encoding: 'utf8', mode: 0o666 });
  checkData(data, 'data');
  return withSignal(
    writeRequest(checkPlace(path), data, options, O_TRUNC | O_CREAT | O_WRONLY), options.signal);
}, [3, 4]);

define('appendFile', (path, data, options = undefined) => {
  options = getOptions(options, { encoding: 'utf8', mode: 0o666 });
  checkData(data, 'data');
  return withSignal(
    writeRequest(checkPlace(path), data, options, O_APPEND | O_CREAT | O_WRONLY), options.signal);
}, [3, 4]);

module.exports = { abortable, readRequest, throwIfAborted, withSignal, writeRequest };
