// What the nodes of objects are called, and what V8 knows of them: type, name, size, id, and the tags
// that other objects give.
// Copyright of the rules: the V8 project authors, BSD (third_party/v8/LICENSES/v8.txt).

#include "explorer-inl.h"

#include <algorithm>

#include "src/execution/isolate-inl.h"
#include "src/objects/foreign-inl.h"
#include "src/objects/instance-type-inl.h"
#include "src/objects/js-function-inl.h"
#include "src/objects/js-regexp-inl.h"
#include "src/objects/managed-inl.h"
#include "src/objects/objects-inl.h"
#include "src/objects/shared-function-info-inl.h"
#include "src/profiler/heap-profiler.h"
#include "src/wasm/canonical-types.h"
#include "src/wasm/names-provider.h"
#include "src/wasm/string-builder.h"
#include "src/wasm/wasm-engine-globals.h"
#include "src/wasm/wasm-objects-inl.h"

namespace v8::internal::oomhost {

namespace {

int ExternalStringSize(Tagged<ExternalString> object) {
  const v8::String::ExternalStringResourceBase* resource =
      IsExternalOneByteString(object)
          ? static_cast<const v8::String::ExternalStringResourceBase*>(
                Cast<ExternalOneByteString>(object)->resource())
          : Cast<ExternalTwoByteString>(object)->resource();
  size_t size = resource ? resource->EstimateMemoryUsage() : 0;
  if (size == v8::String::ExternalStringResourceBase::kDefaultMemoryEstimate) {
    return object->ExternalPayloadSize();
  }
  return base::saturated_cast<int>(size);
}

}  // namespace

size_t Explorer::SizeOf(Tagged<HeapObject> object) {
  // Read-only space can be shared between isolates and is nobody's to shrink: V8 shows it as empty.
  if (HeapLayout::InReadOnlySpace(object)) return 0;
  size_t size = object->Size();
  if (IsExternalString(object)) size += ExternalStringSize(Cast<ExternalString>(object));
  return size;
}

uint32_t Explorer::IdOf(Tagged<HeapObject> object, size_t size) {
  return IdOf(object, size, lasting_ids_ ? 0 : WalkOrdinalOf(object.address()));
}

uint32_t Explorer::IdOf(Tagged<HeapObject> object, size_t size, uint32_t ordinal) {
  if (lasting_ids_) {
    return ids_->FindOrAddEntry(object.address(), static_cast<unsigned>(size));
  }
  return HeapObjectsMap::kFirstAvailableObjectId + HeapObjectsMap::kObjectIdStep * ordinal;
}

uint32_t Explorer::IdOfExtra(uint64_t node) {
  if (lasting_ids_) {
    const uint32_t id = ids_->get_next_id();
    if (node == first_smi_) first_smi_id_ = id;
    return id;
  }
  // Those between the objects come behind them.
  const uint64_t ordinal = node < first_object_ ? nodes_ + (node - first_int_)
                                                : node - kAfterRoots;
  return HeapObjectsMap::kFirstAvailableObjectId +
         HeapObjectsMap::kObjectIdStep * static_cast<uint32_t>(ordinal);
}

uint32_t Explorer::IdOfPart(uint32_t ordinal, const void* memory, size_t size) {
  if (lasting_ids_ && memory == nullptr) return ids_->get_next_id();
  if (lasting_ids_) {
    return ids_->FindOrAddEntry(reinterpret_cast<Address>(memory), static_cast<unsigned>(size));
  }
  return HeapObjectsMap::kFirstAvailableObjectId + HeapObjectsMap::kObjectIdStep * ordinal;
}

uint32_t Explorer::IdOfNative(const NativeData& data, uint64_t node) {
  if (!lasting_ids_) return IdOfExtra(node);
  return IdOfPart(0, data.memory, data.size);
}

// The ordinal that an object has had before the popular ones were taken out.
uint32_t Explorer::WalkOrdinalOf(Address object) const {
  const uint32_t ordinal = index_.OrdinalOf(object);
  if (ordinal == NodeIndex::kNone) {
    const auto popular = popular_index_.find(object);
    return popular == popular_index_.end() ? 0 : popular_[popular->second].ordinal;
  }
  size_t low = 0, high = popular_ordinals_.size();
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (popular_ordinals_[middle] - middle > ordinal) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return ordinal + static_cast<uint32_t>(low);
}

// --- Tags.

void Explorer::TagObjectIfNew(Tagged<Object> object, const char* tag, std::optional<NodeType> type,
                              bool overwrite_existing_name) {
  if (!IsEssentialObject(object)) return;
  if (!type && !overwrite_existing_name &&
      !HasEmptyName(Cast<HeapObject>(object)->map()->instance_type())) {
    return;
  }
  TagObject(object, texts_.Literal(tag), type, overwrite_existing_name);
}

void Explorer::TagObject(Tagged<Object> object, TextId tag, std::optional<NodeType> type,
                         bool overwrite_existing_name) {
  if (!surveying_ || !IsEssentialObject(object)) return;
  Tagged<HeapObject> heap_object = Cast<HeapObject>(object);
  const uint32_t ordinal = index_.OrdinalOf(heap_object.address());
  if (ordinal == NodeIndex::kNone) return;
  Tag wanted = TagOf(ordinal);
  if (overwrite_existing_name ||
      (wanted.name == 0 && HasEmptyName(heap_object->map()->instance_type()))) {
    wanted.name = tag;
  }
  if (type) wanted.type = *type;
  if (wanted == TagOf(ordinal)) return;
  const auto known = std::find(tags_.begin(), tags_.end(), wanted);
  size_t code = known - tags_.begin();
  if (known == tags_.end() && tags_.size() < kElsewhere) tags_.push_back(wanted);
  if (code >= kElsewhere) {
    code = kElsewhere;
    more_tags_[ordinal] = wanted;
  }
  tag_codes_[ordinal] = static_cast<uint8_t>(code);
}

void Explorer::TagBuiltinCode(Tagged<Code> code, const char* name) {
  TagObject(code, texts_.Formatted(std::string("system / Code / ") + name + " (builtin)"), {}, true);
  if (code->has_instruction_stream()) {
    TagObject(code->instruction_stream(),
              texts_.Formatted(std::string("system / InstructionStream / ") + name + " (builtin)"),
              {}, true);
  }
}

// --- Nodes.

Explorer::Description Explorer::Describe(Tagged<HeapObject> object) {
  const InstanceType type = object->map()->instance_type();
  if (InstanceTypeChecker::IsJSObject(type)) {
    if (InstanceTypeChecker::IsJSFunction(type)) {
      return {NodeType::kClosure, texts_.OfName(Cast<JSFunction>(object)->shared()->Name())};
    }
    if (InstanceTypeChecker::IsJSBoundFunction(type)) {
      return {NodeType::kClosure, texts_.Literal("native_bind")};
    }
    if (InstanceTypeChecker::IsJSRegExp(type)) {
      Tagged<JSRegExp> re = Cast<JSRegExp>(object);
      return {NodeType::kRegExp, re->has_data() ? texts_.OfName(re->source(isolate_))
                                                : texts_.Literal("JSRegExp (uninitialized)")};
    }
    Tagged<JSObject> js_object = Cast<JSObject>(object);
    const MapInfo& info = InfoOf(js_object);
    TextId name = info.constructor_name != 0 ? info.constructor_name : ConstructorName(js_object);
    if (InstanceTypeChecker::IsJSGlobalObject(type)) {
      name = texts_.Formatted(texts_.NameText(name) + " [JSGlobalObject]");
    } else if (InstanceTypeChecker::IsJSGlobalProxy(type)) {
      const bool detached = !Cast<JSGlobalProxy>(object)->GetCreationContext().has_value();
      name = texts_.Formatted(texts_.NameText(name) + " [JSGlobalProxy]" +
                              (detached ? " / <detached>" : ""));
    }
    return {NodeType::kObject, name};
  }
  if (InstanceTypeChecker::IsString(type)) {
    if (IsConsString(object)) return {NodeType::kConsString, texts_.Literal("(concatenated string)")};
    if (IsSlicedString(object)) return {NodeType::kSlicedString, texts_.Literal("(sliced string)")};
    return {NodeType::kString, 0, true};
  }
  if (InstanceTypeChecker::IsSymbol(type)) {
    return {NodeType::kSymbol, texts_.Literal(Cast<Symbol>(object)->is_any_private()
                                                  ? "private symbol"
                                                  : "symbol")};
  }
  if (InstanceTypeChecker::IsBigInt(type)) return {NodeType::kBigInt, texts_.Literal("bigint")};
  if (InstanceTypeChecker::IsInstructionStream(type)) {
    return {NodeType::kCode, texts_.Literal("system / InstructionStream")};
  }
  if (InstanceTypeChecker::IsCode(type)) return {NodeType::kCode, texts_.Literal("system / Code")};
  if (InstanceTypeChecker::IsSharedFunctionInfo(type)) {
    Tagged<String> name = Cast<SharedFunctionInfo>(object)->Name();
    if (name->length() == 0) {
      return {NodeType::kCode, texts_.Literal("system / SharedFunctionInfo")};
    }
    return {NodeType::kCode, texts_.Formatted("system / SharedFunctionInfo / " +
                                              texts_.NameText(texts_.OfName(name)))};
  }
  if (InstanceTypeChecker::IsScript(type)) {
    Tagged<Object> name = Cast<Script>(object)->name();
    if (!IsString(name)) return {NodeType::kCode, texts_.Literal("system / Script")};
    return {NodeType::kCode, texts_.Formatted("system / Script / " + texts_.NameText(texts_.OfName(
                                                                         Cast<String>(name))))};
  }
  if (InstanceTypeChecker::IsNativeContext(type)) {
    return {NodeType::kNative, texts_.Literal("system / NativeContext")};
  }
  if (InstanceTypeChecker::IsContext(type)) {
    Tagged<HeapObject> scope = Cast<HeapObject>(
        Cast<Context>(object)->get(Context::SCOPE_INFO_INDEX, kRelaxedLoad));
    auto known = context_names_.find(scope.address());
    if (known == context_names_.end()) {
      const uint32_t id = IdOf(scope, SizeOf(scope));
      const TextId name =
          texts_.Formatted("system / Context / scope @" + std::to_string(id));
      known = context_names_.emplace(scope.address(), name).first;
    }
    return {NodeType::kObject, known->second};
  }
  if (InstanceTypeChecker::IsHeapNumber(type)) {
    return {NodeType::kHeapNumber, texts_.Literal("heap number")};
  }
  if (InstanceTypeChecker::IsOddball(type)) {
    return {NodeType::kNative, texts_.OfName(Cast<Oddball>(object)->to_string())};
  }
  if (InstanceTypeChecker::IsCppHeapExternalObject(type)) {
    return {NodeType::kObject, texts_.Literal("system / CppHeapExternal")};
  }
#if V8_ENABLE_WEBASSEMBLY
  if (InstanceTypeChecker::IsWasmObject(type)) {
    wasm::StringBuilder name;
    wasm::GetCanonicalTypeNamesProvider()->PrintTypeName(
        name, object->map()->wasm_type_info()->type_index());
    name << " (wasm)" << '\0';
    return {NodeType::kObject, texts_.Formatted(name.start())};
  }
#endif
  if (InstanceTypeChecker::IsForeign(type)) {
    const ExternalPointerTag tag = Cast<Foreign>(object)->GetTag();
    if (kAnyManagedExternalPointerTagRange.Contains(tag)) {
      return {NodeType::kNative,
              texts_.Formatted(std::string("system / Managed (") + ToString(tag) + ")")};
    }
    if (kAnyForeignExternalPointerTagRange.Contains(tag)) {
      return {NodeType::kNative,
              texts_.Formatted(std::string("system / Foreign (") + ToString(tag) + ")")};
    }
    return {NodeType::kNative, texts_.Literal("system / Foreign")};
  }
  return {SystemType(object), texts_.Literal(SystemName(object))};
}

const char* Explorer::SystemName(Tagged<HeapObject> object) {
  if (IsMap(object)) {
    switch (Cast<Map>(object)->instance_type()) {
#define MAKE_STRING_MAP_CASE(instance_type, size, name, Name) \
  case instance_type:                                         \
    return "system / Map (" #Name ")";
      STRING_TYPE_LIST(MAKE_STRING_MAP_CASE)
#undef MAKE_STRING_MAP_CASE
      default:
        return "system / Map";
    }
  }
  const InstanceType type = object->map()->instance_type();
  if (HasEmptyName(type)) return "";
  switch (type) {
#define MAKE_TORQUE_CASE(Name, TYPE) \
  case TYPE:                         \
    return "system / " #Name;
    TORQUE_INSTANCE_CHECKERS_SINGLE_FULLY_DEFINED(MAKE_TORQUE_CASE)
    TORQUE_INSTANCE_CHECKERS_MULTIPLE_FULLY_DEFINED(MAKE_TORQUE_CASE)
    TORQUE_INSTANCE_CHECKERS_SINGLE_ONLY_DECLARED(MAKE_TORQUE_CASE)
    TORQUE_INSTANCE_CHECKERS_MULTIPLE_ONLY_DECLARED(MAKE_TORQUE_CASE)
#undef MAKE_TORQUE_CASE
    default:
      return "system";
  }
}

NodeType Explorer::SystemType(Tagged<HeapObject> object) {
  const InstanceType type = object->map()->instance_type();
  if (InstanceTypeChecker::IsAllocationSite(type) ||
      InstanceTypeChecker::IsArrayBoilerplateDescription(type) ||
      InstanceTypeChecker::IsBytecodeArray(type) || InstanceTypeChecker::IsBytecodeWrapper(type) ||
      InstanceTypeChecker::IsClosureFeedbackCellArray(type) || InstanceTypeChecker::IsCode(type) ||
      InstanceTypeChecker::IsCodeWrapper(type) || InstanceTypeChecker::IsFeedbackCell(type) ||
      InstanceTypeChecker::IsFeedbackMetadata(type) ||
      InstanceTypeChecker::IsFeedbackVector(type) ||
      InstanceTypeChecker::IsInstructionStream(type) ||
      InstanceTypeChecker::IsInterpreterData(type) || InstanceTypeChecker::IsLoadHandler(type) ||
      InstanceTypeChecker::IsObjectBoilerplateDescription(type) ||
      InstanceTypeChecker::IsPreparseData(type) ||
      InstanceTypeChecker::IsRegExpBoilerplateDescription(type) ||
      InstanceTypeChecker::IsScopeInfo(type) || InstanceTypeChecker::IsStoreHandler(type) ||
      InstanceTypeChecker::IsTemplateObjectDescription(type) ||
      InstanceTypeChecker::IsTurbofanType(type) || InstanceTypeChecker::IsUncompiledData(type)) {
    return NodeType::kCode;
  }
  if (HasEmptyName(type)) return NodeType::kArray;
  if ((InstanceTypeChecker::IsMap(type) && !HeapLayout::InReadOnlySpace(object)) ||
      InstanceTypeChecker::IsDescriptorArray(type) ||
      InstanceTypeChecker::IsTransitionArray(type) ||
      InstanceTypeChecker::IsPrototypeInfo(type) || InstanceTypeChecker::IsEnumCache(type)) {
    return NodeType::kObjectShape;
  }
  return NodeType::kNative;
}

std::string Explorer::ShownName(Tagged<Object> object, uint8_t tag) {
  if (IsSmi(object)) return "smi number";
  Tagged<HeapObject> heap_object = Cast<HeapObject>(object);
  if (tag != 0 && tag != kElsewhere && tags_[tag].name != 0) return texts_.NameText(tags_[tag].name);
  const Description description = Describe(heap_object);
  if (!description.is_value) return texts_.NameText(description.name);
  Tagged<String> string = Cast<String>(heap_object);
  const uint32_t limit = v8_flags.heap_snapshot_string_limit;
  return string->ToCString(0, limit == 0 ? string->length() : std::min(limit, string->length()))
      .get();
}

std::string Explorer::TextOfPair(const Pair& pair, bool of_key) {
  // V8 formats into 4,096 bytes each time.
  auto id = [this](Address object) -> uint32_t {
    Tagged<Object> tagged(object);
    if (IsSmi(tagged)) {
      const uint64_t node = NodeOf(tagged);
      if (!lasting_ids_) return IdOfExtra(node);
      return first_smi_id_ +
             HeapObjectsMap::kObjectIdStep * static_cast<uint32_t>(node - first_smi_);
    }
    Tagged<HeapObject> heap_object = Cast<HeapObject>(tagged);
    return IdOf(heap_object, lasting_ids_ ? SizeOf(heap_object) : 0);
  };
  std::string text = "part of key (" + ShownName(Tagged<Object>(pair.key), 0) + " @" +
                     std::to_string(id(pair.key)) + ") -> value (" +
                     ShownName(Tagged<Object>(pair.value), pair.value_tag) + " @" +
                     std::to_string(id(pair.value)) + ") pair in WeakMap (table @" +
                     std::to_string(id(pair.table)) + ")";
  text.resize(std::min<size_t>(text.size(), 4095));
  text = std::to_string(of_key ? pair.key_edge : pair.table_edge) + " / " + text;
  text.resize(std::min<size_t>(text.size(), 4095));
  return text;
}

}  // namespace v8::internal::oomhost
