// The parts of an Explorer that every reference goes through.
// Copyright of the rules: the V8 project authors, BSD (third_party/v8/LICENSES/v8.txt).

#ifndef OOMHOST_GENERATOR_EXPLORER_INL_H_
#define OOMHOST_GENERATOR_EXPLORER_INL_H_

#include "explorer.h"
#include "src/execution/isolate-inl.h"
#include "src/heap/heap-layout-inl.h"
#include "src/heap/memory-chunk-inl.h"
#include "src/objects/heap-number.h"
#include "src/objects/js-array-buffer-inl.h"
#include "src/objects/oddball-inl.h"
#include "src/objects/string-table.h"
#include "src/roots/roots-inl.h"

namespace v8::internal::oomhost {

inline bool Explorer::HasPart(Tagged<HeapObject> object) {
  const InstanceType type = object->map()->instance_type();
  if (type == HEAP_NUMBER_TYPE) return true;
  if (V8_LIKELY(type != JS_ARRAY_BUFFER_TYPE)) return false;
  // Others may have the same memory: shared ones, and those that have none.
  Tagged<JSArrayBuffer> buffer = Cast<JSArrayBuffer>(object);
  return buffer->backing_store() != nullptr && buffer->GetByteLength() > 0 && !buffer->is_shared();
}

V8_INLINE bool Explorer::IsEssentialObject(Tagged<Object> object) {
  if (!IsHeapObject(object)) return false;
  // All that V8 leaves out is read-only.
  if (!HeapLayout::InReadOnlySpace(Cast<HeapObject>(object))) return true;
  if (object.ptr() != last_read_only_) {
    last_read_only_ = object.ptr();
    is_last_essential_ = IsEssentialReadOnly(object);
  }
  return is_last_essential_;
}

inline void Explorer::MarkVisitedField(int offset) {
  if (offset >= 0) visited_fields_[offset / kTaggedSize] = true;
}

V8_INLINE void Explorer::SetElementReference(uint32_t index, Tagged<Object> child) {
  EmitIndexed(EdgeType::kElement, index, child);
}

V8_INLINE void Explorer::SetCommonReference(TextId name, Tagged<Object> child) {
  if (IsEssentialObject(child)) Emit(EdgeType::kInternal, name, child);
}

inline bool Explorer::HasEmptyName(InstanceType type) {
  return InstanceTypeChecker::IsFixedArray(type) ||
         InstanceTypeChecker::IsFixedDoubleArray(type) || InstanceTypeChecker::IsByteArray(type);
}

inline Tag Explorer::TagOf(uint32_t ordinal) const {
  const uint8_t code = tag_codes_[ordinal];
  return code == kElsewhere ? more_tags_.at(ordinal) : tags_[code];
}

inline uint32_t Explorer::EdgesOf(uint32_t ordinal) const {
  uint32_t count = edge_counts_[ordinal];
  if (V8_UNLIKELY(count == kElsewhere)) count = more_edges_.at(ordinal);
  if (V8_UNLIKELY(!key_edges_.empty())) {
    auto found = key_edges_.find(ordinal);
    if (found != key_edges_.end()) count += found->second;
  }
  return count;
}

// The strings of V8's table, in its order.
template <typename Visit>
class StringRootsVisitor final : public RootVisitor {
 public:
  StringRootsVisitor(Explorer* explorer, Visit visit) : explorer_(explorer), visit_(visit) {}

  void VisitRootPointers(Root, const char*, FullObjectSlot, FullObjectSlot) override {}
  void VisitCompressedRootPointers(Root, const char*, OffHeapObjectSlot start,
                                   OffHeapObjectSlot end) override {
    PtrComprCageBase cage_base(explorer_->isolate());
    for (OffHeapObjectSlot p = start; p < end; ++p) {
      Tagged<Object> object = p.load(cage_base);
      if (IsSmi(object)) continue;
      RootEdge edge{object.ptr(), ++count_, 0, false, true};
      const auto name = explorer_->root_names_.find(object.ptr());
      if (name != explorer_->root_names_.end()) {
        edge.name_or_number = explorer_->texts_.Literal(name->second);
        edge.is_named = true;
      }
      visit_(edge);
    }
  }

 private:
  Explorer* explorer_;
  Visit visit_;
  uint32_t count_ = 0;
};

template <typename Visit>
void Explorer::ForEachRootEdge(Root root, Visit visit) {
  if (root == Root::kStringTable) {
    StringRootsVisitor<Visit> visitor(this, visit);
    isolate_->string_table()->IterateElements(&visitor);
  } else {
    for (const RootEdge& edge : root_edges_[static_cast<size_t>(root)]) visit(edge);
  }
}

V8_INLINE MapInfo& Explorer::InfoOf(Tagged<JSObject> object) {
  const Address map = object->map().ptr();
  if (map != last_map_) {
    last_info_ = &FindInfo(object);
    last_map_ = map;
  }
  return *last_info_;
}

}  // namespace v8::internal::oomhost

#endif  // OOMHOST_GENERATOR_EXPLORER_INL_H_
