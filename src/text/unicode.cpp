#include "text/unicode.h"

#include <utf8proc.h>

namespace hangtag::text {
namespace {

// The length of the first code point, or a negative number when it is not valid UTF-8.
utf8proc_ssize_t iterate(std::string_view text, utf8proc_int32_t& value) {
  return utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                          static_cast<utf8proc_ssize_t>(text.size()), &value);
}

// utf8proc 2.8 has the properties of Unicode 15.0. These characters came later, up to 17.0, and extend a grapheme, so
// they stand in for what they are by one that always did.
utf8proc_int32_t known_to_utf8proc(char32_t c) {
  const bool extends = c == 0x0897 || (c >= 0x1ACF && c <= 0x1ADD) || (c >= 0x1AE0 && c <= 0x1AEB);
  return static_cast<utf8proc_int32_t>(extends ? 0x0300 : c);
}

}  // namespace

CodePoint first_code_point(std::string_view text) {
  utf8proc_int32_t value = 0;
  const auto bytes = iterate(text, value);
  return {static_cast<char32_t>(value), static_cast<std::size_t>(bytes)};
}

std::string to_valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    utf8proc_int32_t value = 0;
    const auto bytes = iterate(text, value);
    if (bytes > 0) {
      valid += text.substr(0, static_cast<std::size_t>(bytes));
      text.remove_prefix(static_cast<std::size_t>(bytes));
    } else {
      valid += "\uFFFD";
      text.remove_prefix(1);
    }
  }
  return valid;
}

bool is_whitespace(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

std::string_view strip_left(std::string_view text) {
  while (!text.empty()) {
    const auto code_point = first_code_point(text);
    if (!is_whitespace(code_point.value)) break;
    text.remove_prefix(code_point.bytes);
  }
  return text;
}

std::string_view strip_right(std::string_view text) {
  while (!text.empty()) {
    auto last = text.size() - 1;
    while (last > 0 && (static_cast<unsigned char>(text[last]) & 0xC0) == 0x80) --last;  // a continuation byte
    if (!is_whitespace(first_code_point(text.substr(last)).value)) break;
    text = text.substr(0, last);
  }
  return text;
}

std::size_t first_grapheme(std::string_view text) {
  auto [previous, length] = first_code_point(text);
  utf8proc_int32_t state = 0;
  while (length < text.size()) {
    const auto next = first_code_point(text.substr(length));
    if (utf8proc_grapheme_break_stateful(known_to_utf8proc(previous), known_to_utf8proc(next.value), &state)) break;
    previous = next.value;
    length += next.bytes;
  }
  return length;
}

}  // namespace hangtag::text
