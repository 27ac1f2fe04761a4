#include "model/adapter.h"

#include <ATen/CPUGeneratorImpl.h>

#include <cmath>
#include <map>
#include <regex>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/random.h"
#include "model/tensor_bytes.h"
#include "safetensors/file.h"
#include "safetensors/write.h"

namespace hangtag::model {
namespace {

using base::ErrorCode;
using base::fail;

constexpr const char* kConfigFile = "adapter_config.json";
constexpr const char* kWeightsFile = "adapter_model.safetensors";
constexpr const char* kPrefix = "base_model.model.";

// PEFT's rule since 0.5. `bare` is the rule before: a suffix without the dot.
bool matches(const LoraConfig& config, const std::string& module, bool bare) {
  if (const auto* pattern = std::get_if<std::string>(&config.target_modules)) {
    return std::regex_match(module, std::regex(*pattern));
  }
  for (const auto& target : std::get<std::vector<std::string>>(config.target_modules)) {
    if (module == target || module.ends_with((bare ? "" : ".") + target)) return true;
  }
  return false;
}

std::string key_of(const std::string& module, const char* matrix) {
  return fmt::format("{}{}.{}.weight", kPrefix, module, matrix);
}

}  // namespace

double LoraConfig::scaling() const {
  return alpha / (use_rslora ? std::sqrt(static_cast<double>(r)) : static_cast<double>(r));
}

LoraConfig parse_lora_config(const base::Json& json, const std::string& name) {
  if (const auto type = base::get<std::string>(json, "peft_type", name); type != "LORA") {
    fail(ErrorCode::kUnsupported, "{}: \"peft_type\" is \"{}\"; only LORA is supported", name, type);
  }
  // Fields that change the arithmetic, with the one value for which they do not.
  const base::Json harmless = {{"bias", "none"}, {"fan_in_fan_out", false}, {"use_dora", false}, {"lora_bias", false}};
  for (const auto& [key, value] : harmless.items()) {
    if (json.contains(key) && !json[key].is_null() && json[key] != value) {
      fail(ErrorCode::kUnsupported, "{}: \"{}\" is {}; only {} is supported", name, key, json[key].dump(), value.dump());
    }
  }
  for (const char* key : {"modules_to_save", "rank_pattern", "alpha_pattern", "layers_to_transform", "layers_pattern",
                          "layer_replication", "target_parameters", "trainable_token_indices", "exclude_modules",
                          "megatron_config", "use_qalora", "use_bdlora", "alora_invocation_tokens"}) {
    const bool empty = !json.contains(key) || json[key].is_null() || json[key] == false || json[key].empty();
    if (!empty) fail(ErrorCode::kUnsupported, "{}: \"{}\" is {}, which is not supported", name, key, json[key].dump());
  }
  LoraConfig config;
  config.r = base::get<std::int64_t>(json, "r", name);
  config.alpha = base::get<double>(json, "lora_alpha", name);
  config.dropout = base::get_or(json, "lora_dropout", 0.0, name);
  config.use_rslora = base::get_or(json, "use_rslora", false, name);
  config.base_model = base::get_or<std::string>(json, "base_model_name_or_path", "", name);
  if (config.r < 1 || config.r > 65536) fail(ErrorCode::kInvalid, "{}: \"r\" is {}, expected at least 1", name, config.r);
  if (!(config.dropout >= 0 && config.dropout < 1)) {
    fail(ErrorCode::kInvalid, "{}: \"lora_dropout\" is {}, expected 0 to below 1", name, config.dropout);
  }
  const auto targets = base::get<base::Json>(json, "target_modules", name);
  if (targets.is_string()) {
    if (targets == "all-linear") fail(ErrorCode::kUnsupported, "{}: \"target_modules\" all-linear is not supported", name);
    config.target_modules = targets.get<std::string>();
    try {
      std::regex checked(std::get<std::string>(config.target_modules));
    } catch (const std::regex_error& error) {
      fail(ErrorCode::kInvalid, "{}: \"target_modules\" is {}, not a regular expression: {}", name, targets.dump(), error.what());
    }
  } else {
    config.target_modules = base::get<std::vector<std::string>>(json, "target_modules", name);
  }
  return config;
}

base::OrderedJson to_json(const LoraConfig& config) {
  base::OrderedJson json = {{"peft_type", "LORA"},
                            {"task_type", nullptr},
                            {"auto_mapping",
                             {{"base_model_class", "Blip2ForConditionalGeneration"},
                              {"parent_library", "transformers.models.blip_2.modeling_blip_2"}}},
                            {"base_model_name_or_path", nullptr},
                            {"r", config.r},
                            {"lora_alpha", config.alpha},
                            {"lora_dropout", config.dropout},
                            {"bias", "none"},
                            {"fan_in_fan_out", false},
                            {"inference_mode", true},
                            {"init_lora_weights", true},
                            {"modules_to_save", nullptr},
                            {"rank_pattern", base::OrderedJson::object()},
                            {"alpha_pattern", base::OrderedJson::object()},
                            {"use_rslora", config.use_rslora},
                            {"use_dora", false}};
  if (!config.base_model.empty()) json["base_model_name_or_path"] = config.base_model;
  std::visit([&](const auto& targets) { json["target_modules"] = targets; }, config.target_modules);
  // PEFT keeps a whole alpha as an integer.
  if (config.alpha == std::floor(config.alpha)) json["lora_alpha"] = static_cast<std::int64_t>(config.alpha);
  return json;
}

void add_adapter(Blip2& model, const LoraConfig& config, std::uint64_t seed) {
  bool any = false;
  for (const auto& [name, linear] : linear_layers(model)) {
    if (!matches(config, name, /*bare=*/false)) continue;
    const double bound = 1 / std::sqrt(static_cast<double>(linear->in()));
    auto a = at::empty({config.r, linear->in()}, at::kFloat);
    a.uniform_(-bound, bound, at::detail::createCPUGenerator(base::Random(seed, name).next()));
    linear->set_lora({.a = a,
                      .b = at::zeros({linear->out(), config.r}, at::kFloat),
                      .scaling = config.scaling(),
                      .dropout = config.dropout});
    any = true;
  }
  if (!any) {
    fail(ErrorCode::kUsage, "no module of the model matches the adapter's targets {}",
         to_json(config)["target_modules"].dump());
  }
}

LoraConfig load_adapter(Blip2& model, const std::filesystem::path& folder) {
  const auto config_path = folder / kConfigFile;
  const auto config = parse_lora_config(base::read_json(config_path), config_path.string());
  const auto file = std::make_shared<const safetensors::File>(folder / kWeightsFile);

  std::set<std::string> unused;
  for (const auto& [name, info] : file->tensors()) unused.insert(name);
  const auto take = [&](const std::string& key, std::int64_t rows, std::int64_t columns) {
    const auto found = file->tensors().find(key);
    if (found == file->tensors().end()) {
      fail(ErrorCode::kMismatch, "{}: tensor \"{}\" is missing; adapter_config.json implies it", file->path().string(), key);
    }
    if (found->second.shape != std::vector{rows, columns}) {
      fail(ErrorCode::kMismatch, "{}: tensor \"{}\" is [{}], this model and r = {} imply [{}, {}]: an adapter for another model?",
           file->path().string(), key, fmt::join(found->second.shape, ", "), config.r, rows, columns);
    }
    unused.erase(key);
    return to_tensor({.info = found->second, .bytes = file->bytes(key), .file = file}).to(at::kFloat).clone();
  };

  for (const auto& [name, linear] : linear_layers(model)) {
    const bool implied = matches(config, name, /*bare=*/false);
    const bool stored = unused.contains(key_of(name, "lora_A")) && matches(config, name, /*bare=*/true);
    if (!implied && !stored) continue;
    linear->set_lora({.a = take(key_of(name, "lora_A"), config.r, linear->in()),
                      .b = take(key_of(name, "lora_B"), linear->out(), config.r),
                      .scaling = config.scaling(),
                      .dropout = config.dropout});
  }
  if (!unused.empty()) {
    fail(ErrorCode::kMismatch, "{}: {} tensor(s) fit no module of this model, the first \"{}\": an adapter for another model?",
         file->path().string(), unused.size(), *unused.begin());
  }
  return config;
}

std::vector<std::pair<std::string, at::Tensor>> adapter_tensors(const Blip2& model) {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (const auto& [name, linear] : linear_layers(model)) {
    if (!linear->lora()) continue;
    tensors.emplace_back(key_of(name, "lora_A"), linear->lora()->a);
    tensors.emplace_back(key_of(name, "lora_B"), linear->lora()->b);
  }
  return tensors;
}

void save_adapter(const std::filesystem::path& folder, const Blip2& model, const LoraConfig& config) {
  base::AtomicFolder out(folder);
  std::vector<safetensors::TensorSource> sources;
  for (const auto& [name, tensor] : adapter_tensors(model)) {
    const auto stored = tensor.detach().to(at::kCPU).contiguous();
    sources.push_back({.name = name,
                       .dtype = to_safetensors(stored.scalar_type()),
                       .shape = stored.sizes().vec(),
                       .bytes = [stored] { return bytes_of(stored); }});
  }
  safetensors::write_file(out.path() / kWeightsFile, sources);
  base::write_json(out.path() / kConfigFile, to_json(config));
  out.commit();
}

void merge_adapter(Blip2& model) {
  for (const auto& [name, linear] : linear_layers(model)) linear->merge_lora();
}

}  // namespace hangtag::model
