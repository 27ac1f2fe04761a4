// y = x Wᵀ + b, W dense or in 8 bits, and with LoRA (Hu et al., arXiv:2106.09685) y + s · dropout(x) Aᵀ Bᵀ.
#pragma once

#include <optional>

#include "nn/int8.h"
#include "nn/weights.h"

namespace hangtag::nn {

struct LinearOptions {
  bool bias = true;
  Init init = normal(0.02);
};

struct Lora {
  at::Tensor a;        // (r, in), fp32
  at::Tensor b;        // (out, r), fp32
  double scaling = 1;  // alpha / r, or alpha / sqrt(r)
  double dropout = 0;
};

// In 8 bits where the source of its weights says so. Parameters: "weight" (out, in), "bias" (out); in 8 bits "weight" is
// int8 and "weight_scale" (out) fp32 stands beside it, and where columns are kept apart "outlier_mask" (in) uint8 and
// "outlier_weight" (out, columns) fp32.
class LinearImpl : public Module {
 public:
  LinearImpl(const Weights& weights, std::int64_t in, std::int64_t out, const LinearOptions& options = {});

  at::Tensor forward(const at::Tensor& x, const After& after = {});  // (…, in) → (…, out)

  std::int64_t in() const { return weight_.size(1); }
  std::int64_t out() const { return weight_.size(0); }
  const at::Tensor& weight() const { return weight_; }
  bool is_int8() const { return int8_.has_value(); }

  // From now on notes the largest magnitude that each column of the input has held.
  void watch_inputs() { input_peaks_ = at::zeros({in()}, at::kFloat); }
  const at::Tensor& input_peaks() const { return input_peaks_; }  // (in), undefined unless watched

  void set_lora(Lora lora) { lora_ = std::move(lora); }
  const std::optional<Lora>& lora() const { return lora_; }
  // W += s · B A, in fp32, and drops the adapter. Throws kUnsupported for weights in 8 bits, where most of it would be lost.
  void merge_lora();

 private:
  at::Tensor weight_;  // (out, in)
  at::Tensor bias_;    // (out), or undefined
  std::optional<Int8Weight> int8_;
  std::optional<Lora> lora_;
  at::Tensor input_peaks_;
};
TORCH_MODULE(Linear);

}  // namespace hangtag::nn
