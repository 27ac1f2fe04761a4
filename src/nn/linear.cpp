#include "nn/linear.h"

#include <ATen/ops/dropout.h>
#include <ATen/ops/linear.h>

namespace hangtag::nn {

LinearImpl::LinearImpl(const Weights& weights, std::int64_t in, std::int64_t out, const LinearOptions& options) {
  weight_ = parameter(weights, "weight", {out, in}, options.init);
  if (options.bias) bias_ = parameter(weights, "bias", {out}, kZeros);
}

at::Tensor LinearImpl::forward(const at::Tensor& x) {
  const auto y = at::linear(x.to(weight_.scalar_type()), weight_, bias_);
  if (!lora_) return y;
  const auto dropped = at::dropout(x.to(lora_->a.scalar_type()), lora_->dropout, is_training());
  const auto update = at::linear(at::linear(dropped, lora_->a), lora_->b) * lora_->scaling;
  return (y + update).to(y.scalar_type());
}

void LinearImpl::merge_lora() {
  if (!lora_) return;
  const at::NoGradGuard no_grad;
  const auto update = at::matmul(lora_->b, lora_->a) * lora_->scaling;
  // A new tensor: the old one may lie in a read-only mapped file.
  weight_.set_data((weight_.to(at::kFloat) + update).to(weight_.scalar_type()));
  lora_.reset();
}

}  // namespace hangtag::nn
