// y = x Wᵀ + b, and with LoRA (Hu et al., arXiv:2106.09685) y + s · dropout(x) Aᵀ Bᵀ.
#pragma once

#include <optional>

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

class LinearImpl : public Module {
 public:
  LinearImpl(const Weights& weights, std::int64_t in, std::int64_t out, const LinearOptions& options = {});

  at::Tensor forward(const at::Tensor& x);  // (…, in) → (…, out)

  std::int64_t in() const { return weight_.size(1); }
  std::int64_t out() const { return weight_.size(0); }
  const at::Tensor& weight() const { return weight_; }

  void set_lora(Lora lora) { lora_ = std::move(lora); }
  const std::optional<Lora>& lora() const { return lora_; }
  // W += s · B A, in fp32, and drops the adapter.
  void merge_lora();

 private:
  at::Tensor weight_;  // (out, in)
  at::Tensor bias_;    // (out), or undefined
  std::optional<Lora> lora_;
};
TORCH_MODULE(Linear);

}  // namespace hangtag::nn
