// From facts to texts that passed the fact check.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "claims/check.h"
#include "describe/brand.h"
#include "describe/description.h"
#include "describe/fit.h"
#include "describe/writer.h"

namespace hangtag::describe {

struct ComposeOptions {
  std::string locale = "en";
  Limits limits{};
  Brand brand{};
  int tries = 3;                                // of the writer, before sentence plans take over
  const catalog::Taxonomy* taxonomy = nullptr;  // whose values are trusted as they are; must outlive the composer
};

// What became of one product.
struct Composed {
  facts::ProductFacts product;  // as it was told
  std::vector<LeftOut> left_out;
  Description description;
  std::vector<claims::Claim> claims;  // what each part of the texts rests on
  std::string locale;
  std::string writer;                 // whose text it is
  std::string asked{};                // the writer that failed, where sentence plans stepped in
  std::vector<std::string> rejected;  // why, one sentence each: what was wrong with its last try
  std::string model{}, prompt{};
  int tries = 0;  // of the writer that was asked
  std::int64_t input_tokens = 0, output_tokens = 0;
  std::optional<double> cost{};
  std::vector<std::string> untranslated;  // values that the locale's table does not hold, told as they are
};

// Asks the writer, checks every word, hands back what is wrong, up to `tries` times; then lets TemplateWriter write,
// whose texts are checked too. What comes out has passed. Throws what the writer throws, and kInvalid for a product of
// which nothing can be told: nothing is known, or only what the brand's banned words say.
Composed compose(const facts::ProductFacts& product, const Writer& writer, const ComposeOptions& options);

// A hash of everything that decides about the result, for caches.
std::string cache_key(const facts::ProductFacts& product, const Writer& writer, const ComposeOptions& options);

}  // namespace hangtag::describe
