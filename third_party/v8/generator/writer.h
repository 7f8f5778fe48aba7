// The snapshot's text, through a buffer of its own into the stream that the host gives.

#ifndef OOMHOST_GENERATOR_WRITER_H_
#define OOMHOST_GENERATOR_WRITER_H_

#include <cstdint>
#include <cstring>
#include <memory>

#include "generator.h"

namespace v8::internal::oomhost {

class Writer {
 public:
  explicit Writer(const OomhostStream* stream) : stream_(stream), buffer_(new char[kBuffer]) {}
  ~Writer() = default;

  // False once the stream has refused something; what is written then is dropped.
  bool ok() const { return ok_; }

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

  void Number(uint64_t number) { used_ = Digits(Reserve(kDigits), number) - buffer_.get(); }

  // A node: `,` (but for the first), and its numbers.
  void Node(bool first, uint32_t type, uint64_t name, uint64_t id, uint64_t size, uint64_t edges,
            uint32_t detachedness) {
    char* at = Reserve(6 * kDigits + 6);
    *at = ',';
    at = Digits(first ? at : at + 1, type);
    for (uint64_t number : {name, id, size, edges, uint64_t{detachedness}}) {
      *at++ = ',';
      at = Digits(at, number);
    }
    used_ = at - buffer_.get();
  }

  // `,a,b,c`, an edge.
  void Edge(uint32_t type, uint64_t name, uint64_t to) {
    char* at = Reserve(3 * kDigits + 3);
    *at++ = ',';
    *at++ = static_cast<char>('0' + type);
    *at++ = ',';
    at = Digits(at, name);
    *at++ = ',';
    used_ = Digits(at, to) - buffer_.get();
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

  // Hands over what is left.
  void Flush() {
    if (used_ > 0 && ok_) {
      ok_ = stream_->write(stream_->context, buffer_.get(), used_);
    }
    used_ = 0;
  }

  // The decimal digits of `number` at `at`; returns their end.
  static char* Digits(char* at, uint64_t number) {
    char* const end = at + CountDigits(number);
    char* place = end;
    while (number >= 100) {
      place -= 2;
      memcpy(place, kPairs + number % 100 * 2, 2);
      number /= 100;
    }
    if (number >= 10) {
      memcpy(place - 2, kPairs + number * 2, 2);
    } else {
      *(place - 1) = static_cast<char>('0' + number);
    }
    return end;
  }

 private:
  static constexpr size_t kBuffer = 256 << 10;
  static constexpr size_t kDigits = 20;
  static constexpr char kPairs[] =
      "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546"
      "4748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293"
      "949596979899";

  static int CountDigits(uint64_t number) {
    int digits = 1;
    for (;;) {
      if (number < 10) return digits;
      if (number < 100) return digits + 1;
      if (number < 1000) return digits + 2;
      if (number < 10000) return digits + 3;
      number /= 10000;
      digits += 4;
    }
  }

  char* Reserve(size_t length) {
    if (used_ + length > kBuffer) Flush();
    return buffer_.get() + used_;
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
  std::unique_ptr<char[]> buffer_;
  size_t used_ = 0;
  bool ok_ = true;
};

}  // namespace v8::internal::oomhost

#endif  // OOMHOST_GENERATOR_WRITER_H_
