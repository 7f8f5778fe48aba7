// JavaScript's own objects, strings and collections: what V8HeapExplorer extracts of each.
// Copyright of the rules: the V8 project authors, BSD (third_party/v8/LICENSES/v8.txt).

#include "explorer-inl.h"
#include "src/codegen/assembler-inl.h"
#include "src/execution/isolate-inl.h"
#include "src/heap/heap-inl.h"
#include "src/heap/heap-layout-inl.h"
#include "src/heap/visit-object.h"
#include "src/objects/contexts-inl.h"
#include "src/objects/cpp-heap-object-wrapper-inl.h"
#include "src/objects/elements-kind.h"
#include "src/objects/hash-table-inl.h"
#include "src/objects/js-array-buffer-inl.h"
#include "src/objects/js-array-inl.h"
#include "src/objects/js-collection-inl.h"
#include "src/objects/js-disposable-stack-inl.h"
#include "src/objects/js-function-inl.h"
#include "src/objects/js-generator-inl.h"
#include "src/objects/js-objects-inl.h"
#include "src/objects/js-promise-inl.h"
#include "src/objects/js-weak-refs-inl.h"
#include "src/objects/objects-inl.h"
#include "src/objects/property-cell-inl.h"
#include "src/objects/prototype.h"
#include "src/objects/scope-info-inl.h"
#include "src/objects/shared-function-info-inl.h"
#include "src/objects/struct-inl.h"
#include "src/objects/visitors-inl.h"
#include "src/wasm/wasm-objects-inl.h"

namespace v8::internal::oomhost {

// The slots of an object that no rule has named yet: hidden references.
class SlotsVisitor : public ObjectVisitorWithCageBases {
 public:
  SlotsVisitor(Explorer* explorer, Tagged<HeapObject> parent)
      : ObjectVisitorWithCageBases(explorer->isolate()),
        explorer_(explorer),
        parent_(parent),
        start_(parent->RawMaybeWeakField(0)) {}

  void VisitPointers(Tagged<HeapObject> host, ObjectSlot start, ObjectSlot end) override {
    VisitPointers(host, MaybeObjectSlot(start), MaybeObjectSlot(end));
  }
  void VisitMapPointer(Tagged<HeapObject> object) override {
    VisitSlot(cage_base(), object->map_slot());
  }
  void VisitPointers(Tagged<HeapObject>, MaybeObjectSlot start, MaybeObjectSlot end) override {
    for (MaybeObjectSlot slot = start; slot < end; ++slot) VisitSlot(cage_base(), slot);
  }
  void VisitInstructionStreamPointer(Tagged<Code>, InstructionStreamSlot slot) override {
    VisitSlot(code_cage_base(), slot);
  }
  void VisitCodeTarget(Tagged<InstructionStream>, RelocInfo* rinfo) override {
    VisitObject(InstructionStream::FromTargetAddress(rinfo->target_address()), -1);
  }
  void VisitEmbeddedPointer(Tagged<InstructionStream> host, RelocInfo* rinfo) override {
    Tagged<HeapObject> object = rinfo->target_object();
    if (UncheckedCast<Code>(host->raw_code(kAcquireLoad))->IsWeakObject(object)) {
      explorer_->SetWeakReference(next_index_++, object, {});
    } else {
      VisitObject(object, -1);
    }
  }
  void VisitIndirectPointer(Tagged<HeapObject>, IndirectPointerSlot slot,
                            IndirectPointerMode) override {
    VisitSlot(explorer_->isolate(), slot);
  }
  void VisitProtectedPointer(Tagged<TrustedObject>, ProtectedPointerSlot slot) override {
    VisitSlot(PtrComprCageBase(kNullAddress), slot);
  }
  void VisitProtectedPointer(Tagged<TrustedObject>, ProtectedMaybeObjectSlot slot) override {
    VisitSlot(PtrComprCageBase(kNullAddress), slot);
  }
  void VisitJSDispatchTableEntry(Tagged<HeapObject> host, JSDispatchHandle) override {
    // The code is a reference of the function; others track it there.
    if (IsJSFunction(host)) {
      explorer_->visited_fields_[offsetof(JSFunction, dispatch_handle_) / kTaggedSize] = false;
    }
  }

