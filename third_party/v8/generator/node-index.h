// From a heap object's address to the ordinal of its node: a bitmap of object starts for each page,
// and a running count of the bits before each word of it. About 2 % of the heap.

#ifndef OOMHOST_GENERATOR_NODE_INDEX_H_
#define OOMHOST_GENERATOR_NODE_INDEX_H_

#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "src/base/logging.h"
#include "src/common/globals.h"

namespace v8::internal::oomhost {

// Objects are added in the order in which V8's heap iterates, which is ascending within a page. An
// object takes the ordinals of all bits that it sets: its own, and one for a part of it that is a node.
class NodeIndex {
 public:
  // `nodes`: 1, or 2 with a part. An object has a word for each.
  void Add(Address object, int nodes, bool alone_on_page) {
    Page* page = Find(object);
    if (page == nullptr) page = AddPage(object, alone_on_page);
    if (!page->bits) return;
    for (int i = 0; i < nodes; i++) {
      const uint32_t bit = BitOf(object) + i;
      page->bits[bit / 64] |= uint64_t{1} << (bit % 64);
    }
  }

  // Takes an object out that has one bit and is not alone on its page.
  void Remove(Address object) {
    Page* page = Find(object);
    const uint32_t bit = BitOf(object);
    page->bits[bit / 64] &= ~(uint64_t{1} << (bit % 64));
  }

  // To be called once all objects are in, and again once some have been taken out.
  void Finish() {
    uint32_t ordinal = 0;
    for (auto& page : pages_) {
      page->first = ordinal;
      if (!page->bits) {
        ordinal++;
        continue;
      }
      uint32_t before = 0;
      for (uint32_t word = 0; word < kWords; word++) {
        page->before[word] = static_cast<uint16_t>(before);
        before += std::popcount(page->bits[word]);
      }
      ordinal += before;
    }
    count_ = ordinal;
  }

  // How many nodes there are.
  uint32_t count() const { return count_; }

  static constexpr uint32_t kNone = ~uint32_t{0};

  // The ordinal of an object; kNone for one that has been taken out, or was never in.
  V8_INLINE uint32_t OrdinalOf(Address object) const {
    const Page* page = Find(object);
    if (V8_UNLIKELY(page == nullptr)) return kNone;
    if (!page->bits) return page->first;
    const uint32_t bit = BitOf(object);
    const uint64_t word = page->bits[bit / 64];
    const uint64_t mask = uint64_t{1} << (bit % 64);
    if (V8_UNLIKELY(!(word & mask))) return kNone;
    return page->first + page->before[bit / 64] + std::popcount(word & (mask - 1));
  }

  // Calls `visit` with the address of each object, in the order of the ordinals; it returns how many
  // nodes the object has, or 0 to end. False if it did.
  template <typename Visit>
  bool ForEach(Visit visit) const {
    for (const auto& page : pages_) {
      if (!page->bits) {
        if (visit(page->object) == 0) return false;
        continue;
      }
      const Address start = page->chunk << kChunkBits;
      // Whether the first bit of a word is that of a part.
      bool part = false;
      for (uint32_t word = 0; word < kWords; word++) {
        uint64_t rest = page->bits[word];
        if (part) rest &= rest - 1;
        part = false;
        while (rest != 0) {
          const int bit = std::countr_zero(rest);
          rest &= rest - 1;
          const int nodes = visit(start + (Address{word} * 64 + bit) * kTaggedSize);
          if (nodes == 0) return false;
          if (nodes == 2) {
            part = bit == 63;
            if (!part) rest &= rest - 1;
          }
        }
      }
    }
    return true;
  }

  // Whether the address is that of an object that has been added.
  bool Contains(Address object) const {
    const Page* page = Find(object);
    if (page == nullptr) return false;
    if (!page->bits) return page->object == object;
    const uint32_t bit = BitOf(object);
    return (page->bits[bit / 64] >> (bit % 64)) & 1;
  }

 private:
  static constexpr int kChunkBits = kPageSizeBits;
  static constexpr uint32_t kWords = (1u << kChunkBits) / 8 / 64;

  struct Page {
    Address chunk;
    Address object;
    // The ordinal of the first node on the page.
    uint32_t first = 0;
    // Nothing for a page that holds one large object.
    std::unique_ptr<uint64_t[]> bits;
    std::unique_ptr<uint16_t[]> before;
  };

  static uint32_t BitOf(Address object) {
    return static_cast<uint32_t>(object & ((Address{1} << kChunkBits) - 1)) / 8;
  }

  V8_INLINE Page* Find(Address object) const {
    const Address chunk = object >> kChunkBits;
    return V8_LIKELY(last_ != nullptr && last_->chunk == chunk) ? last_ : Search(chunk);
  }

  V8_NOINLINE Page* Search(Address chunk) const {
    if (table_.empty()) return nullptr;
    for (size_t slot = SlotOf(chunk);; slot = (slot + 1) & (table_.size() - 1)) {
      Page* page = table_[slot];
      if (page == nullptr) return nullptr;
      if (page->chunk == chunk) return last_ = page;
    }
  }

  Page* AddPage(Address object, bool alone) {
    pages_.push_back(std::make_unique<Page>());
    Page* page = pages_.back().get();
    page->chunk = object >> kChunkBits;
    page->object = object;
    if (!alone) {
      page->bits.reset(new uint64_t[kWords]());
      page->before.reset(new uint16_t[kWords]);
    }
    if (pages_.size() * 2 > table_.size()) {
      table_.assign(std::max<size_t>(64, table_.size() * 2), nullptr);
      for (auto& each : pages_) Insert(each.get());
    } else {
      Insert(page);
    }
    return page;
  }

  void Insert(Page* page) {
    size_t slot = SlotOf(page->chunk);
    while (table_[slot] != nullptr) slot = (slot + 1) & (table_.size() - 1);
    table_[slot] = page;
  }

  size_t SlotOf(Address chunk) const {
    return (chunk * 0x9E3779B97F4A7C15u >> 32) & (table_.size() - 1);
  }

  std::vector<std::unique_ptr<Page>> pages_;
  // Open addressing, a power of two, at most half full.
  std::vector<Page*> table_;
  mutable Page* last_ = nullptr;
  uint32_t count_ = 0;
};

}  // namespace v8::internal::oomhost

#endif  // OOMHOST_GENERATOR_NODE_INDEX_H_
