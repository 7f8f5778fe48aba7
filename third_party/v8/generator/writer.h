// The snapshot's text, through buffers of its own into the stream that the host gives.

#ifndef OOMHOST_GENERATOR_WRITER_H_
#define OOMHOST_GENERATOR_WRITER_H_

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>

#include "generator.h"
#include "handover.h"
#include "include/v8config.h"

namespace v8::internal::oomhost {

// The decimal digits of the numbers below 1000, the first in the lowest byte; the highest byte is how
// many there are.
inline constexpr auto kTinyDigits = [] {
  std::array<uint32_t, 1000> all{};
  for (uint32_t number = 0; number < all.size(); number++) {
    uint32_t digits = '0' + number % 10;
    uint32_t length = 1;
    for (uint32_t rest = number / 10; rest != 0; rest /= 10, length++) {
      digits = digits << 8 | ('0' + rest % 10);
    }
    all[number] = digits | length << 24;
  }
  return all;
}();

// The decimal digits of a number below 10^8, the first in the lowest byte.
struct ShortDigits {
  V8_INLINE explicit ShortDigits(uint32_t number) {
    // Digits side by side, without a branch or a table: halves, quarters, and eighths of the word
    // hold 4, 2 digits, and 1 (the divisions are exact for what the parts can hold).
    const uint64_t four = number / 10000 | uint64_t{number % 10000} << 32;
    const uint64_t high_two = (four * 10486 >> 20) & 0x0000'007F'0000'007F;
    const uint64_t two = high_two + ((four - 100 * high_two) << 16);
    const uint64_t high = (two * 103 >> 10) & 0x000F'000F'000F'000F;
    const uint64_t one = high + ((two - 10 * high) << 8);
    // The last digit stands even if it is a zero.
    const int leading = std::countr_zero(one | uint64_t{1} << 56) & ~7;
    word = (one | 0x3030'3030'3030'3030) >> leading;
    length = 8 - leading / 8;
  }

  uint64_t word;
  int length;
};

// The decimal digits of a number that goes up by one.
class Counter {
 public:
  V8_INLINE explicit Counter(uint64_t number) : number_(number) { Reload(); }

  V8_INLINE void Increment() {
    number_++;
    if (V8_LIKELY(--until_carry_ > 0)) {
      digits_.word += last_digit_;
    } else {
      Reload();
    }
  }

  uint64_t number() const { return number_; }
  // Nothing for a number of more than eight.
  const ShortDigits* digits() const { return V8_LIKELY(number_ < kLimit) ? &digits_ : nullptr; }

  static constexpr uint64_t kLimit = 100'000'000;

 private:
  V8_INLINE void Reload() {
    digits_ = ShortDigits(static_cast<uint32_t>(number_ % kLimit));
    last_digit_ = uint64_t{1} << (8 * (digits_.length - 1));
    until_carry_ = 10 - static_cast<int>(number_ % 10);
  }

  uint64_t number_;
  ShortDigits digits_{0};
  uint64_t last_digit_;
  int until_carry_;
};

class Writer {
 public:
  explicit Writer(const OomhostStream* stream)
      : stream_(stream), handover_(stream), buffers_(new char[2 * kBuffer]), buffer_(buffers_.get()) {}
  // A worker may still read a buffer.
  ~Writer() { handover_.End(); }

  // False once the stream has refused something; what is written then is dropped.
  bool ok() const { return ok_; }

  // How many visits there will be.
  void ExpectVisits(uint64_t all) { all_visits_ = all; }

  // An object has been visited. False if the stream wants no more.
  V8_INLINE bool Visited() { return V8_LIKELY(++visited_ % kReportEvery != 0) || Report(); }

  void Character(char c) { *Reserve(1) = c, used_++; }

  void Bytes(const char* bytes, size_t length) {
    while (length > kBuffer / 2) {
      Bytes(bytes, kBuffer / 2);
      bytes += kBuffer / 2;
      length -= kBuffer / 2;
    }
    memcpy(Reserve(length), bytes, length);
    used_ += length;
  }

  void Text(const char* text) { Bytes(text, strlen(text)); }

  void Number(uint64_t number) { used_ = Digits(Reserve(kDigits), number) - buffer_; }

  // A node: `,` (but for the first), and its numbers.
  V8_INLINE void Node(bool first, uint32_t type, uint64_t name, uint64_t id, uint64_t size,
                      uint64_t edges, uint32_t detachedness) {
    char* at = Reserve(6 * kDigits + 6);
    *at = ',';
    at = Digits(first ? at : at + 1, type);
    for (uint64_t number : {name, id, size, edges}) {
      *at++ = ',';
      at = Digits(at, number);
    }
    *at++ = ',';
    *at++ = static_cast<char>('0' + detachedness);
    used_ = at - buffer_;
  }

  // `,a,b,c`, an edge.
  V8_INLINE void Edge(uint32_t type, uint64_t name, uint64_t to) {
    char* at = Reserve(3 * kDigits + 3);
    *at++ = ',';
    *at++ = static_cast<char>('0' + type);
    *at++ = ',';
    at = Digits(at, name);
    *at++ = ',';
    used_ = Digits(at, to) - buffer_;
  }