 private:
  template <typename Base, typename Slot>
  V8_INLINE void VisitSlot(Base base, Slot slot) {
    const size_t field = (slot.address() - start_.address()) / Slot::kSlotDataSize;
    if (explorer_->visited_fields_[field]) {
      explorer_->visited_fields_[field] = false;
      return;
    }
    Tagged<HeapObject> object;
    auto value = slot.load(base);
    if (value.GetHeapObjectIfStrong(&object)) {
      VisitObject(object, static_cast<int>(field));
    } else if (value.GetHeapObjectIfWeak(&object)) {
      explorer_->SetWeakReference(next_index_++, object, {});
    }
  }

  V8_INLINE void VisitObject(Tagged<HeapObject> object, int field) {
    explorer_->SetHiddenReference(parent_, next_index_++, object, field * kTaggedSize);
  }

  Explorer* explorer_;
  Tagged<HeapObject> parent_;
  MaybeObjectSlot start_;
  int next_index_ = 0;
};

void Explorer::Extract(Tagged<HeapObject> object) {
  Tagged<Map> map = object->map();
  if (ExtractPlain(object, map)) return;
  const size_t fields = object->Size() / kTaggedSize;
  if (fields > visited_fields_.size()) visited_fields_.resize(fields);
  ExtractReferences(object);
  SetInternalReference("map", map, offsetof(HeapObject, map_));
  SlotsVisitor visitor(this, object);
  VisitObject(isolate_, object, &visitor);
}

// The common objects, without looking at each slot a second time. False, with nothing done, for
// any other.
bool Explorer::ExtractPlain(Tagged<HeapObject> object, Tagged<Map> map) {
  const InstanceType type = map->instance_type();
  if (type == FIXED_ARRAY_TYPE) {
    Tagged<FixedArray> array = Cast<FixedArray>(object);
    if (!surveying_) {
      WriteSlots(array);
    } else {
      const uint32_t length = array->ulength().value();
      for (uint32_t i = 0; i < length; ++i) {
        Tagged<Object> element = array->get(i);
        if (IsEssentialObject(element)) {
          Emit(EdgeType::kInternal, texts_.Decimal(static_cast<int>(i)), element);
        }
      }
    }
    SetCommonReference(names_.map, map);
    return true;
  }
  if (type == HEAP_NUMBER_TYPE) {
    EmitTo(EdgeType::kInternal, names_.value, surveying_ ? 0 : NodeOf(object) + 1);
    SetCommonReference(names_.map, map);
    return true;
  }
  if (InstanceTypeChecker::IsSeqString(type)) {
    ExtractString(Cast<String>(object));
    SetCommonReference(names_.map, map);
    return true;
  }
  if (type != JS_OBJECT_TYPE && type != JS_ARRAY_TYPE) return false;
  Tagged<JSObject> js_object = Cast<JSObject>(object);
  MapInfo& info = InfoOf(js_object);
  if (!info.complete) return false;
  for (int offset : info.slack) {
    if (IsEssentialObject(TaggedField<Object>::load(js_object, offset))) return false;
  }
  if (type == JS_ARRAY_TYPE && !IsSmi(Cast<JSArray>(js_object)->length())) return false;
  for (const MapInfo::Field& field : info.fields) {
    Emit(field.type, field.name, js_object->RawFastPropertyAt(field.index));
  }
  ExtractElements(js_object);
  TagObject(js_object->raw_properties_or_hash(), "(object properties)");
  SetCommonReference(names_.properties, js_object->raw_properties_or_hash());
  TagObject(js_object->elements(), "(object elements)");
  SetCommonReference(names_.elements, js_object->elements());
  if (surveying_) {
    Emit(EdgeType::kProperty, names_.proto, map->prototype());
    SetCommonReference(names_.map, map);
    return true;
  }
  if (info.map_node == 0) {
    info.map_node = NodeOf(map);
    info.prototype_node = NodeOf(map->prototype());
  }
  EmitTo(EdgeType::kProperty, names_.proto, info.prototype_node);
  EmitTo(EdgeType::kInternal, names_.map, info.map_node);
  return true;
}

void Explorer::ExtractReferences(Tagged<HeapObject> obj) {
  const InstanceType type = obj->map()->instance_type();
  if (InstanceTypeChecker::IsJSGlobalProxy(type)) {
    auto context = Cast<JSGlobalProxy>(obj)->GetCreationContext();
    if (!context.has_value()) return;
    SetShortcutReference(texts_.Literal("native_context"), context.value());
    SetShortcutReference(texts_.Literal("global_object"), context.value()->global_object());
  } else if (InstanceTypeChecker::IsJSArrayBuffer(type)) {
    ExtractArrayBuffer(Cast<JSArrayBuffer>(obj));
  } else if (InstanceTypeChecker::IsJSObject(type)) {
    if (InstanceTypeChecker::IsJSWeakCollection(type)) {
      SetInternalReference("table", Cast<JSWeakCollection>(obj)->table(),
                           offsetof(JSWeakCollection, table_));
    } else if (InstanceTypeChecker::IsJSSet(type) || InstanceTypeChecker::IsJSMap(type)) {
      SetInternalReference("table", Cast<JSCollection>(obj)->table(),
                           offsetof(JSCollection, table_));
    } else if (InstanceTypeChecker::IsJSPromise(type)) {
      SetInternalReference("reactions_or_result", Cast<JSPromise>(obj)->reactions_or_result(),
                           offsetof(JSPromise, reactions_or_result_));
    } else if (InstanceTypeChecker::IsJSGeneratorObject(type)) {
      Tagged<JSGeneratorObject> generator = Cast<JSGeneratorObject>(obj);
      SetInternalReference("function", generator->function(),
                           offsetof(JSGeneratorObject, function_));
      SetInternalReference("context", generator->context(), offsetof(JSGeneratorObject, context_));
      SetInternalReference("receiver", generator->receiver(),
                           offsetof(JSGeneratorObject, receiver_));
      SetInternalReference("parameters_and_registers", generator->parameters_and_registers(),
                           offsetof(JSGeneratorObject, parameters_and_registers_));
    } else if (InstanceTypeChecker::IsJSWeakRef(type)) {
      SetWeakReference("target", Cast<JSWeakRef>(obj)->target(), offsetof(JSWeakRef, target_));
    } else if (IsJSDisposableStackBase(obj)) {
      Tagged<JSDisposableStackBase> stack = Cast<JSDisposableStackBase>(obj);
      SetInternalReference("stack", stack->stack(), offsetof(JSDisposableStackBase, stack_));
      SetInternalReference("error", stack->error(), offsetof(JSDisposableStackBase, error_));
      SetInternalReference("error_message", stack->error_message(),
                           offsetof(JSDisposableStackBase, error_message_));
    } else {
      ExtractWasm(obj);
    }
    ExtractJSObject(Cast<JSObject>(obj));
  } else if (InstanceTypeChecker::IsString(type)) {
    ExtractString(Cast<String>(obj));
  } else if (InstanceTypeChecker::IsContext(type)) {
    ExtractContext(Cast<Context>(obj));
  } else if (IsEphemeronHashTable(obj)) {
    ExtractEphemerons(Cast<EphemeronHashTable>(obj));
  } else if (IsFixedArray(obj)) {
    Tagged<FixedArray> array = Cast<FixedArray>(obj);
    const uint32_t length = array->ulength().value();
    for (uint32_t i = 0; i < length; ++i) {
      SetInternalReference(static_cast<int>(i), array->get(i),
                           FixedArray::OffsetOfElementAt(i));
    }
  } else {
    ExtractCodeObjects(obj);
  }
}

void Explorer::ExtractJSObject(Tagged<JSObject> js_obj) {
  ExtractProperties(js_obj);
  ExtractElements(js_obj);
  ExtractEmbedderFields(js_obj);
  ReadOnlyRoots roots(isolate_);
  PrototypeIterator iter(isolate_, js_obj);
  SetPropertyReference(roots.proto_string(), iter.GetCurrent());
  if (IsJSBoundFunction(js_obj)) {
    Tagged<JSBoundFunction> js_fun = Cast<JSBoundFunction>(js_obj);
    TagObject(js_fun->bound_arguments(), "(bound arguments)");
    SetInternalReference("bindings", js_fun->bound_arguments(),
                         offsetof(JSBoundFunction, bound_arguments_));
    SetInternalReference("bound_this", js_fun->bound_this(),
                         offsetof(JSBoundFunction, bound_this_));
    SetInternalReference("bound_function", js_fun->bound_target_function(),
                         offsetof(JSBoundFunction, bound_target_function_));
    Tagged<FixedArray> bindings = js_fun->bound_arguments();
    const uint32_t length = bindings->ulength().value();
    for (uint32_t i = 0; i < length; i++) {
      SetShortcutReference(texts_.Formatted("bound_argument_" + std::to_string(i)),
                           bindings->get(i));
    }
  } else if (IsJSFunction(js_obj)) {
    Tagged<JSFunction> js_fun = Cast<JSFunction>(js_obj);
    if (js_fun->has_prototype_slot()) {
      Tagged<HeapObject> proto_or_map = js_fun->prototype_or_initial_map(kAcquireLoad);
      constexpr int kOffset = offsetof(JSFunctionWithPrototype, prototype_or_initial_map_);
      if (IsJSReceiver(proto_or_map)) {
        SetPropertyReference(roots.prototype_string(), js_fun->prototype(), nullptr, kOffset);
      } else if (!IsTheHole(proto_or_map)) {
        SetPropertyReference(roots.prototype_string(), js_fun->prototype());
        SetInternalReference(
            IsTuple2(proto_or_map) ? "non_instance_prototype_tuple" : "initial_map", proto_or_map,
            kOffset);
      }
    }
    // V8 tags feedback cell, shared function info and context too; these have names of their own.
    SetInternalReference("feedback_cell", js_fun->raw_feedback_cell(),
                         offsetof(JSFunction, feedback_cell_));
    SetInternalReference("shared", js_fun->shared(), offsetof(JSFunction, shared_function_info_));
    SetInternalReference("context", js_fun->context(), offsetof(JSFunction, context_));
    if (js_fun->dispatch_handle() != kNullJSDispatchHandle) {
      SetInternalReference("code", js_fun->code(isolate_), offsetof(JSFunction, dispatch_handle_));
    } else {
      MarkVisitedField(offsetof(JSFunction, dispatch_handle_));
    }
  } else if (IsJSGlobalObject(js_obj)) {
    SetInternalReference("global_proxy", Cast<JSGlobalObject>(js_obj)->raw_global_proxy(),
                         offsetof(JSGlobalObject, global_proxy_));
  } else if (IsJSArrayBufferView(js_obj)) {
    SetInternalReference("buffer", Cast<JSArrayBufferView>(js_obj)->buffer(),
                         offsetof(JSArrayBufferView, buffer_));
  }
  TagObject(js_obj->raw_properties_or_hash(), "(object properties)");
  SetInternalReference("properties", js_obj->raw_properties_or_hash(),
                       offsetof(JSObject, properties_or_hash_));
  TagObject(js_obj->elements(), "(object elements)");
  SetInternalReference("elements", js_obj->elements(), offsetof(JSObject, elements_));
}

void Explorer::ExtractProperties(Tagged<JSObject> js_obj) {
  ReadOnlyRoots roots(isolate_);
  if (js_obj->HasFastProperties()) {
    const MapInfo& info = InfoOf(js_obj);
    if (info.plain) {
      for (const MapInfo::Field& field : info.fields) {
        Emit(field.type, field.name, js_obj->RawFastPropertyAt(field.index));
        if (field.index.is_inobject()) MarkVisitedField(field.index.offset());
      }
      return;
    }
    Tagged<DescriptorArray> descs = js_obj->map()->instance_descriptors();
    for (InternalIndex i : js_obj->map()->IterateOwnDescriptors()) {
      PropertyDetails details = descs->GetDetails(i);
      if (details.location() == PropertyLocation::kField) {
        const FieldIndex index = FieldIndex::ForDetails(js_obj->map(), details);
        SetDataOrAccessorPropertyReference(details.kind(), descs->GetKey(i),
                                           js_obj->RawFastPropertyAt(index),
                                           index.is_inobject() ? index.offset() : -1);
      } else {
        SetDataOrAccessorPropertyReference(details.kind(), descs->GetKey(i),
                                           descs->GetStrongValue(i));
      }
    }
  } else if (IsJSGlobalObject(js_obj)) {
    Tagged<GlobalDictionary> dictionary =
        Cast<JSGlobalObject>(js_obj)->global_dictionary(kAcquireLoad);
    for (InternalIndex i : dictionary->IterateEntries()) {
      if (!dictionary->IsKey(roots, dictionary->KeyAt(i))) continue;
      Tagged<PropertyCell> cell = dictionary->CellAt(i);
      SetDataOrAccessorPropertyReference(cell->property_details().kind(), cell->name(),
                                         cell->value());
    }
  } else {
    Tagged<NameDictionary> dictionary = js_obj->property_dictionary();
    for (InternalIndex i : dictionary->IterateEntries()) {
      Tagged<Object> key = dictionary->KeyAt(i);
      if (!dictionary->IsKey(roots, key)) continue;
      SetDataOrAccessorPropertyReference(dictionary->DetailsAt(i).kind(), Cast<Name>(key),
                                         dictionary->ValueAt(i));
    }
  }
}

void Explorer::ExtractAccessorPairProperty(Tagged<Name> key, Tagged<Object> callback,
                                           int field_offset) {
  if (!IsAccessorPair(callback)) return;
  Tagged<AccessorPair> accessors = Cast<AccessorPair>(callback);
  SetPropertyReference(key, accessors, nullptr, field_offset);
  if (!IsOddball(accessors->getter())) SetPropertyReference(key, accessors->getter(), "get ");
  if (!IsOddball(accessors->setter())) SetPropertyReference(key, accessors->setter(), "set ");
}

void Explorer::ExtractElements(Tagged<JSObject> js_obj) {
  ReadOnlyRoots roots(isolate_);
  if (js_obj->HasObjectElements()) {
    Tagged<FixedArray> elements = Cast<FixedArray>(js_obj->elements());
    const uint32_t length = IsJSArray(js_obj) ? Smi::ToUInt(Cast<JSArray>(js_obj)->length())
                                              : elements->ulength().value();
    if (!surveying_) return WriteElements(elements, length);
    const Tagged<Hole> hole = roots.the_hole_value();
    for (uint32_t i = 0; i < length; ++i) {
      Tagged<Object> element = elements->get(i);
      if (element != hole) SetElementReference(i, element);
    }
  } else if (js_obj->HasDictionaryElements()) {
    Tagged<NumberDictionary> dictionary = js_obj->element_dictionary();
    for (InternalIndex i : dictionary->IterateEntries()) {
      Tagged<Object> key = dictionary->KeyAt(i);
      if (!dictionary->IsKey(roots, key)) continue;
      SetElementReference(static_cast<uint32_t>(Object::NumberValue(Cast<Number>(key))),
                          dictionary->ValueAt(i));
    }
  }
}

// The edges of an array's elements, whose indices follow each other, and which often are all the same.
void Explorer::WriteElements(Tagged<FixedArray> elements, uint32_t length) {
  const Tagged<Hole> hole = ReadOnlyRoots(isolate_).the_hole_value();
  Tagged<Object> last = hole;
  Counter index(0);
  Counter to_last(0);
  for (uint32_t i = 0; i < length; ++i, index.Increment()) {
    Tagged<Object> element = elements->get(i);
    if (element == hole) continue;
    if (element != last) {
      last = element;
      to_last = Counter(kNodeFields * NodeOf(element));
    }
    writer_->Edge(EdgeType::kElement, index, to_last);
  }
}

// The edges of a plain array's slots. What their names, decimals, are numbered follows each other, too,
// where two are neighbours.
void Explorer::WriteSlots(Tagged<FixedArray> array) {
  const uint32_t length = array->ulength().value();
  Counter name(0);
  bool is_next = false;
  for (uint32_t i = 0; i < length; ++i) {
    Tagged<Object> element = array->get(i);
    if (!IsEssentialObject(element)) {
      is_next = false;
      continue;
    }
    if (is_next) {
      name.Increment();
    } else {
      name = Counter(texts_.NumberOf(texts_.Decimal(static_cast<int>(i))));
      // Small ones are numbered by their use.
      is_next = i >= Texts::kSmall;
    }
    writer_->Edge(EdgeType::kInternal, name, kNodeFields * NodeOf(element));
  }
}

void Explorer::ExtractEmbedderFields(Tagged<JSObject> js_obj) {
  const int length = js_obj->GetEmbedderFieldCount();
  for (int i = 0; i < length; ++i) {
    SetInternalReference(i, js_obj->GetEmbedderField(i), js_obj->GetEmbedderFieldOffset(i));
  }
  if (surveying_ && IsJSApiWrapperObject(js_obj)) AddWrapper(js_obj);
}

// Array buffers and views may be wrappers, too, and hardly ever are.
void Explorer::AddWrapper(Tagged<CppHeapPointerWrapperObjectT> object) {
  if (CppHeapObjectWrapper::From(object).GetCppHeapWrappable(isolate_, kAnyCppHeapPointer)) {
    cpp_wrappers_.insert(object);
  }
}

void Explorer::ExtractArrayBuffer(Tagged<JSArrayBuffer> buffer) {
  if (!buffer->backing_store()) return;
  if (HasPart(buffer)) {
    EmitTo(EdgeType::kInternal, texts_.Literal("backing_store"),
           surveying_ ? 0 : NodeOf(buffer) + 1);
    return;
  }
  AddNativeEdge(texts_.Literal("backing_store"), buffer->backing_store(), buffer->GetByteLength(),
                "system / JSArrayBufferData");
}

class ExternalStrings : public v8::String::ExternalStringResourceBase::SharedMemoryUsageRecorder {
 public:
  explicit ExternalStrings(Explorer* explorer) : explorer_(explorer) {}
  void RecordSharedMemoryUsage(const void* location, size_t size) final {
    const TextId name =
        explorer_->texts_.Formatted(std::to_string(next_index_++) + " / backing_store");
    explorer_->AddNativeEdge(name, location, size, "system / ExternalStringData");
  }

