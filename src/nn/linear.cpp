#include "nn/linear.h"

#include <ATen/ops/linear.h>
#include <ATen/ops/maximum.h>

#include "base/error.h"
#include "nn/dropout.h"

namespace hangtag::nn {
namespace {

std::optional<Int8Weight> stored_int8(const Weights& weights, const at::Tensor& values) {
  if (values.scalar_type() != at::kChar) return std::nullopt;
  const auto out = values.size(0), in = values.size(1);
  Int8Weight weight{.values = values, .scales = weights("weight_scale", {out}, kOnes), .outlier_columns = {}, .outlier_weight = {}};
  if (weights.contains("outlier_mask")) {
    weight.outlier_columns = weights("outlier_mask", {in}, kZeros).nonzero().squeeze(1);
    weight.outlier_weight = weights("outlier_weight", {out, weight.outlier_columns.size(0)}, kZeros);
  }
  return weight;
}

}  // namespace

LinearImpl::LinearImpl(const Weights& weights, std::int64_t in, std::int64_t out, const LinearOptions& options) {
  weight_ = weights("weight", {out, in}, options.init);
  int8_ = stored_int8(weights, weight_);
  if (weights.int8()) {
    if (!int8_) int8_ = quantize(weight_, weights.outlier_columns());
  } else if (int8_) {
    weight_ = dequantize(*std::exchange(int8_, std::nullopt));
  }
  const auto frozen = [&](const char* name, const at::Tensor& tensor) { return register_parameter(name, tensor, /*requires_grad=*/false); };
  if (int8_) {
    weight_ = frozen("weight", int8_->values);
    frozen("weight_scale", int8_->scales);
    if (int8_->outlier_columns.defined()) {
      frozen("outlier_mask", at::zeros({in}, at::kByte).index_fill_(0, int8_->outlier_columns, 1));
      frozen("outlier_weight", int8_->outlier_weight);
    }
  } else {
    weight_ = frozen("weight", weight_);
  }
  if (options.bias) bias_ = parameter(weights, "bias", {out}, kZeros);
}

at::Tensor LinearImpl::forward(const at::Tensor& x, const After& after) {
  if (input_peaks_.defined()) {
    input_peaks_ = at::maximum(input_peaks_, x.detach().reshape({-1, in()}).abs().amax(0).to(at::kFloat));
  }
  if (int8_ && !lora_) return int8_linear(x, *int8_, bias_, after);
  auto y = int8_ ? int8_linear(x, *int8_, bias_) : at::linear(x.to(weight_.scalar_type()), weight_, bias_);
  if (lora_) {
    const auto dropped = nn::dropout(x.to(lora_->a.scalar_type()), lora_->dropout, is_training());
    const auto update = at::linear(at::linear(dropped, lora_->a), lora_->b) * lora_->scaling;
    y = (y + update).to(y.scalar_type());
  }
  return nn::apply(after, y);  // a module has an apply of its own
}

void LinearImpl::merge_lora() {
  if (!lora_) return;
  if (int8_) {
    base::fail(base::ErrorCode::kUnsupported,
               "an adapter cannot be merged into weights in 8 bits: merge it into the 16 or 32-bit checkpoint, then quantize that");
  }
  const at::NoGradGuard no_grad;
  const auto update = at::matmul(lora_->b, lora_->a) * lora_->scaling;
  // A new tensor: the old one may lie in a read-only mapped file.
  weight_.set_data((weight_.to(at::kFloat) + update).to(weight_.scalar_type()));
  lora_.reset();
}

}  // namespace hangtag::nn
