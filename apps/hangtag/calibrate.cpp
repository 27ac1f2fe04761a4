#include <fmt/format.h>

#include <cmath>

#include "command.h"
#include "evaluate/calibration.h"
#include "shared.h"

namespace hangtag::app {
namespace {

struct Options {
  ModelOptions model;
  dataset::LoadOptions data;
  double precision = 0.95;
};

evaluate::ScoredAnswer scored_answer(const predict::AttributePrediction& prediction, const std::string& truth) {
  evaluate::ScoredAnswer answer{.log_probabilities = {}, .truth = prediction.values.size()};
  for (std::size_t i = 0; i < prediction.values.size(); ++i) {
    answer.log_probabilities.push_back(std::log(std::max(prediction.values[i].probability, 1e-300)));
    if (prediction.values[i].value == truth) answer.truth = i;
  }
  return answer;
}

// As evaluate and predict would show it at this temperature; the answer itself stays the same.
double confidence_at(const evaluate::ScoredAnswer& answer, double temperature) {
  double sum = 0;  // the likeliest value stands first
  for (const double score : answer.log_probabilities) sum += std::exp((score - answer.log_probabilities.front()) / temperature);
  return 1 / sum;
}

Exit run(const Options& options, const Session& session) {
  const auto data = dataset::load_dataset(options.data);
  predict::Predictor predictor(load_model(options.model), data.taxonomy);
  std::map<std::string, std::vector<evaluate::ScoredAnswer>> answers;
  judge(predictor, data, dataset::Split::kValidation, session.quiet, [&](const auto& prediction, const std::string& truth) {
    auto answer = scored_answer(prediction, truth);
    if (answer.truth < answer.log_probabilities.size()) answers[prediction.attribute].push_back(std::move(answer));
  });
  predict::Calibration calibration{.precision = options.precision};
  fmt::print("{:<20} {:>8} {:>12} {:>11} {:>11} {:>10} {:>10}\n", "attribute", "examples", "temperature", "ECE before", "ECE after", "threshold", "coverage");
  for (const auto& [attribute, scored] : answers) {
    const double temperature = evaluate::fit_temperature(scored);
    std::vector<evaluate::Judgement> before, after;
    for (std::size_t i = 0; i < scored.size(); ++i) {
      evaluate::Judgement judgement{.id = std::to_string(i), .attribute = attribute, .truth = "right", .predicted = scored[i].truth == 0 ? "right" : "wrong"};
      judgement.confidence = confidence_at(scored[i], 1);
      before.push_back(judgement);
      judgement.confidence = confidence_at(scored[i], temperature);
      after.push_back(judgement);
    }
    const auto coverage = evaluate::coverage_at(after, options.precision);
    auto& entry = calibration.attributes[attribute] = {.temperature = temperature, .publish_threshold = {}, .examples = static_cast<std::int64_t>(scored.size())};
    if (coverage) entry.publish_threshold = coverage->threshold;
    fmt::print("{:<20} {:>8} {:>12.3f} {:>11.3f} {:>11.3f} {:>10} {:>9.1f}%\n", attribute, scored.size(), temperature,
               evaluate::expected_calibration_error(before), evaluate::expected_calibration_error(after),
               coverage ? fmt::format("{:.3f}", coverage->threshold) : "none", coverage ? 100 * coverage->share : 0.0);
  }
  const auto path = (options.model.adapter.empty() ? options.model.model : options.model.adapter) / predict::kCalibrationFile;
  predict::write_calibration(path, calibration);
  if (!session.quiet) fmt::print(stderr, "{} is written: predict and evaluate use it from now on\n", path.string());
  return Exit::kDone;
}

}  // namespace

void add_calibrate(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("calibrate", "Set a model's confidences right, and find the ones to publish unseen, on the validation split");
  add_model_options(*command, options->model);
  command->get_option("--adapter")->description("an adapter for it; calibration.json is written beside it, else beside the model");
  add_data_options(*command, options->data);
  command->add_option("--precision", options->precision, "share of right answers to keep among those published unseen")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->callback([options, &session] { session.action = [options, &session] { return run(*options, session); }; });
}

}  // namespace hangtag::app
