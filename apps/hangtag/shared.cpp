#include "shared.h"

#include <fmt/chrono.h>

#include <ctime>

#include "base/error.h"
#include "base/progress.h"
#include "dataset/questions.h"
#include "features/encode.h"
#include "model/adapter.h"
#include "nn/int8.h"

namespace hangtag::app {

using base::ErrorCode;
using base::fail;

namespace {

// What is quickest here, of what the CPU has instructions for.
std::string fastest_dtype() {
  return nn::has_fast_int8() ? "int8" : nn::has_fast_bfloat16() ? "bfloat16" : "float32";
}

std::string resolved_dtype(const ModelOptions& options) {
  if (options.dtype == "auto") {
    const auto dtype = fastest_dtype();
    fmt::print(stderr, "hangtag: dtype auto: {} is the fastest on this CPU\n", dtype);
    return dtype;
  }
  if (!options.dtype.empty()) return options.dtype;
  if (!model::is_int8_checkpoint(options.model)) return "float32";
  if (nn::has_fast_int8()) return "int8";
  fmt::print(stderr, "hangtag: {} is in 8 bits, which this CPU has no instructions for: computing in float32\n",
             options.model.string());
  return "float32";
}

}  // namespace

void add_dtype_option(CLI::App& command, ModelOptions& options, const char* name) {
  command.add_option(name, options.dtype,
                     "float32, bfloat16, float16, int8, or auto: the fastest on this CPU (default: float32; int8 for a "
                     "checkpoint that `hangtag quantize` wrote)")
      ->check(CLI::IsMember({"float32", "bfloat16", "float16", "int8", "auto"}));
}

void add_model_options(CLI::App& command, ModelOptions& options) {
  command.add_option("--model", options.model, "a checkpoint")->required();
  command.add_option("--adapter", options.adapter, "an adapter for it");
  add_dtype_option(command, options);
}

void add_data_options(CLI::App& command, dataset::LoadOptions& options) {
  command.add_option("--data", options.folder, "a folder that `hangtag prepare` wrote")->required();
  command.add_option("--images", options.images, "where the photos are, if they moved");
  command.add_option("--types", options.types, "product types of it to use, separated by commas; default all")->delimiter(',');
}

model::Checkpoint load_model(const ModelOptions& options) {
  const auto dtype = resolved_dtype(options);
  model::LoadOptions load;
  if (dtype == "int8") {
    load.int8 = true;
  } else {
    load.dtype = model::parse_dtype(dtype);
  }
  auto checkpoint = model::load_checkpoint(options.model, load);
  if (!options.adapter.empty()) model::load_adapter(checkpoint.model, options.adapter);
  return checkpoint;
}

void calibrate_if_fitted(predict::Predictor& predictor, const ModelOptions& options) {
  const auto path = (options.adapter.empty() ? options.model : options.adapter) / predict::kCalibrationFile;
  if (std::filesystem::exists(path)) predictor.set_calibration(predict::read_calibration(path));
}

std::filesystem::path taxonomy_beside(const std::filesystem::path& given, const ModelOptions& options) {
  if (!given.empty()) return given;
  for (const auto& folder : {options.model, options.model.parent_path(), options.adapter.parent_path()}) {
    if (std::filesystem::exists(folder / "taxonomy.json")) return folder / "taxonomy.json";
  }
  fail(ErrorCode::kUsage, "no taxonomy.json beside {}: name one with --taxonomy (`hangtag prepare` writes it)",
       options.model.string());
}

LineWriter::LineWriter(const std::filesystem::path& path, bool append)
    : name_(path.empty() || path == "-" ? "standard output" : path.string()), out_(&std::cout) {
  if (name_ == "standard output") return;
  file_.open(path, append ? std::ios::app : std::ios::trunc);
  if (!file_) fail(ErrorCode::kIo, "{}: cannot write", name_);
  out_ = &file_;
}

void LineWriter::write(std::string_view line) {
  *out_ << line << '\n';
  if (!*out_) fail(ErrorCode::kIo, "{}: cannot write; is the disk full?", name_);
}

void LineWriter::close() {
  out_->flush();
  if (!*out_) fail(ErrorCode::kIo, "{}: cannot write; is the disk full?", name_);
}

std::map<std::string, std::map<std::string, std::string>> truths_of(const dataset::Dataset& data, dataset::Split split) {
  std::map<std::string, std::map<std::string, std::string>> truths;
  for (const auto& example : data.examples[split]) {
    if (const auto label = dataset::parse_answer(example.answer)) truths[example.id][label->attribute] = label->value;
  }
  return truths;
}

std::vector<evaluate::Judgement> judge(predict::Predictor& predictor, const dataset::Dataset& data, dataset::Split split,
                                       bool quiet,
                                       const std::function<void(const predict::AttributePrediction&, const std::string&)>& scored) {
  const auto truths = truths_of(data, split);
  base::Progress progress(fmt::format("judging {}", to_string(split)), static_cast<std::int64_t>(truths.size()), "photos",
                          quiet);
  std::vector<const decltype(truths)::value_type*> labelled;
  std::vector<std::filesystem::path> photos;
  for (const auto& item : truths) {
    labelled.push_back(&item);
    photos.push_back(data.products.find(item.first)->second.photo);
  }
  std::vector<evaluate::Judgement> judgements;
  features::encode(predictor.checkpoint(), photos, {.photos_per_pass = 32}, [&](const features::Encoded& pass) {
    if (!pass.failed.empty()) throw pass.failed.front().error;
    std::vector<predict::Predictor::Request> requests;
    for (const auto photo : pass.photos) {
      const auto& [id, values] = *labelled[photo];
      auto& request = requests.emplace_back();
      request = {.photo = static_cast<std::int64_t>(requests.size()) - 1, .type = data.products.find(id)->second.type, .attributes = {}};
      for (const auto& [attribute, value] : values) request.attributes.push_back(attribute);
    }
    const auto predictions = predictor.predict(pass.features, requests);
    for (std::size_t i = 0; i < predictions.size(); ++i) {
      const auto& [id, values] = *labelled[pass.photos[i]];
      for (const auto& [attribute, truth] : values) {
        evaluate::Judgement judgement{.id = id, .attribute = attribute, .truth = truth, .predicted = {}};
        for (const auto& prediction : predictions[i]) {
          if (prediction.attribute != attribute) continue;
          judgement.predicted = prediction.values.front().value;
          judgement.confidence = prediction.values.front().probability;
          if (scored) scored(prediction, truth);
        }
        judgements.push_back(std::move(judgement));
      }
    }
    progress.update(static_cast<std::int64_t>(pass.photos.back()) + 1);
  });
  if (judgements.empty()) fail(ErrorCode::kInvalid, "the {} split has no example to judge", to_string(split));
  return judgements;
}

evaluate::ValueCounts train_counts(const dataset::Dataset& data) {
  evaluate::ValueCounts counts;
  for (const auto& example : data.examples[dataset::Split::kTrain]) {
    if (const auto label = dataset::parse_answer(example.answer)) ++counts[label->attribute][label->value];
  }
  return counts;
}

std::uint64_t peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) * 1024;
  }
  return 0;
}

std::string today() { return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr))); }

}  // namespace hangtag::app
