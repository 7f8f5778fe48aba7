// What the host calls: a heap snapshot written as the heap is walked, without a graph in memory.

#ifndef OOMHOST_GENERATOR_GENERATOR_H_
#define OOMHOST_GENERATOR_GENERATOR_H_

#include <cstddef>
#include <cstdint>

namespace v8 {
class Isolate;
}

extern "C" {

// Where the snapshot goes. Both functions return false to end the capture.
struct OomhostStream {
  void* context;
  // One call after the other, but each on any thread.
  bool (*write)(void* context, const char* bytes, size_t length);
  // The walks over the heap so far, of all that there are, as objects; 0 where that is not known yet.
  // On the thread of the capture.
  bool (*progress)(void* context, uint64_t done, uint64_t total);
};

enum OomhostOutcome : int {
  kOomhostWritten = 0,
  // The stream ended it.
  kOomhostAborted = 1,
  // Something is switched on that only V8's own generator shows; nothing was written.
  kOomhostUnsupported = 2,
};

// Collects garbage and writes the snapshot of `isolate`, on its thread and outside of a collection.
//
// `lasting_ids`: an object has the same id in every snapshot of the process, which V8 has to keep
// for all of them from then on. Without it the ids are those of this snapshot alone, and the
// garbage is collected once, or not at all where V8 has just done so.
int oomhost_write_heap_snapshot(v8::Isolate* isolate, bool lasting_ids, const OomhostStream* stream);

// Writes the snapshot that V8's own generator makes of the heap as it is, without a collection: right
// after the other, that of the same heap. For tests.
int oomhost_write_heap_snapshot_by_v8(v8::Isolate* isolate, bool lasting_ids,
                                      const OomhostStream* stream);

}  // extern "C"

#endif  // OOMHOST_GENERATOR_GENERATOR_H_