 private:
  Explorer* explorer_;
  int next_index_ = 1;
};

void Explorer::ExtractString(Tagged<String> string) {
  AddIntEdge(names_.length, string->length());
  const uint32_t limit = v8_flags.heap_snapshot_string_limit;
  if (limit != 0 && string->length() > limit) {
    AddBoolEdge("truncated", true);
    AddIntEdge("hash", static_cast<int>(string->EnsureHash()));
  }
  if (!string->IsOneByteRepresentation()) AddBoolEdge("two_byte_representation", true);
  if (IsConsString(string)) {
    Tagged<ConsString> cons = Cast<ConsString>(string);
    SetInternalReference("first", cons->first(), offsetof(ConsString, first_));
    SetInternalReference("second", cons->second(), offsetof(ConsString, second_));
  } else if (IsSlicedString(string)) {
    SetInternalReference("parent", Cast<SlicedString>(string)->parent(),
                         offsetof(SlicedString, parent_));
  } else if (IsThinString(string)) {
    SetInternalReference("actual", Cast<ThinString>(string)->actual(),
                         offsetof(ThinString, actual_));
  } else if (IsExternalString(string)) {
    const v8::String::ExternalStringResourceBase* resource =
        IsExternalOneByteString(string)
            ? static_cast<const v8::String::ExternalStringResourceBase*>(
                  Cast<ExternalOneByteString>(string)->resource())
            : Cast<ExternalTwoByteString>(string)->resource();
    if (resource != nullptr) {
      ExternalStrings recorder(this);
      resource->EstimateSharedMemoryUsage(&recorder);
    }
  }
}

void Explorer::ExtractEphemerons(Tagged<EphemeronHashTable> table) {
  if (!surveying_) {
    auto first = table_pairs_.find(table.ptr());
    if (first != table_pairs_.end()) next_pair_ = first->second;
  }
  for (InternalIndex i : table->IterateEntries()) {
    const int key_index =
        EphemeronHashTable::EntryToIndex(i) + EphemeronHashTable::kEntryKeyIndex;
    const int value_index = EphemeronHashTable::EntryToValueIndex(i);
    Tagged<Object> key = table->get(key_index);
    Tagged<Object> value = table->get(value_index);
    MarkVisitedField(EphemeronHashTable::OffsetOfElementAt(key_index));
    MarkVisitedField(EphemeronHashTable::OffsetOfElementAt(value_index));
    if (!IsUndefined(key)) AddPair(table, key, value);
  }
}

static const struct {
  int index;
  const char* name;
} kNativeContextNames[] = {
#define CONTEXT_FIELD_INDEX_NAME(index, _, name) {Context::index, #name},
    NATIVE_CONTEXT_FIELDS(CONTEXT_FIELD_INDEX_NAME)
#undef CONTEXT_FIELD_INDEX_NAME
};

void Explorer::ExtractContext(Tagged<Context> context) {
  DisallowGarbageCollection no_gc;
  if (!IsNativeContext(context) && context->is_declaration_context()) {
    Tagged<ScopeInfo> scope_info = context->scope_info();
    for (auto it : ScopeInfo::IterateLocalNames(scope_info, no_gc)) {
      const int index = scope_info->ContextHeaderLength() + it->index();
      SetContextReference(it->name(), context->get(index, kRelaxedLoad),
                          Context::OffsetOfElementAt(index));
    }
    if (scope_info->HasContextAllocatedFunctionName()) {
      Tagged<String> name = Cast<String>(scope_info->FunctionName());
      const int index = scope_info->FunctionContextSlotIndex(name);
      if (index >= 0) {
        SetContextReference(name, context->get(index, kRelaxedLoad),
                            Context::OffsetOfElementAt(index));
      }
    }
  }
  SetInternalReference("scope_info", context->get(Context::SCOPE_INFO_INDEX, kRelaxedLoad),
                       Context::OffsetOfElementAt(Context::SCOPE_INFO_INDEX));
  SetInternalReference("previous", context->get(Context::PREVIOUS_INDEX, kRelaxedLoad),
                       Context::OffsetOfElementAt(Context::PREVIOUS_INDEX));
  if (IsNativeContext(context)) {
    TagObject(context->normalized_map_cache(), "(context norm. map cache)");
    TagObject(context->embedder_data(), "(context data)");
    SetInternalReference("global_object", context->get(Context::EXTENSION_INDEX, kRelaxedLoad),
                         Context::OffsetOfElementAt(Context::EXTENSION_INDEX));
    for (const auto& field : kNativeContextNames) {
      SetInternalReference(field.name, context->get(field.index, kRelaxedLoad),
                           Context::OffsetOfElementAt(field.index));
    }
  } else if (context->has_extension()) {
    SetInternalReference("extension", context->get(Context::EXTENSION_INDEX, kRelaxedLoad),
                         Context::OffsetOfElementAt(Context::EXTENSION_INDEX));
  }
}

}  // namespace v8::internal::oomhost
