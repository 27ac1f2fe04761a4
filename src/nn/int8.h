// Products in 8 bits on the CPU: weights quantised once, per output channel; activations per row, while running.
//
//   y[m, n] = s_x[m] · s_w[n] · Σ_k q_x[m, k] · q_w[n, k]        q in [-127, 127], s the scales, the sum exact in int32
//
// A row's result depends on that row alone, whatever batch it is in. Columns of x that now and then hold far larger
// numbers than the rest would spoil the row's scale: they can be left out of the sum and added in fp32 (Dettmers et al.,
// LLM.int8(), arXiv:2208.07339).
#pragma once

#include <ATen/core/Tensor.h>

#include "nn/activation.h"

namespace hangtag::nn {

// What follows a linear layer, done while its result is still in the cache: residual + factor · activation(y).
struct After {
  Activation activation = Activation::kNone;
  at::Tensor factor = {};    // of y's shape, as the residual; undefined: none
  at::Tensor residual = {};
};

at::Tensor apply(const After& after, const at::Tensor& y);

struct Int8Weight {
  at::Tensor values;  // (out, in) int8
  at::Tensor scales;  // (out) fp32
  // Columns that stay in fp32; both undefined where there are none. The values hold zeros there.
  at::Tensor outlier_columns;  // (c) int64
  at::Tensor outlier_weight;   // (out, c) fp32
};

// Of a weight (out, in) of any floating dtype. Rounding is to nearest, so the error is at most half a step of a channel.
Int8Weight quantize(const at::Tensor& weight, const at::Tensor& outlier_columns = {});
at::Tensor dequantize(const Int8Weight& weight);  // (out, in) fp32

// x (…, in) → (…, out) fp32; bias (out) or undefined. Differentiable with respect to x: its gradient is a product in 8
// bits too, with the gradient of y quantised per row.
at::Tensor int8_linear(const at::Tensor& x, const Int8Weight& weight, const at::Tensor& bias, const After& after = {});

// Whether this CPU has instructions for products in 8 bits (AVX512-VNNI, AVX-VNNI) or in bfloat16 (AVX512-BF16, AMX);
// without them these are slower than float32.
bool has_fast_int8();
bool has_fast_bfloat16();

}  // namespace hangtag::nn
