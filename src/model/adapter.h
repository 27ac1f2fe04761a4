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
  // Other ranks and alphas for some targets: regular expression → value. One counts for a module when it matches its name
  // from some dot, or the start, to the end. Two that disagree about a module are refused (kUnsupported).
  std::vector<std::pair<std::string, std::int64_t>> rank_pattern = {};
  std::vector<std::pair<std::string, double>> alpha_pattern = {};
  // Modules that are trained and kept whole beside the adapter: every module whose name ends so.
  std::vector<std::string> modules_to_save = {};
  // A list of module names, each standing for every module that is called so or ends in "." and it; or one regular
  // expression (ECMAScript) that a module's whole name must match. {"q", "v"} means T5's, not the vision tower's "qkv".
  std::variant<std::vector<std::string>, std::string> target_modules = std::vector<std::string>{"q", "v"};
  std::string base_model = {};  // for information

  std::int64_t rank_of(const std::string& module) const;
  double scaling_of(const std::string& module) const;
};

// adapter_config.json; refuses by name whatever asks for more than LoraConfig holds (DoRA, a bias, layers_pattern …).
LoraConfig parse_lora_config(const base::Json& json, const std::string& name);
base::OrderedJson to_json(const LoraConfig& config);

// Gives every target a new adapter: A uniform in ±1/sqrt(in), B zero, so that nothing changes before training. The
// parameters of modules_to_save become copies that may be written to. Throws kUsage where no module matches.
void add_adapter(Blip2& model, const LoraConfig& config, std::uint64_t seed);

// Puts a saved adapter onto the model it was made for. Every tensor that the config implies must be there and fit, and no
// other: throws kMismatch. Adapters of PEFT before 0.5, whose bare suffixes also hit the vision tower, load too.
LoraConfig load_adapter(Blip2& model, const std::filesystem::path& folder);

// Replaces `folder` as a whole, or leaves it as it was and throws kIo.
void save_adapter(const std::filesystem::path& folder, const Blip2& model, const LoraConfig& config);

// Folds the adapter into the weights.
void merge_adapter(Blip2& model);

// A and B of every adapter, then the parameters of modules_to_save, by PEFT's names.
std::vector<std::pair<std::string, at::Tensor>> adapter_tensors(const Blip2& model, const LoraConfig& config);

}  // namespace hangtag::model
