#include "llm/prices.h"

#include <cmath>

#include "base/error.h"

namespace hangtag::llm {

namespace {

using base::ErrorCode;
using base::Json;

double get_price(const Json& json, const char* key, const std::string& where) {
  const auto price = base::get<double>(json, key, where);
  if (!(std::isfinite(price) && price >= 0)) {
    base::fail(ErrorCode::kInvalid, "{}: \"{}\" is {}; expected a price of 0 or more", where, key, price);
  }
  return price;
}

}  // namespace

Prices Prices::parse(const Json& json, std::string_view name) {
  Prices prices;
  prices.currency_ = base::get<std::string>(json, "currency", name);
  if (prices.currency_.empty()) {
    base::fail(ErrorCode::kInvalid, "{}: \"currency\" is empty; expected one such as USD", name);
  }
  const Json models = base::get<Json>(json, "models", name);
  if (!models.is_object()) {
    base::fail(ErrorCode::kInvalid, "{}: \"models\" is of type {}; expected an object, model → prices", name,
               models.type_name());
  }
  for (const auto& [model, price] : models.items()) {
    const std::string where = fmt::format("{}: model \"{}\"", name, model);
    prices.models_[model] = {.input_per_million = get_price(price, "input_per_million", where),
                             .output_per_million = get_price(price, "output_per_million", where)};
  }
  return prices;
}

Prices Prices::read(const std::filesystem::path& path) {
  return parse(base::read_json(path), path.string());
}

std::optional<double> Prices::cost(std::string_view model, const Usage& usage) const {
  const auto found = models_.find(model);
  if (found == models_.end()) return std::nullopt;
  return (static_cast<double>(usage.input_tokens) * found->second.input_per_million +
          static_cast<double>(usage.output_tokens) * found->second.output_per_million) /
         1e6;
}

}  // namespace hangtag::llm
