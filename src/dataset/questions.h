// How an attribute becomes a question to the model, and a value its answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hangtag::dataset {

// One row of training or test data.
struct Example {
  std::string id;         // of the product
  std::string attribute;  // "Sleeve Length"
  std::string question;   // "What is the sleeve length of the clothing in this picture?"
  std::string answer;     // "Sleeve Length: Long Sleeves"
  bool operator==(const Example&) const = default;
};

struct Label {
  std::string attribute;
  std::string value;
  bool operator==(const Label&) const = default;
};

// In words: lower case, camel case taken apart. "Fabric" → "What is the fabric of the clothing in this picture?",
// "baseColour" → "What is the base colour of …".
std::string question(std::string_view attribute);

// "Fabric: Cotton". The attribute stands as the catalogue spells it.
std::string answer(std::string_view attribute, std::string_view value);

// What the model is given: "Question: What is … ? Answer: ", with the space at the end.
std::string prompt(std::string_view question);

// The inverse of answer(), spaces around both parts removed: nothing where there is no colon or a part is empty.
std::optional<Label> parse_answer(std::string_view text);

Example make_example(std::string_view id, std::string_view attribute, std::string_view value);

}  // namespace hangtag::dataset
