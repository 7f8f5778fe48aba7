'use strict';

// Standard streams of a worker: until there is `stream`, it has those of the process.

class ParentStreams {
  stdin = null;
  stdout = null;
  stderr = null;
  onMessage() { return false; }
  end() {}
}

class WorkerStreams {
  onMessage() { return false; }
}

module.exports = { ParentStreams, WorkerStreams };
