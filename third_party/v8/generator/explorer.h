// What of the heap becomes nodes and edges: V8's own rules (src/profiler/heap-snapshot-generator.cc,
// class V8HeapExplorer), object by object, with nothing kept of an object but its count of edges.
//
// The heap is walked twice through these rules. The survey counts edges and gathers what points
// backwards: names that objects give to others ("tags"), pairs of weak maps, and the values that are
// nodes without being objects. The second walk writes the edges.

#ifndef OOMHOST_GENERATOR_EXPLORER_H_
#define OOMHOST_GENERATOR_EXPLORER_H_

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "node-index.h"
#include "rank-set.h"
#include "src/heap/cppgc-js/cpp-snapshot.h"
#include "src/objects/field-index.h"
#include "src/objects/objects.h"
#include "src/objects/script.h"
#include "src/objects/visitors.h"
#include "src/profiler/heap-snapshot-generator.h"
#include "texts.h"
#include "writer.h"

namespace v8::internal::oomhost {

using NodeType = HeapEntry::Type;
using EdgeType = HeapGraphEdge::Type;

// Numbers of a node in the file: type, name, id, self_size, edge_count, detachedness.
inline constexpr uint64_t kNodeFields = 6;
// The synthetic root, the GC roots, and a node for each kind of these come first.
inline constexpr uint32_t kAfterRoots = 2 + static_cast<uint32_t>(Root::kNumberOfRoots);

// A name, a type, or both, that an object has from another.
struct Tag {
  // 0 where the object keeps its own.
  TextId name = 0;
  int type = -1;
  bool operator==(const Tag&) const = default;
};

// A reference from a kind of GC roots.
struct RootEdge {
  Address object;
  // A name; or else a number, which is the name together with the description, if there is one.
  uint32_t name_or_number;
  // In Explorer::root_descriptions; 0 is none.
  uint16_t description;
  bool is_named;
  bool is_weak;
};

// A key and a value of a weak map (a table of ephemerons), which give two edges.
struct Pair {
  Address table, key, value;
  // The numbers of the two edges among those of key and table.
  uint32_t key_edge, table_edge;
  uint32_t key_ordinal;
  // The tag that the value had when V8 would have named it.
  uint8_t value_tag;
};

// A node that stands for memory outside of the heap.
struct NativeData {
  const void* memory;
  size_t size;
  TextId name;
};

// Where an object's constructor, or a function, stands in a script.
struct Location {
  int script_id;
  Address script;
  int line, column;
  // What the file says of it, once it has been written.
  std::string text;
};

// What all objects of one map have in common.
struct MapInfo {
  struct Field {
    FieldIndex index;
    TextId name;
    EdgeType type;
  };
  // The constructor's name; 0 where each object has to be asked.
  TextId constructor_name = 0;
  // The location that objects of this map have; -1 for none, -2 where each has to be asked.
  int location = -2;
  // Every own property is a field, listed in `fields`.
  bool plain = false;
  // Fields, map, properties and elements are all that there is in an object of this map, but for
  // slots at these offsets, which should be empty.
  bool complete = false;
  std::vector<Field> fields;
  std::vector<int> slack;
  // Of the map and of its prototype, once the survey is over.
  uint64_t map_node = 0;
  uint64_t prototype_node = 0;
};

struct CppGraph;

class Explorer {
 public:
  Explorer(Heap* heap, Texts& texts, NodeIndex& index, bool lasting_ids);

  // --- The survey.

  void SurveyRoots();
  // Returns how many nodes the object has.
  int Survey(Tagged<HeapObject> object);
  // Counts edges that roots and objects have to C++.
  void AddEdges(const CppGraph& graph);
  // Fixes the indices of all nodes that are no objects. The texts are frozen by it.
  void FinishSurvey();

  // --- Nodes, once the survey is over.

