// What several commands share: loading a model, judging a split, writing results.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
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
  std::string dtype{};              // as add_dtype_option explains it
};

// --model, --adapter and --dtype, the same for every command that runs a model.
void add_model_options(CLI::App& command, ModelOptions& options);
void add_dtype_option(CLI::App& command, ModelOptions& options, const char* name = "--dtype");

// --data, --images and --types, the same for every command that reads a data set.
void add_data_options(CLI::App& command, dataset::LoadOptions& options);

// The checkpoint with the adapter on it. Tells standard error which dtype "auto" means on this machine.
model::Checkpoint load_model(const ModelOptions& options);

// The calibration that `hangtag calibrate` left beside the weights, if it did; else nothing is changed.
void calibrate_if_fitted(predict::Predictor& predictor, const ModelOptions& options);

// `given`, or else the taxonomy.json that training left beside the model or the adapter. Throws kUsage where there is none.
std::filesystem::path taxonomy_beside(const std::filesystem::path& given, const ModelOptions& options);

// FILE, or standard output where the path is empty or "-". Throws kIo when lines cannot be written.
class LineWriter {
 public:
  explicit LineWriter(const std::filesystem::path& path, bool append = false);
  void write(std::string_view line);
  void close();  // throws kIo when the last lines did not reach the disk

 private:
  std::string name_;
  std::ofstream file_;
  std::ostream* out_;
};

// What is labelled in a split: id → attribute → value.
std::map<std::string, std::map<std::string, std::string>> truths_of(const dataset::Dataset& data, dataset::Split split);

// Asks the model every question of a split; answers are held to the data's taxonomy. `scored` is told every answer's
// probabilities and the truth.
std::vector<evaluate::Judgement> judge(predict::Predictor& predictor, const dataset::Dataset& data, dataset::Split split,
                                       bool quiet,
                                       const std::function<void(const predict::AttributePrediction&, const std::string& truth)>& scored = {});

evaluate::ValueCounts train_counts(const dataset::Dataset& data);

// The most that this process has had in memory, in bytes; mapped files count as far as they were read. 0 off Linux.
std::uint64_t peak_memory();

// YYYY-MM-DD, today, in UTC.
std::string today();

}  // namespace hangtag::app
