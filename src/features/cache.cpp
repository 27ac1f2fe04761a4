#include "features/cache.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "model/tensor_bytes.h"
#include "safetensors/file.h"
#include "safetensors/write.h"

namespace hangtag::features {

std::string model_hash(const model::Checkpoint& checkpoint) {
  std::string identity = base::to_line(model::to_json(checkpoint.processor));
  const auto add = [&](const std::string& name, const at::Tensor& tensor) {
    const auto stored = tensor.detach().to(at::kCPU).contiguous();
    identity += fmt::format(" {} {} {}", name, c10::toString(stored.scalar_type()), base::hash_hex(model::bytes_of(stored)));
  };
  for (const auto& item : checkpoint.model->named_parameters()) {
    if (!item.key().starts_with("language_model.")) add(item.key(), item.value());
  }
  for (const auto& [name, linear] : model::linear_layers(checkpoint.model)) {
    if (!linear->lora() || name.starts_with("language_model.")) continue;
    add(name + ".lora_A", linear->lora()->a);
    add(name + ".lora_B", linear->lora()->b * linear->lora()->scaling);
  }
  return base::hash_hex(identity);
}

Cache::Cache(const std::filesystem::path& folder, const model::Checkpoint& checkpoint)
    : folder_(folder / model_hash(checkpoint)),
      shape_{checkpoint.model->config().num_query_tokens, checkpoint.model->config().text.d_model} {}

std::filesystem::path Cache::path(const std::string& photo_hash) const {
  return folder_ / photo_hash.substr(0, 2) / (photo_hash + ".safetensors");
}

std::optional<at::Tensor> Cache::get(const std::string& photo_hash) const {
  const auto file_path = path(photo_hash);
  std::error_code error;
  if (!std::filesystem::exists(file_path, error)) return std::nullopt;
  try {
    const auto file = std::make_shared<const safetensors::File>(file_path);
    const auto& info = file->tensors().at("features");
    if (info.shape != shape_) return std::nullopt;
    return model::to_tensor({.info = info, .bytes = file->bytes("features"), .file = file}).clone();
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

void Cache::put(const std::string& photo_hash, const at::Tensor& features) const {
  safetensors::write_file(path(photo_hash), {model::to_source("features", features)});
}

}  // namespace hangtag::features
