// A set of 32-bit integers that knows how many of its members are below a given one. Dense ranges
// take a bit a member, sparse ones two bytes: a heap full of distinct small integers stays cheap.

#ifndef OOMHOST_GENERATOR_RANK_SET_H_
#define OOMHOST_GENERATOR_RANK_SET_H_

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "src/base/logging.h"

namespace v8::internal::oomhost {

// Members are added first; after Finish() they are ranked. Values are ordered as signed integers.
class RankSet {
 public:
  void Add(int32_t value) {
    const uint32_t ordered = Order(value);
    Container& container = ContainerOf(ordered >> 16);
    const uint16_t low = static_cast<uint16_t>(ordered);
    if (container.bits) {
      container.bits[low / 64] |= uint64_t{1} << (low % 64);
      return;
    }
    auto& sparse = container.sparse;
    // Ascending values, the usual order, need no search.
    if (sparse.empty() || sparse.back() < low) {
      sparse.push_back(low);
    } else {
      auto place = std::lower_bound(sparse.begin(), sparse.end(), low);
      if (*place == low) return;
      sparse.insert(place, low);
    }
    if (sparse.size() > kMostSparse) container.MakeDense();
  }

  void Finish() {
    uint32_t before = 0;
    for (auto& [high, container] : containers_) {
      container.before = before;
      if (container.bits) {
        uint32_t within = 0;
        container.ranks.reset(new uint16_t[kWords]);
        for (uint32_t word = 0; word < kWords; word++) {
          container.ranks[word] = static_cast<uint16_t>(within);
          within += std::popcount(container.bits[word]);
        }
        before += within;
      } else {
        before += static_cast<uint32_t>(container.sparse.size());
      }
    }
    count_ = before;
    last_ = nullptr;
  }

  uint32_t count() const { return count_; }

  // How many members are below `value`, a member; -1 if it is none.
  int64_t RankOf(int32_t value) const {
    const uint32_t ordered = Order(value);
    const Container* container = FindContainer(ordered >> 16);
    if (container == nullptr) return -1;
    const uint16_t low = static_cast<uint16_t>(ordered);
    if (container->bits) {
      const uint64_t word = container->bits[low / 64];
      if (!((word >> (low % 64)) & 1)) return -1;
      const uint64_t below = word & ((uint64_t{1} << (low % 64)) - 1);
      return int64_t{container->before} + container->ranks[low / 64] + std::popcount(below);
    }
    auto& sparse = container->sparse;
    auto place = std::lower_bound(sparse.begin(), sparse.end(), low);
    if (place == sparse.end() || *place != low) return -1;
    return int64_t{container->before} + (place - sparse.begin());
  }

  // Calls `visit` with each member, in the order of their ranks.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const auto& [high, container] : containers_) {
      if (!container.bits) {
        for (uint16_t low : container.sparse) visit(Value(high << 16 | low));
        continue;
      }
      for (uint32_t word = 0; word < kWords; word++) {
        for (uint64_t rest = container.bits[word]; rest != 0; rest &= rest - 1) {
          visit(Value(high << 16 | word * 64 | std::countr_zero(rest)));
        }
      }
    }
  }

 private:
  static constexpr uint32_t kWords = 65536 / 64;
  // Beyond it a bitmap is smaller than a list.
  static constexpr size_t kMostSparse = 4096;

  struct Container {
    void MakeDense() {
      bits.reset(new uint64_t[kWords]());
      for (uint16_t low : sparse) bits[low / 64] |= uint64_t{1} << (low % 64);
      std::vector<uint16_t>().swap(sparse);
    }

    uint32_t before = 0;
    std::vector<uint16_t> sparse;
    std::unique_ptr<uint64_t[]> bits;
    std::unique_ptr<uint16_t[]> ranks;
  };

  static uint32_t Order(int32_t value) { return static_cast<uint32_t>(value) ^ 0x80000000u; }
  static int32_t Value(uint32_t ordered) { return static_cast<int32_t>(ordered ^ 0x80000000u); }

  Container& ContainerOf(uint32_t high) {
    if (last_ == nullptr || last_high_ != high) {
      last_ = &containers_[high];
      last_high_ = high;
    }
    return *last_;
  }

  const Container* FindContainer(uint32_t high) const {
    if (last_ != nullptr && last_high_ == high) return last_;
    auto found = containers_.find(high);
    if (found == containers_.end()) return nullptr;
    last_ = const_cast<Container*>(&found->second);
    last_high_ = high;
    return last_;
  }

  std::map<uint32_t, Container> containers_;
  mutable Container* last_ = nullptr;
  mutable uint32_t last_high_ = 0;
  uint32_t count_ = 0;
};

}  // namespace v8::internal::oomhost

#endif  // OOMHOST_GENERATOR_RANK_SET_H_
