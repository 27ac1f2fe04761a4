#include "train/state.h"

#include <limits>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "model/tensor_bytes.h"
#include "safetensors/file.h"
#include "safetensors/write.h"

namespace hangtag::train {
namespace {

constexpr const char* kPositionFile = "state.json";
constexpr const char* kTensorFile = "state.safetensors";

base::OrderedJson to_json(const EpochResult& result) {
  // JSON knows no infinity: no epoch has been the best yet.
  return {{"epoch", result.epoch},
          {"train_loss", result.train_loss},
          {"validation_loss", std::isfinite(result.validation_loss) ? base::OrderedJson(result.validation_loss) : base::OrderedJson(nullptr)},
          {"validation_exact", result.validation_exact}};
}

EpochResult parse_result(const base::Json& json, const std::string& name) {
  EpochResult result{.epoch = base::get<std::int64_t>(json, "epoch", name),
                     .train_loss = base::get<double>(json, "train_loss", name),
                     .validation_loss = std::numeric_limits<double>::infinity(),
                     .validation_exact = base::get<double>(json, "validation_exact", name)};
  if (!json.at("validation_loss").is_null()) result.validation_loss = base::get<double>(json, "validation_loss", name);
  return result;
}

}  // namespace

void save_state(const std::filesystem::path& folder, const Position& position, const Optimizer& optimizer) {
  base::AtomicFolder out(folder);
  std::vector<safetensors::TensorSource> sources;
  for (const auto& [name, tensor] : optimizer.state()) sources.push_back(model::to_source(name, tensor));
  safetensors::write_file(out.path() / kTensorFile, sources);
  base::write_json(out.path() / kPositionFile, {{"epoch", position.epoch},
                                                {"batch", position.batch},
                                                {"step", position.step},
                                                {"loss_sum", position.loss_sum},
                                                {"seen", position.seen},
                                                {"best", to_json(position.best)},
                                                {"last", to_json(position.last)},
                                                {"rate_scale", position.rate_scale},
                                                {"setbacks", position.setbacks},
                                                {"metrics_bytes", position.metrics_bytes}});
  out.commit();
}

Position load_state(const std::filesystem::path& folder, Optimizer& optimizer) {
  const auto path = folder / kPositionFile;
  const auto json = base::read_json(path);
  const auto name = path.string();
  Position position{.epoch = base::get<std::int64_t>(json, "epoch", name),
                    .batch = base::get<std::int64_t>(json, "batch", name),
                    .step = base::get<std::int64_t>(json, "step", name),
                    .loss_sum = base::get<double>(json, "loss_sum", name),
                    .seen = base::get<std::int64_t>(json, "seen", name),
                    .best = parse_result(base::get<base::Json>(json, "best", name), name),
                    .last = parse_result(base::get<base::Json>(json, "last", name), name),
                    .rate_scale = base::get<double>(json, "rate_scale", name),
                    .setbacks = base::get<std::int64_t>(json, "setbacks", name),
                    .metrics_bytes = base::get<std::uint64_t>(json, "metrics_bytes", name)};
  const auto file = std::make_shared<const safetensors::File>(folder / kTensorFile);
  std::map<std::string, at::Tensor> tensors;
  for (const auto& [tensor_name, info] : file->tensors()) {
    tensors[tensor_name] = model::to_tensor({.info = info, .bytes = file->bytes(tensor_name), .file = file});
  }
  optimizer.restore(tensors);
  return position;
}

}  // namespace hangtag::train
