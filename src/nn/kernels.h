// Walks over memory that are worth their own loops: those around a product in 8 bits, one row at a time, and dropout's
// mask. Without torch; each is compiled for several instruction sets and the machine's best is taken. A row's result is the
// same wherever it stands in a batch.
#pragma once

#include <cstdint>

namespace hangtag::nn {

// What is done to a product beside scaling it, in this order: bias, addend, activation, factor, residual. Null: nothing.
struct RowEpilogue {
  enum class Function { kNone, kGelu, kGeluTanh, kRelu, kSilu };  // in the order of nn::Activation

  const float* channel_scale;  // (n)
  const float* bias = nullptr;
  const float* addend = nullptr;  // of this row, as are the two below
  Function function = Function::kNone;
  const float* factor = nullptr;
  const float* residual = nullptr;
};

// q = round(x / s) with s = max |x| / 127, ties to even. Returns s; a row of zeros has s = 0. Values that are not finite
// give s = NaN, so that they surface in the result instead of vanishing in the rounding.
float quantize_row(const float* x, std::int64_t n, std::int8_t* q);

// y = residual + factor · f(product · row_scale · channel_scale + bias + addend)
void finish_row(const std::int32_t* product, std::int64_t n, float row_scale, const RowEpilogue& epilogue, float* y);

// mask[i] for i in [begin, end): 0 with probability `rate`, else 1 / (1 - rate), following from seed and i alone.
void draw_mask(std::uint64_t seed, float rate, std::int64_t begin, std::int64_t end, float* mask);

}  // namespace hangtag::nn