  // The type and the name that an object has if no other tags it.
  struct Description {
    NodeType type;
    TextId name;
    // The name is the string's own characters.
    bool is_value = false;
  };
  Description Describe(Tagged<HeapObject> object);
  inline Tag TagOf(uint32_t ordinal) const;
  // Edges of an object's node.
  inline uint32_t EdgesOf(uint32_t ordinal) const;
  uint32_t IdOf(Tagged<HeapObject> object, size_t size);
  // Likewise, of an object whose ordinal in the walk is known.
  uint32_t IdOf(Tagged<HeapObject> object, size_t size, uint32_t ordinal);
  // The id of a node that is no object, to be asked once and in the order of the nodes.
  uint32_t IdOfExtra(uint64_t node);
  // The id of a node that is a part of an object and has an ordinal for it; of `memory`, if any.
  uint32_t IdOfPart(uint32_t ordinal, const void* memory, size_t size);
  // The id of a node that stands for memory outside of the heap.
  uint32_t IdOfNative(const NativeData& data, uint64_t node);
  static size_t SizeOf(Tagged<HeapObject> object);
  // Whether a part of the object is a node of its own, which is the next: the value of a heap number,
  // the memory of an array buffer.
  inline static bool HasPart(Tagged<HeapObject> object);

  // --- Edges.

  void StartEdges(Writer* writer);
  // `ordinal`: the object's in the walk, as for TagOf and EdgesOf.
  void WriteEdges(Tagged<HeapObject> object, uint32_t ordinal);

  // --- Locations: the one of an object, or null.

  Location* LocationOf(Tagged<HeapObject> object);

  // --- What the generator makes nodes and texts of.

  V8_INLINE uint64_t NodeOf(Tagged<Object> object) const {
    if (IsSmi(object)) {
      const int32_t value = Cast<Smi>(object).value();
      if (static_cast<uint32_t>(value) < kSmallSmis) return small_smis_[value];
      return first_smi_ + 2 * static_cast<uint64_t>(smis_.RankOf(value));
    }
    const Address address = Cast<HeapObject>(object).address();
    const uint32_t ordinal = index_.OrdinalOf(address);
    if (V8_LIKELY(ordinal != NodeIndex::kNone)) return first_object_ + ordinal;
    Seen& seen = seen_popular_[address / kTaggedSize % kSeenPopular];
    if (V8_UNLIKELY(seen.object != address)) {
      const auto popular = popular_index_.find(address);
      // What no walk has met is nothing that V8 calls an object; the root stands for it.
      seen = {address, popular == popular_index_.end()
                           ? 0
                           : static_cast<uint32_t>(first_popular_) + popular->second};
    }
    return seen.node;
  }
  bool IsNode(Address object) const { return index_.Contains(object); }
  // Whether an object or a small integer has a node.
  bool IsKnown(Tagged<Object> object) const {
    if (IsSmi(object)) return true;
    const Address address = Cast<HeapObject>(object).address();
    return index_.Contains(address) || popular_index_.contains(address);
  }
  // Objects whose nodes come first, and their ordinals in the walk.
  struct Popular {
    Address object;
    uint32_t ordinal;
  };
  const std::vector<Popular>& popular() const { return popular_; }
  // Sorted.
  const std::vector<uint32_t>& popular_ordinals() const { return popular_ordinals_; }
  const std::vector<int32_t>& small_smis() const { return small_smi_values_; }
  std::string TextOfPair(const Pair& pair, bool of_key);
  const RankSet& smis() const { return smis_; }
  const RankSet& ints() const { return ints_; }
  const bool* bools() const { return bools_; }
  const std::vector<TextId>& strings() const { return strings_; }
  const std::vector<NativeData>& native_data() const { return native_data_; }
  const std::vector<TextId>& wasm_values() const { return wasm_values_; }
  uint32_t RootEdgesOf(Root root) const {
    return root == Root::kStringTable
               ? string_roots_
               : static_cast<uint32_t>(root_edges_[static_cast<size_t>(root)].size());
  }
  // By kind of roots, without V8's table of strings. Those with a description are counted texts, in
  // this order.
  const std::vector<std::vector<RootEdge>>& root_edges() const { return root_edges_; }
  // Calls `visit` with each reference from a kind of roots.
  template <typename Visit>
  void ForEachRootEdge(Root root, Visit visit);
  const std::vector<const char*>& root_descriptions() const { return root_descriptions_; }
  const std::vector<Pair>& pairs() const { return pairs_; }
  CppHeapWrapperSet& cpp_wrappers() { return cpp_wrappers_; }
  uint64_t edges() const { return all_edges_; }
  uint64_t first_popular() const { return first_popular_; }
  uint64_t first_int() const { return first_int_; }
  uint64_t first_object() const { return first_object_; }
  uint64_t first_smi() const { return first_smi_; }
  uint64_t end_of_nodes() const { return end_of_nodes_; }

