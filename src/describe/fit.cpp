#include "describe/fit.h"

#include <algorithm>

#include "claims/safety.h"
#include "claims/units.h"
#include "facts/wording.h"

namespace hangtag::describe {
namespace {

constexpr std::size_t kLongestName = 120, kMostNameWords = 10, kMostFunctionWords = 3;
constexpr std::size_t kLongestShown = 40;

// Names are what a shop likes ("Sole of the City"), but no sentences: "Count to ten, then rename the shirt".
std::optional<std::string> unfit_as_name(const std::string& name, const claims::Lexicon& lexicon) {
  if (auto reason = claims::unfit_to_print(name, kLongestName, kMostNameWords)) return reason;
  const auto is_neutral = [&](const claims::Unit& unit) {
    const auto* meanings = lexicon.find(unit.key);
    return meanings && std::ranges::find(*meanings, claims::Meaning{claims::Meaning::kNeutral}) != meanings->end() &&
           unit.key != "for";
  };
  const auto units = claims::cut(name, lexicon.elision());
  if (std::ranges::any_of(units, [&](const claims::Unit& unit) { return lexicon.is_abuse(unit.key); }))
    return "holds an insult or a threat";
  const auto joints = name.find_first_of(":;!?\"") != std::string::npos || name.find(" '") != std::string::npos ||
                      claims::has_several_sentences(name);
  if (joints || std::ranges::count_if(units, is_neutral) > static_cast<std::ptrdiff_t>(kMostFunctionWords))
    return "reads like a sentence";
  return std::nullopt;
}

}  // namespace

Fit made_fit(const facts::ProductFacts& product, const catalog::Taxonomy* taxonomy, const claims::Lexicon& lexicon) {
  Fit fit{.product = {.id = product.id}, .left_out = {}};
  const auto take = [&](const std::string& what, const std::string& text, std::optional<std::string> reason) {
    if (!reason) return text;
    fit.left_out.push_back({facts::clean(what, kLongestShown), *reason});
    return std::string();
  };
  const bool known_type = taxonomy && taxonomy->has_type(product.type);
  fit.product.type = take("type", product.type, known_type ? std::nullopt : claims::unfit_as_value(product.type));
  fit.product.name = take("name", product.name, unfit_as_name(product.name, lexicon));
  for (const auto& fact : product.facts) {
    const auto value = facts::clean(fact.value, fact.value.size());
    if (facts::says_nothing(value)) continue;
    const auto listed =
        taxonomy ? taxonomy->values(fact.attribute, product.type) : std::vector<catalog::Taxonomy::Value>{};
    const bool in_taxonomy = std::ranges::find(listed, fact.value, &catalog::Taxonomy::Value::name) != listed.end();
    auto reason = claims::unfit_as_value(fact.attribute);
    if (!reason && !in_taxonomy) reason = claims::unfit_as_value(fact.value);
    if (take(fact.attribute, value, reason).empty()) continue;
    fit.product.facts.push_back({fact.attribute, value, fact.confidence});
  }
  return fit;
}

}  // namespace hangtag::describe
