#include <fmt/format.h>

#include <string>

#include "claims/lexicon.h"
#include "command.h"
#include "describe/brand.h"
#include "describe/verdict.h"
#include "input.h"
#include "shared.h"

namespace hangtag::app {
namespace {

struct Options {
  std::filesystem::path texts;
  std::string locale = "en";
  std::filesystem::path brand, out;
};

Exit run(const Options& options, const Session& session) {
  Input input(options.texts);
  const auto& lexicon = claims::Lexicon::of(options.locale);
  const auto brand = options.brand.empty() ? describe::Brand{} : describe::read_brand(options.brand);
  LineWriter out(options.out);
  std::int64_t number = 0, texts = 0, failed = 0;
  for (std::string line; std::getline(input.stream(), line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto where = fmt::format("{}, line {}", input.name(), number);
    const auto verdict = describe::verdict_of(line, where, lexicon, brand);
    out.write(base::to_line(verdict));
    ++texts;
    failed += !verdict["passes"].get<bool>();
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
