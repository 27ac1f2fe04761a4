// LoRA adapters in PEFT's layout: adapter_config.json and adapter_model.safetensors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "base/json.h"
#include "model/blip2.h"

namespace hangtag::model {

struct LoraConfig {
  std::int64_t r = 8;
  double alpha = 32;
  double dropout = 0.05;
  bool use_rslora = false;  // scale by alpha / sqrt(r) instead of alpha / r
  // A list of module names, each standing for every module that is called so or ends in "." and it; or one regular
  // expression (ECMAScript) that a module's whole name must match. {"q", "v"} means T5's, not the vision tower's "qkv".
  std::variant<std::vector<std::string>, std::string> target_modules = std::vector<std::string>{"q", "v"};
  std::string base_model = {};  // for information

  double scaling() const;
};

// adapter_config.json; refuses by name whatever asks for more than LoraConfig holds (DoRA, rank_pattern, a bias …).
LoraConfig parse_lora_config(const base::Json& json, const std::string& name);
base::OrderedJson to_json(const LoraConfig& config);

// Gives every target a new adapter: A uniform in ±1/sqrt(in), B zero, so that nothing changes before training.
// Throws kUsage where no module matches.
void add_adapter(Blip2& model, const LoraConfig& config, std::uint64_t seed);

// Puts a saved adapter onto the model it was made for. Every tensor that the config implies must be there and fit, and no
// other: throws kMismatch. Adapters of PEFT before 0.5, whose bare suffixes also hit the vision tower, load too.
LoraConfig load_adapter(Blip2& model, const std::filesystem::path& folder);

// Replaces `folder` as a whole, or leaves it as it was and throws kIo.
void save_adapter(const std::filesystem::path& folder, const Blip2& model, const LoraConfig& config);

// Folds the adapter into the weights.
void merge_adapter(Blip2& model);

// A and B of every adapter, by PEFT's names.
std::vector<std::pair<std::string, at::Tensor>> adapter_tensors(const Blip2& model);

}  // namespace hangtag::model
