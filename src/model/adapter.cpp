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

void check_regex(const std::string& pattern, const char* key, const std::string& name) {
  try {
    std::regex checked(pattern);
  } catch (const std::regex_error& error) {
    fail(ErrorCode::kInvalid, "{}: \"{}\" has \"{}\", not a regular expression: {}", name, key, pattern, error.what());
  }
}

template <typename T>
T by_pattern(const std::vector<std::pair<std::string, T>>& patterns, const std::string& module, T otherwise) {
  const std::pair<std::string, T>* found = nullptr;
  for (const auto& candidate : patterns) {
    if (!std::regex_match(module, std::regex("(.*\\.)?(" + candidate.first + ")"))) continue;
    // PEFT takes the file's first, an order that JSON objects do not promise.
    if (found != nullptr && found->second != candidate.second) {
      fail(ErrorCode::kUnsupported, "\"{}\" and \"{}\" give {} different ranks or alphas", found->first, candidate.first, module);
    }
    found = &candidate;
  }
  return found != nullptr ? found->second : otherwise;
}

// A field that maps regular expressions to numbers.
template <typename T>
std::vector<std::pair<std::string, T>> parse_patterns(const base::Json& json, const char* key, const std::string& name) {
  std::vector<std::pair<std::string, T>> patterns;
  if (!json.contains(key) || json[key].is_null()) return patterns;
  for (const auto& [pattern, value] : json[key].items()) {
    if (!value.is_number() || value.template get<double>() <= 0) {
      fail(ErrorCode::kInvalid, "{}: \"{}\" has {} for \"{}\", expected a positive number", name, key, value.dump(), pattern);
    }
    check_regex(pattern, key, name);
    patterns.emplace_back(pattern, value.template get<T>());
  }
  return patterns;
}

// Parameters of the modules that are kept whole: name → tensor.
std::vector<std::pair<std::string, at::Tensor>> whole_parameters(const Blip2& model, const LoraConfig& config) {
  std::vector<std::pair<std::string, at::Tensor>> found;
  for (const auto& item : model->named_parameters()) {
    const auto module = item.key().substr(0, item.key().rfind('.'));
    for (const auto& kept : config.modules_to_save) {
      if (!module.ends_with(kept)) continue;
      if (!item.value().is_floating_point()) {
        fail(ErrorCode::kUnsupported, "\"modules_to_save\" names {}, whose weights are in 8 bits and cannot be trained", module);
      }
      found.emplace_back(item.key(), item.value());
      break;
    }
  }
  return found;
}

// So that they may be written to, wherever they lie now.
void copy_whole_parameters(Blip2& model, const LoraConfig& config) {
  for (auto& [name, tensor] : whole_parameters(model, config)) tensor.set_data(tensor.to(at::kFloat).clone());
}

std::string key_of(const std::string& module, const char* matrix) {
  return fmt::format("{}{}.{}.weight", kPrefix, module, matrix);
}

}  // namespace

std::int64_t LoraConfig::rank_of(const std::string& module) const { return by_pattern(rank_pattern, module, r); }

