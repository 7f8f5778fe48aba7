#include "texts.h"

#include <algorithm>
#include <bit>

#include "src/flags/flags.h"
#include "src/numbers/conversions.h"
#include "src/objects/objects-inl.h"
#include "src/objects/string-inl.h"

namespace v8::internal::oomhost {

namespace {

constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15u;

// A code point of UTF-8, as one or two units of UTF-16; U+FFFD for a byte that is none.
void Decode(std::string_view utf8, std::vector<uint16_t>& out) {
  out.clear();
  for (size_t i = 0; i < utf8.size();) {
    const uint8_t first = utf8[i];
    const int more = first < 0x80 ? 0 : first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : -1;
    if (more < 0 || i + more >= utf8.size()) {
      out.push_back(0xFFFD);
      i++;
      continue;
    }
    uint32_t point = more == 0 ? first : first & (0x3F >> more);
    for (int k = 1; k <= more; k++) point = point << 6 | (utf8[i + k] & 0x3F);
    if (point > 0xFFFF) {
      out.push_back(static_cast<uint16_t>(0xD7C0 + (point >> 10)));
      out.push_back(static_cast<uint16_t>(0xDC00 + (point & 0x3FF)));
    } else {
      out.push_back(static_cast<uint16_t>(point));
    }
    i += more + 1;
  }
}

uint32_t ShownLength(Tagged<String> string) {
  const uint32_t limit = v8_flags.heap_snapshot_string_limit;
  return limit == 0 ? string->length() : std::min<uint32_t>(limit, string->length());
}

}  // namespace

uint64_t Characters::Hash() const {
  uint64_t hash = length * kMultiplier + (one_byte == nullptr);
  const uint8_t* bytes = one_byte != nullptr ? one_byte : reinterpret_cast<const uint8_t*>(two_byte);
  const size_t size = one_byte != nullptr ? length : 2 * length;
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    uint64_t word;
    memcpy(&word, bytes + i, 8);
    hash = (std::rotl(hash, 29) ^ word) * kMultiplier;
    hash ^= hash >> 32;
  }
  uint64_t word = 0;
  memcpy(&word, bytes + i, size - i);
  hash = (std::rotl(hash, 29) ^ word) * kMultiplier;
  return hash ^ hash >> 29;
}

bool Characters::operator==(const Characters& other) const {
  if (length != other.length || (one_byte == nullptr) != (other.one_byte == nullptr)) return false;
  if (length == 0) return true;
  return one_byte != nullptr ? memcmp(one_byte, other.one_byte, length) == 0
                             : memcmp(two_byte, other.two_byte, 2 * length) == 0;
}

Characters Reader::Narrowed(const uint16_t* characters, size_t length) {
  uint16_t all = 0;
  for (size_t i = 0; i < length; i++) all |= characters[i];
  Characters result;
  result.length = length;
  if (all > 0xFF) {
    result.two_byte = characters;
    return result;
  }
  one_byte_.resize(length + 1);
  for (size_t i = 0; i < length; i++) one_byte_[i] = static_cast<uint8_t>(characters[i]);
  result.one_byte = one_byte_.data();
  return result;
}

Characters Reader::Read(Tagged<String> string) {
  DisallowGarbageCollection no_gc;
  const uint32_t length = ShownLength(string);
  if (string->IsFlat()) {
    String::FlatContent content = string->GetFlatContent(no_gc);
    if (content.IsOneByte()) {
      Characters result;
      result.one_byte = content.ToOneByteVector().begin();
      result.length = length;
      return result;
    }
    if (content.IsTwoByte()) {
      return Narrowed(reinterpret_cast<const uint16_t*>(content.ToUC16Vector().begin()), length);
    }
  }
  two_byte_.resize(length + 1);
  String::WriteToFlat(string, two_byte_.data(), 0, length);
  return Narrowed(two_byte_.data(), length);
}

