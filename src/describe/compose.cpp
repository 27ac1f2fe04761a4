#include "describe/compose.h"

#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/version.h"
#include "describe/template_writer.h"
#include "facts/wording.h"

namespace hangtag::describe {
namespace {

std::string sentence_of(const claims::Problem& problem) {
  if (problem.place.field.empty()) return problem.message;
  return fmt::format("{}: {}", problem.place.field, problem.message);
}

// A model that was shown a stranger's orders may have obeyed them: where something was left out, it is given no
// ordinary words. Brand facts may be told of every product, so a writer may also leave them out: they are grounds,
// never duties.
claims::Grounds grounds_of(const Brief& brief, const std::string& instructions, const std::vector<LeftOut>& left_out) {
  auto facts = brief.brand.facts;
  if (!brief.brand.name.empty()) facts.push_back(brief.brand.name);
  return {.product = brief.product,
          .brand_facts = std::move(facts),
          .banned = brief.brand.banned,
          .prompt = instructions,
          .strict = !left_out.empty()};
}

std::vector<std::string> untranslated(const facts::ProductFacts& product, const std::string& locale) {
  std::vector<std::string> values;
  if (locale == "en") return values;
  const auto& aspects = claims::Aspects::get();
  for (const auto& fact : product.facts) {
    if (!aspects.value_of(fact.attribute, fact.value)) values.push_back(fact.value);
  }
  return values;
}

}  // namespace

Composed compose(const facts::ProductFacts& product, const Writer& writer, const ComposeOptions& options) {
  const auto& lexicon = claims::Lexicon::of(options.locale);
  auto fit = made_fit(product, options.taxonomy, lexicon);
  Composed result{.product = std::move(fit.product),
                  .left_out = std::move(fit.left_out),
                  .description = {},
                  .claims = {},
                  .locale = options.locale,
                  .writer = std::string(writer.name()),
                  .rejected = {},
                  .untranslated = {}};
  if (result.product.facts.empty()) {
    base::fail(base::ErrorCode::kInvalid,
               "product {}: nothing is known of it that could be told; expected at least one attribute with a value",
               facts::clean(product.id, 80));
  }
  result.untranslated = untranslated(result.product, options.locale);
  const Brief brief{.product = result.product, .lexicon = lexicon, .brand = options.brand, .limits = options.limits};

  // Whether the writer's next draft passes; keeps it if so, and what is wrong with it if not.
  std::optional<Draft> before;
  const auto passes = [&](const Writer& by) {
    const auto feedback = before ? std::optional(Feedback{*before, result.rejected}) : std::nullopt;
    Draft draft = by.write(brief, feedback ? &*feedback : nullptr);
    result.model = draft.model.empty() ? result.model : draft.model;
    result.input_tokens += draft.input_tokens;
    result.output_tokens += draft.output_tokens;
    if (draft.cost) result.cost = result.cost.value_or(0) + *draft.cost;
    std::vector<std::string> wrong;
    claims::Verdict verdict;
    if (!draft.malformed.empty()) {
      wrong.push_back(draft.malformed);
    } else {
      wrong = faults_of(draft.description, options.limits);
      verdict = claims::check(fields_of(draft.description), grounds_of(brief, by.instructions(brief), result.left_out),
                              lexicon);
      for (const auto& problem : verdict.problems) wrong.push_back(sentence_of(problem));
    }
    if (!wrong.empty()) {
      result.rejected = std::move(wrong);
      before = std::move(draft);
      return false;
    }
    result.description = std::move(draft.description);
    result.claims = std::move(verdict.claims);
    return true;
  };

  const int tries = writer.learns() ? options.tries : 1;
  result.prompt = writer.prompt();
  while (result.tries < tries) {
    ++result.tries;
    if (passes(writer)) {
      result.rejected.clear();
      return result;
    }
  }
  const auto rejected = result.rejected;
  if (!writer.learns() || !passes(TemplateWriter())) {
    base::fail(base::ErrorCode::kInvalid,
               "product {}: no text passes the fact check, not even the writer template's: {}",
               facts::clean(product.id, 80), fmt::join(result.rejected, "; "));
  }
  result.asked = std::exchange(result.writer, std::string(TemplateWriter::kName));
  result.rejected = rejected;
  return result;
}

std::string cache_key(const facts::ProductFacts& product, const Writer& writer, const ComposeOptions& options) {
  auto attributes = base::OrderedJson::array();
  for (const auto& fact : product.facts) attributes.push_back({fact.attribute, fact.value});
  const auto& limits = options.limits;
  const auto& brand = options.brand;
  const base::OrderedJson all = {
      {"version", base::version()},
      {"writer", writer.fingerprint()},
      {"locale", options.locale},
      {"id", product.id},
      {"type", product.type},
      {"name", product.name},
      {"attributes", attributes},
      {"brand", {brand.name, brand.tone, brand.facts, brand.banned, brand.examples}},
      {"tries", options.tries},
      {"limits",
       {limits.title, limits.text, limits.bullet, limits.bullets, limits.seo_title, limits.seo_description,
        limits.alt_text}},
      {"taxonomy", options.taxonomy ? base::hash_hex(base::to_line(options.taxonomy->to_json())) : ""}};
  return base::hash_hex(base::to_line(all));
}

}  // namespace hangtag::describe
