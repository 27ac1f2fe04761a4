#include "model/checkpoint.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "model/tensor_bytes.h"
#include "safetensors/checkpoint_files.h"
#include "safetensors/write.h"

namespace hangtag::model {
namespace {

using base::ErrorCode;
using base::fail;

// Copies of T5's embedding that a checkpoint may store besides it.
const std::string kEmbedding = "language_model.shared.weight";
const std::string kHead = "language_model.lm_head.weight";
const std::vector<std::string> kEmbeddingCopies = {"language_model.encoder.embed_tokens.weight",
                                                   "language_model.decoder.embed_tokens.weight"};
// Left over in old T5 checkpoints; no model reads it.
const std::string kUnused = "language_model.decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight";

// In config.json, of linear layers in 8 bits: transformers, which does not know the layout, then refuses them by name.
constexpr const char* kQuantization = "quantization_config";
constexpr const char* kInt8Method = "hangtag-int8";

bool stays_in_fp32_under_fp16(const std::string& name) {
  return name == "query_tokens" || name.starts_with("qformer.") || name.ends_with(".wo.weight");
}

class CheckpointWeights : public nn::WeightSource {
 public:
  CheckpointWeights(const safetensors::CheckpointFiles& files, const LoadOptions& options)
      : files_(files), options_(options) {}

  at::Tensor get(const std::string& name, at::IntArrayRef shape, nn::Init) override {
    const auto stored = stored_name(name);
    if (!stored) fail(ErrorCode::kMismatch, "{}: tensor \"{}\" is missing; config.json implies it", where(), name);
    used_.insert(*stored);
    auto view = files_.at(*stored);
    if (at::IntArrayRef(view.info.shape) != shape) {
      fail(ErrorCode::kMismatch, "{}: tensor \"{}\" is {}, config.json implies {}", where(), *stored,
           shape_text(view.info.shape), shape_text(shape));
    }
    auto tensor = to_tensor(std::move(view));
    if (tensor.is_floating_point()) tensor = tensor.to(dtype_of(name, tensor.scalar_type()));
    return options_.memory == Memory::kWritable ? tensor.clone() : tensor;
  }

  bool contains(const std::string& name) const override { return stored_name(name).has_value(); }
  bool int8() const override { return options_.int8; }

  at::Tensor outlier_columns(const std::string& linear) const override {
    const auto found = options_.outlier_columns.find(linear);
    return found == options_.outlier_columns.end() ? at::Tensor() : found->second;
  }

  // Call when the model is built: whatever was not asked for does not belong to it.
  void check_all_used() {
    for (const auto& copy : kEmbeddingCopies) {
      if (!files_.contains(copy) || used_.contains(copy)) continue;
      const auto embedding = files_.at(*stored_name(kEmbedding));
      const auto bytes = files_.at(copy).bytes;
      if (bytes.size() != embedding.bytes.size() ||
          std::memcmp(bytes.data(), embedding.bytes.data(), bytes.size()) != 0) {
        fail(ErrorCode::kUnsupported, "{}: \"{}\" differs from \"{}\"; separate embeddings are not supported", where(),
             copy, kEmbedding);
      }
      used_.insert(copy);
    }
    used_.insert(kUnused);
    std::vector<std::string> extra;
    for (auto& name : files_.names()) {
      if (!used_.contains(name)) extra.push_back(std::move(name));
    }
    if (extra.empty()) return;
    fail(ErrorCode::kMismatch, "{}: {} tensor(s) that config.json does not imply, the first \"{}\"; is this the config.json of these weights?",
         where(), extra.size(), extra.front());
  }

 private:
  std::string where() const { return files_.path().string(); }

  at::ScalarType dtype_of(const std::string& name, at::ScalarType stored) const {
    if (name.ends_with(".weight_scale") || name.ends_with(".outlier_weight")) return at::kFloat;
    if (options_.dtype == at::kHalf && stays_in_fp32_under_fp16(name)) return at::kFloat;
    // Only a few rows of it are ever read: not worth a copy of its whole in fp32.
    if (options_.int8 && name == kEmbedding && files_.contains(kHead)) return stored;
    return options_.dtype;
  }