Characters Reader::Read(std::string_view utf8) {
  bool ascii = true;
  for (char c : utf8) ascii = ascii && static_cast<uint8_t>(c) < 0x80;
  if (ascii) {
    Characters result;
    result.one_byte = reinterpret_cast<const uint8_t*>(utf8.data());
    result.length = utf8.size();
    return result;
  }
  Decode(utf8, two_byte_);
  return Narrowed(two_byte_.data(), two_byte_.size());
}

Texts::Texts(size_t remembered_values) {
  // Number 0 is V8's "<dummy>", which nothing is called.
  entries_.push_back({"<dummy>", kNullAddress});
  uses_.push_back(0);
  remembered_.resize(std::bit_ceil(std::max<size_t>(remembered_values, 1024)));
}

Characters Texts::CharactersOf(const Entry& entry, Reader& reader) const {
  if (entry.utf8 != nullptr) return reader.Read(std::string_view(entry.utf8));
  return reader.Read(Cast<String>(Tagged<Object>(entry.string)));
}

TextId Texts::Find(const Characters& characters, uint64_t hash) const {
  auto found = by_hash_.find(hash);
  if (found == by_hash_.end()) return 0;
  // Others of the same hash have gone under numbers of their own.
  return CharactersOf(entries_[found->second], other_) == characters ? found->second : 0;
}

TextId Texts::Add(Entry entry, uint64_t hash) {
  const TextId id = static_cast<TextId>(entries_.size());
  entries_.push_back(entry);
  uses_.push_back(0);
  by_hash_.emplace(hash, id);
  return id;
}

TextId Texts::FindOrAddUtf8(const char* text, bool copy) {
  const Characters characters = reader_.Read(std::string_view(text));
  const uint64_t hash = characters.Hash();
  if (TextId found = Find(characters, hash)) return found;
  if (frozen_) return Missed();
  if (copy) {
    copies_.emplace_back(text);
    text = copies_.back().c_str();
  }
  return Add({text, kNullAddress}, hash);
}

TextId Texts::Literal(const char* text) {
  auto found = by_literal_.find(text);
  if (found != by_literal_.end()) return found->second;
  const TextId id = FindOrAddUtf8(text, false);
  by_literal_.emplace(text, id);
  return id;
}

TextId Texts::Formatted(const std::string& text) { return FindOrAddUtf8(text.c_str(), true); }

TextId Texts::OfName(Tagged<Name> name) {
  auto known = by_object_.find(name.ptr());
  if (known != by_object_.end()) return known->second;
  TextId id;
  if (IsString(name)) {
    const Characters characters = reader_.Read(Cast<String>(name));
    const uint64_t hash = characters.Hash();
    id = Find(characters, hash);
    if (id == 0) {
      if (frozen_) return Missed();
      id = Add({nullptr, name.ptr()}, hash);
    }
  } else {
    Tagged<Symbol> symbol = Cast<Symbol>(name);
    if (!IsString(symbol->description())) {
      id = Literal("<symbol>");
    } else if (symbol->is_any_private_name()) {
      id = OfName(Cast<String>(symbol->description()));
    } else {
      Tagged<String> description = Cast<String>(symbol->description());
      id = Formatted(
          std::string("<symbol ") + description->ToCString(0, ShownLength(description)).get() + ">");
    }
  }
  if (!frozen_) by_object_.emplace(name.ptr(), id);
  return id;
}

TextId Texts::SmallDecimal(int32_t number) {
  TextId& id = small_decimals_[number];
  if (id == 0 && !frozen_) id = Formatted(std::to_string(number));
  return id;
}

TextId Texts::FindDecimal(int32_t number) const {
  if (static_cast<uint32_t>(number) < kSmall) return small_decimals_[number];
  const int64_t rank = decimals_.RankOf(number);
  return rank < 0 ? 0 : first_decimal_ + static_cast<TextId>(rank);
}

