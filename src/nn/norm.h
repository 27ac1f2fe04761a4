// Layer normalisation, and T5's form of it.
#pragma once

#include "nn/weights.h"

namespace hangtag::nn {

class LayerNormImpl : public Module {
 public:
  LayerNormImpl(const Weights& weights, std::int64_t width, double epsilon);
  at::Tensor forward(const at::Tensor& x);  // (…, width) → (…, width)

 private:
  at::Tensor weight_, bias_;  // (width)
  double epsilon_;
};
TORCH_MODULE(LayerNorm);

// No mean, no bias; the variance in fp32 whatever the dtype (Zhang & Sennrich, arXiv:1910.07467).
class RmsNormImpl : public Module {
 public:
  RmsNormImpl(const Weights& weights, std::int64_t width, double epsilon);
  at::Tensor forward(const at::Tensor& x);  // (…, width) → (…, width)

 private:
  at::Tensor weight_;  // (width)
  double epsilon_;
};
TORCH_MODULE(RmsNorm);

}  // namespace hangtag::nn
