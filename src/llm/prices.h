// What models cost, from a file that its user keeps up to date:
//
//   {"currency": "USD", "models": {"MODEL": {"input_per_million": 3.0, "output_per_million": 15.0}}}
//
// See docs/formats/prices.md.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "llm/chat.h"

namespace hangtag::llm {

class Prices {
 public:
  // `name` stands in messages. Throws kInvalid with the place in the file, read() also kNotFound and kIo.
  static Prices parse(const base::Json& json, std::string_view name);
  static Prices read(const std::filesystem::path& path);

  // In currency(); nothing for a model that the file does not name. Models are named as they are asked for.
  std::optional<double> cost(std::string_view model, const Usage& usage) const;

  const std::string& currency() const { return currency_; }

 private:
  struct Price {
    double input_per_million;
    double output_per_million;
  };
  std::string currency_;
  std::map<std::string, Price, std::less<>> models_;
};

}  // namespace hangtag::llm
