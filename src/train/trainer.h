// Fine-tuning by LoRA, and full training.
//
// A run's folder:
//   run.json        the options
//   metrics.jsonl   a line per logged step {"event": "step", "epoch", "step", "train_loss", "learning_rate",
//                   "examples_per_second"} and per epoch {"event": "epoch", "epoch", "train_loss_mean", "validation_loss",
//                   "validation_exact", "seconds", "best"}
//   best/, last/    the adapter (PEFT's layout) or the checkpoint (Hugging Face's) of the epoch with the lowest validation
//                   loss, and of the latest one
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "dataset/examples.h"
#include "model/adapter.h"
#include "model/checkpoint.h"

namespace hangtag::train {

enum class Method { kLora, kFull };
enum class Optimizer { kAdamW, kAdam };

struct TrainOptions {
  std::filesystem::path out;
  bool overwrite = false;  // an earlier run in `out`; without it such a run is refused
  Method method = Method::kLora;
  model::LoraConfig lora = {};
  Optimizer optimizer = Optimizer::kAdamW;
  double learning_rate = 1e-3;
  double weight_decay = 0.01;
  double max_gradient_norm = 1;
  double warmup_share = 0.05;  // of all steps
  std::int64_t epochs = 10;
  std::int64_t batch_size = 16;  // examples
  bool augment = false;          // photos mirrored and shifted at random; method kFull only
  std::filesystem::path feature_cache = {};  // under LoRA: a folder that keeps photos' features for the next run; empty: none
  std::uint64_t seed = 0;
  bool quiet = false;  // no progress
};

struct EpochResult {
  std::int64_t epoch = 0;  // from 1
  double train_loss = 0;
  double validation_loss = 0;   // mean cross-entropy of an answer's token
  double validation_exact = 0;  // share of examples whose every token is the likeliest
};

struct TrainResult {
  std::int64_t trainable_parameters = 0;
  EpochResult best;
  EpochResult last;
};

// Trains checkpoint.model in place, on `data`'s training split. LoRA: the photos' features are computed once, since the
// modules behind them are frozen, and an adapter is added to the model. Full: the checkpoint must be loaded with
// Memory::kWritable. Photos that cannot be read are an error, which names them.
// Throws kUsage for options out of range, LoRA targets outside of the language model, or a folder that holds a run;
// kDiverged when the loss is no longer finite: best/ and last/ stay as the last good epoch left them.
TrainResult train(model::Checkpoint& checkpoint, const dataset::Dataset& data, const TrainOptions& options);

}  // namespace hangtag::train
