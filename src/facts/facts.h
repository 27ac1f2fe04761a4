// What is known of a product, and readers of it. A description may say this and nothing more.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "catalog/csv.h"

namespace hangtag::facts {

struct Fact {
  std::string attribute;  // "Sleeve Length"
  std::string value;      // "Long Sleeves"
  double confidence = 1;  // in [0, 1]; 1 for what a person said
};

struct ProductFacts {
  std::string id;
  std::string type{};  // "Tshirts"; may be empty
  std::string name{};  // as the shop calls it; may be empty
  std::vector<Fact> facts{};
};

// catalog::kTypeAttribute among the facts becomes the product's type where none is given; it is no fact of its own either way.
void take_type(ProductFacts& product);

// Reads products one by one from either of
//   - JSON lines as `hangtag predict` prints them, {"id", "type", "name", "attributes": {NAME: {"value",
//     "confidence"}}}, or with plain values, {"id", "attributes": {NAME: VALUE}}; other keys are passed over;
//   - CSV with a header: id, and if wanted type and name; every other column but photo is an attribute.
// A first line that starts with "{" or "[" makes it JSON. JSON lines are read as they come, CSV whole. An attribute
// whose value is null or empty is left out.
class FactsReader {
 public:
  // `input` must outlive the reader; `name` stands in messages.
  FactsReader(std::istream& input, std::string name);

  // The next product, or nothing at the end. Throws kInvalid with file and line for what cannot be read.
  std::optional<ProductFacts> next();

 private:
  std::optional<ProductFacts> next_json();
  std::optional<ProductFacts> next_csv();

  std::istream& input_;
  std::string name_;
  std::int64_t line_ = 0;
  std::optional<catalog::CsvReader> csv_;
  std::vector<std::string> columns_;
};

}  // namespace hangtag::facts
