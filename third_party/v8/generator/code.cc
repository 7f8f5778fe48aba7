// Shapes, functions, scripts, code and WebAssembly: what V8HeapExplorer extracts of each.
// Copyright of the rules: the V8 project authors, BSD (third_party/v8/LICENSES/v8.txt).

#include "explorer-inl.h"
#include "src/builtins/builtins.h"
#include "src/codegen/assembler-inl.h"
#include "src/execution/isolate-inl.h"
#include "src/heap/heap-inl.h"
#include "src/heap/heap-layout-inl.h"
#include "src/objects/allocation-site-inl.h"
#include "src/objects/api-callbacks-inl.h"
#include "src/objects/cell-inl.h"
#include "src/objects/code-inl.h"
#include "src/objects/descriptor-array-inl.h"
#include "src/objects/feedback-cell-inl.h"
#include "src/objects/feedback-vector-inl.h"
#include "src/objects/fixed-array-inl.h"
#include "src/objects/hash-table-inl.h"
#include "src/objects/instance-type-inl.h"
#include "src/objects/js-regexp-inl.h"
#include "src/objects/js-weak-refs-inl.h"
#include "src/objects/literal-objects-inl.h"
#include "src/objects/map-inl.h"
#include "src/objects/objects-inl.h"
#include "src/objects/property-cell-inl.h"
#include "src/objects/prototype-info-inl.h"
#include "src/objects/scope-info-inl.h"
#include "src/objects/script-inl.h"
#include "src/objects/shared-function-info-inl.h"
#include "src/objects/struct-inl.h"
#include "src/objects/transitions-inl.h"
#include "src/wasm/canonical-types.h"
#include "src/wasm/names-provider.h"
#include "src/wasm/string-builder.h"
#include "src/wasm/wasm-engine-globals.h"
#include "src/wasm/wasm-objects-inl.h"

