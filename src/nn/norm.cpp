#include "nn/norm.h"

#include <ATen/ops/layer_norm.h>
#include <ATen/ops/rsqrt.h>

namespace hangtag::nn {

LayerNormImpl::LayerNormImpl(const Weights& weights, std::int64_t width, double epsilon) : epsilon_(epsilon) {
  weight_ = parameter(weights, "weight", {width}, kOnes);
  bias_ = parameter(weights, "bias", {width}, kZeros);
}

at::Tensor LayerNormImpl::forward(const at::Tensor& x) {
  return at::layer_norm(x, weight_.sizes(), weight_, bias_, epsilon_);
}

RmsNormImpl::RmsNormImpl(const Weights& weights, std::int64_t width, double epsilon) : epsilon_(epsilon) {
  weight_ = parameter(weights, "weight", {width}, kOnes);
}

at::Tensor RmsNormImpl::forward(const at::Tensor& x) {
  const auto variance = x.to(at::kFloat).square().mean(-1, /*keepdim=*/true);
  return weight_ * (x * at::rsqrt(variance + epsilon_)).to(weight_.scalar_type());
}

}  // namespace hangtag::nn
