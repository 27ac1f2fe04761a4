// The seam between what is known of a product and the texts that sell it.
//
// A new writer is one new file, and one line where apps/hangtag makes writers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "claims/lexicon.h"
#include "describe/brand.h"
#include "describe/description.h"
#include "facts/facts.h"

namespace hangtag::describe {

// What a writer is to write. Refers to its parts: they must outlive it.
struct Brief {
  const facts::ProductFacts& product;  // fit to be printed (fit.h), its type taken (facts::take_type)
  const claims::Lexicon& lexicon;      // of the language to write in
  const Brand& brand;
  const Limits& limits;
};

struct Draft {
  Description description;
  std::string model{};  // that answered; of writers with one
  std::int64_t input_tokens = 0, output_tokens = 0;
  std::optional<double> cost{};  // in the currency of the price file, where prices are known
  std::string malformed{};       // why the answer could not be read as a description, if it could not
  std::string answer{};          // of a model, as it came: what feedback refers to
};

// What was wrong with the draft before, one sentence each.
struct Feedback {
  const Draft& draft;
  const std::vector<std::string>& problems;
};

// Writers may be used by several threads at once.
class Writer {
 public:
  virtual ~Writer() = default;

  // Throws kInvalid for a product of which nothing is known, kIo where a service does not answer, and kLimit where a
  // budget is used up.
  virtual Draft write(const Brief& brief, const Feedback* before) const = 0;

  virtual std::string_view name() const = 0;
  // "garment@1": the prompt's name and version; empty for writers without one.
  virtual std::string prompt() const { return ""; }
  // All that decides about what it writes, besides the brief: for caches. No secrets.
  virtual std::string fingerprint() const { return std::string(name()); }
  // The instructions that no text may repeat; may be empty.
  virtual std::string instructions(const Brief&) const { return ""; }
  // Whether another try can be better.
  virtual bool learns() const { return true; }
};

}  // namespace hangtag::describe