namespace v8::internal::oomhost {

void Explorer::ExtractCodeObjects(Tagged<HeapObject> obj) {
  if (IsSymbol(obj)) {
    SetInternalReference("name", Cast<Symbol>(obj)->description(), offsetof(Symbol, description_));
  } else if (IsMap(obj)) {
    ExtractMap(Cast<Map>(obj));
  } else if (IsSharedFunctionInfo(obj)) {
    ExtractSharedFunctionInfo(Cast<SharedFunctionInfo>(obj));
  } else if (IsScript(obj)) {
    ExtractScript(Cast<Script>(obj));
  } else if (IsAccessorInfo(obj)) {
    Tagged<AccessorInfo> info = Cast<AccessorInfo>(obj);
    SetInternalReference("name", info->name(), offsetof(AccessorInfo, name_));
    SetInternalReference("data", info->data(), offsetof(AccessorInfo, data_));
  } else if (IsAccessorPair(obj)) {
    Tagged<AccessorPair> accessors = Cast<AccessorPair>(obj);
    SetInternalReference("getter", accessors->getter(), offsetof(AccessorPair, getter_));
    SetInternalReference("setter", accessors->setter(), offsetof(AccessorPair, setter_));
  } else if (Is<Code>(obj)) {
    ExtractCode(TrustedCast<Code>(obj));
  } else if (Is<InstructionStream>(obj)) {
    ExtractInstructionStream(TrustedCast<InstructionStream>(obj));
  } else if (IsCell(obj)) {
    Tagged<HeapObject> value;
    HeapObjectReferenceType reference_type;
    if (Cast<Cell>(obj)->maybe_value().GetHeapObject(&value, &reference_type)) {
      if (reference_type == HeapObjectReferenceType::WEAK) {
        SetWeakReference("value", value, offsetof(Cell, maybe_value_));
      } else {
        SetInternalReference("value", value, offsetof(Cell, maybe_value_));
      }
    }
  } else if (IsFeedbackCell(obj)) {
    SetInternalReference("value", Cast<FeedbackCell>(obj)->value(),
                         offsetof(FeedbackCell, value_));
  } else if (IsPropertyCell(obj)) {
    Tagged<PropertyCell> cell = Cast<PropertyCell>(obj);
    SetInternalReference("value", cell->value(), offsetof(PropertyCell, value_));
    TagObject(cell->dependent_code(), "(dependent code)");
    SetInternalReference("dependent_code", cell->dependent_code(),
                         offsetof(PropertyCell, dependent_code_));
  } else if (IsPrototypeInfo(obj)) {
    Tagged<PrototypeInfo> info = Cast<PrototypeInfo>(obj);
    TagObject(info->prototype_chain_enum_cache(), "(prototype chain enum cache)",
              NodeType::kObjectShape);
    TagObject(info->prototype_users(), "(prototype users)", NodeType::kObjectShape);
  } else if (IsAllocationSite(obj)) {
    Tagged<AllocationSite> site = Cast<AllocationSite>(obj);
    SetInternalReference("transition_info", site->transition_info_or_boilerplate(),
                         offsetof(AllocationSite, transition_info_or_boilerplate_));
    SetInternalReference("nested_site", site->nested_site(),
                         offsetof(AllocationSite, nested_site_));
    TagObject(site->dependent_code(), "(dependent code)", NodeType::kCode);
    SetInternalReference("dependent_code", site->dependent_code(),
                         offsetof(AllocationSite, dependent_code_));
  } else if (IsArrayBoilerplateDescription(obj)) {
    Tagged<FixedArrayBase> elements = Cast<ArrayBoilerplateDescription>(obj)->constant_elements();
    SetInternalReference("constant_elements", elements,
                         offsetof(ArrayBoilerplateDescription, constant_elements_));
    TagObject(elements, "(constant elements)", NodeType::kCode);
  } else if (IsRegExpBoilerplateDescription(obj)) {
    TagObject(Cast<RegExpBoilerplateDescription>(obj)->data(isolate_), "(RegExpData)",
              NodeType::kCode);
  } else if (IsFeedbackVector(obj)) {
    ExtractFeedbackVector(Cast<FeedbackVector>(obj));
  } else if (IsDescriptorArray(obj)) {
    ExtractDescriptors(Cast<DescriptorArray>(obj));
  } else if (IsEnumCache(obj)) {
    TagObject(Cast<EnumCache>(obj)->keys(), "(enum cache)", NodeType::kObjectShape);
    TagObject(Cast<EnumCache>(obj)->indices(), "(enum cache)", NodeType::kObjectShape);
  } else if (IsTransitionArray(obj)) {
    Tagged<TransitionArray> transitions = Cast<TransitionArray>(obj);
    if (transitions->HasPrototypeTransitions()) {
      TagObject(transitions->GetPrototypeTransitions(), "(prototype transitions)",
                NodeType::kObjectShape);
    }
  } else if (IsWeakFixedArray(obj)) {
    ExtractWeakArray(OFFSET_OF_DATA_START(WeakFixedArray), Cast<WeakFixedArray>(obj));
  } else if (IsWeakArrayList(obj)) {
    ExtractWeakArray(WeakArrayList::kHeaderSize, Cast<WeakArrayList>(obj));
  } else if (IsWeakCell(obj)) {
    Tagged<WeakCell> cell = Cast<WeakCell>(obj);
    SetWeakReference("target", cell->target(), offsetof(WeakCell, target_));
    SetWeakReference("unregister_token", cell->unregister_token(),
                     offsetof(WeakCell, unregister_token_));
  } else if (Is<BytecodeArray>(obj)) {
    Tagged<BytecodeArray> bytecode = TrustedCast<BytecodeArray>(obj);
    RecursivelyTagConstantPool(bytecode->constant_pool(), "(constant pool)", NodeType::kCode, 3);
    TagObject(bytecode->handler_table(), "(handler table)", NodeType::kCode);
    TagObject(bytecode->raw_source_position_table(kAcquireLoad), "(source position table)",
              NodeType::kCode);
  } else if (IsScopeInfo(obj)) {
    ExtractScopeInfo(Cast<ScopeInfo>(obj));
  } else if (IsCppHeapExternalObject(obj)) {
    if (surveying_) AddWrapper(Cast<CppHeapExternalObject>(obj));
  } else {
    ExtractWasm(obj);
  }
}

void Explorer::ExtractMap(Tagged<Map> map) {
  Tagged<MaybeObject> maybe_transitions = map->raw_transitions();
  Tagged<HeapObject> transitions;
  constexpr int kTransitions = offsetof(Map, transitions_or_prototype_info_);
  if (maybe_transitions.GetHeapObjectIfWeak(&transitions)) {
    SetWeakReference("transition", transitions, kTransitions);
  } else if (maybe_transitions.GetHeapObjectIfStrong(&transitions)) {
    if (IsTransitionArray(transitions)) {
      Tagged<TransitionArray> array = Cast<TransitionArray>(transitions);
      if (map->CanTransition() && array->HasPrototypeTransitions()) {
        TagObject(array->GetPrototypeTransitions(), "(prototype transitions)");
      }
      SetInternalReference("transitions", transitions, kTransitions);
    } else if (IsFixedArray(transitions)) {
      TagObject(transitions, "(transition)");
      SetInternalReference("transition", transitions, kTransitions);
    } else if (map->is_prototype_map()) {
      TagObject(transitions, "prototype_info");
      SetInternalReference("prototype_info", transitions, kTransitions);
    }
  }
  if (IsJSObjectMap(map)) {
    SetInternalReference("descriptors", map->instance_descriptors(),
                         offsetof(Map, instance_descriptors_));
  }
  SetInternalReference("prototype", map->prototype(), offsetof(Map, prototype_));
  constexpr int kConstructor = offsetof(Map, constructor_or_back_pointer_or_native_context_);
  if (IsContextMap(map) || IsMapMap(map)) {
    SetInternalReference("native_context", map->native_context_or_null(), kConstructor);
  } else {
    Tagged<Object> constructor = map->constructor_or_back_pointer();
    SetInternalReference(IsMap(constructor)                    ? "back_pointer"
                         : IsFunctionTemplateInfo(constructor) ? "constructor_function_data"
                                                               : "constructor",
                         constructor, kConstructor);
  }
  TagObject(map->dependent_code(), "(dependent code)");
  SetInternalReference("dependent_code", map->dependent_code(), offsetof(Map, dependent_code_));
#if V8_ENABLE_WEBASSEMBLY
  if (IsWasmObjectMap(map) && map->has_immediate_supertype_map()) {
    SetInternalReference("immediate_supertype_map", map->immediate_supertype_map());
  }
#endif
  TagObject(map->prototype_validity_cell(kRelaxedLoad), "(prototype validity cell)",
            NodeType::kObjectShape);
  AddIntEdge("instance_type", static_cast<int>(map->instance_type()));
  AddStringEdge("instance_type_name", ToString(map->instance_type()).c_str());
  AddIntEdge("instance_size", map->instance_size());
  AddIntEdge("visitor_id", static_cast<int>(map->visitor_id()));
  AddStringEdge("visitor_name", ToString(map->visitor_id()));
  AddIntEdge("elements_kind", static_cast<int>(map->elements_kind()));
  AddStringEdge("elements_kind_name", ElementsKindToString(map->elements_kind()));
  AddIntEdge("enum_length", map->EnumLength());
  AddIntEdge("number_of_own_descriptors", map->NumberOfOwnDescriptors());
}

void Explorer::ExtractSharedFunctionInfo(Tagged<SharedFunctionInfo> shared) {
  if (surveying_) {
    const std::string name = shared->DebugNameCStr().get();
    Tagged<Code> code = shared->GetCode(isolate_);
    const std::string kind = CodeKindToString(code->kind());
    // Code that is nobody's else has a name of its own; it is not empty, so nothing changes.
    TagObject(code, texts_.Formatted(name.empty() ? "(" + kind + " code)"
                                                  : "(code for " + name + ")"));
  }
  SetInternalReference("name_or_scope_info", shared->name_or_scope_info(kAcquireLoad),
                       offsetof(SharedFunctionInfo, name_or_scope_info_));
  SetInternalReference("script", shared->script(kAcquireLoad),
                       offsetof(SharedFunctionInfo, script_));
  SetInternalReference("trusted_function_data", shared->GetTrustedData(isolate_),
                       offsetof(SharedFunctionInfo, trusted_function_data_));
  SetInternalReference("untrusted_function_data", shared->GetUntrustedData(),
                       offsetof(SharedFunctionInfo, untrusted_function_data_));
  SetInternalReference("raw_outer_scope_info_or_feedback_metadata",
                       shared->raw_outer_scope_info_or_feedback_metadata(),
                       offsetof(SharedFunctionInfo, outer_scope_info_or_feedback_metadata_));
  AddIntEdge("start_position", shared->StartPosition());
  AddIntEdge("end_position", shared->EndPosition());
  AddIntEdge("function_literal_id", shared->function_literal_id(kRelaxedLoad));
  if (shared->HasBuiltinId()) {
    AddIntEdge("builtin_id", static_cast<int>(shared->builtin_id()));
    AddStringEdge("builtin_name", Builtins::name(shared->builtin_id()));
  }
}

void Explorer::ExtractScript(Tagged<Script> script) {
  AddIntEdge("id", script->id());
  AddIntEdge("line_offset", script->line_offset());
  AddIntEdge("column_offset", script->column_offset());
  AddIntEdge("script_type", static_cast<int>(script->type()));
  AddStringEdge("script_type_name", ToString(script->type()));
  AddIntEdge("compilation_type", static_cast<int>(script->compilation_type()));
  AddStringEdge("compilation_type_name", ToString(script->compilation_type()));
  AddIntEdge("compilation_state", static_cast<int>(script->compilation_state()));
  AddStringEdge("compilation_state_name", ToString(script->compilation_state()));
  AddBoolEdge("is_repl_mode", script->is_repl_mode());
#if V8_ENABLE_WEBASSEMBLY
  AddBoolEdge("break_on_entry", script->break_on_entry());
#endif
  AddBoolEdge("produce_compile_hints", script->produce_compile_hints());
  AddBoolEdge("deserialized", script->deserialized());
  const v8::ScriptOriginOptions origin = script->origin_options();
  AddBoolEdge("origin_is_shared_cross_origin", origin.IsSharedCrossOrigin());
  AddBoolEdge("origin_is_opaque", origin.IsOpaque());
  AddBoolEdge("origin_is_wasm", origin.IsWasm());
  AddBoolEdge("origin_is_module", origin.IsModule());
  SetInternalReference("source", script->source(), offsetof(Script, source_));
  SetInternalReference("name", script->name(), offsetof(Script, name_));
  SetInternalReference("context_data", script->context_data(), offsetof(Script, context_data_));
  TagObject(script->line_ends(), "(script line ends)", NodeType::kCode);
  SetInternalReference("line_ends", script->line_ends(), offsetof(Script, line_ends_));
  TagObject(script->infos(), "(infos)", NodeType::kCode);
  TagObject(script->host_defined_options(), "(host-defined options)", NodeType::kCode);
#if V8_ENABLE_WEBASSEMBLY
  if (script->type() == Script::Type::kWasm) {
    SetInternalReference("wasm_breakpoint_infos", script->wasm_breakpoint_infos(),
                         offsetof(Script, eval_from_shared_or_wrapped_arguments_));
    SetInternalReference("wasm_managed_native_module", script->wasm_managed_native_module(),
                         offsetof(Script, eval_from_position_));
    SetInternalReference("wasm_weak_instance_list", script->wasm_weak_instance_list(),
                         offsetof(Script, infos_));
  } else {
#endif
    SetInternalReference("eval_from_shared_or_wrapped_arguments",
                         script->eval_from_shared_or_wrapped_arguments(),
                         offsetof(Script, eval_from_shared_or_wrapped_arguments_));
    SetInternalReference("infos", script->infos(), offsetof(Script, infos_));
#if V8_ENABLE_WEBASSEMBLY
  }
#endif
  SetInternalReference("eval_from_scope_info", script->eval_from_scope_info(),
                       offsetof(Script, eval_from_scope_info_));
  SetInternalReference("compiled_lazy_function_positions",
                       script->compiled_lazy_function_positions(),
                       offsetof(Script, compiled_lazy_function_positions_));
  SetInternalReference("source_url", script->source_url(), offsetof(Script, source_url_));
  SetInternalReference("source_mapping_url", script->source_mapping_url(),
                       offsetof(Script, source_mapping_url_));
  SetInternalReference("debug_id", script->debug_id(), offsetof(Script, debug_id_));
  SetInternalReference("host_defined_options", script->host_defined_options(),
                       offsetof(Script, host_defined_options_));
#if V8_SCRIPTORMODULE_LEGACY_LIFETIME
  SetInternalReference("script_or_modules", script->script_or_modules(),
                       offsetof(Script, script_or_modules_));
#endif
  SetInternalReference("source_hash", script->source_hash(), offsetof(Script, source_hash_));
}

void Explorer::ExtractCode(Tagged<Code> code) {
  if (!code->has_instruction_stream()) return;
  SetInternalReference("instruction_stream", code->instruction_stream(),
                       Code::kInstructionStreamOffset);
  if (code->kind() == CodeKind::BASELINE) {
    TagObject(code->bytecode_or_interpreter_data(), "(interpreter data)");
    SetInternalReference("interpreter_data", code->bytecode_or_interpreter_data(),
                         Code::kDeoptimizationDataOrInterpreterDataOffset);
    TagObject(code->bytecode_offset_table(), "(bytecode offset table)", NodeType::kCode);
    SetInternalReference("bytecode_offset_table", code->bytecode_offset_table(),
                         Code::kPositionTableOffset);
  } else if (code->uses_deoptimization_data()) {
    Tagged<DeoptimizationData> data = code->deoptimization_data();
    TagObject(data, "(code deopt data)", NodeType::kCode);
    SetInternalReference("deoptimization_data", data,
                         Code::kDeoptimizationDataOrInterpreterDataOffset);
    if (data->ulength().value() > 0) {
      TagObject(data->FrameTranslation(), "(code deopt data)", NodeType::kCode);
      TagObject(data->LiteralArray(), "(code deopt data)", NodeType::kCode);
      TagObject(data->InliningPositions(), "(code deopt data)", NodeType::kCode);
    }
    TagObject(code->source_position_table(), "(source position table)", NodeType::kCode);
    SetInternalReference("source_position_table", code->source_position_table(),
                         Code::kPositionTableOffset);
  }
}

void Explorer::ExtractInstructionStream(Tagged<InstructionStream> istream) {
  Tagged<Code> code;
  if (!istream->TryGetCode(&code, kAcquireLoad)) return;  // Not yet initialized.
  TagObject(code, "(code)", NodeType::kCode);
  SetInternalReference("code", code, InstructionStream::kCodeOffset);
  TagObject(istream->relocation_info(), "(code relocation info)", NodeType::kCode);
  SetInternalReference("relocation_info", istream->relocation_info(),
                       InstructionStream::kRelocationInfoOffset);
}

void Explorer::RecursivelyTagConstantPool(Tagged<Object> obj, const char* tag, NodeType type,
                                          int recursion_limit) {
  if (!surveying_) return;
  --recursion_limit;
  if (IsFixedArrayExact(obj)) {
    Tagged<FixedArray> array = Cast<FixedArray>(obj);
    TagObject(array, tag, type);
    if (recursion_limit <= 0) return;
    const uint32_t length = array->ulength().value();
    for (uint32_t i = 0; i < length; ++i) {
      RecursivelyTagConstantPool(array->get(i), tag, type, recursion_limit);
    }
  } else if (Is<TrustedFixedArray>(obj)) {
    Tagged<TrustedFixedArray> array = TrustedCast<TrustedFixedArray>(obj);
    TagObject(array, tag, type, /*overwrite_existing_name=*/true);
    if (recursion_limit <= 0) return;
    const uint32_t length = array->ulength().value();
    for (uint32_t i = 0; i < length; ++i) {
      RecursivelyTagConstantPool(array->get(i), tag, type, recursion_limit);
    }
  } else if (IsNameDictionary(obj) || IsNumberDictionary(obj)) {
    TagObject(obj, tag, type);
  }
}

void Explorer::ExtractScopeInfo(Tagged<ScopeInfo> info) {
  // The empty one is of builtins and native contexts, and has none of these.
  if (info->IsEmpty()) return;
  AddIntEdge("scope_type", info->scope_type());
  AddStringEdge("scope_type_name", ToString(info->scope_type()));
  AddIntEdge("context_local_count", info->ContextLocalCount());
  AddIntEdge("parameter_count", info->ParameterCount());
  if (info->HasOuterScopeInfo()) {
    SetInternalReference("outer_scope_info", info->OuterScopeInfo(), info->OuterScopeInfoOffset());
  }
  if (info->HasPositionInfo()) {
    AddIntEdge("start_position", info->StartPosition());
    AddIntEdge("end_position", info->EndPosition());
  }
  if (!info->HasInlinedLocalNames()) {
    TagObject(info->context_local_names_hashtable(), "(context local names)", NodeType::kCode);
  }
}

void Explorer::ExtractFeedbackVector(Tagged<FeedbackVector> vector) {
  for (uint32_t i = 0; i < vector->length().value(); ++i) {
    Tagged<MaybeObject> maybe_entry = *(vector->slots_start() + i);
    Tagged<HeapObject> entry;
    if (maybe_entry.GetHeapObjectIfStrong(&entry) &&
        (entry->map()->instance_type() == WEAK_FIXED_ARRAY_TYPE || IsFixedArrayExact(entry))) {
      TagObject(entry, "(feedback)", NodeType::kCode);
    }
  }
}

void Explorer::ExtractDescriptors(Tagged<DescriptorArray> array) {
  SetInternalReference("enum_cache", array->enum_cache(), offsetof(DescriptorArray, enum_cache_));
  MaybeObjectSlot start = MaybeObjectSlot(array->GetDescriptorSlot(0));
  MaybeObjectSlot end =
      MaybeObjectSlot(array->GetDescriptorSlot(array->number_of_all_descriptors()));
  for (int i = 0; start + i < end; ++i) {
    MaybeObjectSlot slot = start + i;
    const int offset = static_cast<int>(slot.address() - array.address());
    Tagged<MaybeObject> object = *slot;
    Tagged<HeapObject> heap_object;
    if (object.GetHeapObjectIfWeak(&heap_object)) {
      SetWeakReference(i, heap_object, offset);
    } else if (object.GetHeapObjectIfStrong(&heap_object)) {
      SetInternalReference(i, heap_object, offset);
    }
  }
}

template <typename T>
void Explorer::ExtractWeakArray(int header_size, Tagged<T> array) {
  const uint32_t length = array->ulength().value();
  for (uint32_t i = 0; i < length; ++i) {
    Tagged<MaybeObject> object = array->get(i);
    Tagged<HeapObject> heap_object;
    const int offset = static_cast<int>(header_size + i * kTaggedSize);
    if (object.GetHeapObjectIfWeak(&heap_object)) {
      SetWeakReference(static_cast<int>(i), heap_object, offset);
    } else if (object.GetHeapObjectIfStrong(&heap_object)) {
      SetInternalReference(static_cast<int>(i), heap_object, offset);
    }
  }
}

// --- WebAssembly.

void Explorer::ExtractWasm(Tagged<HeapObject> obj) {
#if V8_ENABLE_WEBASSEMBLY
  if (IsWasmInstanceObject(obj)) {
    Tagged<WasmInstanceObject> instance = Cast<WasmInstanceObject>(obj);
    SetInternalReference("trusted_data", instance->trusted_data_allow_unpublished(isolate_),
                         offsetof(WasmInstanceObject, trusted_data_));
    SetInternalReference("module_object", instance->module_object(),
                         offsetof(WasmInstanceObject, module_object_));
    SetInternalReference("exports", instance->exports_object(),
                         offsetof(WasmInstanceObject, exports_object_));
  } else if (IsWasmModuleObject(obj)) {
    Tagged<WasmModuleObject> module = Cast<WasmModuleObject>(obj);
    SetInternalReference("managed_native_module", module->managed_native_module(),
                         offsetof(WasmModuleObject, managed_native_module_));
    SetInternalReference("script", module->script(), offsetof(WasmModuleObject, script_));
  } else if (IsWasmStruct(obj)) {
    ExtractWasmStruct(Cast<WasmStruct>(obj));
  } else if (IsWasmArray(obj)) {
    Tagged<WasmArray> array = Cast<WasmArray>(obj);
    if (!array->map()->wasm_type_info()->element_type().is_ref()) return;
    for (uint32_t i = 0; i < array->length(); i++) {
      SetElementReference(i, array->ElementSlot(i).load(isolate_));
      MarkVisitedField(array->element_offset(i));
    }
  } else if (Is<WasmTrustedInstanceData>(obj)) {
    Tagged<WasmTrustedInstanceData> data = TrustedCast<WasmTrustedInstanceData>(obj);
    for (size_t i = 0; i < WasmTrustedInstanceData::kTaggedFieldOffsets.size(); i++) {
      const uint16_t offset = WasmTrustedInstanceData::kTaggedFieldOffsets[i];
      SetInternalReference(WasmTrustedInstanceData::kTaggedFieldNames[i],
                           TaggedField<Object>::load(data, offset), offset);
    }
    for (size_t i = 0; i < WasmTrustedInstanceData::kProtectedFieldNames.size(); i++) {
      const uint16_t offset = WasmTrustedInstanceData::kProtectedFieldOffsets[i];
      SetInternalReference(WasmTrustedInstanceData::kProtectedFieldNames[i],
                           data->RawProtectedPointerField(offset).load(isolate_), offset);
    }
  }
#endif
}

void Explorer::ExtractWasmStruct(Tagged<WasmStruct> obj) {
#if V8_ENABLE_WEBASSEMBLY
  Tagged<WasmTypeInfo> info = obj->map()->wasm_type_info();
  const wasm::CanonicalStructType* type =
      wasm::GetTypeCanonicalizer()->LookupStruct(info->type_index());
  for (uint32_t i = 0; i < type->field_count(); i++) {
    wasm::StringBuilder builder;
    wasm::GetCanonicalTypeNamesProvider()->PrintFieldName(builder, info->type_index(), i);
    builder << '\0';
    const TextId name = texts_.Formatted(builder.start());
    switch (type->field(i).kind()) {
      case wasm::kRef:
      case wasm::kRefNull: {
        const int offset = type->field_offset(i);
        Emit(EdgeType::kProperty, name, obj->RawField(offset).load(isolate_));
        MarkVisitedField(WasmStruct::kHeaderSize + offset);
        break;
      }
      default:
        AddWasmValue(name, obj->GetFieldValue(i).to_string());
        break;
    }
  }
#endif
}

void Explorer::AddWasmValue(TextId name, const std::string& value) {
  if (surveying_) wasm_values_.push_back(texts_.Formatted(value));
  EmitTo(EdgeType::kInternal, name, first_wasm_value_ + next_wasm_value_++);
}

}  // namespace v8::internal::oomhost
