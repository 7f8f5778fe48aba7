'use strict';

// `stream.compose`: a pipeline as one Duplex.

const {
  AbortError, codes: { ERR_INVALID_ARG_VALUE, ERR_MISSING_ARGS },
} = require('internal/errors');
const { Duplex } = require('internal/streams/duplex');
const { pipelineImpl } = require('internal/streams/pipeline');
const { finished } = require('internal/streams/finished');
const { destroyer } = require('internal/streams/destroy');
const { forgetAll, forwardReads, forwardWrites, newWaits, wake } = require('internal/streams/forward');
const { isNodeStream, isReadable, isWebStream, isWritable, isTransformStream, isWritableStream, isReadableStream } =
  require('internal/streams/kinds');

function compose(...streams) {
  if (streams.length === 0) throw new ERR_MISSING_ARGS('streams');
  if (streams.length === 1) return Duplex.from(streams[0]);
  const given = [...streams];
  if (typeof streams[0] === 'function') streams[0] = Duplex.from(streams[0]);
  const lastIndex = streams.length - 1;
  if (typeof streams[lastIndex] === 'function') streams[lastIndex] = Duplex.from(streams[lastIndex]);
  for (let i = 0; i < streams.length; i++) {
    if (!isNodeStream(streams[i]) && !isWebStream(streams[i])) continue;
    if (i < lastIndex && !(isReadable(streams[i]) || isReadableStream(streams[i]) || isTransformStream(streams[i]))) {
      throw new ERR_INVALID_ARG_VALUE(`streams[${i}]`, given[i], 'must be readable');
    }
    if (i > 0 && !(isWritable(streams[i]) || isWritableStream(streams[i]) || isTransformStream(streams[i]))) {
      throw new ERR_INVALID_ARG_VALUE(`streams[${i}]`, given[i], 'must be writable');
    }
  }
  const waits = newWaits();
  let onclose;
  const head = streams[0];
  const tail = pipelineImpl(streams, onfinished);
  const writable = !!(isWritable(head) || isWritableStream(head) || isTransformStream(head));
  const readable = !!(isReadable(tail) || isReadableStream(tail) || isTransformStream(tail));
  const duplex = new Duplex({
    writableObjectMode: !!head?.writableObjectMode,
    readableObjectMode: !!tail?.readableObjectMode,
    writable,
    readable,
  });
  function onfinished(error) {
    const callback = onclose;
    onclose = null;
    if (callback) callback(error);
    else if (error) duplex.destroy(error);
    else if (!readable && !writable) duplex.destroy();
  }
  if (writable) {
    if (isNodeStream(head)) {
      forwardWrites(duplex, head, waits);
    } else {
      const writer = (isTransformStream(head) ? head.writable : head).getWriter();
      duplex._write = async (chunk, encoding, callback) => {
        try {
          await writer.ready;
          writer.write(chunk).catch(() => {});
          callback();
        } catch (error) {
          callback(error);
        }
      };
      duplex._final = async (callback) => {
        try {
          await writer.ready;
          writer.close().catch(() => {});
          waits.finish = callback;
        } catch (error) {
          callback(error);
        }
      };
    }
    finished(isTransformStream(tail) ? tail.readable : tail, () => { wake(waits, 'finish'); });
  }
  if (readable) {
    if (isNodeStream(tail)) {
      forwardReads(duplex, tail, waits);
    } else {
      const reader = (isTransformStream(tail) ? tail.readable : tail).getReader();
      duplex._read = async function() {
        while (true) {
          try {
            const { value, done } = await reader.read();
            if (done) {
              duplex.push(null);
              return;
            }
            if (!duplex.push(value)) return;
          } catch {
            return;
          }
        }
      };
    }
  }
  duplex._destroy = (error, callback) => {
    if (!error && onclose !== null) error = new AbortError();
    forgetAll(waits);
    if (isNodeStream(tail)) destroyer(tail, error);
    if (onclose === null) callback(error);
    else onclose = callback;
  };
  return duplex;
}

module.exports = { compose };
