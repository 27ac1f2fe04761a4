#include "model/outliers.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace hangtag::model {
namespace {

constexpr std::int64_t kColumnsPerOutlier = 32;

}  // namespace

void watch_inputs(Blip2& model) {
  for (const auto& [name, linear] : linear_layers(model)) linear->watch_inputs();
}

std::map<std::string, at::Tensor> outlier_columns(const Blip2& model, double ratio) {
  std::map<std::string, at::Tensor> columns;
  for (const auto& [name, linear] : linear_layers(model)) {
    const auto& peaks = linear->input_peaks();
    if (!peaks.defined()) continue;
    const auto median = peaks.median().item<float>();
    if (median <= 0) continue;
    const auto above = peaks.gt(ratio * median).sum().item<std::int64_t>();
    const auto count = std::min(above, linear->in() / kColumnsPerOutlier);
    if (count > 0) columns[name] = std::get<0>(std::get<1>(peaks.topk(count)).sort());
  }
  return columns;
}

}  // namespace hangtag::model
