#include "describe/claims_json.h"

#include <algorithm>

#include "describe/description.h"

namespace hangtag::describe {

base::OrderedJson place_json(const claims::Place& place, std::span<const claims::Field> fields) {
  const auto field = std::ranges::find(fields, place.field, &claims::Field::name);
  const auto text = field == fields.end() ? std::string_view() : std::string_view(field->text);
  return {{"field", place.field},
          {"start", characters(text.substr(0, place.begin))},
          {"end", characters(text.substr(0, place.end))},
          {"text", place.text}};
}

base::OrderedJson claims_json(std::span<const claims::Claim> claims, std::span<const claims::Field> fields) {
  auto json = base::OrderedJson::array();
  for (const auto& claim : claims) {
    auto entry = place_json(claim.place, fields);
    entry["by"] = claims::to_string(claim.tie);
    if (!claim.to.empty()) entry[claims::to_string(claim.tie)] = claim.to;
    json.push_back(std::move(entry));
  }
  return json;
}

}  // namespace hangtag::describe
