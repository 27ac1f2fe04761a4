#include "text/charsmap.h"

#include <cstring>

#include "base/error.h"
#include "text/unicode.h"

namespace hangtag::text {
namespace {

// A unit of darts-clone's double array: value or label, a flag for a leaf, and the offset to the children.
constexpr std::uint32_t offset_of(std::uint32_t unit) {
  return (unit >> 10) << ((unit & (1u << 9)) >> 6);
}
constexpr std::uint32_t label_of(std::uint32_t unit) {
  return unit & ((1u << 31) | 0xFF);
}
constexpr std::uint32_t value_of(std::uint32_t unit) {
  return unit & ((1u << 31) - 1);
}
constexpr bool has_leaf(std::uint32_t unit) {
  return (unit >> 8 & 1) != 0;
}

constexpr std::size_t kWholeGraphemeBytes = 6;  // tokenizers: normalizers/precompiled.rs

}  // namespace

Charsmap::Charsmap(std::string_view bytes) {
  std::uint32_t trie_bytes = 0;
  if (bytes.size() >= sizeof trie_bytes) std::memcpy(&trie_bytes, bytes.data(), sizeof trie_bytes);
  if (trie_bytes == 0 || trie_bytes % 4 != 0 || trie_bytes > bytes.size() - sizeof trie_bytes) {
    base::fail(base::ErrorCode::kInvalid, "the precompiled character map has {} bytes and claims a trie of {}",
               bytes.size(), trie_bytes);
  }
  trie_.resize(trie_bytes / 4);
  std::memcpy(trie_.data(), bytes.data() + sizeof trie_bytes, trie_bytes);
  replacements_ = bytes.substr(sizeof trie_bytes + trie_bytes);
}

// A map whose trie points outside itself matches nothing there.
std::optional<std::string_view> Charsmap::replacement(std::string_view text) const {
  std::uint32_t node = offset_of(trie_[0]);
  for (const char c : text) {
    const std::uint32_t label = static_cast<unsigned char>(c);
    node ^= label;
    if (label == 0 || node >= trie_.size() || label_of(trie_[node]) != label) return std::nullopt;
    const auto unit = trie_[node];
    node ^= offset_of(unit);
    if (!has_leaf(unit)) continue;
    if (node >= trie_.size() || value_of(trie_[node]) > replacements_.size()) return std::nullopt;
    const auto found = std::string_view(replacements_).substr(value_of(trie_[node]));
    return found.substr(0, found.find('\0'));
  }
  return std::nullopt;
}

std::string Charsmap::normalize(std::string_view text) const {
  std::string normalized;
  normalized.reserve(text.size());
  while (!text.empty()) {
    auto grapheme = text.substr(0, first_grapheme(text));
    text.remove_prefix(grapheme.size());
    if (grapheme.size() < kWholeGraphemeBytes) {
      if (const auto whole = replacement(grapheme)) {
        normalized += *whole;
        continue;
      }
    }
    while (!grapheme.empty()) {
      const auto character = grapheme.substr(0, first_code_point(grapheme).bytes);
      normalized += replacement(character).value_or(character);
      grapheme.remove_prefix(character.size());
    }
  }
  return normalized;
}

}  // namespace hangtag::text
