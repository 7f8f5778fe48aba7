// The survey, the roots, and the references of the current object.
// Copyright of the rules: the V8 project authors, BSD (third_party/v8/LICENSES/v8.txt).

#include "explorer-inl.h"

#include <algorithm>

#include "cpp-graph.h"
#include "src/builtins/builtins.h"
#include "src/execution/isolate-inl.h"
#include "src/handles/global-handles.h"
#include "src/handles/traced-handles.h"
#include "src/heap/heap-inl.h"
#include "src/heap/heap-layout-inl.h"
#include "src/objects/foreign-inl.h"
#include "src/objects/instance-type-inl.h"
#include "src/objects/js-function-inl.h"
#include "src/objects/js-generator-inl.h"
#include "src/objects/js-regexp-inl.h"
#include "src/objects/managed-inl.h"
#include "src/objects/js-array-buffer-inl.h"
#include "src/objects/objects-inl.h"
#include "src/objects/property-cell-inl.h"
#include "src/objects/shared-function-info-inl.h"
#include "src/profiler/heap-profiler.h"
#include "src/wasm/canonical-types.h"
#include "src/wasm/names-provider.h"
#include "src/wasm/string-builder.h"
#include "src/wasm/wasm-engine-globals.h"
#include "src/wasm/wasm-objects-inl.h"

namespace v8::internal::oomhost {

Explorer::Explorer(Heap* heap, Texts& texts, NodeIndex& index, bool lasting_ids)
    : heap_(heap),
      isolate_(heap->isolate()),
      texts_(texts),
      index_(index),
      lasting_ids_(lasting_ids),
      ids_(heap->heap_profiler()->heap_object_map()),
      names_{texts.Literal("map"),
             texts.Literal("properties"),
             texts.Literal("elements"),
             texts.Literal("length"),
             texts.Literal("value"),
             texts.OfName(ReadOnlyRoots(heap).proto_string())},
      nodes_(index.count()),
      tag_codes_(index.count()),
      edge_counts_(index.count()),
      root_edges_(static_cast<size_t>(Root::kNumberOfRoots)) {
  // What is tagged most gets no two combinations: tag 0 is none.
  tags_.reserve(kElsewhere);
}

// --- Roots.

class RootsVisitor : public RootVisitor {
 public:
  explicit RootsVisitor(Explorer* explorer) : explorer_(explorer) {}

  void SetVisitingWeakRoots() { weak_ = true; }

  void VisitRootPointer(Root root, const char* description, FullObjectSlot p) override {
    Tagged<Object> object = *p;
    if (root == Root::kBuiltins) {
      explorer_->TagBuiltinCode(CheckedCast<Code>(object), description);
    }
    explorer_->AddRootEdge(root, description, weak_, object);
  }

  void VisitRootPointers(Root root, const char* description, FullObjectSlot start,
                         FullObjectSlot end) override {
    for (FullObjectSlot p = start; p < end; ++p) VisitRootPointer(root, description, p);
  }

  void VisitCompressedRootPointers(Root root, const char* description, OffHeapObjectSlot start,
                                   OffHeapObjectSlot end) override {
    DCHECK_EQ(root, Root::kStringTable);
    PtrComprCageBase cage_base(explorer_->isolate());
    for (OffHeapObjectSlot p = start; p < end; ++p) explorer_->CountStringRoot(p.load(cage_base));
  }

  void VisitRunningCode(FullObjectSlot code_slot, FullObjectSlot istream_or_smi_zero_slot) final {
    if (*istream_or_smi_zero_slot != Smi::zero()) {
      CheckedCast<Code>(*code_slot)->IterateDeoptimizationLiterals(this);
      VisitRootPointer(Root::kStackRoots, nullptr, istream_or_smi_zero_slot);
    }
    VisitRootPointer(Root::kStackRoots, nullptr, code_slot);
  }

