// The walks over the heap, in the order in which the file wants their results: nodes, edges,
// locations, strings.

#include "generator.h"

#include "cpp-graph.h"
#include "explorer-inl.h"
#include "src/execution/isolate-inl.h"
#include "src/heap/combined-heap.h"
#include "src/heap/cppgc-js/cpp-heap.h"
#include "src/heap/gc-tracer.h"
#include "src/heap/heap-allocator-inl.h"
#include "src/heap/heap-inl.h"
#include "src/heap/heap-layout-inl.h"
#include "src/heap/incremental-marking.h"
#include "src/heap/main-allocator-inl.h"
#include "src/heap/safepoint.h"
#include "src/objects/js-array-buffer-inl.h"
#include "src/objects/objects-inl.h"
#include "src/profiler/heap-profiler.h"

namespace v8::internal::oomhost {

namespace {

constexpr char kHead[] =
    R"({"snapshot":{"meta":{"node_fields":["type","name","id","self_size","edge_count",)"
    R"("detachedness"],"node_types":[["hidden","array","string","object","code","closure",)"
    R"("regexp","number","native","synthetic","concatenated string","sliced string","symbol",)"
    R"("bigint","object shape"],"string","number","number","number","number"],"edge_fields":)"
    R"(["type","name_or_index","to_node"],"edge_types":[["context","element","property",)"
    R"("internal","hidden","shortcut","weak"],"string_or_number","node"],)"
    R"("trace_function_info_fields":["function_id","name","script_name","script_id","line",)"
    R"("column"],"trace_node_fields":["id","function_info_index","count","size","children"],)"
    R"("sample_fields":["timestamp_us","last_assigned_id"],"location_fields":["object_index",)"
    R"("script_id","script_object_index","line","column"]},"node_count":)";

constexpr int kWalks = 6;

class NullContextScope {
 public:
  explicit NullContextScope(Isolate* isolate) : isolate_(isolate), before_(isolate->context()) {
    isolate_->set_context({});
  }
  ~NullContextScope() { isolate_->set_context(before_); }

 private:
  Isolate* isolate_;
  Tagged<Context> before_;
};

class Generator {
 public:
  Generator(Heap* heap, bool lasting_ids, const OomhostStream* stream)
      : heap_(heap), lasting_ids_(lasting_ids), writer_(stream) {}

  OomhostOutcome Run();

 private:
  // Adds every object to the index. False if the stream ends the capture.
  bool FindObjects(uint64_t& strings) {
    uint64_t objects = 0;
    const auto add = [&](auto& iterator) {
      for (Tagged<HeapObject> object = iterator.Next(); !object.is_null();
           object = iterator.Next()) {
        index_.Add(object.address(), Explorer::HasPart(object) ? 2 : 1,
                  MemoryChunk::FromHeapObject(object)->IsLargePage());
        strings += object->map()->instance_type() < FIRST_NONSTRING_TYPE;
        objects++;
        if (!writer_.Visited()) return false;
      }
      return true;
    };
    // Read-only objects are referred to most: the first have the shortest numbers.
    ReadOnlyHeapObjectIterator read_only(heap_->isolate()->read_only_heap());
    HeapObjectIterator others(heap_);
    const bool found = add(read_only) && add(others);
    index_.Finish();
    writer_.ExpectVisits(objects * kWalks);
    return found;
  }

  // Calls `visit` with every object in the order of the nodes, its ordinal in the first walk, and its
  // node; `between` after the popular ones.
  template <typename Visit, typename Between>
  bool WalkNodes(const Explorer& explorer, Visit visit, Between between) {
    uint64_t node = explorer.first_popular();
    for (const Explorer::Popular& each : explorer.popular()) {
      visit(HeapObject::FromAddress(each.object), each.ordinal, node++);
    }
    between();
    node = explorer.first_object();
    uint32_t ordinal = 0;
    auto popular = explorer.popular_ordinals().begin();
    const auto last_popular = explorer.popular_ordinals().end();
    const bool walked = index_.ForEach([&](Address address) {
      for (; popular != last_popular && *popular == ordinal; ++popular) ordinal++;
      Tagged<HeapObject> object = HeapObject::FromAddress(address);
      visit(object, ordinal, node);
      const int nodes = Explorer::HasPart(object) ? 2 : 1;
      ordinal += nodes;
      node += nodes;
      return writer_.Visited() ? nodes : 0;
    });
    return walked && writer_.ok();
  }

