// What several commands share: loading a model, judging a split, writing results.
#pragma once

#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "dataset/examples.h"
#include "evaluate/metrics.h"
#include "model/checkpoint.h"
#include "predict/predictor.h"

namespace hangtag::app {

struct ModelOptions {
  std::filesystem::path model;
  std::filesystem::path adapter{};  // empty: none
  std::string dtype = "float32";
};

// The checkpoint with the adapter on it.
model::Checkpoint load_model(const ModelOptions& options, model::Memory memory = model::Memory::kMapped);

// FILE, or standard output where the path is empty or "-". Throws kIo when lines cannot be written.
class LineWriter {
 public:
  explicit LineWriter(const std::filesystem::path& path);
  void write(std::string_view line);
  void close();  // throws kIo when the last lines did not reach the disk

 private:
  std::string name_;
  std::ofstream file_;
  std::ostream* out_;
};

// {"id", "photo", "type", "attributes": {NAME: {"value", "confidence", "alternatives": [{"value", "confidence"}]}}}
struct PredictionRecord {
  std::string id;
  std::string photo;
  std::string type;
  std::vector<predict::AttributePrediction> attributes;
};
base::OrderedJson to_json(const PredictionRecord& record, std::size_t alternatives);

// What is labelled in a split: id → attribute → value.
std::map<std::string, std::map<std::string, std::string>> truths_of(const dataset::Dataset& data, dataset::Split split);

// Asks the model every question of a split; answers are held to the data's taxonomy.
std::vector<evaluate::Judgement> judge(predict::Predictor& predictor, const dataset::Dataset& data, dataset::Split split,
                                       bool quiet);

evaluate::ValueCounts train_counts(const dataset::Dataset& data);

// YYYY-MM-DD, today, in UTC.
std::string today();

}  // namespace hangtag::app
