#include "describe/brand.h"

#include <algorithm>
#include <array>

#include "claims/safety.h"

namespace hangtag::describe {

Brand parse_brand(const base::Json& json, std::string_view name) {
  using base::ErrorCode;
  constexpr std::array kKeys = {"name", "tone", "facts", "banned", "examples"};
  if (!json.is_object()) base::fail(ErrorCode::kInvalid, "{}: expected an object, found {}", name, json.type_name());
  for (const auto& [key, value] : json.items()) {
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
      base::fail(ErrorCode::kInvalid, "{}: unknown key \"{}\"; a brand has {}", name, key, fmt::join(kKeys, ", "));
    }
  }
  using Strings = std::vector<std::string>;
  Brand brand{.name = base::get_or(json, "name", std::string(), name),
              .tone = base::get_or(json, "tone", std::string(), name),
              .facts = base::get_or(json, "facts", Strings(), name),
              .banned = base::get_or(json, "banned", Strings(), name),
              .examples = base::get_or(json, "examples", Strings(), name)};
  constexpr std::size_t kLongestFact = 300, kMostWords = 50;
  for (const auto& fact : brand.facts) {
    auto reason = claims::unfit_to_print(fact, kLongestFact, kMostWords);
    if (!reason && (claims::has_several_sentences(fact) || fact.find_first_of(":()") != std::string::npos))
      reason = "is more than one plain sentence";
    if (reason) {
      base::fail(ErrorCode::kInvalid,
                 "{}: the fact \"{:.60}\" {}; facts are single plain sentences that a text may repeat", name, fact,
                 *reason);
    }
  }
  if (const auto reason = claims::unfit_as_value(brand.name)) {
    base::fail(ErrorCode::kInvalid, "{}: \"name\" {}", name, *reason);
  }
  return brand;
}

Brand read_brand(const std::filesystem::path& path) {
  return parse_brand(base::read_json(path), path.string());
}

}  // namespace hangtag::describe
