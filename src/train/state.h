// Where a run stands, on disk: everything from which it goes on as if it had never stopped.
//
// FOLDER/state.json holds the position, FOLDER/state.safetensors the optimiser's tensors ("0.parameter" …). Random numbers need
// no place here: those of a batch follow from the run's seed and the batch's number. The folder is replaced as a whole.
#pragma once

#include <cstdint>
#include <filesystem>

#include "train/optimizer.h"

namespace hangtag::train {

struct EpochResult {
  std::int64_t epoch = 0;  // from 1
  double train_loss = 0;
  double validation_loss = 0;   // mean cross-entropy of an answer's token
  double validation_exact = 0;  // share of examples whose every token is the likeliest
};

struct Position {
  std::int64_t epoch = 1;        // the running one
  std::int64_t batch = 0;        // of this epoch, the next
  std::int64_t step = 0;         // of the optimiser, taken so far
  double loss_sum = 0;           // of this epoch, over its examples
  std::int64_t seen = 0;         // examples of this epoch
  EpochResult best, last;
  double rate_scale = 1;         // below 1 after the run was set back
  std::int64_t setbacks = 0;
  std::uint64_t metrics_bytes = 0;  // how much of metrics.jsonl belongs to it
};

void save_state(const std::filesystem::path& folder, const Position& position, const Optimizer& optimizer);

// Restores the optimiser and its parameters too. Throws kNotFound, kInvalid, kMismatch.
Position load_state(const std::filesystem::path& folder, Optimizer& optimizer);

}  // namespace hangtag::train