  void WriteNode(uint32_t type, TextId name, uint32_t id, uint64_t size, uint32_t edges,
                 uint32_t detachedness = 0) {
    writer_.Node(!any_node_, type, texts_->NumberOf(name), id, size, edges, detachedness);
    any_node_ = true;
  }

  bool WriteNodes(Explorer& explorer, Texts& texts, const CppGraph& cpp);
  bool WriteEdges(Explorer& explorer, Texts& texts, const CppGraph& cpp);
  void WriteCppEdge(const Explorer& explorer, const Texts& texts, const CppEdge& edge);
  bool WriteLocations(Explorer& explorer);
  bool WriteStrings(Explorer& explorer, Texts& texts);

  Heap* heap_;
  const bool lasting_ids_;
  Writer writer_;
  NodeIndex index_;
  const Texts* texts_ = nullptr;
  bool any_node_ = false;
};

OomhostOutcome Generator::Run() {
  uint64_t strings = 0;
  if (!FindObjects(strings)) return kOomhostAborted;

  // Enough to find most of what repeats, and no more than 1 % of a heap of strings.
  Texts texts(std::min<uint64_t>(strings / 64, 1 << 19));
  texts_ = &texts;
  Explorer explorer(heap_, texts, index_, lasting_ids_);
  explorer.SurveyRoots();
  const bool surveyed = index_.ForEach([&](Address object) {
    const int nodes = explorer.Survey(HeapObject::FromAddress(object));
    return writer_.Visited() ? nodes : 0;
  });
  if (!surveyed) return kOomhostAborted;
  const CppGraph cpp = BuildCppGraph(heap_, explorer, texts);
  explorer.AddEdges(cpp);
  explorer.FinishSurvey();

  writer_.Text(kHead);
  writer_.Number(explorer.end_of_nodes() + cpp.nodes.size());
  writer_.Text(",\"edge_count\":");
  writer_.Number(explorer.edges());
  writer_.Text(",\"trace_function_count\":0,\"extra_native_bytes\":0},\n\"nodes\":[");
  if (!WriteNodes(explorer, texts, cpp)) return kOomhostAborted;
  writer_.Text("],\n\"edges\":[");
  if (!WriteEdges(explorer, texts, cpp)) return kOomhostAborted;
  writer_.Text(
      "],\n\"trace_function_infos\":[],\n\"trace_tree\":[],\n\"samples\":[],\n\"locations\":[");
  if (!WriteLocations(explorer)) return kOomhostAborted;
  writer_.Text("],\n\"strings\":[");
  if (!WriteStrings(explorer, texts)) return kOomhostAborted;
  writer_.Text("]}");
  writer_.Finish();
  return writer_.ok() && texts.consistent() ? kOomhostWritten : kOomhostAborted;
}

bool Generator::WriteNodes(Explorer& explorer, Texts& texts, const CppGraph& cpp) {
  const auto cpp_edges = std::count_if(cpp.edges.begin(), cpp.edges.end(), [](const CppEdge& edge) {
    return edge.object == kNullAddress && !edge.from_cpp;
  });
  constexpr uint32_t kRoots = static_cast<uint32_t>(Root::kNumberOfRoots);
  WriteNode(NodeType::kSynthetic, texts.Literal(""), HeapObjectsMap::kInternalRootObjectId, 0, 1);
  WriteNode(NodeType::kSynthetic, texts.Literal("(GC roots)"), HeapObjectsMap::kGcRootsObjectId, 0,
            kRoots + static_cast<uint32_t>(cpp_edges));
  for (uint32_t root = 0; root < kRoots; root++) {
    WriteNode(NodeType::kSynthetic, texts.Literal(RootVisitor::RootName(static_cast<Root>(root))),
              HeapObjectsMap::kGcRootsFirstSubrootId + HeapObjectsMap::kObjectIdStep * root, 0,
              explorer.RootEdgesOf(static_cast<Root>(root)));
  }
  texts.StartValues();
  uint64_t node = kAfterRoots;
  const auto number = [&](TextId kind, TextId value) {
    WriteNode(NodeType::kHeapNumber, kind, explorer.IdOfExtra(node), 0, 1);
    node++;
    WriteNode(NodeType::kString, value, explorer.IdOfExtra(node), 0, 0);
    node++;
  };
  const TextId smi = texts.Literal("smi number");
  const auto values = [&] {
    node = explorer.first_int();
    const TextId integer = texts.Literal("int");
    explorer.ints().ForEach([&](int32_t value) { number(integer, texts.Decimal(value)); });
    if (explorer.bools()[false]) number(texts.Literal("bool"), texts.Literal("false"));
    if (explorer.bools()[true]) number(texts.Literal("bool"), texts.Literal("true"));
    for (int32_t value : explorer.small_smis()) number(smi, texts.Decimal(value));
    for (TextId text : explorer.strings()) {
      WriteNode(NodeType::kString, text, explorer.IdOfExtra(node), 0, 0);
      node++;
    }
  };
  const bool walked = WalkNodes(explorer, [&](Tagged<HeapObject> object, uint32_t ordinal,
                                              uint64_t) {
    const Explorer::Description description = explorer.Describe(object);
    const Tag tag = explorer.TagOf(ordinal);
    const TextId own_name =
        description.is_value ? texts.OfString(Cast<String>(object)).id : description.name;
    const size_t size = Explorer::SizeOf(object);
    const uint32_t id = explorer.IdOf(object, size, ordinal);
    const uint32_t edges = explorer.EdgesOf(ordinal);
    if (V8_UNLIKELY(!cpp.merged.empty() && cpp.merged.contains(object.address()))) {
      const CppNode& with = cpp.merged.at(object.address());
      WriteNode(with.type, with.name, id, with.size, edges, with.detachedness);
    } else {
      WriteNode(tag.type >= 0 ? static_cast<uint32_t>(tag.type) : description.type,
                tag.name != 0 ? tag.name : own_name, id, size, edges);
    }
    if (IsHeapNumber(object)) {
      WriteNode(NodeType::kString, texts.OfNumber(Cast<HeapNumber>(object)->value()).id,
                explorer.IdOfPart(ordinal + 1, nullptr, 0), 0, 0);
    } else if (Explorer::HasPart(object)) {
      Tagged<JSArrayBuffer> buffer = Cast<JSArrayBuffer>(object);
      const size_t bytes = buffer->GetByteLength();
      WriteNode(NodeType::kNative, texts.Literal("system / JSArrayBufferData"),
                explorer.IdOfPart(ordinal + 1, buffer->backing_store(), bytes), bytes, 0);
    }
  }, values);
  if (!walked) return false;
  node = explorer.first_smi();
  explorer.smis().ForEach([&](int32_t value) { number(smi, texts.Decimal(value)); });
  for (const NativeData& data : explorer.native_data()) {
    WriteNode(NodeType::kNative, data.name, explorer.IdOfNative(data, node), data.size, 0);
    node++;
  }
  for (TextId text : explorer.wasm_values()) {
    WriteNode(NodeType::kString, text, explorer.IdOfExtra(node), 0, 0);
    node++;
  }
  for (const CppNode& each : cpp.nodes) {
    WriteNode(each.type, each.name, lasting_ids_ ? each.id : explorer.IdOfExtra(node), each.size,
              each.edges, each.detachedness);
    node++;
  }
  return writer_.ok();
}

bool Generator::WriteEdges(Explorer& explorer, Texts& texts, const CppGraph& cpp) {
  constexpr uint32_t kRoots = static_cast<uint32_t>(Root::kNumberOfRoots);
  // The synthetic root's; every other edge begins with a comma.
  writer_.Number(EdgeType::kElement);
  writer_.Text(",1,");
  writer_.Number(kNodeFields);
  for (uint32_t root = 0; root < kRoots; root++) {
    writer_.Edge(EdgeType::kElement, root + 1, kNodeFields * (2 + root));
  }
  absl::flat_hash_map<Address, std::vector<const CppEdge*>> of_objects;
  for (const CppEdge& edge : cpp.edges) {
    if (edge.object != kNullAddress) {
      of_objects[edge.object].push_back(&edge);
    } else if (!edge.from_cpp) {
      WriteCppEdge(explorer, texts, edge);
    }
  }
  uint32_t counted = 0;
  for (uint32_t root = 0; root < kRoots; root++) {
    explorer.ForEachRootEdge(static_cast<Root>(root), [&](const RootEdge& edge) {
      const TextId name =
          edge.is_named           ? edge.name_or_number
          : edge.description != 0 ? texts.Counted(counted++)
                                  : texts.Decimal(static_cast<int32_t>(edge.name_or_number));
      writer_.Edge(edge.is_weak ? EdgeType::kWeak : EdgeType::kInternal, texts.NumberOf(name),
                   kNodeFields * explorer.NodeOf(Tagged<Object>(edge.object)));
    });
  }
  explorer.StartEdges(&writer_);
  const TextId value = texts.NumberOf(texts.Literal("value"));
  const auto values = [&](uint64_t first, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
      writer_.Edge(EdgeType::kInternal, value, kNodeFields * (first + 2 * i + 1));
    }
  };
  const auto first_values = [&] {
    values(explorer.first_int(), explorer.ints().count() + explorer.bools()[0] +
                                     explorer.bools()[1] + explorer.small_smis().size());
  };
  const bool walked = WalkNodes(explorer, [&](Tagged<HeapObject> object, uint32_t ordinal,
                                              uint64_t) {
    explorer.WriteEdges(object, ordinal);
    if (V8_LIKELY(of_objects.empty())) return;
    const auto found = of_objects.find(object.address());
    if (found == of_objects.end()) return;
    for (const CppEdge* edge : found->second) WriteCppEdge(explorer, texts, *edge);
  }, first_values);
  if (!walked) return false;
  values(explorer.first_smi(), explorer.smis().count());
  // V8's builder visits one node after the other, but not in their order.
  for (size_t i = 0; i < cpp.nodes.size(); i++) {
    for (const CppEdge& edge : cpp.edges) {
      if (edge.from_cpp && edge.from == i) WriteCppEdge(explorer, texts, edge);
    }
  }
  return writer_.ok();
}

void Generator::WriteCppEdge(const Explorer& explorer, const Texts& texts, const CppEdge& edge) {
  const bool indexed = edge.type == EdgeType::kElement || edge.type == EdgeType::kHidden;
  const uint64_t to = edge.to_object != kNullAddress
                          ? explorer.NodeOf(HeapObject::FromAddress(edge.to_object))
                      : edge.to_cpp ? explorer.end_of_nodes() + edge.to
                                    : edge.to;
  writer_.Edge(edge.type, indexed ? edge.name_or_index : texts.NumberOf(edge.name_or_index),
               kNodeFields * to);
}

bool Generator::WriteLocations(Explorer& explorer) {
  bool any = false;
  return WalkNodes(explorer, [&](Tagged<HeapObject> object, uint32_t, uint64_t node) {
    Location* location = explorer.LocationOf(object);
    if (location == nullptr) return;
    if (location->text.empty()) {
      const uint64_t script = kNodeFields * explorer.NodeOf(Tagged<Object>(location->script));
      for (uint64_t number : {static_cast<uint64_t>(location->script_id), script,
                              static_cast<uint64_t>(location->line),
                              static_cast<uint64_t>(location->column)}) {
        location->text += ',' + std::to_string(number);
      }
    }
    if (any) writer_.Character(',');
    any = true;
    writer_.Number(kNodeFields * node);
    writer_.Bytes(location->text.data(), location->text.size());
  }, [] {});
}

bool Generator::WriteStrings(Explorer& explorer, Texts& texts) {
  texts.WriteNames(writer_);
  texts.WriteDecimals(writer_);
  for (const auto& of_kind : explorer.root_edges()) {
    for (const RootEdge& edge : of_kind) {
      if (edge.description == 0) continue;
      writer_.Text(",\"");
      writer_.Number(edge.name_or_number);
      // V8's own words, which need no escaping.
      writer_.Text(" / ");
      writer_.Text(explorer.root_descriptions()[edge.description]);
      writer_.Character('"');
    }
  }
  for (const Pair& pair : explorer.pairs()) {
    writer_.Character(',');
    Texts::WriteUtf8(writer_, explorer.TextOfPair(pair, true));
    writer_.Character(',');
    Texts::WriteUtf8(writer_, explorer.TextOfPair(pair, false));
  }
  texts.StartValues();
  Reader reader;
  char digits[100];
  return WalkNodes(explorer, [&](Tagged<HeapObject> object, uint32_t, uint64_t) {
    const InstanceType type = object->map()->instance_type();
    if (type < FIRST_NONSTRING_TYPE) {
      if (!explorer.Describe(object).is_value) return;
      Tagged<String> string = Cast<String>(object);
      if (!texts.OfString(string).fresh) return;
      writer_.Character(',');
      reader.Read(string).Write(writer_);
    } else if (type == HEAP_NUMBER_TYPE) {
      const double number = Cast<HeapNumber>(object)->value();
      if (!texts.OfNumber(number).fresh) return;
      writer_.Character(',');
      Texts::WriteUtf8(writer_, DoubleToStringView(number, base::ArrayVector(digits)));
    }
  }, [] {});
}

// Whether a full collection that left no garbage was the last that happened to the heap: V8 tells of
// the heap's limit right after one (Heap::CheckHeapLimitReached). A collection takes the areas back
// from which objects are allocated.
bool IsJustCollected(Heap* heap) {
  HeapAllocator* allocator = heap->allocator();
  return heap->tracer()->current_.type == GCTracer::Event::Type::MARK_COMPACTOR &&
         heap->incremental_marking()->IsStopped() &&
         !(allocator->new_space_allocator_.has_value() &&
           allocator->new_space_allocator()->IsLabValid()) &&
         !allocator->old_space_allocator()->IsLabValid() &&
         !allocator->code_space_allocator()->IsLabValid() &&
         !allocator->trusted_space_allocator()->IsLabValid();
}

OomhostOutcome Write(Isolate* isolate, bool lasting_ids, const OomhostStream* stream) {
  Heap* heap = isolate->heap();
  HeapProfiler* profiler = heap->heap_profiler();
  if (profiler->allocation_tracker() != nullptr || profiler->HasBuildEmbedderGraphCallback() ||
      !profiler->heap_object_map()->samples().empty()) {
    return kOomhostUnsupported;
  }
  OomhostOutcome outcome = kOomhostAborted;
  profiler->is_taking_snapshot_ = true;
  // As HeapProfiler::TakeSnapshot and HeapSnapshotGenerator::GenerateSnapshot go about it.
  heap->stack().SetMarkerIfNeededAndCallback([&] {
    std::optional<CppClassNamesAsHeapObjectNameScope> use_cpp_class_name;
    if (heap->cpp_heap()) use_cpp_class_name.emplace(heap->cpp_heap());
    SafepointScope safepoint(isolate, kGlobalSafepointForSharedSpaceIsolate);
    EmbedderStackStateScope stack_scope(heap, EmbedderStackStateOrigin::kImplicitThroughTask,
                                        cppgc::EmbedderStackState::kMayContainHeapPointers);
    if (lasting_ids || !IsJustCollected(heap)) {
      // Compaction would take new pages before it gives old ones back, and free pages are kept.
      const bool compact = v8_flags.compact;
      v8_flags.compact = false;
      heap->memory_allocator()->ReleasePooledChunksImmediately();
      if (lasting_ids) {
        heap->CollectAllAvailableGarbage(GarbageCollectionReason::kHeapProfiler);
      } else {
        heap->PreciseCollectAllGarbage(GCFlag::kNoFlags, GarbageCollectionReason::kHeapProfiler);
      }
      v8_flags.compact = compact;
    }
    heap->CompleteSweepingFull(CompleteSweepingReason::kHeapSnapshot);
    DisallowPositionInfoSlow no_position_info_slow;
    NullContextScope null_context(isolate);
    outcome = Generator(heap, lasting_ids, stream).Run();
  });
  profiler->heap_object_map()->RemoveDeadEntries();
  if (lasting_ids) {
    if (profiler->native_move_listener_) profiler->native_move_listener_->StartListening();
    profiler->is_tracking_object_moves_ = true;
    isolate->UpdateLogObjectRelocation();
  }
  profiler->is_taking_snapshot_ = false;
  profiler->MaybeClearStringsStorage();
  return outcome;
}

class StreamOfV8 : public v8::OutputStream {
 public:
  explicit StreamOfV8(const OomhostStream* stream) : stream_(stream) {}
  void EndOfStream() override { ended_ = true; }
  int GetChunkSize() override { return 64 << 10; }
  WriteResult WriteAsciiChunk(char* data, int size) override {
    return stream_->write(stream_->context, data, size) ? kContinue : kAbort;
  }
  bool ended() const { return ended_; }