  static std::string shape_text(at::IntArrayRef shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

  // The name under which the file holds it; the embedding may be stored as one of its copies alone.
  std::optional<std::string> stored_name(const std::string& name) const {
    if (files_.contains(name)) return name;
    if (name == kEmbedding) {
      for (const auto& copy : kEmbeddingCopies) {
        if (files_.contains(copy)) return copy;
      }
    }
    return std::nullopt;
  }

  const safetensors::CheckpointFiles& files_;
  LoadOptions options_;
  std::set<std::string, std::less<>> used_;
};

// Tensors by name in order of their layout, which is that of the modules.
std::vector<std::pair<std::string, at::Tensor>> named_tensors(const Blip2& model) {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (const auto& item : model->named_parameters()) tensors.emplace_back(item.key(), item.value().detach());
  return tensors;
}

void check_vocabulary(const std::string& where, const Blip2Config& config, const text::Tokenizer& tokenizer) {
  if (static_cast<std::int64_t>(tokenizer.size()) > config.text.vocab_size) {
    fail(ErrorCode::kMismatch, "{}: the tokenizer has {} tokens, config.json's \"vocab_size\" is {}", where,
         tokenizer.size(), config.text.vocab_size);
  }
}

}  // namespace

Checkpoint load_checkpoint(const std::filesystem::path& folder, const LoadOptions& options) {
  if (options.int8 && options.dtype != at::kFloat) {
    fail(ErrorCode::kUsage, "linear layers in 8 bits go with float32 for the rest, not with {}", to_string(options.dtype));
  }
  const auto config = read_config(folder);
  const safetensors::CheckpointFiles files(folder);
  CheckpointWeights weights(files, options);
  Blip2 model{nn::Weights(weights), config};
  weights.check_all_used();
  model->eval();
  auto processor = read_image_processor(folder);
  if (processor.height != config.vision.image_size || processor.width != config.vision.image_size) {
    fail(ErrorCode::kMismatch, "{}: photos are resized to {}x{}, but config.json's \"image_size\" is {}",
         folder.string(), processor.width, processor.height, config.vision.image_size);
  }
  auto tokenizer = text::Tokenizer::load(folder);
  check_vocabulary(folder.string(), config, tokenizer);
  return {.model = std::move(model), .processor = processor, .tokenizer = std::move(tokenizer)};
}

Checkpoint new_checkpoint(const Blip2Config& config, text::Tokenizer tokenizer, std::uint64_t seed) {
  check_vocabulary("new model", config, tokenizer);
  nn::RandomWeights weights(seed);
  Blip2 model{nn::Weights(weights), config};
  model->eval();
  return {.model = std::move(model),
          .processor = {.height = config.vision.image_size, .width = config.vision.image_size},
          .tokenizer = std::move(tokenizer)};
}

void save_checkpoint(const std::filesystem::path& folder, const Checkpoint& checkpoint, const SaveOptions& options) {
  const at::NoGradGuard no_grad;
  const auto& config = checkpoint.model->config();
  base::AtomicFolder out(folder);

  bool int8 = false;
  // Converted one at a time, so that saving never holds a second copy of the model.
  at::Tensor current;
  std::vector<safetensors::TensorSource> sources;
  for (const auto& [name, tensor] : named_tensors(checkpoint.model)) {
    const auto dtype = tensor.is_floating_point() ? options.dtype.value_or(tensor.scalar_type()) : tensor.scalar_type();
    sources.push_back({.name = name,
                       .dtype = to_safetensors(dtype),
                       .shape = tensor.sizes().vec(),
                       .bytes = [&current, tensor = tensor, dtype] {
                         current = tensor.to(at::kCPU, dtype).contiguous();
                         return bytes_of(current);
                       }});
    int8 |= dtype == at::kChar;
  }
  safetensors::write_sharded(out.path(), sources, options.max_shard_bytes);

  auto config_json = to_json(config, to_string(options.dtype.value_or(at::kFloat)));
  if (int8) config_json[kQuantization] = {{"quant_method", kInt8Method}, {"weights", "int8 per output channel"}};
  base::write_json(out.path() / "config.json", config_json);
  base::write_json(out.path() / "generation_config.json", {{"decoder_start_token_id", config.text.decoder_start_token_id},
                                                           {"eos_token_id", config.text.eos_token_id},
                                                           {"pad_token_id", config.text.pad_token_id}});
  base::write_json(out.path() / "preprocessor_config.json", to_json(checkpoint.processor));
  base::OrderedJson processor = {{"processor_class", "Blip2Processor"}};
  if (config.image_token_index) processor["num_query_tokens"] = config.num_query_tokens;
  base::write_json(out.path() / "processor_config.json", processor);
  checkpoint.tokenizer.save(out.path());
  out.commit();
}

bool is_int8_checkpoint(const std::filesystem::path& folder) {
  const auto path = folder / "config.json";
  const auto json = base::read_json(path);
  const auto found = json.find(kQuantization);
  if (found == json.end() || found->is_null()) return false;
  const auto method = base::get_or<std::string>(*found, "quant_method", "", path.string());
  if (method == kInt8Method) return true;
  fail(ErrorCode::kUnsupported, "{}: weights quantised by \"{}\"; only {} is supported", path.string(), method, kInt8Method);
}

at::ScalarType parse_dtype(const std::string& name) {
  if (name == "float32" || name == "fp32") return at::kFloat;
  if (name == "bfloat16" || name == "bf16") return at::kBFloat16;
  if (name == "float16" || name == "fp16") return at::kHalf;
  fail(ErrorCode::kUsage, "dtype \"{}\" is not one of float32, bfloat16, float16", name);
}

std::string to_string(at::ScalarType dtype) {
  return dtype == at::kFloat ? "float32" : dtype == at::kBFloat16 ? "bfloat16" : "float16";
}

}  // namespace hangtag::model