 private:
  friend class RootsVisitor;
  template <typename Visit>
  friend class StringRootsVisitor;
  friend class SlotsVisitor;
  friend class ExternalStrings;

  // explorer.cc
  V8_INLINE void TagObject(Tagged<Object> object, const char* tag,
                           std::optional<NodeType> type = {}, bool overwrite_existing_name = false) {
    if (surveying_) TagObjectIfNew(object, tag, type, overwrite_existing_name);
  }
  void TagObjectIfNew(Tagged<Object> object, const char* tag, std::optional<NodeType> type,
                      bool overwrite_existing_name);
  void TagObject(Tagged<Object> object, TextId tag, std::optional<NodeType> type = {},
                 bool overwrite_existing_name = false);
  void TagBuiltinCode(Tagged<Code> code, const char* name);
  V8_INLINE bool IsEssentialObject(Tagged<Object> object);
  bool IsEssentialReadOnly(Tagged<Object> object) const;
  bool IsEssentialHiddenReference(Tagged<Object> parent, int field_offset) const;
  inline void MarkVisitedField(int offset);
  V8_INLINE MapInfo& InfoOf(Tagged<JSObject> object);
  MapInfo& FindInfo(Tagged<JSObject> object);
  void FillFields(Tagged<Map> map, MapInfo& info);
  TextId ConstructorName(Tagged<JSObject> object);
  int LocationOfConstructor(Tagged<JSObject> object);
  int LocationOfFunction(Tagged<JSFunction> function);
  uint32_t WalkOrdinalOf(Address object) const;
  void ChoosePopular();
  inline static bool HasEmptyName(InstanceType type);
  const char* SystemName(Tagged<HeapObject> object);
  NodeType SystemType(Tagged<HeapObject> object);
  std::string ShownName(Tagged<Object> object, uint8_t tag);
  void AddRootEdge(Root root, const char* description, bool is_weak, Tagged<Object> object);
  void CountStringRoot(Tagged<Object> object);

