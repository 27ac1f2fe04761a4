#include <fmt/format.h>

#include "command.h"
#include "evaluate/report.h"
#include "evaluate/table.h"
#include "shared.h"

namespace hangtag::app {
namespace {

struct Options {
  ModelOptions model;
  dataset::LoadOptions data;
  std::filesystem::path out;
  std::string split = "test";
  bool json = false;
  bool markdown = false;
};

Exit run(const Options& options, const Session& session) {
  const auto data = dataset::load_dataset(options.data);
  predict::Predictor predictor(load_model(options.model), data.taxonomy);
  calibrate_if_fitted(predictor, options.model);
  const auto split = options.split == "test"         ? dataset::Split::kTest
                     : options.split == "validation" ? dataset::Split::kValidation
                                                     : dataset::Split::kTrain;
  const auto evaluation = evaluate::evaluate(judge(predictor, data, split, session.quiet), train_counts(data));
  const evaluate::ReportContext context{.model = options.model.model.string(),
                                        .adapter = options.model.adapter.string(),
                                        .data = options.data.folder.string(),
                                        .split = options.split,
                                        .date = today()};
  if (!options.out.empty()) evaluate::write_reports(options.out, evaluation, context);
  if (options.json) {
    fmt::print("{}\n", base::to_line(evaluate::metrics_json(evaluation, context)));
  } else {
    using evaluate::TableStyle;
    fmt::print("{}", evaluate::format_table(evaluation, options.markdown ? TableStyle::kMarkdown : TableStyle::kTerminal));
  }
  if (!options.out.empty() && !session.quiet) {
    fmt::print(stderr, "{} and metrics.json are written\n", (options.out / "report.html").string());
  }
  return Exit::kDone;
}

}  // namespace

void add_evaluate(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("evaluate", "Measure a model against the majority baseline, per attribute");
  add_model_options(*command, options->model);
  add_data_options(*command, options->data);
  command->add_option("--out", options->out, "write metrics.json and report.html into this folder");
  command->add_option("--split", options->split, "which part to judge")
      ->check(CLI::IsMember({"test", "validation", "train"}))
      ->capture_default_str();
  command->add_flag("--json", options->json, "metrics.json on standard output instead of the table");
  command->add_flag("--markdown", options->markdown, "the table in Markdown");
  command->callback([options, &session] { session.action = [options, &session] { return run(*options, session); }; });
}

}  // namespace hangtag::app