  V8_INLINE void Edge(uint32_t type, const Counter& name, uint64_t to) {
    char* at = Reserve(3 * kDigits + 3);
    *at++ = ',';
    *at++ = static_cast<char>('0' + type);
    *at++ = ',';
    at = Digits(at, name);
    *at++ = ',';
    used_ = Digits(at, to) - buffer_;
  }

  V8_INLINE void Edge(uint32_t type, const Counter& name, const Counter& to) {
    char* at = Reserve(3 * kDigits + 3);
    *at++ = ',';
    *at++ = static_cast<char>('0' + type);
    *at++ = ',';
    at = Digits(at, name);
    *at++ = ',';
    used_ = Digits(at, to) - buffer_;
  }

  // A JSON string of ASCII characters.
  void QuotedOneByte(const uint8_t* characters, size_t length) {
    Character('"');
    for (size_t i = 0; i < length; i++) Escaped(characters[i]);
    Character('"');
  }

  void QuotedTwoByte(const uint16_t* characters, size_t length) {
    Character('"');
    for (size_t i = 0; i < length; i++) Escaped(characters[i]);
    Character('"');
  }

  // Writes what is left.
  void Finish() {
    Flush();
    handover_.End();
    ok_ = ok_ && handover_.ok();
  }

  // The decimal digits of `number` at `at`, where there is room for kDigits; returns their end.
  V8_INLINE static char* Digits(char* at, uint64_t number) {
    if (number < kTinyDigits.size()) {
      const uint32_t digits = kTinyDigits[number];
      memcpy(at, &digits, sizeof(digits));
      return at + (digits >> 24);
    }
    if (V8_UNLIKELY(number >= Counter::kLimit)) return LongDigits(at, number);
    return Digits(at, ShortDigits(static_cast<uint32_t>(number)));
  }

  V8_INLINE static char* Digits(char* at, const Counter& number) {
    const ShortDigits* digits = number.digits();
    return digits == nullptr ? LongDigits(at, number.number()) : Digits(at, *digits);
  }

 private:
  static constexpr size_t kBuffer = 512 << 10;
  static constexpr size_t kDigits = 20;
  // Visits between two reports of progress.
  static constexpr uint64_t kReportEvery = 1 << 14;

  V8_INLINE static char* Digits(char* at, const ShortDigits& digits) {
    memcpy(at, &digits.word, sizeof(digits.word));
    return at + digits.length;
  }

  static V8_NOINLINE char* LongDigits(char* at, uint64_t number) {
    char digits[kDigits];
    char* place = digits + kDigits;
    for (; number != 0; number /= 10) *--place = static_cast<char>('0' + number % 10);
    const size_t length = digits + kDigits - place;
    memcpy(at, place, length);
    return at + length;
  }

  char* Reserve(size_t length) {
    if (V8_UNLIKELY(used_ + length > kBuffer)) Flush();
    return buffer_ + used_;
  }

  // Hands the buffer over, and takes the other one.
  V8_NOINLINE void Flush() {
    handover_.End();
    ok_ = ok_ && handover_.ok();
    if (ok_ && used_ > 0) {
      handover_.Take(buffer_, used_);
      buffer_ = buffer_ == buffers_.get() ? buffer_ + kBuffer : buffers_.get();
    }
    used_ = 0;
    // An object alone can be most of a file.
    Report();
  }

  V8_NOINLINE bool Report() {
    ok_ = ok_ && stream_->progress(stream_->context, visited_, all_visits_);
    return ok_;
  }

  void Escaped(uint16_t c) {
    char* at = Reserve(6);
    // As V8 has it.
    if (c == 0) c = ' ';
    if (c >= ' ' && c < 127 && c != '"' && c != '\\') {
      *at = static_cast<char>(c);
      used_++;
      return;
    }
    char letter = 0;
    switch (c) {
      case '"': letter = '"'; break;
      case '\\': letter = '\\'; break;
      case '\b': letter = 'b'; break;
      case '\f': letter = 'f'; break;
      case '\n': letter = 'n'; break;
      case '\r': letter = 'r'; break;
      case '\t': letter = 't'; break;
      default: break;
    }
    at[0] = '\\';
    if (letter != 0) {
      at[1] = letter;
      used_ += 2;
      return;
    }
    static constexpr char kHex[] = "0123456789ABCDEF";
    at[1] = 'u';
    for (int i = 0; i < 4; i++) at[2 + i] = kHex[(c >> (12 - 4 * i)) & 15];
    used_ += 6;
  }

  const OomhostStream* stream_;
  Handover handover_;
  // Two, of which one is filled.
  std::unique_ptr<char[]> buffers_;
  char* buffer_;
  size_t used_ = 0;
  uint64_t visited_ = 0;
  uint64_t all_visits_ = 0;
  bool ok_ = true;
};

}  // namespace v8::internal::oomhost

#endif  // OOMHOST_GENERATOR_WRITER_H_
