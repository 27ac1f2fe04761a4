// sentencepiece's precompiled normalisation (NFKC and more), applied as Hugging Face's tokenizers does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hangtag::text {

// Immutable. The map's format: 4 bytes with the length of a double-array trie (as in darts-clone), the trie, and the
// replacements, each ending in a zero byte, to whose offsets the trie's values point. All little endian.
class Charsmap {
 public:
  explicit Charsmap(std::string_view bytes);  // throws kInvalid when the length is not that of a trie

  // `text` is valid UTF-8. A grapheme of less than six bytes is replaced as a whole by what the shortest prefix that
  // the map knows stands for; other graphemes character by character.
  std::string normalize(std::string_view text) const;

 private:
  std::optional<std::string_view> replacement(std::string_view text) const;

  std::vector<std::uint32_t> trie_;
  std::string replacements_;
};

}  // namespace hangtag::text