  // The edges of the current object.
  V8_INLINE void Emit(EdgeType type, TextId name, Tagged<Object> child) {
    edges_++;
    if (surveying_) {
      texts_.Count(name);
      Note(child);
    } else {
      writer_->Edge(type, texts_.NumberOf(name), kNodeFields * NodeOf(child));
    }
  }
  V8_INLINE void EmitTo(EdgeType type, TextId name, uint64_t node) {
    edges_++;
    if (surveying_) {
      texts_.Count(name);
    } else {
      writer_->Edge(type, texts_.NumberOf(name), kNodeFields * node);
    }
  }
  V8_INLINE void EmitIndexed(EdgeType type, uint32_t index, Tagged<Object> child) {
    edges_++;
    if (surveying_) {
      Note(child);
    } else {
      writer_->Edge(type, index, kNodeFields * NodeOf(child));
    }
  }
  // The survey has met a reference.
  V8_INLINE void Note(Tagged<Object> child) {
    if (IsSmi(child)) {
      AddSmi(Cast<Smi>(child).value());
    } else if (--until_sample_ == 0) {
      Sample(Cast<HeapObject>(child));
    }
  }
  V8_INLINE void AddSmi(int32_t value) {
    if (static_cast<uint32_t>(value) < kSmallSmis) {
      small_smis_[value] = 1;
    } else {
      smis_.Add(value);
    }
  }
  void Sample(Tagged<HeapObject> child);
  void SetContextReference(Tagged<String> name, Tagged<Object> child, int field_offset);
  void SetShortcutReference(TextId name, Tagged<Object> child);
  V8_INLINE void SetElementReference(uint32_t index, Tagged<Object> child);
  void SetInternalReference(const char* name, Tagged<Object> child, int field_offset = -1);
  V8_INLINE void SetCommonReference(TextId name, Tagged<Object> child);
  void SetInternalReference(int index, Tagged<Object> child, int field_offset = -1);
  void SetHiddenReference(Tagged<HeapObject> parent, int index, Tagged<Object> child,
                          int field_offset);
  void SetWeakReference(const char* name, Tagged<Object> child, int field_offset);
  void SetWeakReference(int index, Tagged<Object> child, std::optional<int> field_offset);
  void SetPropertyReference(Tagged<Name> name, Tagged<Object> child, const char* format = nullptr,
                            int field_offset = -1);
  void SetDataOrAccessorPropertyReference(PropertyKind kind, Tagged<Name> name,
                                          Tagged<Object> child, int field_offset = -1);
  void AddIntEdge(const char* name, int value);
  void AddIntEdge(TextId name, int value);
  void AddBoolEdge(const char* name, bool value);
  void AddStringEdge(const char* name, const char* value);
  void AddNativeEdge(TextId name, const void* memory, size_t size, const char* data_name);
  void AddWrapper(Tagged<CppHeapPointerWrapperObjectT> object);
  void AddPair(Tagged<HeapObject> table, Tagged<Object> key, Tagged<Object> value);

  // objects.cc, code.cc: what V8 calls Extract...References.
  void Extract(Tagged<HeapObject> object);
  void ExtractReferences(Tagged<HeapObject> object);
  void ExtractJSObject(Tagged<JSObject> object);
  void ExtractProperties(Tagged<JSObject> object);
  void ExtractAccessorPairProperty(Tagged<Name> key, Tagged<Object> callback, int field_offset);
  void ExtractElements(Tagged<JSObject> object);
  void WriteElements(Tagged<FixedArray> elements, uint32_t length);
  void WriteSlots(Tagged<FixedArray> array);
  void ExtractEmbedderFields(Tagged<JSObject> object);
  bool ExtractPlain(Tagged<HeapObject> object, Tagged<Map> map);
  void ExtractString(Tagged<String> string);
  void ExtractEphemerons(Tagged<EphemeronHashTable> table);
  void ExtractContext(Tagged<Context> context);
  void ExtractMap(Tagged<Map> map);
  void ExtractSharedFunctionInfo(Tagged<SharedFunctionInfo> shared);
  void ExtractScript(Tagged<Script> script);
  void ExtractCode(Tagged<Code> code);
  void ExtractInstructionStream(Tagged<InstructionStream> istream);
  void ExtractCodeObjects(Tagged<HeapObject> object);
  void ExtractScopeInfo(Tagged<ScopeInfo> info);
  void ExtractFeedbackVector(Tagged<FeedbackVector> vector);
  void ExtractDescriptors(Tagged<DescriptorArray> array);
  template <typename T>
  void ExtractWeakArray(int header_size, Tagged<T> array);
  void RecursivelyTagConstantPool(Tagged<Object> object, const char* tag, NodeType type,
                                  int recursion_limit);
  void ExtractWasm(Tagged<HeapObject> object);
  void ExtractWasmStruct(Tagged<WasmStruct> object);
  void ExtractArrayBuffer(Tagged<JSArrayBuffer> buffer);
  void AddWasmValue(TextId name, const std::string& value);

  Isolate* isolate() const { return isolate_; }

  // Names that nearly every object has edges of.
  struct CommonNames {
    TextId map, properties, elements, length, value, proto;
  };

  Heap* const heap_;
  Isolate* const isolate_;
  Texts& texts_;
  NodeIndex& index_;
  const bool lasting_ids_;
  HeapObjectsMap* const ids_;
  const CommonNames names_;
  // The id of the first node of a small integer, where ids last.
  uint32_t first_smi_id_ = 0;

