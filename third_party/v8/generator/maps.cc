// What all objects of one map have in common: constructor, location, fields.
// Copyright of the rules: the V8 project authors, BSD (third_party/v8/LICENSES/v8.txt).

#include "explorer-inl.h"

#include "src/execution/isolate-inl.h"
#include "src/heap/heap-inl.h"
#include "src/objects/js-function-inl.h"
#include "src/objects/js-generator-inl.h"
#include "src/objects/js-objects-inl.h"
#include "src/objects/objects-inl.h"
#include "src/objects/shared-function-info-inl.h"

namespace v8::internal::oomhost {

MapInfo& Explorer::FindInfo(Tagged<JSObject> object) {
  Tagged<Map> map = object->map();
  MapInfo*& known = maps_[map.ptr()];
  if (known != nullptr) return *known;
  known = &map_infos_.emplace_back();
  MapInfo& info = *known;
  FillFields(map, info);
  // The name is that of the map's constructor, or depends on what the object and its prototypes
  // have: on the map alone, unless the object has a tag of its own.
  bool of_map = map->new_target_is_base() && !map->is_prototype_map() &&
                IsJSFunction(map->GetConstructor());
  if (of_map) {
    HandleScope scope(isolate_);
    DirectHandle<String> name = JSFunction::GetDebugName(
        isolate_, direct_handle(Cast<JSFunction>(map->GetConstructor()), isolate_),
        AllowAllocation{false});
    of_map = name->length() != 0 && !name->Equals(ReadOnlyRoots(isolate_).Object_string());
  }
  if (!of_map && !map->is_dictionary_map() && !map->is_access_check_needed()) {
    of_map = map->instance_descriptors()
                 ->Search(*isolate_->factory()->to_string_tag_symbol(), map)
                 .is_not_found();
  }
  if (of_map) {
    info.constructor_name = ConstructorName(object);
    info.location = LocationOfConstructor(object);
  }
  return info;
}

void Explorer::FillFields(Tagged<Map> map, MapInfo& info) {
  if (map->is_dictionary_map() || IsJSGlobalObjectMap(map)) return;
  Tagged<DescriptorArray> descriptors = map->instance_descriptors();
  std::vector<bool> covered(map->instance_size() / kTaggedSize);
  for (InternalIndex i : map->IterateOwnDescriptors()) {
    const PropertyDetails details = descriptors->GetDetails(i);
    if (details.location() != PropertyLocation::kField || details.kind() != PropertyKind::kData) {
      return;
    }
    Tagged<Name> name = descriptors->GetKey(i);
    const FieldIndex index = FieldIndex::ForDetails(map, details);
    const EdgeType type = IsSymbol(name) || Cast<String>(name)->length() > 0
                              ? EdgeType::kProperty
                              : EdgeType::kInternal;
    if (index.is_inobject()) covered[index.offset() / kTaggedSize] = true;
    info.fields.push_back({index, texts_.OfName(name), type});
  }
  info.plain = true;
  if (JSObject::GetEmbedderFieldCount(map) != 0 || map->instance_type() == JS_API_OBJECT_TYPE) {
    return;
  }
  info.complete = true;
  for (int i = map->GetInObjectPropertiesStartInWords(); i < map->instance_size_in_words(); i++) {
    if (!covered[i]) info.slack.push_back(i * kTaggedSize);
  }
}

TextId Explorer::ConstructorName(Tagged<JSObject> object) {
  return texts_.OfName(V8HeapExplorer::GetConstructorName(isolate_, object));
}

// --- Locations.

int Explorer::LocationOfConstructor(Tagged<JSObject> object) {
  Tagged<JSFunction> constructor = V8HeapExplorer::GetConstructor(isolate_, object);
  return constructor.is_null() ? -1 : LocationOfFunction(constructor);
}

int Explorer::LocationOfFunction(Tagged<JSFunction> function) {
  Tagged<SharedFunctionInfo> shared = function->shared();
  if (!IsScript(shared->script())) return -1;
  auto [known, added] = function_locations_.try_emplace(shared.ptr(), 0);
  if (!added) return known->second;
  Tagged<Script> script = Cast<Script>(shared->script());
  const int start = shared->StartPosition();
  Script::PositionInfo info;
  if (script->has_line_ends()) {
    script->GetPositionInfo(start, &info);
  } else {
    auto ends = line_ends_.find(script->id());
    if (ends == line_ends_.end()) {
      HandleScope scope(isolate_);
      ends = line_ends_
                 .emplace(script->id(),
                          Script::GetLineEnds(isolate_, direct_handle(script, isolate_)))
                 .first;
    }
    script->GetPositionInfoWithLineEnds(start, &info, ends->second);
  }
  known->second = static_cast<int>(locations_.size());
  locations_.push_back({script->id(), script.ptr(), info.line, info.column, {}});
  return known->second;
}

Location* Explorer::LocationOf(Tagged<HeapObject> object) {
  const InstanceType type = object->map()->instance_type();
  if (!InstanceTypeChecker::IsJSObject(type)) return nullptr;
  int location;
  if (InstanceTypeChecker::IsJSFunction(type)) {
    location = LocationOfFunction(Cast<JSFunction>(object));
  } else if (InstanceTypeChecker::IsJSGeneratorObject(type)) {
    location = LocationOfFunction(Cast<JSGeneratorObject>(object)->function());
  } else {
    Tagged<JSObject> js_object = Cast<JSObject>(object);
    location = InfoOf(js_object).location;
    if (location == -2) location = LocationOfConstructor(js_object);
  }
  return location < 0 ? nullptr : &locations_[location];
}

}  // namespace v8::internal::oomhost
