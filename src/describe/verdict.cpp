#include "describe/verdict.h"

#include <fmt/format.h>

#include <sstream>
#include <vector>

#include "claims/check.h"
#include "describe/claims_json.h"
#include "describe/description.h"
#include "facts/facts.h"

namespace hangtag::describe {
namespace {

// The texts of a line, whichever of a description's parts it has; "text" is the description, too.
std::vector<claims::Field> texts_of(const base::Json& line, const std::string& where) {
  std::vector<claims::Field> fields;
  for (const char* name : {kTitle, kText, "text", kSeoTitle, kSeoDescription, kAltText}) {
    if (auto text = base::find<std::string>(line, name, where)) {
      const bool tells = std::string_view(name) == kText || std::string_view(name) == "text";
      fields.push_back({name, std::move(*text), tells});
    }
  }
  const auto bullets = base::get_or(line, kBullets, std::vector<std::string>(), where);
  for (std::size_t i = 0; i < bullets.size(); ++i)
    fields.push_back({fmt::format("{}[{}]", kBullets, i), bullets[i], true});
  if (fields.empty()) {
    base::fail(base::ErrorCode::kInvalid, "{}: no text; expected \"description\", \"title\" or another part", where);
  }
  return fields;
}

}  // namespace

base::OrderedJson verdict_of(std::string_view line, const std::string& where, const claims::Lexicon& lexicon,
                             const Brand& brand) {
  const auto json = base::parse_json(line, where);
  const auto fields = texts_of(json, where);
  std::istringstream one{std::string(line)};
  claims::Grounds grounds{.product = facts::FactsReader(one, where).next().value(),
                          .brand_facts = brand.facts,
                          .banned = brand.banned,
                          .prompt = {}};
  facts::take_type(grounds.product);
  for (auto& fact : base::get_or(json, "brand_facts", std::vector<std::string>(), where)) {
    grounds.brand_facts.push_back(std::move(fact));
  }
  for (auto& word : base::get_or(json, "banned", std::vector<std::string>(), where))
    grounds.banned.push_back(std::move(word));

  const auto verdict = claims::check(fields, grounds, lexicon);
  auto problems = base::OrderedJson::array();
  for (const auto& problem : verdict.problems) {
    auto entry = place_json(problem.place, fields);
    entry["kind"] = claims::to_string(problem.kind);
    if (!problem.attribute.empty()) entry["attribute"] = problem.attribute;
    entry["message"] = problem.message;
    problems.push_back(std::move(entry));
  }
  return {{"id", grounds.product.id},
          {"passes", verdict.passes()},
          {"problems", std::move(problems)},
          {"claims", claims_json(verdict.claims, fields)}};
}

}  // namespace hangtag::describe
