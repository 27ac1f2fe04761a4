#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <sstream>

#include "base/error.h"
#include "claims/check.h"
#include "command.h"
#include "describe/brand.h"
#include "describe/description.h"
#include "facts/facts.h"
#include "shared.h"

namespace hangtag::app {
namespace {

struct Options {
  std::filesystem::path texts;
  std::string locale = "en";
  std::filesystem::path brand, out;
};

base::OrderedJson to_json(const claims::Place& place, std::string_view text) {
  return {{"field", place.field},
          {"start", describe::characters(text.substr(0, place.begin))},
          {"end", describe::characters(text.substr(0, place.end))},
          {"text", place.text}};
}

// The texts of a line, whichever of a description's parts it has; "text" is the description, too.
std::vector<claims::Field> fields_of(const base::Json& line, const std::string& where) {
  std::vector<claims::Field> fields;
  for (const char* name : {describe::kTitle, describe::kText, "text", describe::kSeoTitle, describe::kSeoDescription,
                           describe::kAltText}) {
    if (auto text = base::find<std::string>(line, name, where)) {
      const bool tells = std::string_view(name) == describe::kText || std::string_view(name) == "text";
      fields.push_back({name, std::move(*text), tells});
    }
  }
  const auto bullets = base::get_or(line, describe::kBullets, std::vector<std::string>(), where);
  for (std::size_t i = 0; i < bullets.size(); ++i)
    fields.push_back({fmt::format("{}[{}]", describe::kBullets, i), bullets[i], true});
  if (fields.empty())
    base::fail(base::ErrorCode::kInvalid, "{}: no text; expected \"description\", \"title\" or another part", where);
  return fields;
}

Exit run(const Options& options, const Session& session) {
  std::ifstream file;
  const bool standard_input = options.texts == "-";
  if (!standard_input) {
    file.open(options.texts);
    if (!file) base::fail(base::ErrorCode::kNotFound, "{}: cannot open", options.texts.string());
  }
  auto& input = standard_input ? std::cin : file;
  const auto& lexicon = claims::Lexicon::of(options.locale);
  const auto brand = options.brand.empty() ? describe::Brand{} : describe::read_brand(options.brand);
  LineWriter out(options.out);
  std::int64_t number = 0, texts = 0, failed = 0;
  for (std::string line; std::getline(input, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto where = fmt::format("{}, line {}", standard_input ? "standard input" : options.texts.string(), number);
    const auto json = base::parse_json(line, where);
    const auto fields = fields_of(json, where);
    std::istringstream one(line);
    claims::Grounds grounds{.product = facts::FactsReader(one, where).next().value(),
                            .brand_facts = brand.facts,
                            .banned = brand.banned,
                            .prompt = {}};
    facts::take_type(grounds.product);
    for (auto& fact : base::get_or(json, "brand_facts", std::vector<std::string>(), where))
      grounds.brand_facts.push_back(std::move(fact));
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
    out.write(base::to_line({{"id", grounds.product.id},
                             {"passes", verdict.passes()},
                             {"problems", std::move(problems)},
                             {"claims", std::move(claims)}}));
    ++texts;
    failed += !verdict.passes();
  }
  out.close();
  if (!session.quiet) fmt::print(stderr, "hangtag: {} texts, {} pass, {} do not\n", texts, texts - failed, failed);
  return failed == 0 ? Exit::kDone : Exit::kDoneWithFailedRows;
}

}  // namespace

void add_check(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* command =
      app.add_subcommand("check", "Check texts against attributes: which claims hold, which do not, and where");
  command
      ->add_option(
          "TEXTS", options->texts,
          "JSON lines with id, type, attributes and the text, as `hangtag describe` writes them; - is standard input")
      ->required();
  command->add_option("--locale", options->locale, fmt::format("{}", fmt::join(claims::Lexicon::locales(), ", ")))
      ->capture_default_str();
  command->add_option("--brand", options->brand, "a JSON file whose facts may be told and whose banned words may not");
  command->add_option("--out", options->out, "write here instead of to standard output");
  command->callback([options, &session] { session.action = [options, &session] { return run(*options, session); }; });
}

}  // namespace hangtag::app