double LoraConfig::scaling_of(const std::string& module) const {
  const auto rank = static_cast<double>(rank_of(module));
  return by_pattern(alpha_pattern, module, alpha) / (use_rslora ? std::sqrt(rank) : rank);
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
  for (const char* key : {"layers_to_transform", "layers_pattern",
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
  config.rank_pattern = parse_patterns<std::int64_t>(json, "rank_pattern", name);
  config.alpha_pattern = parse_patterns<double>(json, "alpha_pattern", name);
  if (json.contains("modules_to_save") && !json["modules_to_save"].is_null()) {
    config.modules_to_save = base::get<std::vector<std::string>>(json, "modules_to_save", name);
  }
  config.base_model = base::get_or<std::string>(json, "base_model_name_or_path", "", name);
  if (config.r < 1 || config.r > 65536) fail(ErrorCode::kInvalid, "{}: \"r\" is {}, expected at least 1", name, config.r);
  if (!(config.dropout >= 0 && config.dropout < 1)) {
    fail(ErrorCode::kInvalid, "{}: \"lora_dropout\" is {}, expected 0 to below 1", name, config.dropout);
  }
  const auto targets = base::get<base::Json>(json, "target_modules", name);
  if (targets.is_string()) {
    if (targets == "all-linear") fail(ErrorCode::kUnsupported, "{}: \"target_modules\" all-linear is not supported", name);
    config.target_modules = targets.get<std::string>();
    check_regex(std::get<std::string>(config.target_modules), "target_modules", name);
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
                            {"modules_to_save", config.modules_to_save.empty() ? base::OrderedJson(nullptr) : base::OrderedJson(config.modules_to_save)},
                            {"rank_pattern", base::OrderedJson::object()},
                            {"alpha_pattern", base::OrderedJson::object()},
                            {"use_rslora", config.use_rslora},
                            {"use_dora", false}};
  for (const auto& [pattern, rank] : config.rank_pattern) json["rank_pattern"][pattern] = rank;
  for (const auto& [pattern, alpha] : config.alpha_pattern) json["alpha_pattern"][pattern] = alpha;
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
    const auto rank = config.rank_of(name);
    auto a = at::empty({rank, linear->in()}, at::kFloat);
    a.uniform_(-bound, bound, at::detail::createCPUGenerator(base::Random(seed, name).next()));
    linear->set_lora({.a = a,
                      .b = at::zeros({linear->out(), rank}, at::kFloat),
                      .scaling = config.scaling_of(name),
                      .dropout = config.dropout});
    any = true;
  }
  if (!any) {
    fail(ErrorCode::kUsage, "no module of the model matches the adapter's targets {}",
         to_json(config)["target_modules"].dump());
  }
  copy_whole_parameters(model, config);
}

LoraConfig load_adapter(Blip2& model, const std::filesystem::path& folder) {
  const auto config_path = folder / kConfigFile;
  const auto config = parse_lora_config(base::read_json(config_path), config_path.string());
  const auto file = std::make_shared<const safetensors::File>(folder / kWeightsFile);

  std::set<std::string> unused;
  for (const auto& [name, info] : file->tensors()) unused.insert(name);
  const auto take = [&](const std::string& key, at::IntArrayRef shape) {
    const auto found = file->tensors().find(key);
    if (found == file->tensors().end()) {
      fail(ErrorCode::kMismatch, "{}: tensor \"{}\" is missing; adapter_config.json implies it", file->path().string(), key);
    }
    if (at::IntArrayRef(found->second.shape) != shape) {
      fail(ErrorCode::kMismatch, "{}: tensor \"{}\" is [{}], this model and adapter_config.json imply [{}]: an adapter for another model?",
           file->path().string(), key, fmt::join(found->second.shape, ", "), fmt::join(shape, ", "));
    }
    unused.erase(key);
    return to_tensor({.info = found->second, .bytes = file->bytes(key), .file = file}).to(at::kFloat).clone();
  };

  for (const auto& [name, linear] : linear_layers(model)) {
    const bool implied = matches(config, name, /*bare=*/false);
    const bool stored = unused.contains(key_of(name, "lora_A")) && matches(config, name, /*bare=*/true);
    if (!implied && !stored) continue;
    const auto rank = config.rank_of(name);
    linear->set_lora({.a = take(key_of(name, "lora_A"), {rank, linear->in()}),
                      .b = take(key_of(name, "lora_B"), {linear->out(), rank}),
                      .scaling = config.scaling_of(name),
                      .dropout = config.dropout});
  }
  const at::NoGradGuard no_grad;
  for (auto& [name, tensor] : whole_parameters(model, config)) {
    tensor.set_data(take(kPrefix + name, tensor.sizes()).to(tensor.scalar_type()));
  }
  if (!unused.empty()) {
    fail(ErrorCode::kMismatch, "{}: {} tensor(s) fit no module of this model, the first \"{}\": an adapter for another model?",
         file->path().string(), unused.size(), *unused.begin());
  }
  return config;
}

std::vector<std::pair<std::string, at::Tensor>> adapter_tensors(const Blip2& model, const LoraConfig& config) {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (const auto& [name, linear] : linear_layers(model)) {
    if (!linear->lora()) continue;
    tensors.emplace_back(key_of(name, "lora_A"), linear->lora()->a);
    tensors.emplace_back(key_of(name, "lora_B"), linear->lora()->b);
  }
  for (auto& [name, tensor] : whole_parameters(model, config)) tensors.emplace_back(kPrefix + name, tensor);
  return tensors;
}

void save_adapter(const std::filesystem::path& folder, const Blip2& model, const LoraConfig& config) {
  base::AtomicFolder out(folder);
  std::vector<safetensors::TensorSource> sources;
  for (const auto& [name, tensor] : adapter_tensors(model, config)) sources.push_back(to_source(name, tensor));
  safetensors::write_file(out.path() / kWeightsFile, sources);
  base::write_json(out.path() / kConfigFile, to_json(config));
  out.commit();
}

void merge_adapter(Blip2& model) {
  for (const auto& [name, linear] : linear_layers(model)) linear->merge_lora();
}

}  // namespace hangtag::model
