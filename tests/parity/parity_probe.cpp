// Computes what the parity tests compare with transformers: parity_probe REQUEST.json
//
// The request: {"model": folder, "dtype", "adapter": folder, "inputs": file, "outputs": file, "max_new_tokens",
// "gradients": bool, "merge": bool, "save": folder, "save_adapter": folder}.
// Inputs: pixel_values, input_ids, attention_mask, labels.
// Outputs: features, logits, loss, greedy and beam3 (ids, -1 behind their ends), and gradients by adapter tensor.
#include <ATen/ops/from_blob.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "decode/generate.h"
#include "model/adapter.h"
#include "model/checkpoint.h"
#include "model/tensor_bytes.h"
#include "safetensors/file.h"
#include "safetensors/write.h"

namespace hangtag {
namespace {

at::Tensor read(const std::shared_ptr<const safetensors::File>& file, const char* name) {
  return model::to_tensor({.info = file->tensors().at(name), .bytes = file->bytes(name), .file = file}).clone();
}

at::Tensor padded(const std::vector<std::vector<std::int64_t>>& rows) { return model::pad(rows, -1).ids; }

void run(const base::Json& request) {
  model::LoadOptions load{.dtype = model::parse_dtype(request.value("dtype", "float32"))};
  auto checkpoint = model::load_checkpoint(request.at("model").get<std::string>(), load);
  auto& blip2 = checkpoint.model;
  model::LoraConfig config;
  if (request.contains("adapter")) {
    config = model::load_adapter(blip2, request.at("adapter").get<std::string>());
    if (request.contains("save_adapter")) {
      model::save_adapter(request.at("save_adapter").get<std::string>(), blip2, config);
    }
  }
  if (request.value("merge", false)) model::merge_adapter(blip2);

  const auto file = std::make_shared<const safetensors::File>(request.at("inputs").get<std::string>());
  const auto labels = read(file, "labels");
  const model::TextBatch text{.ids = read(file, "input_ids"), .mask = read(file, "attention_mask").to(at::kBool)};
  std::vector<std::pair<std::string, at::Tensor>> outputs;

  const bool gradients = request.value("gradients", false);
  for (auto& [name, tensor] : model::adapter_tensors(blip2, config)) tensor.set_requires_grad(gradients);
  {
    const at::AutoGradMode with_gradients(gradients);
    const auto features = blip2->image_features(read(file, "pixel_values"));
    const auto logits = blip2(features, text, labels);
    const auto loss = model::language_model_loss(logits, labels);
    if (gradients) loss.backward();
    outputs.insert(outputs.end(), {{"features", features}, {"logits", logits}, {"loss", loss}});
  }
  for (const auto& [name, tensor] : model::adapter_tensors(blip2, config)) {
    if (gradients) outputs.emplace_back(name, tensor.grad());
  }
  const at::NoGradGuard no_grad;
  const auto state = blip2->start(outputs.front().second.detach(), text);
  const auto max_new_tokens = request.value("max_new_tokens", std::int64_t{12});
  decode::GenerateOptions options{.max_new_tokens = max_new_tokens};
  outputs.emplace_back("greedy", padded(decode::generate(blip2, state, options)));
  options.num_beams = 3;
  outputs.emplace_back("beam3", padded(decode::generate(blip2, state, options)));

  std::vector<safetensors::TensorSource> sources;
  for (const auto& [name, tensor] : outputs) sources.push_back(model::to_source(name, tensor));
  safetensors::write_file(request.at("outputs").get<std::string>(), sources);
  if (request.contains("save")) {
    model::save_checkpoint(request.at("save").get<std::string>(), checkpoint, {.dtype = load.dtype});
  }
}

}  // namespace
}  // namespace hangtag

int main(int argc, char** argv) {
  try {
    if (argc != 2) hangtag::base::fail(hangtag::base::ErrorCode::kUsage, "usage: parity_probe REQUEST.json");
    hangtag::run(hangtag::base::read_json(argv[1]));
  } catch (const std::exception& error) {
    fmt::print(stderr, "parity_probe: {}\n", error.what());
    return 1;
  }
}
