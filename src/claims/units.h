// Text cut into the units that the fact check compares.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hangtag::claims {

// A word, a number, a sign that is not punctuation ("%", "€"); in Chinese and Japanese script, one character.
struct Unit {
  std::string key;         // NFKC, case folded: what is compared
  std::size_t begin, end;  // bytes of the text
  int sentence, clause;    // from 0, counted through the text; a clause ends at , ; : ( ) and dashes
};

// Words end at spaces, hyphens and slashes; an apostrophe belongs to its word, or ends it where `elision` (l'été → l'
// été). A point or comma between digits belongs to the number. Malformed bytes are units of their own, with key
// "\uFFFD".
std::vector<Unit> cut(std::string_view text, bool elision = false);

// The keys of cut(text), joined by single spaces.
std::string key_of(std::string_view text, bool elision = false);

}  // namespace hangtag::claims
