// Writes one buffer while the next is filled: on one of V8's worker threads where one is free, else on
// the thread that filled it.

#ifndef OOMHOST_GENERATOR_HANDOVER_H_
#define OOMHOST_GENERATOR_HANDOVER_H_

#include <atomic>
#include <cstddef>
#include <memory>

#include "generator.h"
#include "include/v8-platform.h"
#include "src/base/platform/semaphore.h"
#include "src/init/v8.h"

namespace v8::internal::oomhost {

class Handover {
 public:
  explicit Handover(const OomhostStream* stream)
      : work_(std::make_shared<Work>(stream)),
        has_workers_(V8::GetCurrentPlatform()->NumberOfWorkerThreads() > 0) {}

  // Takes `bytes`, which must stay as they are until the next call; first ends what is under way.
  void Take(const char* bytes, size_t length) {
    End();
    work_->bytes = bytes;
    work_->length = length;
    work_->state.store(kWaiting, std::memory_order_release);
    under_way_ = true;
    if (has_workers_) {
      V8::GetCurrentPlatform()->PostTaskOnWorkerThread(TaskPriority::kUserBlocking,
                                                       std::make_unique<WriteTask>(work_));
    }
  }

  // What was taken is written then, or the stream has refused it.
  void End() {
    if (!under_way_) return;
    under_way_ = false;
    // A worker that has begun it is at it: nothing else can hold that up. One that has not may be
    // waiting for this thread.
    if (!work_->WriteIfWaiting()) work_->written.Wait();
  }

  // False once the stream has refused something. To be asked after End().
  bool ok() const { return work_->ok; }

 private:
  enum State { kNothing, kWaiting, kTaken };

  // Outlives a task that comes too late.
  struct Work {
    explicit Work(const OomhostStream* stream) : stream(stream), written(0) {}

    // False if the other thread has it.
    bool WriteIfWaiting() {
      int waiting = kWaiting;
      if (!state.compare_exchange_strong(waiting, kTaken, std::memory_order_acq_rel)) return false;
      if (ok) ok = stream->write(stream->context, bytes, length);
      return true;
    }

    const OomhostStream* const stream;
    std::atomic<int> state{kNothing};
    const char* bytes = nullptr;
    size_t length = 0;
    bool ok = true;
    base::Semaphore written;
  };

  class WriteTask : public Task {
   public:
    explicit WriteTask(std::shared_ptr<Work> work) : work_(std::move(work)) {}
    void Run() override {
      if (work_->WriteIfWaiting()) work_->written.Signal();
    }

   private:
    std::shared_ptr<Work> work_;
  };

  std::shared_ptr<Work> work_;
  const bool has_workers_;
  bool under_way_ = false;
};

}  // namespace v8::internal::oomhost

#endif  // OOMHOST_GENERATOR_HANDOVER_H_
