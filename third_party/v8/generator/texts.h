// The snapshot's string table, as blocks of numbers that are known before the strings are written:
//
//   0          V8's "<dummy>"
//   names      what edges and kinds of nodes are called: few, each there once, kept as a table
//   decimals   integers, which are ranked and not kept (indices of arrays, values of numbers)
//   counted    texts with a running number, made again when they are written (roots, weak maps)
//   values     the characters of string objects and the digits of heap numbers, numbered in the
//              order of the walk and read from the heap once more when they are written

#ifndef OOMHOST_GENERATOR_TEXTS_H_
#define OOMHOST_GENERATOR_TEXTS_H_

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "rank-set.h"
#include "src/objects/name.h"
#include "src/objects/string.h"
#include "writer.h"

namespace v8::internal::oomhost {

using TextId = uint32_t;

// Characters as a snapshot shows them: Latin-1 where that holds them all, UTF-16 otherwise.
struct Characters {
  const uint8_t* one_byte = nullptr;
  const uint16_t* two_byte = nullptr;
  size_t length = 0;

  uint64_t Hash() const;
  bool operator==(const Characters& other) const;
  void Write(Writer& writer) const {
    if (one_byte != nullptr) {
      writer.QuotedOneByte(one_byte, length);
    } else {
      writer.QuotedTwoByte(two_byte, length);
    }
  }
};

// Reads the characters of strings and of UTF-8. What it returns holds until the next call.
class Reader {
 public:
  Characters Read(Tagged<String> string);
  Characters Read(std::string_view utf8);

 private:
  Characters Narrowed(const uint16_t* characters, size_t length);

  std::vector<uint16_t> two_byte_;
  std::vector<uint8_t> one_byte_;
};

class Texts {
 public:
  // How many values are remembered, so that equal ones are written once.
  explicit Texts(size_t remembered_values);

  // --- Names. While the heap is surveyed they are added, afterwards only found.

  // A text that lives as long as the program.
  TextId Literal(const char* text);
  TextId Formatted(const std::string& text);
  // What StringsStorage::GetName says.
  TextId OfName(Tagged<Name> name);

  // --- Decimals.

  // Integers below it are names: the indices and values that are used most are among them.
  static constexpr uint32_t kSmall = 1024;

  // While the heap is surveyed: adds it, and returns what stands for it then.
  TextId Decimal(int32_t number) {
    if (static_cast<uint32_t>(number) < kSmall) return SmallDecimal(number);
    if (!frozen_) {
      decimals_.Add(number);
      return 0;
    }
    return first_decimal_ + static_cast<TextId>(decimals_.RankOf(number));
  }

  // --- Numbers in the file. Names that are used most get the shortest.

  // Counts a use of a name, during the survey.
  void Count(TextId name) { uses_[name]++; }

  // The number of a text in the file, once the survey is over.
  TextId NumberOf(TextId text) const { return text < first_decimal_ ? numbers_[text] : text; }

  // The survey is over, all uses have been counted, and has seen so many counted texts.
  void Freeze(uint32_t counted);

  // The number of the `index`th counted text.
  TextId Counted(uint32_t index) const { return first_counted_ + index; }

  // --- Values, in the order of the walk. Start anew before each walk.

  struct Value {
    TextId id;
    // It has not been there before, and is to be written.
    bool fresh;
  };
  void StartValues();
  Value OfString(Tagged<String> string);
  Value OfNumber(double number);

  // --- Writing.

  void WriteNames(Writer& writer) const;
  void WriteDecimals(Writer& writer) const;
  static void WriteUtf8(Writer& writer, std::string_view utf8);

  // The text of a name, in UTF-8.
  std::string NameText(TextId name) const;

  // False if a walk met a name that the survey has not: the snapshot is wrong.
  bool consistent() const { return consistent_; }

 private:
  // A literal or formatted text, or else a string object.
  struct Entry {
    const char* utf8;
    Address string;
  };

  TextId SmallDecimal(int32_t number);
  // A decimal that is there already, or 0.
  TextId FindDecimal(int32_t number) const;
  Characters CharactersOf(const Entry& entry, Reader& reader) const;
  // The name with these characters, or 0.
  TextId Find(const Characters& characters, uint64_t hash) const;
  TextId Add(Entry entry, uint64_t hash);
  TextId FindOrAddUtf8(const char* text, bool copy);
  TextId Missed() {
    consistent_ = false;
    return 0;
  }

  std::vector<Entry> entries_;
  std::vector<uint32_t> uses_;
  // By name, and by number.
  std::vector<TextId> numbers_;
  std::vector<TextId> names_;
  TextId small_decimals_[kSmall] = {};
  absl::flat_hash_map<uint64_t, TextId> by_hash_;
  absl::flat_hash_map<const void*, TextId> by_literal_;
  absl::flat_hash_map<Address, TextId> by_object_;
  std::deque<std::string> copies_;

  RankSet decimals_;
  bool frozen_ = false;
  bool consistent_ = true;
  TextId first_decimal_ = 0;
  TextId first_counted_ = 0;
  TextId first_value_ = 0;
  TextId next_value_ = 0;

  struct Remembered {
    uint64_t hash;
    Address string;
    TextId id;
  };
  std::vector<Remembered> remembered_;
  mutable Reader reader_;
  mutable Reader other_;
};

}  // namespace v8::internal::oomhost

#endif  // OOMHOST_GENERATOR_TEXTS_H_
