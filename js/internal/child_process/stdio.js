'use strict';

// The `stdio` option: a word, or a list of what each of the child's descriptors is.

const {
  ArrayIsArray, ArrayPrototypePush,
} = require('internal/primordials');
const {
  ErrnoException,
  codes: { ERR_INVALID_ARG_VALUE, ERR_INVALID_SYNC_FORK_INPUT, ERR_IPC_ONE_PIPE, ERR_IPC_SYNC_FORK },
} = require('internal/errors');
const { Pipe } = require('internal/net/pipe');

const pipeBinding = binding.pipe;

/** The list that a word stands for, with `channel` as one more. */
function stdioStringToArray(stdio, channel) {
  let list;
  switch (stdio) {
    case 'ignore':
    case 'overlapped':
    case 'pipe':
      list = [stdio, stdio, stdio];
      break;
    case 'inherit':
      list = [0, 1, 2];
      break;
    default:
      throw new ERR_INVALID_ARG_VALUE('stdio', stdio);
  }
  if (channel) ArrayPrototypePush(list, channel);
  return list;
}

/** A connected pair: a Pipe over ours, and the child's descriptor. */
function makePipe() {
  const pair = pipeBinding.pair();
  if (typeof pair === 'number') throw new ErrnoException(pair, 'spawn');
  const handle = new Pipe();
  const status = handle.open(pair[0]);
  if (status < 0) {
    pipeBinding.closeDescriptor(pair[0]);
    pipeBinding.closeDescriptor(pair[1]);
    throw new ErrnoException(status, 'spawn');
  }
  return { handle, theirs: pair[1] };
}

/** The handle of a stream that has one: to be shared with the child. */
function handleOf(value) {
  for (const candidate of [value, value?.handle, value?._handle]) {
    if (candidate instanceof Pipe) return candidate;
  }
  return undefined;
}

function describe(stdio, i, sync, channel) {
  if (stdio == null) stdio = i < 3 ? 'pipe' : 'ignore';
  if (stdio === 'ignore') return { type: 'ignore', fd: -1 };
  if (stdio === 'pipe' || stdio === 'overlapped' || (typeof stdio === 'number' && stdio < 0)) {
    const entry = { type: stdio === 'overlapped' ? 'overlapped' : 'pipe', readable: i === 0, writable: i !== 0 };
    return sync ? entry : { ...entry, ...makePipe() };
  }
  if (stdio === 'ipc') {
    if (sync) throw new ERR_IPC_SYNC_FORK();
    if (channel.ipc !== undefined) throw new ERR_IPC_ONE_PIPE();
    const { handle, theirs } = makePipe();
    channel.ipc = handle;
    channel.ipcFd = i;
    return { type: 'pipe', handle, theirs, ipc: true };
  }
  if (stdio === 'inherit') return { type: 'inherit', fd: i };
  if (typeof stdio === 'number' || typeof stdio.fd === 'number') {
    const handle = typeof stdio === 'number' ? undefined : handleOf(stdio);
    const entry = { type: 'fd', fd: typeof stdio === 'number' ? stdio : stdio.fd };
    return handle === undefined ? entry : { ...entry, type: 'wrap', handle, stream: stdio };
  }
  const handle = handleOf(stdio);
  if (handle !== undefined) return { type: 'wrap', fd: handle.fd, handle, stream: stdio };
  if (ArrayBuffer.isView(stdio) || typeof stdio === 'string') {
    if (!sync) throw new ERR_INVALID_SYNC_FORK_INPUT(require('internal/util/inspect').inspect(stdio));
    return { type: 'pipe', readable: true, writable: false, input: stdio };
  }
  throw new ERR_INVALID_ARG_VALUE('stdio', stdio);
}

/** Closes what was made for a child that does not come to be. */
function closePipes(entries) {
  for (let i = 0; i < entries.length; i++) {
    const { type, handle, theirs } = entries[i];
    if (type !== 'wrap') handle?.close();
    if (theirs !== undefined) pipeBinding.closeDescriptor(theirs);
  }
}

/** `{ stdio, ipc, ipcFd }`: an entry for each descriptor; the channel and its number in the child. */
function getValidStdio(stdio, sync) {
  if (typeof stdio === 'string') stdio = stdioStringToArray(stdio);
  else if (!ArrayIsArray(stdio)) throw new ERR_INVALID_ARG_VALUE('stdio', stdio);
  const channel = { ipc: undefined, ipcFd: undefined };
  const entries = [];
  try {
    for (let i = 0; i < stdio.length || i < 3; i++) {
      ArrayPrototypePush(entries, describe(stdio[i], i, sync, channel));
    }
  } catch (error) {
    closePipes(entries);
    throw error;
  }
  return { stdio: entries, ...channel };
}

module.exports = { closePipes, getValidStdio, stdioStringToArray };
