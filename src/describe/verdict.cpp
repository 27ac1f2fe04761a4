#include "describe/verdict.h"

#include <fmt/format.h>

#include <sstream>
#include <vector>

#include "claims/check.h"
#include "describe/description.h"
#include "facts/facts.h"

namespace hangtag::describe {
namespace {

base::OrderedJson to_json(const claims::Place& place, std::string_view text) {
  return {{"field", place.field},
          {"start", characters(text.substr(0, place.begin))},
          {"end", characters(text.substr(0, place.end))},
          {"text", place.text}};
}

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
  const auto text_of = [&](const claims::Place& place) -> std::string_view {
    for (const auto& field : fields) {
      if (field.name == place.field) return field.text;
    }
    return "";
  };
  auto claims = base::OrderedJson::array(), problems = base::OrderedJson::array();
  for (const auto& claim : verdict.claims) {
    auto entry = to_json(claim.place, text_of(claim.place));
    entry["by"] = claims::to_string(claim.tie);
    if (!claim.to.empty()) entry[claims::to_string(claim.tie)] = claim.to;
    claims.push_back(std::move(entry));
  }
  for (const auto& problem : verdict.problems) {
    auto entry = to_json(problem.place, text_of(problem.place));
    entry["kind"] = claims::to_string(problem.kind);
    if (!problem.attribute.empty()) entry["attribute"] = problem.attribute;
    entry["message"] = problem.message;
    problems.push_back(std::move(entry));
  }
  return {{"id", grounds.product.id},
          {"passes", verdict.passes()},
          {"problems", std::move(problems)},
          {"claims", std::move(claims)}};
}

}  // namespace hangtag::describe
