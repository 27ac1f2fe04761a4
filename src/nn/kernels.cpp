#include "nn/kernels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

// One source, several instruction sets; the loader picks. The loops below are plain so that the compiler vectorises them.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define HANGTAG_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define HANGTAG_CLONES
#endif
#define HANGTAG_INLINE inline __attribute__((always_inline))

namespace hangtag::nn {
namespace {

// exp(x) within 2 units in the last place for x in [-87, 88]; clamped outside. Cody and Waite's reduction to
// |r| <= ln(2)/2, then the Taylor series to r^7, whose remainder there is below 2^-27.
HANGTAG_INLINE float exponential(float x) {
  x = std::min(std::max(x, -87.0F), 88.0F);
  const float n = std::nearbyint(x * 1.44269504F);
  const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  float p = 1.0F / 5040;
  p = p * r + 1.0F / 720;
  p = p * r + 1.0F / 120;
  p = p * r + 1.0F / 24;
  p = p * r + 1.0F / 6;
  p = p * r + 0.5F;
  p = p * r + 1.0F;
  p = p * r + 1.0F;
  return p * std::bit_cast<float>((static_cast<std::int32_t>(n) + 127) << 23);
}

HANGTAG_INLINE float sigmoid(float x) { return 1.0F / (1.0F + exponential(-x)); }

// The normal distribution's integral times x. erf by Abramowitz and Stegun, 7.1.26: within 1.5e-7.
HANGTAG_INLINE float gelu(float x) {
  const float z = std::fabs(x) * 0.70710678F;
  const float t = 1.0F / (1.0F + 0.3275911F * z);
  float p = 1.061405429F;
  p = p * t - 1.453152027F;
  p = p * t + 1.421413741F;
  p = p * t - 0.284496736F;
  p = p * t + 0.254829592F;
  const float erf = 1.0F - p * t * exponential(-z * z);
  return 0.5F * x * (1.0F + std::copysign(erf, x));
}

// 0.5 x (1 + tanh(u)) is x · sigmoid(2u).
HANGTAG_INLINE float gelu_tanh(float x) { return x * sigmoid(1.59576912F * (x + 0.044715F * x * x * x)); }

template <RowEpilogue::Function function>
HANGTAG_INLINE float apply(float x) {
  using enum RowEpilogue::Function;
  if constexpr (function == kGelu) return gelu(x);
  if constexpr (function == kGeluTanh) return gelu_tanh(x);
  if constexpr (function == kRelu) return x > 0 ? x : 0;
  if constexpr (function == kSilu) return x * sigmoid(x);
  return x;
}

// The row in pieces that stay in the first-level cache, so that each optional part is a loop of its own over the piece and
// memory is still walked once.
template <RowEpilogue::Function function>
HANGTAG_INLINE void finish(const std::int32_t* product, std::int64_t n, float row_scale, const RowEpilogue& e, float* y) {
  constexpr std::int64_t kPiece = 512;
  for (std::int64_t begin = 0; begin < n; begin += kPiece) {
    const auto end = std::min(n, begin + kPiece);
    for (auto i = begin; i < end; ++i) y[i] = static_cast<float>(product[i]) * (row_scale * e.channel_scale[i]);
    if (e.bias != nullptr) {
      for (auto i = begin; i < end; ++i) y[i] += e.bias[i];
    }
    if (e.addend != nullptr) {
      for (auto i = begin; i < end; ++i) y[i] += e.addend[i];
    }
    if constexpr (function != RowEpilogue::Function::kNone) {
      for (auto i = begin; i < end; ++i) y[i] = apply<function>(y[i]);
    }
    if (e.factor != nullptr) {
      for (auto i = begin; i < end; ++i) y[i] *= e.factor[i];
    }
    if (e.residual != nullptr) {
      for (auto i = begin; i < end; ++i) y[i] += e.residual[i];
    }
  }
}

}  // namespace

HANGTAG_CLONES float quantize_row(const float* x, std::int64_t n, std::int8_t* q) {
  // As integers, magnitudes keep their order, and NaN stands above every number.
  std::int32_t highest = 0;
  for (std::int64_t i = 0; i < n; ++i) highest = std::max(highest, std::bit_cast<std::int32_t>(x[i]) & 0x7FFFFFFF);
  const auto largest = std::bit_cast<float>(highest);
  constexpr float kNothing = 1e-30F;  // below it 127 / largest would overflow
  if (!(largest <= std::numeric_limits<float>::max()) || largest < kNothing) {
    std::fill(q, q + n, std::int8_t{0});
    return largest < kNothing ? 0.0F : std::numeric_limits<float>::quiet_NaN();
  }
  const float inverse = 127 / largest;
  for (std::int64_t i = 0; i < n; ++i) q[i] = static_cast<std::int8_t>(static_cast<std::int32_t>(std::nearbyint(x[i] * inverse)));
  return largest / 127;
}

HANGTAG_CLONES void finish_row(const std::int32_t* product, std::int64_t n, float row_scale, const RowEpilogue& epilogue,
                               float* y) {
  using enum RowEpilogue::Function;
  switch (epilogue.function) {
    case kNone: return finish<kNone>(product, n, row_scale, epilogue, y);
    case kGelu: return finish<kGelu>(product, n, row_scale, epilogue, y);
    case kGeluTanh: return finish<kGeluTanh>(product, n, row_scale, epilogue, y);
    case kRelu: return finish<kRelu>(product, n, row_scale, epilogue, y);
    case kSilu: return finish<kSilu>(product, n, row_scale, epilogue, y);
  }
}

// A counter that is hashed (C. Wellons' lowbias32), so that every element can be drawn on its own.
HANGTAG_CLONES void draw_mask(std::uint64_t seed, float rate, std::int64_t begin, std::int64_t end, float* mask) {
  const auto low = static_cast<std::uint32_t>(seed), high = static_cast<std::uint32_t>(seed >> 32);
  const auto threshold = static_cast<std::int32_t>(rate * 8388608.0F);  // of 2^23
  const float kept = 1 / (1 - rate);
  for (std::int64_t i = begin; i < end; ++i) {
    std::uint32_t h = static_cast<std::uint32_t>(i) + low;
    h ^= h >> 16;
    h *= 0x7FEB352DU;
    h ^= h >> 15;
    h += high;
    h *= 0x846CA68BU;
    h ^= h >> 16;
    mask[i] = static_cast<std::int32_t>(h >> 9) < threshold ? 0.0F : kept;
  }
}

}  // namespace hangtag::nn
