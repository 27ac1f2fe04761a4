// Models to train from random weights: BLIP-2's shape at sizes that a laptop trains.
#pragma once

#include <string>
#include <vector>

#include "dataset/examples.h"
#include "model/checkpoint.h"

namespace hangtag::train {

// Names for people: "tiny" (the demo's), "small".
const std::vector<std::string>& preset_names();

// A new model for this data: the preset's sizes (or those of a config.json, given its path), a tokenizer trained on the
// data's questions and answers. Throws kUsage for an unknown name.
model::Checkpoint new_model(const std::string& preset, const dataset::Dataset& data, std::uint64_t seed);

}  // namespace hangtag::train
