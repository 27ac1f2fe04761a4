#include "text/charsmap.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/error.h"
#include "base/random.h"

namespace hangtag::text {
namespace {

std::string charsmap_bytes(const std::vector<std::uint32_t>& trie, const std::string& replacements) {
  const auto trie_bytes = static_cast<std::uint32_t>(4 * trie.size());
  std::string bytes(4 + trie_bytes, '\0');
  std::memcpy(bytes.data(), &trie_bytes, 4);
  std::memcpy(bytes.data() + 4, trie.data(), trie_bytes);
  return bytes + replacements;
}

// A trie that knows "A" alone: from the root, at 1, to 1 ^ 'A', whose leaf is beside it.
std::vector<std::uint32_t> trie_of_a(std::uint32_t value) {
  std::vector<std::uint32_t> trie(80, 0);
  trie[0] = 1u << 10;
  trie[1 ^ 'A'] = 1u << 10 | 1u << 8 | 'A';
  trie[1 ^ 'A' ^ 1] = 1u << 31 | value;
  return trie;
}

TEST(Charsmap, ReplacesWholeShortGraphemes) {
  const Charsmap charsmap(charsmap_bytes(trie_of_a(2), std::string("x\0abc\0", 6)));
  const struct {
    const char* name;
    const char* text;
    const char* normalized;
  } cases[] = {
      {"empty", "", ""},
      {"unknown", "B日", "B日"},
      {"known", "BAA", "Babcabc"},
      {"a short grapheme loses its accent", "A\u0301B", "abcB"},
      {"a long grapheme keeps its accents", "A\u0301\u0301\u0301B", "abc\u0301\u0301\u0301B"},
      {"an accent that Unicode 17 brought", "A\u1ACFB", "abcB"},
  };
  for (const auto& [name, text, normalized] : cases) EXPECT_EQ(charsmap.normalize(text), normalized) << name;
}

TEST(Charsmap, RefusesALengthThatIsNoTries) {
  const auto good = charsmap_bytes(trie_of_a(0), "x");
  auto odd = good;
  odd[0] = 3;
  auto huge = good;
  huge.replace(0, 4, "\xFC\xFF\xFF\xFF");
  for (const auto& bytes : {std::string(), good.substr(0, 3), good.substr(0, 100), std::string(8, '\0'), odd, huge}) {
    EXPECT_THROW(Charsmap{bytes}, base::Error) << bytes.size();
  }
}

TEST(Charsmap, IsNotLedOutsideItself) {
  EXPECT_EQ(Charsmap(charsmap_bytes(trie_of_a(1000), "x")).normalize("A"), "A");
  base::Random random(1);
  for (int i = 0; i < 200; ++i) {
    std::vector<std::uint32_t> trie(300);
    // Right labels and wild offsets, so that the walk goes on for long.
    for (std::uint32_t at = 0; at < trie.size(); ++at) {
      trie[at] = (static_cast<std::uint32_t>(random.next()) & ~0x800000FFu) | (at & 0xFF);
    }
    Charsmap(charsmap_bytes(trie, "abc")).normalize("ABC abc \u00e9 日本 e\u0301");
  }
}

}  // namespace
}  // namespace hangtag::text
