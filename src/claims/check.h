// The fact check: every word of a text is tied to what is known of the product, or it is named.
//
// A text is cut into sentences and words. Forms of the lexicon are found in them, the longest first, and with them this
// product's own values, its name, and the words of brand facts. A form that says an attribute's value is a claim: it is
// tied to the attribute that makes it true, or contradicts the one that does not. Whatever is neither a claim nor in
// the lists of words that claim nothing is an invention. English lets ordinary words of the dictionary pass as well,
// unless they are in the vocabulary of checkable claims; in other languages, what the check does not know, it does not
// let pass. docs/descriptions.md tells how well that works, and how it was measured.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "claims/lexicon.h"
#include "facts/facts.h"

namespace hangtag::claims {

// A part of a description: "title", "description", "bullets[0]".
struct Field {
  std::string name;
  std::string text;
  bool tells = true;  // whether an attribute that stands here counts as told
};

struct Place {
  std::string field;
  std::size_t begin = 0, end = 0;  // bytes of the field's text
  std::string text;                // what stands there
};

struct Claim {
  enum Tie { kAttribute, kType, kName, kBrandFact };
  Place place;
  Tie tie;
  std::string to;  // the attribute, or the brand fact; of kType and kName empty
};
const char* to_string(Claim::Tie tie);  // "attribute", "type", "name", "brand_fact"

enum class ProblemKind {
  kContradiction,  // says what an attribute denies
  kInvention,      // says what nothing supports
  kMissing,        // an attribute is not told; the place is empty
  kBanned,         // a word that the brand does not want
  kUnsafe,         // links, markup, hidden characters, words of the prompt
};
const char* to_string(ProblemKind kind);  // "contradiction", …

struct Problem {
  ProblemKind kind;
  Place place;
  std::string attribute;  // of kContradiction and kMissing
  std::string message;    // one sentence for a person, or for the writer's next try
};

struct Verdict {
  std::vector<Claim> claims;      // by field and place
  std::vector<Problem> problems;  // by field and place; what is missing last
  bool passes() const { return problems.empty(); }
};

struct Grounds {
  facts::ProductFacts product;           // values that mean nothing ("NA") need not be told
  std::vector<std::string> brand_facts;  // sentences that the shop vouches for
  std::vector<std::string> banned;       // words and phrases
  std::string prompt;                    // that must not be repeated; may be empty
  bool strict = false;                   // nothing passes that the lexicon does not hold, in an open one too
};

// Whether values that mean the same under other names are told alike is the lexicon's business; a value that it does
// not know must be told in its own words.
Verdict check(std::span<const Field> fields, const Grounds& grounds, const Lexicon& lexicon);

}  // namespace hangtag::claims