 private:
  const OomhostStream* stream_;
  bool ended_ = false;
};

OomhostOutcome WriteByV8(Isolate* isolate, const OomhostStream* stream) {
  Heap* heap = isolate->heap();
  HeapProfiler* profiler = heap->heap_profiler();
  StreamOfV8 stream_of_v8(stream);
  profiler->is_taking_snapshot_ = true;
  // As HeapProfiler::WriteSnapshotToDiskAfterGC goes about it.
  heap->stack().SetMarkerIfNeededAndCallback([&] {
    std::optional<CppClassNamesAsHeapObjectNameScope> use_cpp_class_name;
    if (heap->cpp_heap()) use_cpp_class_name.emplace(heap->cpp_heap());
    EmbedderStackStateScope stack_scope(heap, EmbedderStackStateOrigin::kImplicitThroughTask,
                                        cppgc::EmbedderStackState::kMayContainHeapPointers);
    HeapSnapshot snapshot(profiler);
    HeapSnapshotGenerator generator(&snapshot, nullptr, nullptr, heap,
                                    cppgc::EmbedderStackState::kMayContainHeapPointers);
    if (generator.GenerateSnapshotAfterGC()) {
      HeapSnapshotJSONSerializer(&snapshot).Serialize(&stream_of_v8);
    }
  });
  profiler->heap_object_map()->RemoveDeadEntries();
  profiler->is_taking_snapshot_ = false;
  profiler->MaybeClearStringsStorage();
  return stream_of_v8.ended() ? kOomhostWritten : kOomhostAborted;
}

}  // namespace

}  // namespace v8::internal::oomhost

int oomhost_write_heap_snapshot(v8::Isolate* isolate, bool lasting_ids,
                                const OomhostStream* stream) {
  return v8::internal::oomhost::Write(reinterpret_cast<v8::internal::Isolate*>(isolate),
                                      lasting_ids, stream);
}

int oomhost_write_heap_snapshot_by_v8(v8::Isolate* isolate, bool, const OomhostStream* stream) {
  return v8::internal::oomhost::WriteByV8(reinterpret_cast<v8::internal::Isolate*>(isolate),
                                          stream);
}
