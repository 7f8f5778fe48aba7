#include "cpp-graph.h"

#include "src/execution/isolate-inl.h"
#include "src/handles/traced-handles.h"
#include "src/heap/cppgc-js/cpp-heap.h"
#include "src/heap/heap-inl.h"
#include "src/objects/objects-inl.h"
#include "src/objects/visitors-inl.h"
#include "src/profiler/heap-profiler.h"

namespace v8::internal::oomhost {

namespace {

// Gives an object its stand-in: an entry that has the object's own fields.
class StandIns : public HeapEntriesAllocator {
 public:
  StandIns(Explorer& explorer, Texts& texts, HeapSnapshot* snapshot)
      : explorer_(explorer), texts_(texts), snapshot_(snapshot) {}

  HeapEntry* AllocateEntry(HeapThing thing) override {
    Tagged<HeapObject> object = Cast<HeapObject>(Tagged<Object>(reinterpret_cast<Address>(thing)));
    const Explorer::Description description = explorer_.Describe(object);
    const std::string name = description.is_value ? "" : texts_.NameText(description.name);
    HeapEntry* entry = snapshot_->AddEntry(
        description.type, snapshot_->profiler()->names()->GetCopy(name.c_str()),
        explorer_.IdOf(object, Explorer::SizeOf(object)), Explorer::SizeOf(object), 0);
    objects_.push_back(object.address());
    return entry;
  }
  HeapEntry* AllocateEntry(Tagged<Smi>) override { UNREACHABLE(); }

  // In the order of their entries.
  const std::vector<Address>& objects() const { return objects_; }

 private:
  Explorer& explorer_;
  Texts& texts_;
  HeapSnapshot* snapshot_;
  std::vector<Address> objects_;
};

class TracedObjects : public RootVisitor {
 public:
  TracedObjects(Explorer& explorer, HeapSnapshotGenerator* generator, StandIns* stand_ins)
      : explorer_(explorer), generator_(generator), stand_ins_(stand_ins) {}

  void VisitRootPointers(Root, const char*, FullObjectSlot start, FullObjectSlot end) override {
    for (FullObjectSlot p = start; p < end; ++p) Add(*p);
  }
  void Add(Tagged<Object> object) {
    if (!IsHeapObject(object) || !explorer_.IsNode(Cast<HeapObject>(object).address())) return;
    generator_->FindOrAddEntry(reinterpret_cast<void*>(object.ptr()), stand_ins_);
  }

 private:
  Explorer& explorer_;
  HeapSnapshotGenerator* generator_;
  StandIns* stand_ins_;
};

}  // namespace

CppGraph BuildCppGraph(Heap* heap, Explorer& explorer, Texts& texts) {
  CppGraph graph;
  if (heap->cpp_heap() == nullptr) return graph;
  HeapProfiler* profiler = heap->heap_profiler();
  HeapSnapshot snapshot(profiler);
  snapshot.AddSyntheticRootEntries();
  HeapSnapshotGenerator generator(&snapshot, nullptr, nullptr, heap,
                                  cppgc::EmbedderStackState::kMayContainHeapPointers);
  StandIns stand_ins(explorer, texts, &snapshot);
  TracedObjects traced(explorer, &generator, &stand_ins);
  heap->isolate()->traced_handles()->Iterate(&traced);
  for (auto wrapper : explorer.cpp_wrappers()) traced.Add(wrapper);
  struct Before {
    std::string name;
    NodeType type;
    size_t size;
  };
  std::vector<Before> before;
  for (size_t i = kAfterRoots; i < snapshot.entries().size(); i++) {
    const HeapEntry& entry = snapshot.entries()[i];
    before.push_back({entry.name(), entry.type(), entry.self_size()});
  }
  CppGraphBuilder::Run(CppHeap::From(heap->cpp_heap()), &generator,
                       std::move(explorer.cpp_wrappers()));

  const size_t first_cpp = kAfterRoots + before.size();
  const auto object_of = [&](size_t entry) -> Address {
    if (entry < kAfterRoots || entry >= first_cpp) return kNullAddress;
    return stand_ins.objects()[entry - kAfterRoots];
  };
  const auto fields_of = [&](const HeapEntry& entry) {
    return CppNode{entry.type(),      texts.Formatted(entry.name()), entry.id(),
                   entry.self_size(), 0,                             entry.detachedness()};
  };
  for (size_t i = first_cpp; i < snapshot.entries().size(); i++) {
    graph.nodes.push_back(fields_of(snapshot.entries()[i]));
  }
  for (size_t i = kAfterRoots; i < first_cpp; i++) {
    const HeapEntry& entry = snapshot.entries()[i];
    const Before& was = before[i - kAfterRoots];
    if (was.name != entry.name() || was.type != entry.type() || was.size != entry.self_size() ||
        entry.detachedness() != 0) {
      graph.merged.emplace(object_of(i), fields_of(entry));
    }
  }
  for (const HeapGraphEdge& edge : snapshot.edges()) {
    const size_t from = edge.from_index();
    const size_t to = edge.to()->index();
    CppEdge result;
    result.type = edge.type();
    if (edge.type() == EdgeType::kElement || edge.type() == EdgeType::kHidden) {
      result.name_or_index = edge.index();
      // The GC roots have an edge to each kind before.
      if (from == 1) result.name_or_index += static_cast<uint32_t>(Root::kNumberOfRoots);
    } else {
      result.name_or_index = texts.Formatted(edge.name());
    }
    result.object = object_of(from);
    result.from_cpp = from >= first_cpp;
    result.from = result.from_cpp ? from - first_cpp : from;
    result.to_object = object_of(to);
    result.to_cpp = to >= first_cpp;
    result.to = result.to_cpp ? to - first_cpp : to;
    if (result.from_cpp) graph.nodes[result.from].edges++;
    graph.edges.push_back(result);
  }
  return graph;
}

}  // namespace v8::internal::oomhost
