// T5's relative position bias (Raffel et al., arXiv:1910.10683, section 2.1): a learned number per head and bucket of
// distances, added to the attention scores of every layer.
#pragma once

#include "nn/weights.h"

namespace hangtag::nn {

struct RelativeBiasOptions {
  std::int64_t heads;
  std::int64_t buckets;
  std::int64_t max_distance;
  bool bidirectional;  // the encoder's; the decoder looks back only
  Init init = normal(0.02);
};

// Buckets of key position minus query position, int64 in and out, any shape.
at::Tensor relative_position_bucket(const at::Tensor& distance, const RelativeBiasOptions& options);

class RelativeBiasImpl : public Module {
 public:
  RelativeBiasImpl(const Weights& weights, const RelativeBiasOptions& options);

  // query_positions (R, N), key_positions (R, M), int64 → (R, heads, N, M); R is 1 where all rows stand alike
  at::Tensor forward(const at::Tensor& query_positions, const at::Tensor& key_positions);

 private:
  RelativeBiasOptions options_;
  at::Tensor weight_;  // (buckets, heads)
};
TORCH_MODULE(RelativeBias);

}  // namespace hangtag::nn
