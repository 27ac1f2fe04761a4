#include "nn/relative_bias.h"

#include <ATen/ops/clamp_max.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/log.h>
#include <ATen/ops/where.h>

#include <cmath>

namespace hangtag::nn {

at::Tensor relative_position_bucket(const at::Tensor& distance, const RelativeBiasOptions& options) {
  std::int64_t buckets = options.buckets;
  at::Tensor side, magnitude;
  if (options.bidirectional) {
    // Half of the buckets for keys before the query, half for keys after it.
    buckets /= 2;
    side = distance.gt(0).to(at::kLong) * buckets;
    magnitude = distance.abs();
  } else {
    side = at::zeros_like(distance);
    magnitude = distance.neg().clamp_min(0);
  }
  // Small distances have a bucket each; larger ones share buckets that grow logarithmically up to max_distance.
  const std::int64_t exact = buckets / 2;
  const double log_range = std::log(static_cast<double>(options.max_distance) / static_cast<double>(exact));
  // In the order of the reference's float operations, so that no distance falls into a neighbouring bucket.
  const auto logarithmic = exact + (at::log(magnitude.to(at::kFloat) / static_cast<double>(exact)) / log_range *
                                    static_cast<double>(buckets - exact))
                                       .to(at::kLong);
  return side + at::where(magnitude.lt(exact), magnitude, at::clamp_max(logarithmic, buckets - 1));
}

RelativeBiasImpl::RelativeBiasImpl(const Weights& weights, const RelativeBiasOptions& options) : options_(options) {
  weight_ = parameter(weights, "weight", {options.buckets, options.heads}, options.init);
}

at::Tensor RelativeBiasImpl::forward(const at::Tensor& query_positions, const at::Tensor& key_positions) {
  const auto bucket = relative_position_bucket(key_positions.unsqueeze(1) - query_positions.unsqueeze(2), options_);
  return at::embedding(weight_, bucket).permute({0, 3, 1, 2});
}

}  // namespace hangtag::nn