 private:
  Explorer* explorer_;
  bool weak_ = false;
};

void Explorer::SurveyRoots() {
  for (RootIndex index = RootIndex::kFirstStrongOrReadOnlyRoot;
       index <= RootIndex::kLastStrongOrReadOnlyRoot; ++index) {
    root_names_.emplace(isolate_->root(index).ptr(), RootsTable::name(index));
  }
  RootsVisitor visitor(this);
  ReadOnlyRoots(heap_).Iterate(&visitor);
  heap_->IterateRoots(&visitor,
                      base::EnumSet<SkipRoot>{SkipRoot::kWeak, SkipRoot::kTracedHandles});
  visitor.SetVisitingWeakRoots();
  heap_->IterateWeakRoots(&visitor, {});
  isolate_->global_handles()->IterateWeakRoots(&visitor);
}

void Explorer::CountStringRoot(Tagged<Object> object) {
  // A place of the table that is free.
  if (IsSmi(object)) return;
  string_roots_++;
  all_edges_++;
  const auto name = root_names_.find(object.ptr());
  if (name != root_names_.end()) {
    texts_.Literal(name->second);
  } else {
    texts_.Decimal(static_cast<int32_t>(string_roots_));
  }
}

void Explorer::AddRootEdge(Root root, const char* description, bool is_weak,
                           Tagged<Object> object) {
  if (IsSmi(object)) return;
  auto& edges = root_edges_[static_cast<size_t>(root)];
  RootEdge edge{object.ptr(), static_cast<uint32_t>(edges.size()) + 1, 0, false, is_weak};
  const auto name = root_names_.find(object.ptr());
  if (name != root_names_.end()) {
    edge.name_or_number = texts_.Literal(name->second);
    edge.is_named = true;
  } else if (description == nullptr) {
    texts_.Decimal(static_cast<int32_t>(edge.name_or_number));
  } else {
    // There are some dozens, and like ones come together.
    auto known = std::find(root_descriptions_.rbegin(), root_descriptions_.rend(), description);
    if (known == root_descriptions_.rend()) {
      root_descriptions_.push_back(description);
      known = root_descriptions_.rbegin();
    }
    edge.description = static_cast<uint16_t>(root_descriptions_.rend() - known - 1);
    counted_texts_++;
  }
  all_edges_++;
  edges.push_back(edge);
}

// --- The survey's end.

int Explorer::Survey(Tagged<HeapObject> object) {
  edges_ = 0;
  const Description description = Describe(object);
  if (!description.is_value) texts_.Count(description.name);
  Extract(object);
  edge_counts_[ordinal_] = static_cast<uint8_t>(std::min<uint32_t>(edges_, kElsewhere));
  if (edges_ >= kElsewhere) more_edges_.emplace(ordinal_, edges_);
  all_edges_ += edges_;
  // A part is next, and has no edges.
  const int nodes = HasPart(object) ? 2 : 1;
  ordinal_ += nodes;
  return nodes;
}

void Explorer::AddEdges(const CppGraph& graph) {
  for (const CppEdge& edge : graph.edges) {
    if (edge.object != kNullAddress) key_edges_[index_.OrdinalOf(edge.object)]++;
  }
  all_edges_ += graph.edges.size();
}

void Explorer::Sample(Tagged<HeapObject> child) {
  until_sample_ = kSampled;
  if (HasPart(child)) return;
  if (samples_.size() >= 64 * kMostPopular) {
    absl::erase_if(samples_, [](const auto& sample) { return sample.second < 2; });
    // All of them are popular: that is as good as none.
    if (samples_.size() >= 64 * kMostPopular) return;
  }
  samples_[child.address()]++;
}

void Explorer::ChoosePopular() {
  for (const auto& [object, count] : samples_) {
    Tagged<HeapObject> heap_object = HeapObject::FromAddress(object);
    if (count >= 3 && index_.Contains(object) &&
        !MemoryChunk::FromHeapObject(heap_object)->IsLargePage()) {
      popular_.push_back({object, index_.OrdinalOf(object)});
    }
  }
  std::sort(popular_.begin(), popular_.end(), [this](const Popular& a, const Popular& b) {
    return std::pair(samples_[b.object], a.ordinal) < std::pair(samples_[a.object], b.ordinal);
  });
  popular_.resize(std::min(popular_.size(), kMostPopular));
  for (const Popular& each : popular_) {
    popular_index_.emplace(each.object, static_cast<uint32_t>(popular_index_.size()));
    popular_ordinals_.push_back(each.ordinal);
    index_.Remove(each.object);
  }
  std::sort(popular_ordinals_.begin(), popular_ordinals_.end());
  index_.Finish();
  samples_.clear();
}

void Explorer::FinishSurvey() {
  ChoosePopular();
  smis_.Finish();
  ints_.Finish();
  // What is referred to most comes first, where numbers are short.
  first_popular_ = kAfterRoots;
  first_int_ = first_popular_ + popular_.size();
  first_bool_ = first_int_ + 2 * uint64_t{ints_.count()};
  uint64_t node = first_bool_ + (bools_[0] ? 2 : 0) + (bools_[1] ? 2 : 0);
  for (uint32_t value = 0; value < kSmallSmis; value++) {
    if (small_smis_[value] == 0) continue;
    small_smi_values_.push_back(static_cast<int32_t>(value));
    small_smis_[value] = static_cast<uint32_t>(node);
    node += 2;
  }
  first_string_ = node;
  first_object_ = first_string_ + strings_.size();
  first_smi_ = first_object_ + index_.count();
  first_native_ = first_smi_ + 2 * uint64_t{smis_.count()};
  first_wasm_value_ = first_native_ + native_data_.size();
  end_of_nodes_ = first_wasm_value_ + wasm_values_.size();
  // The synthetic root to the GC roots, these to each kind, and from each number to its value.
  all_edges_ += 1 + static_cast<uint64_t>(Root::kNumberOfRoots) + smis_.count() +
                small_smi_values_.size() + ints_.count() + bools_[0] + bools_[1];
  // Every pair gives an edge to its key; the one of its table is counted there.
  all_edges_ += pairs_.size();
  for (const char* name : {"smi number", "int", "bool", "true", "false", "value", "system / JSArrayBufferData", "", "(GC roots)"}) {
    texts_.Literal(name);
  }
  for (int root = 0; root < static_cast<int>(Root::kNumberOfRoots); root++) {
    texts_.Literal(RootVisitor::RootName(static_cast<Root>(root)));
  }
  smis_.ForEach([this](int32_t value) { texts_.Decimal(value); });
  for (int32_t value : small_smi_values_) texts_.Decimal(value);
  ints_.ForEach([this](int32_t value) { texts_.Decimal(value); });
  pairs_by_key_.resize(pairs_.size());
  for (uint32_t i = 0; i < pairs_.size(); i++) pairs_by_key_[i] = i;
  std::stable_sort(pairs_by_key_.begin(), pairs_by_key_.end(), [this](uint32_t a, uint32_t b) {
    return pairs_[a].key_ordinal < pairs_[b].key_ordinal;
  });
  texts_.Freeze(counted_texts_ + 2 * static_cast<uint32_t>(pairs_.size()));
}

// --- References of the current object.

bool Explorer::IsEssentialReadOnly(Tagged<Object> object) const {
  ReadOnlyRoots roots(isolate_);
  return !IsAnyHole(object) && !IsOddball(object) && object != roots.empty_byte_array() &&
         object != roots.empty_fixed_array() && object != roots.empty_weak_fixed_array() &&
         object != roots.empty_descriptor_array() && object != roots.fixed_array_map() &&
         object != roots.cell_map() && object != roots.global_property_cell_map() &&
         object != roots.shared_function_info_map() && object != roots.free_space_map() &&
         object != roots.one_pointer_filler_map() && object != roots.two_pointer_filler_map();
}

bool Explorer::IsEssentialHiddenReference(Tagged<Object> parent, int field_offset) const {
  if (IsAllocationSite(parent) &&
      field_offset == offsetof(AllocationSiteWithWeakNext, weak_next_)) {
    return false;
  }
  if (IsContext(parent) &&
      field_offset == Context::OffsetOfElementAt(Context::NEXT_CONTEXT_LINK)) {
    return false;
  }
  if (IsJSFinalizationRegistry(parent) &&
      field_offset == offsetof(JSFinalizationRegistry, next_dirty_)) {
    return false;
  }
  return true;
}

void Explorer::SetContextReference(Tagged<String> name, Tagged<Object> child, int field_offset) {
  Emit(EdgeType::kContextVariable, texts_.OfName(name), child);
  MarkVisitedField(field_offset);
}

void Explorer::SetShortcutReference(TextId name, Tagged<Object> child) {
  Emit(EdgeType::kShortcut, name, child);
}

void Explorer::SetInternalReference(const char* name, Tagged<Object> child, int field_offset) {
  if (!IsEssentialObject(child)) return;
  Emit(EdgeType::kInternal, texts_.Literal(name), child);
  MarkVisitedField(field_offset);
}

void Explorer::SetInternalReference(int index, Tagged<Object> child, int field_offset) {
  if (!IsEssentialObject(child)) return;
  Emit(EdgeType::kInternal, texts_.Decimal(index), child);
  MarkVisitedField(field_offset);
}

void Explorer::SetHiddenReference(Tagged<HeapObject> parent, int index, Tagged<Object> child,
                                  int field_offset) {
  if (!IsEssentialObject(child)) return;
  if (IsEssentialHiddenReference(parent, field_offset)) {
    EmitIndexed(EdgeType::kHidden, static_cast<uint32_t>(index), child);
  }
}

void Explorer::SetWeakReference(const char* name, Tagged<Object> child, int field_offset) {
  if (!IsEssentialObject(child)) return;
  Emit(EdgeType::kWeak, texts_.Literal(name), child);
  MarkVisitedField(field_offset);
}

void Explorer::SetWeakReference(int index, Tagged<Object> child, std::optional<int> field_offset) {
  if (!IsEssentialObject(child)) return;
  Emit(EdgeType::kWeak, texts_.Decimal(index), child);
  if (field_offset) MarkVisitedField(*field_offset);
}

void Explorer::SetPropertyReference(Tagged<Name> name, Tagged<Object> child, const char* format,
                                    int field_offset) {
  const EdgeType type = IsSymbol(name) || Cast<String>(name)->length() > 0 ? EdgeType::kProperty
                                                                           : EdgeType::kInternal;
  TextId text = texts_.OfName(name);
  if (format != nullptr && IsString(name)) text = texts_.Formatted(format + texts_.NameText(text));
  Emit(type, text, child);
  MarkVisitedField(field_offset);
}

void Explorer::SetDataOrAccessorPropertyReference(PropertyKind kind, Tagged<Name> name,
                                                  Tagged<Object> child, int field_offset) {
  if (kind == PropertyKind::kAccessor) {
    ExtractAccessorPairProperty(name, child, field_offset);
  } else {
    SetPropertyReference(name, child, nullptr, field_offset);
  }
}

void Explorer::AddIntEdge(const char* name, int value) {
  AddIntEdge(texts_.Literal(name), value);
}

void Explorer::AddIntEdge(TextId name, int value) {
  if (surveying_) ints_.Add(value);
  EmitTo(EdgeType::kInternal, name,
         surveying_ ? 0 : first_int_ + 2 * static_cast<uint64_t>(ints_.RankOf(value)));
}

void Explorer::AddBoolEdge(const char* name, bool value) {
  if (surveying_) bools_[value] = true;
  EmitTo(EdgeType::kInternal, texts_.Literal(name),
         first_bool_ + (value && bools_[false] ? 2 : 0));
}

void Explorer::AddStringEdge(const char* name, const char* value) {
  const TextId text = texts_.Formatted(value);
  uint32_t index = 0;
  auto known = string_nodes_.find(text);
  if (known != string_nodes_.end()) {
    index = known->second;
  } else if (surveying_) {
    string_nodes_.emplace(text, static_cast<uint32_t>(strings_.size()));
    strings_.push_back(text);
  }
  EmitTo(EdgeType::kInternal, texts_.Literal(name), first_string_ + index);
}

void Explorer::AddNativeEdge(TextId name, const void* memory, size_t size, const char* data_name) {
  uint32_t index = 0;
  auto known = native_nodes_.find(memory);
  if (known != native_nodes_.end()) {
    index = known->second;
  } else if (surveying_) {
    native_nodes_.emplace(memory, static_cast<uint32_t>(native_data_.size()));
    native_data_.push_back({memory, size, texts_.Literal(data_name)});
  }
  EmitTo(EdgeType::kInternal, name, first_native_ + index);
}

void Explorer::AddPair(Tagged<HeapObject> table, Tagged<Object> key, Tagged<Object> value) {
  if (!IsKnown(key) || !IsKnown(value)) return;
  if (!surveying_) {
    Emit(EdgeType::kInternal, texts_.Counted(counted_texts_ + 2 * next_pair_ + 1), value);
    next_pair_++;
    return;
  }
  table_pairs_.try_emplace(table.ptr(), static_cast<uint32_t>(pairs_.size()));
  Tagged<HeapObject> key_object = Cast<HeapObject>(key);
  Pair pair;
  pair.table = table.ptr();
  pair.key = key.ptr();
  pair.value = value.ptr();
  pair.key_ordinal = index_.OrdinalOf(key_object.address());
  // So far: V8 numbers an edge when it adds it.
  uint32_t own = pair.key_ordinal == ordinal_ ? edges_ : edge_counts_[pair.key_ordinal];
  if (pair.key_ordinal != ordinal_ && own == kElsewhere) own = more_edges_.at(pair.key_ordinal);
  pair.key_edge = own + ++key_edges_[pair.key_ordinal];
  pair.value_tag =
      IsSmi(value) ? 0 : tag_codes_[index_.OrdinalOf(Cast<HeapObject>(value).address())];
  auto table_extra = key_edges_.find(ordinal_);
  pair.table_edge = edges_ + 1 + (table_extra == key_edges_.end() ? 0 : table_extra->second);
  Emit(EdgeType::kInternal, 0, value);
  pairs_.push_back(pair);
}

// --- Writing edges.

void Explorer::StartEdges(Writer* writer) {
  surveying_ = false;
  writer_ = writer;
  next_wasm_value_ = 0;
}

void Explorer::WriteEdges(Tagged<HeapObject> object, uint32_t ordinal) {
  ordinal_ = ordinal;
  Extract(object);
  if (key_edges_.empty() || !key_edges_.contains(ordinal)) return;
  auto pair = std::lower_bound(
      pairs_by_key_.begin(), pairs_by_key_.end(), ordinal,
      [this](uint32_t index, uint32_t key) { return pairs_[index].key_ordinal < key; });
  for (; pair != pairs_by_key_.end() && pairs_[*pair].key_ordinal == ordinal; ++pair) {
    Emit(EdgeType::kInternal, texts_.Counted(counted_texts_ + 2 * *pair),
         Tagged<Object>(pairs_[*pair].value));
  }
}

}  // namespace v8::internal::oomhost