  bool surveying_ = true;
  Writer* writer_ = nullptr;
  // Of the current object; the ordinal is the one in the walk.
  uint32_t edges_ = 0;
  uint32_t ordinal_ = 0;
  uint32_t nodes_ = 0;
  uint64_t all_edges_ = 0;
  std::vector<uint8_t> visited_fields_;
  // The read-only object that was asked about last.
  Address last_read_only_ = kNullAddress;
  bool is_last_essential_ = false;

  // A code or a count that stands for one kept elsewhere.
  static constexpr uint8_t kElsewhere = 255;

  // By ordinal: a tag's number and a count of edges.
  std::vector<uint8_t> tag_codes_;
  std::vector<uint8_t> edge_counts_;
  std::vector<Tag> tags_{Tag{}};
  absl::flat_hash_map<uint32_t, Tag> more_tags_;
  absl::flat_hash_map<uint32_t, uint32_t> more_edges_;
  // Edges that pairs add to their keys.
  absl::flat_hash_map<uint32_t, uint32_t> key_edges_;

  std::vector<std::vector<RootEdge>> root_edges_;
  // V8's table has one for each of its strings: they are met again, not kept.
  uint32_t string_roots_ = 0;
  std::vector<const char*> root_descriptions_{nullptr};
  uint32_t counted_texts_ = 0;
  absl::flat_hash_map<Address, const char*> root_names_;
  std::vector<Pair> pairs_;
  // Sorted by the keys' ordinals.
  std::vector<uint32_t> pairs_by_key_;
  // The first pair of a table, by the table.
  absl::flat_hash_map<Address, uint32_t> table_pairs_;
  uint32_t next_pair_ = 0;

  // One reference in so many is looked at, to find the objects that are referred to most. A prime,
  // so that the references of like objects take turns.
  static constexpr uint32_t kSampled = 61;
  static constexpr size_t kMostPopular = 512;
  uint32_t until_sample_ = kSampled;
  absl::flat_hash_map<Address, uint32_t> samples_;
  std::vector<Popular> popular_;
  absl::flat_hash_map<Address, uint32_t> popular_index_;
  // Popular objects that were asked about lately, and their nodes, by address.
  static constexpr size_t kSeenPopular = 256;
  struct Seen {
    Address object;
    uint32_t node;
  };
  mutable Seen seen_popular_[kSeenPopular] = {};
  // Sorted.
  std::vector<uint32_t> popular_ordinals_;
  // Small integers below it are among the first nodes too: 1 if met, later the node's index.
  static constexpr uint32_t kSmallSmis = 1024;
  uint32_t small_smis_[kSmallSmis] = {};
  std::vector<int32_t> small_smi_values_;

  RankSet smis_;
  RankSet ints_;
  bool bools_[2] = {false, false};
  std::vector<TextId> strings_;
  absl::flat_hash_map<TextId, uint32_t> string_nodes_;
  std::vector<NativeData> native_data_;
  absl::flat_hash_map<const void*, uint32_t> native_nodes_;
  std::vector<TextId> wasm_values_;
  uint32_t next_wasm_value_ = 0;
  uint64_t first_smi_ = 0, first_int_ = 0, first_bool_ = 0, first_string_ = 0, first_popular_ = 0,
           first_object_ = 0, first_native_ = 0, first_wasm_value_ = 0, end_of_nodes_ = 0;

  absl::flat_hash_map<Address, MapInfo*> maps_;
  std::deque<MapInfo> map_infos_;
  Address last_map_ = 0;
  MapInfo* last_info_ = nullptr;
  absl::flat_hash_map<Address, TextId> context_names_;
  absl::flat_hash_map<Address, int> function_locations_;
  std::vector<Location> locations_;
  std::unordered_map<int, String::LineEndsVector> line_ends_;
  CppHeapWrapperSet cpp_wrappers_;
};

}  // namespace v8::internal::oomhost

#endif  // OOMHOST_GENERATOR_EXPLORER_H_