void Texts::Freeze(uint32_t counted) {
  decimals_.Finish();
  frozen_ = true;
  first_decimal_ = static_cast<TextId>(entries_.size());
  names_.resize(entries_.size());
  for (TextId name = 0; name < names_.size(); name++) names_[name] = name;
  std::stable_sort(names_.begin() + 1, names_.end(),
                   [this](TextId a, TextId b) { return uses_[a] > uses_[b]; });
  numbers_.resize(entries_.size());
  for (TextId number = 0; number < names_.size(); number++) numbers_[names_[number]] = number;
  first_counted_ = first_decimal_ + decimals_.count();
  first_value_ = first_counted_ + counted;
  StartValues();
}

void Texts::StartValues() {
  next_value_ = first_value_;
  std::fill(remembered_.begin(), remembered_.end(), Remembered{0, kNullAddress, 0});
}

Texts::Value Texts::OfString(Tagged<String> string) {
  if (IsThinString(string)) string = Cast<ThinString>(string)->actual();
  if (IsInternalizedString(string)) {
    auto known = by_object_.find(string.ptr());
    if (known != by_object_.end()) return {known->second, false};
  }
  const Characters characters = reader_.Read(string);
  if (characters.one_byte != nullptr && characters.length - 1 < 11) {
    // Digits as an integer is written: they may be there already.
    int64_t number = 0;
    const bool negative = characters.one_byte[0] == '-';
    bool canonical = characters.length > negative &&
                     (characters.one_byte[negative] != '0' || characters.length == 1);
    for (size_t i = negative; canonical && i < characters.length; i++) {
      const uint8_t c = characters.one_byte[i];
      canonical = c >= '0' && c <= '9';
      number = number * 10 + (c - '0');
    }
    if (negative) number = -number;
    if (canonical && number == static_cast<int32_t>(number)) {
      if (TextId found = FindDecimal(static_cast<int32_t>(number))) return {found, false};
    }
  }
  const uint64_t hash = characters.Hash();
  if (IsInternalizedString(string)) {
    if (TextId found = Find(characters, hash)) return {found, false};
  }
  Remembered& slot = remembered_[hash & (remembered_.size() - 1)];
  if (slot.hash == hash && slot.string != kNullAddress &&
      other_.Read(Cast<String>(Tagged<Object>(slot.string))) == characters) {
    return {slot.id, false};
  }
  slot = {hash, string.ptr(), next_value_};
  return {next_value_++, true};
}

Texts::Value Texts::OfNumber(double number) {
  if (number >= kMinInt && number <= kMaxInt && number == static_cast<int32_t>(number) &&
      !(number == 0 && std::signbit(number))) {
    if (TextId found = FindDecimal(static_cast<int32_t>(number))) return {found, false};
  }
  const uint64_t bits = std::bit_cast<uint64_t>(number);
  Remembered& slot = remembered_[(bits * kMultiplier >> 20) & (remembered_.size() - 1)];
  if (slot.hash == bits && slot.string == kNullAddress && slot.id != 0) return {slot.id, false};
  slot = {bits, kNullAddress, next_value_};
  return {next_value_++, true};
}

void Texts::WriteNames(Writer& writer) const {
  for (size_t number = 0; number < names_.size(); number++) {
    if (number > 0) writer.Character(',');
    CharactersOf(entries_[names_[number]], reader_).Write(writer);
  }
}

void Texts::WriteDecimals(Writer& writer) const {
  decimals_.ForEach([&writer](int32_t number) {
    writer.Bytes(number < 0 ? ",\"-" : ",\"", number < 0 ? 3 : 2);
    writer.Number(static_cast<uint64_t>(std::abs(static_cast<int64_t>(number))));
    writer.Character('"');
  });
}

void Texts::WriteUtf8(Writer& writer, std::string_view utf8) {
  Reader reader;
  reader.Read(utf8).Write(writer);
}

std::string Texts::NameText(TextId name) const {
  const Entry& entry = entries_[name];
  if (entry.utf8 != nullptr) return entry.utf8;
  Tagged<String> string = Cast<String>(Tagged<Object>(entry.string));
  return string->ToCString(0, ShownLength(string)).get();
}

}  // namespace v8::internal::oomhost
