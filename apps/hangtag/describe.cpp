#include <fmt/format.h>

#include <fstream>
#include <iostream>

#include "base/error.h"
#include "command.h"
#include "describe/facts.h"
#include "describe/writer.h"
#include "shared.h"

namespace hangtag::app {
namespace {

struct Options {
  std::filesystem::path attributes;
  std::string writer = "template";
  double min_confidence = 0;
  std::filesystem::path out;
};

Exit run(const Options& options, const Session&) {
  const auto writer = describe::make_writer(options.writer);
  std::ifstream file;
  const bool standard_input = options.attributes == "-";
  if (!standard_input) {
    file.open(options.attributes);
    if (!file) base::fail(base::ErrorCode::kNotFound, "{}: cannot open", options.attributes.string());
  }
  describe::FactsReader reader(standard_input ? std::cin : file, standard_input ? "standard input" : options.attributes.string());
  LineWriter out(options.out);
  std::int64_t silent = 0;
  while (auto product = reader.next()) {
    std::erase_if(product->facts, [&](const auto& fact) { return fact.confidence < options.min_confidence; });
    describe::take_type(*product);
    try {
      out.write(base::to_line(describe::description_json(*product, writer->write(*product))));
    } catch (const base::Error& error) {
      if (error.code() != base::ErrorCode::kInvalid) throw;
      fmt::print(stderr, "hangtag: skipped {}: {}\n", product->id, error.what());
      ++silent;
    }
  }
  out.close();
  return silent == 0 ? Exit::kDone : Exit::kDoneWithFailedRows;
}

}  // namespace

void add_describe(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("describe", "Write descriptions that say what the attributes say: one JSON object a line");
  command->add_option("--attributes", options->attributes, "what `hangtag predict` wrote, or a CSV; - is standard input")->required();
  command->add_option("--writer", options->writer, fmt::format("who writes: {}", fmt::join(describe::writer_names(), ", ")))->capture_default_str();
  command->add_option("--min-confidence", options->min_confidence, "leave out attributes that are less sure")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--out", options->out, "write here instead of to standard output");
  command->callback([options, &session] { session.action = [options, &session] { return run(*options, session); }; });
}

}  // namespace hangtag::app
