#include "image/resize.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/error.h"

namespace hangtag::image {
namespace {

// 8 bits for the sample, 2 for sums beyond its range (bicubic weights overshoot), the rest of 32 for the fraction.
constexpr int kFractionBits = 32 - 8 - 2;
constexpr std::int32_t kHalf = std::int32_t{1} << (kFractionBits - 1);

// Keys, Cubic Convolution Interpolation for Digital Image Processing (1981), with the a that Pillow has.
double cubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

// An output sample is the sum over `count` input samples from `first` on, times the weights from `weights[offset]` on.
struct Window {
  int first;
  int count;
  std::size_t offset;
};

struct Kernel {
  std::vector<Window> windows;  // one for each output sample of a line
  std::vector<std::int32_t> weights;
};

Kernel make_kernel(int from, int to) {
  const double scale = static_cast<double>(from) / to;
  const double stretch = std::max(scale, 1.0);
  const double support = 2.0 * stretch;
  Kernel kernel;
  std::vector<double> weights;
  for (int i = 0; i < to; ++i) {
    const double center = (i + 0.5) * scale;
    const int first = std::max(static_cast<int>(center - support + 0.5), 0);
    const int last = std::min(static_cast<int>(center + support + 0.5), from);
    weights.clear();
    double sum = 0;
    for (int x = first; x < last; ++x) {
      weights.push_back(cubic((x - center + 0.5) * (1.0 / stretch)));
      sum += weights.back();
    }
    kernel.windows.push_back({.first = first, .count = last - first, .offset = kernel.weights.size()});
    for (const double weight : weights) {
      const double fixed = weight / sum * (1 << kFractionBits);
      kernel.weights.push_back(static_cast<std::int32_t>(fixed < 0 ? fixed - 0.5 : fixed + 0.5));
    }
  }
  return kernel;
}

std::uint8_t to_sample(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kFractionBits, 0, 255));
}

Image resize_width(const Image& image, int width) {
  const Kernel kernel = make_kernel(image.width, width);
  Image result{.width = width, .height = image.height, .pixels = {}};
  result.pixels.resize(std::size_t{3} * width * image.height);
  for (int y = 0; y < image.height; ++y) {
    std::uint8_t* out = result.row(y);
    for (const Window& window : kernel.windows) {
      const std::int32_t* weight = kernel.weights.data() + window.offset;
      const std::uint8_t* in = image.row(y) + std::size_t{3} * window.first;
      std::int32_t red = kHalf, green = kHalf, blue = kHalf;
      for (int i = 0; i < window.count; ++i, in += 3) {
        red += in[0] * weight[i];
        green += in[1] * weight[i];
        blue += in[2] * weight[i];
      }
      *out++ = to_sample(red);
      *out++ = to_sample(green);
      *out++ = to_sample(blue);
    }
  }
  return result;
}

Image resize_height(const Image& image, int height) {
  const Kernel kernel = make_kernel(image.height, height);
  Image result{.width = image.width, .height = height, .pixels = {}};
  const std::size_t samples = std::size_t{3} * image.width;  // in a row
  result.pixels.resize(samples * height);
  std::vector<std::int32_t> sums(samples);
  for (int y = 0; y < height; ++y) {
    const Window& window = kernel.windows[y];
    std::ranges::fill(sums, kHalf);
    for (int i = 0; i < window.count; ++i) {
      const std::int32_t weight = kernel.weights[window.offset + i];
      const std::uint8_t* in = image.row(window.first + i);
      for (std::size_t x = 0; x < samples; ++x) sums[x] += in[x] * weight;
    }
    std::ranges::transform(sums, result.row(y), to_sample);
  }
  return result;
}

}  // namespace

Image resize_bicubic(const Image& image, int width, int height) {
  if (width < 1 || height < 1 || image.width < 1 || image.height < 1) {
    base::fail(base::ErrorCode::kUsage, "cannot resize {} x {} pixels to {} x {}: every side must be at least 1",
               image.width, image.height, width, height);
  }
  // Pillow skips a pass that changes nothing, too: it would round a second time.
  if (width == image.width) return height == image.height ? image : resize_height(image, height);
  const Image wide = resize_width(image, width);
  return height == wide.height ? wide : resize_height(wide, height);
}

}  // namespace hangtag::image
