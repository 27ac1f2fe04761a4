// Fine-tuning by LoRA, and full training.
//
// A run's folder:
//   run.json        the options
//   metrics.jsonl   a line per logged step {"event": "step", "epoch", "step", "train_loss", "learning_rate",
//                   "examples_per_second"}, per epoch {"event": "epoch", "epoch", "train_loss_mean", "validation_loss",
//                   "validation_exact", "seconds", "best"}, and per step that was not taken {"event": "skip", …} or
//                   undone {"event": "setback", …}
//   best/, last/    the adapter (PEFT's layout) or the checkpoint (Hugging Face's) of the epoch with the lowest validation
//                   loss, and of the latest one; epochs/N, of the last few, where they are asked for
//   tensorboard/   the numbers of metrics.jsonl as curves for TensorBoard: "epoch/validation_loss", by step
//   state/          from where the run goes on with `resume`
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "dataset/examples.h"
#include "model/adapter.h"
#include "model/checkpoint.h"
#include "train/process_group.h"
#include "train/state.h"

namespace hangtag::train {

enum class Method { kLora, kFull };

struct TrainOptions {
  std::filesystem::path out;
  bool overwrite = false;  // an earlier run in `out`; without it, or `resume`, such a run is refused
  bool resume = false;     // go on with the run in `out`, whose options must be these; begin it where there is none
  bool dry_run = false;    // take a few steps and time them; nothing is written
  Method method = Method::kLora;
  model::LoraConfig lora = {};
  std::filesystem::path adapter = {};  // under LoRA: go on from this one, whose configuration counts instead of `lora`; empty: a new one
  Algorithm optimizer = Algorithm::kAdamW;
  double learning_rate = 1e-3;
  double weight_decay = 0.01;
  double max_gradient_norm = 1;
  double warmup_share = 0.05;  // of all steps
  std::int64_t epochs = 10;
  std::int64_t batch_size = 16;  // examples
  std::int64_t accumulate = 1;   // batches a step and process: as one batch of them all, in the memory of one
  std::int64_t patience = 0;     // epochs without a lower validation loss after which the run ends; 0: never
  double label_smoothing = 0;
  double averaging = 0;          // above 0: epochs are judged and kept with a running mean of the weights, of which each step leaves this share
  bool balance = false;          // rare values of an attribute weigh more, by the root of how much rarer they are
  bool augment = false;          // photos mirrored and shifted at random; not where only the language model is tuned
  std::int64_t keep_epochs = 0;  // how many of the latest epochs to keep in epochs/, beside best/ and last/
  double save_every_seconds = 600;           // the state, besides after every epoch
  std::filesystem::path feature_cache = {};  // under LoRA: a folder that keeps photos' features for the next run; empty: none
  std::uint64_t seed = 0;
  ProcessGroup group = {};  // those that share the work: each takes its share of a step's batches
  std::string model_name = {}, data_name = {};  // for run.json
  bool quiet = false;                           // no progress
  std::function<bool()> stop = {};              // asked before each step: true saves the state and ends the run early
};

struct TrainResult {
  std::int64_t trainable_parameters = 0;
  std::int64_t steps = 0;            // of the whole run
  double seconds_per_step = 0;       // of a dry run
  bool stopped = false;              // by `stop`
  EpochResult best;
  EpochResult last;
};

// Trains checkpoint.model in place, on `data`'s training split. LoRA: an adapter is added to the model, and where it
// reaches the language model alone the photos' features are computed once. Full: the checkpoint must be loaded with
// Memory::kWritable. Photos that cannot be read are an error, which names them.
//
// With a group of N processes each calls this with the same arguments but for the group. A step then takes N times as many
// batches, and is to the rounding what one process does with N times as many to accumulate; without dropout and augmentation
// also what it does with batches N times as large. It may be resumed by
// another number of processes, as long as a step has as many batches. The group's leader writes; the others are quiet.
//
// A step whose loss or gradient is not finite is not taken; after some in a row the run goes back to its last saved state
// with half the learning rate. With the same number of threads a resumed run has the losses of one that was not interrupted;
// with one thread, to the last bit.
//
// Throws kUsage for options out of range, a folder that holds a run, or a
// resumed run with other options; kDiverged when going back did not help: best/ and last/ stay as the last good epoch left
// them.
TrainResult train(model::Checkpoint& checkpoint, const dataset::Dataset& data, const TrainOptions& options);

}  // namespace hangtag::train
