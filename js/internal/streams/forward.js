'use strict';

// A Duplex that stands for other streams: what is written to it goes on to one, what is read comes from
// another. `waits` holds the callbacks that wait for these.

function newWaits() {
  return { drain: null, finish: null, readable: null };
}

// Calls the callback that waits for `name`, if there is one.
function wake(waits, name) {
  const callback = waits[name];
  waits[name] = null;
  if (callback) callback();
}

function forgetAll(waits) {
  waits.drain = waits.finish = waits.readable = null;
}

// Who calls it says when `finish` is over.
function forwardWrites(duplex, sink, waits) {
  duplex._write = (chunk, encoding, callback) => {
    if (sink.write(chunk, encoding)) callback();
    else waits.drain = callback;
  };
  duplex._final = (callback) => {
    sink.end();
    waits.finish = callback;
  };
  sink.on('drain', () => { wake(waits, 'drain'); });
}

function forwardReads(duplex, source, waits) {
  source.on('readable', () => { wake(waits, 'readable'); });
  source.on('end', () => { duplex.push(null); });
  duplex._read = function() {
    while (true) {
      const chunk = source.read();
      if (chunk === null) {
        waits.readable = duplex._read;
        return;
      }
      if (!duplex.push(chunk)) return;
    }
  };
}

module.exports = { forgetAll, forwardReads, forwardWrites, newWaits, wake };
