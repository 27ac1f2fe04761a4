#include "dataset/prepare.h"

#include <fmt/format.h>

#include <optional>

#include "base/log.h"
#include "base/progress.h"
#include "command.h"

namespace hangtag::app {

void add_prepare(CLI::App& app, Session& session) {
  struct Options : dataset::PrepareOptions {
    std::vector<double> parts{80, 10, 10};  // as the command line gives them
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("prepare", "Turn a catalogue into questions and answers, split without leaks");
  command->add_option("--catalog", options->catalog, "in the Kaggle layout: styles.csv, images/, styles/")->required();
  command->add_option("--out", options->out, "the data set's folder")->required();
  command->add_option("--types", options->types, "product types to keep, separated by commas, or all")->delimiter(',')->capture_default_str();
  command->add_option("--attributes", options->attributes, "attributes to ask for, separated by commas")->delimiter(',')->capture_default_str();
  command->add_option("--split", options->parts, "shares of train,validation,test")->delimiter(',')->expected(3)->capture_default_str();
  command->add_option("--seed", options->seed, "of the split")->capture_default_str();
  command->add_option("--min-count", options->min_count, "take off values that fewer products carry")->capture_default_str();
  command->add_flag("--split-like-original", options->split_like_original,
                    "split inside each product, so that training sees the test's photos: for comparison only");
  command->callback([options, &session] {
    session.action = [options, &session] {
      for (std::size_t i = 0; i < 3; ++i) options->split.at(i) = options->parts[i];
      if (options->types == std::vector<std::string>{"all"}) options->types.clear();
      std::optional<base::Progress> progress;
      const auto report = dataset::prepare(*options, [&](std::int64_t done, std::int64_t total) {
        if (!progress) progress.emplace("reading photos", total, "photos", session.quiet);
        progress->update(done);
      });
      progress.reset();
      for (const auto& [attribute, values] : report.values) {
        if (values.empty()) spdlog::warn("no product has the attribute \"{}\": is it spelled as in the catalogue?", attribute);
      }
      using dataset::Split;
      if (!session.quiet) {
        fmt::print(stderr,
                   "train {} / validation {} / test {} products, {} / {} / {} examples\n"
                   "test photos with a twin in training: {} (a plain random split: {}); see {}\n",
                   report.products[Split::kTrain], report.products[Split::kValidation], report.products[Split::kTest],
                   report.examples[Split::kTrain], report.examples[Split::kValidation], report.examples[Split::kTest],
                   report.leak.with_twin_in_training, report.leak_of_random_split.with_twin_in_training, (options->out / "report.json").string());
      }
      return Exit::kDone;
    };
  });
}

}  // namespace hangtag::app
