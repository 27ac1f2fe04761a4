#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/progress.h"
#include "command.h"
#include "features/encode.h"
#include "model/outliers.h"
#include "shared.h"

namespace hangtag::app {
namespace {

namespace fs = std::filesystem;
using Answers = std::vector<std::vector<predict::AttributePrediction>>;  // photo, attribute

struct Options {
  fs::path model;
  fs::path out;
  std::vector<fs::path> photos;
  fs::path taxonomy;
  double outlier_ratio = 20;
};

// Folders stand for the files in them.
std::vector<fs::path> files_of(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const auto& path : paths) {
    if (fs::is_directory(path)) {
      for (const auto& entry : fs::directory_iterator(path)) files.push_back(entry.path());
    } else {
      files.push_back(path);
    }
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) base::fail(base::ErrorCode::kUsage, "--calibrate names no photo");
  return files;
}

Answers answers(predict::Predictor& predictor, const std::vector<fs::path>& photos, const char* what, bool quiet) {
  base::Progress progress(what, static_cast<std::int64_t>(photos.size()), "photos", quiet);
  Answers all;
  features::encode(predictor.checkpoint(), photos, {.photos_per_pass = 8}, [&](const features::Encoded& pass) {
    if (!pass.failed.empty()) throw pass.failed.front().error;
    std::vector<predict::Predictor::Request> requests(pass.photos.size());
    for (std::size_t i = 0; i < requests.size(); ++i) requests[i].photo = static_cast<std::int64_t>(i);
    for (auto& answer : predictor.predict(pass.features, requests)) all.push_back(std::move(answer));
    progress.update(static_cast<std::int64_t>(all.size()));
  });
  return all;
}

double probability_of(const predict::AttributePrediction& prediction, const std::string& value) {
  const auto found = std::find_if(prediction.values.begin(), prediction.values.end(),
                                  [&](const auto& candidate) { return candidate.value == value; });
  return found->probability;
}

// Answers in 8 bits beside those of the full width, attribute by attribute.
base::OrderedJson agreement(const Answers& full, const Answers& int8) {
  struct Sums {
    int photos = 0, same = 0, values = 0;
    double difference = 0, largest = 0, square = 0;
  };
  std::vector<std::pair<std::string, Sums>> sums;
  for (std::size_t photo = 0; photo < full.size(); ++photo) {
    for (std::size_t i = 0; i < full[photo].size(); ++i) {
      if (photo == 0) sums.emplace_back(full[photo][i].attribute, Sums{});
      auto& sum = sums[i].second;
      ++sum.photos;
      sum.same += full[photo][i].values.front().value == int8[photo][i].values.front().value;
      for (const auto& [value, probability] : full[photo][i].values) {
        const double other = probability_of(int8[photo][i], value);
        const double gap = std::abs(probability - other);
        ++sum.values;
        sum.difference += gap;
        sum.largest = std::max(sum.largest, gap);
        sum.square += std::pow(std::log(probability + 1e-30) - std::log(other + 1e-30), 2);
      }
    }
  }
  base::OrderedJson json = base::OrderedJson::object();
  for (const auto& [attribute, sum] : sums) {
    json[attribute] = {{"photos", sum.photos},
                       {"same_answer", sum.same},
                       {"probability_difference_mean", sum.difference / sum.values},
                       {"probability_difference_max", sum.largest},
                       {"log_probability_difference_rms", std::sqrt(sum.square / sum.values)}};
  }
  return json;
}

void print(const base::OrderedJson& report) {
  fmt::print("{:<20} {:>7} {:>12} {:>16} {:>16} {:>18}\n", "attribute", "photos", "same answer", "mean difference",
             "max difference", "log-probability");
  for (const auto& [attribute, row] : report.items()) {
    fmt::print("{:<20} {:>7} {:>11.1f}% {:>16.4f} {:>16.4f} {:>18.4f}\n", attribute, row["photos"].get<int>(),
               100.0 * row["same_answer"].get<int>() / row["photos"].get<int>(),
               row["probability_difference_mean"].get<double>(), row["probability_difference_max"].get<double>(),
               row["log_probability_difference_rms"].get<double>());
  }
}

Exit run(const Options& options, const Session& session) {
  if (options.photos.empty()) {
    model::save_checkpoint(options.out, model::load_checkpoint(options.model, {.int8 = true}), {.dtype = std::nullopt});
    return Exit::kDone;
  }
  const auto taxonomy = catalog::Taxonomy::read(taxonomy_beside(options.taxonomy, {.model = options.model}));
  const auto photos = files_of(options.photos);
  Answers full;
  model::LoadOptions load{.int8 = true};
  {
    predict::Predictor predictor(model::load_checkpoint(options.model), taxonomy);
    model::watch_inputs(predictor.checkpoint().model);
    full = answers(predictor, photos, "float32", session.quiet);
    load.outlier_columns = model::outlier_columns(predictor.checkpoint().model, options.outlier_ratio);
  }
  predict::Predictor predictor(model::load_checkpoint(options.model, load), taxonomy);
  const auto report = agreement(full, answers(predictor, photos, "int8", session.quiet));
  model::save_checkpoint(options.out, predictor.checkpoint(), {.dtype = std::nullopt});
  base::write_json(options.out / "quantization.json", {{"agreement", report}, {"layers_with_outlier_columns", load.outlier_columns.size()}});
  fmt::print(stderr, "columns kept in float32 in {} linear layers\n", load.outlier_columns.size());
  print(report);
  return Exit::kDone;
}

}  // namespace

void add_quantize(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("quantize", "Write a checkpoint whose linear layers are in 8 bits: a quarter of the size, and faster");
  command->add_option("--model", options->model, "the checkpoint to quantize")->required();
  command->add_option("--out", options->out, "the new checkpoint's folder")->required();
  command->add_option("--calibrate", options->photos,
                      "photos of your own, or folders of them: input columns with outliers are found on them and kept in "
                      "float32, and the agreement with float32 is reported");
  command->add_option("--taxonomy", options->taxonomy, "the values to compare on (default: taxonomy.json beside the model)");
  command->add_option("--outlier-ratio", options->outlier_ratio,
                      "a column is an outlier when its largest magnitude is this many times that of its layer's median column")
      ->check(CLI::Range(1.0, 1e6))
      ->capture_default_str();
  command->callback([options, &session] { session.action = [options, &session] { return run(*options, session); }; });
}

}  // namespace hangtag::app
