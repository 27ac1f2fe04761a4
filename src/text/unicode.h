// The few facts about Unicode that tokenizing needs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hangtag::text {

struct CodePoint {
  char32_t value;
  std::size_t bytes;  // of its UTF-8 form
};

// The first code point of `text`, which is valid UTF-8 and not empty.
CodePoint first_code_point(std::string_view text);

// `text` with every byte that is not part of valid UTF-8 replaced by U+FFFD.
std::string to_valid_utf8(std::string_view text);

// Unicode's White_Space property.
bool is_whitespace(char32_t code_point);

std::string_view strip_left(std::string_view text);   // without whitespace at its start
std::string_view strip_right(std::string_view text);  // without whitespace at its end

// The length in bytes of the first extended grapheme cluster (UAX #29) of `text`, which is valid UTF-8 and not empty.
std::size_t first_grapheme(std::string_view text);

}  // namespace hangtag::text
