// Finds the added tokens in a text, which then is cut around them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/definition.h"

namespace hangtag::text {

struct Span {
  std::string_view text;
  std::optional<std::int64_t> id;  // of the added token that it is
};

// Immutable.
class AddedTokenFinder {
 public:
  void add(std::string pattern, const AddedToken& token);

  // The whole of `text` in order; of the tokens that begin at a place the longest is taken.
  std::vector<Span> split(std::string_view text) const;

 private:
  struct Pattern {
    std::string text;
    AddedToken token;
  };
  const Pattern* longest_at(std::string_view text) const;

  std::array<std::vector<Pattern>, 256> by_first_byte_;
};

}  // namespace hangtag::text
