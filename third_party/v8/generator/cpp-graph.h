// The nodes and edges of V8's C++ heap (cppgc). V8's own builder makes them, on a snapshot of its
// kind that holds stand-ins for the few objects which C++ refers to.

#ifndef OOMHOST_GENERATOR_CPP_GRAPH_H_
#define OOMHOST_GENERATOR_CPP_GRAPH_H_

#include <memory>
#include <vector>

#include "explorer.h"

namespace v8::internal::oomhost {

struct CppNode {
  NodeType type;
  TextId name;
  // V8's, if ids last.
  uint32_t id;
  uint64_t size;
  uint32_t edges;
  uint8_t detachedness;
};

struct CppEdge {
  EdgeType type;
  // A text, or an index for elements and hidden edges.
  uint32_t name_or_index;
  // Where it comes from: an object; or else, if `object` is null, a root's or a C++ node's place.
  Address object;
  bool from_cpp;
  size_t from;
  // Where it goes to, likewise.
  Address to_object;
  bool to_cpp;
  size_t to;
};

struct CppGraph {
  std::vector<CppNode> nodes;
  std::vector<CppEdge> edges;
  // What objects become that are one with a C++ object.
  absl::flat_hash_map<Address, CppNode> merged;
};

// To be called while the heap is surveyed, and within Stack::SetMarkerIfNeededAndCallback.
CppGraph BuildCppGraph(Heap* heap, Explorer& explorer, Texts& texts);

}  // namespace v8::internal::oomhost

#endif  // OOMHOST_GENERATOR_CPP_GRAPH_H_
