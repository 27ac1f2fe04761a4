// Rows of tokens of different lengths, laid end to end: padding costs a linear layer as much as a token does, so it never
// reaches one. Attention alone wants the padded form back.
#pragma once

#include <ATen/core/Tensor.h>

namespace hangtag::nn {

class Packing {
 public:
  explicit Packing(const at::Tensor& mask);  // (B, W) bool: true is a token, false padding; T tokens in all

  at::Tensor pack(const at::Tensor& padded) const;    // (B, W, D) → (T, D)
  at::Tensor unpack(const at::Tensor& packed) const;  // (T, D) → (B, W, D); padding repeats the first token

 private:
  std::int64_t rows_, width_;
  at::Tensor place_of_token_;  // (T) in the padded layout; undefined where there is no padding
  at::Tensor token_of_place_;  // (B · W)
};

}  // namespace hangtag::nn
