#include "image/resize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "base/random.h"

namespace hangtag::image {
namespace {

Image noise(int width, int height) {
  base::Random random(3);
  Image image{.width = width, .height = height, .pixels = std::vector<std::uint8_t>(std::size_t{3} * width * height)};
  for (auto& sample : image.pixels) sample = static_cast<std::uint8_t>(random.next());
  return image;
}

// The definition, in floating point and one dimension at a time: each output sample is the weighted mean of all input
// samples, by the cubic at their distance, the samples rounded in between.
double cubic(double x) {
  x = std::abs(x);
  if (x < 1) return 1.5 * x * x * x - 2.5 * x * x + 1;
  if (x < 2) return -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2;
  return 0;
}

Image transpose(const Image& image) {
  Image result{.width = image.height, .height = image.width, .pixels = image.pixels};
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) std::copy_n(image.row(y) + 3 * x, 3, result.row(x) + 3 * y);
  }
  return result;
}

Image naive_width(const Image& image, int width) {
  Image result{.width = width, .height = image.height, .pixels = {}};
  const double scale = static_cast<double>(image.width) / width;
  const double stretch = std::max(scale, 1.0);
  for (int y = 0; y < image.height; ++y) {
    for (int out = 0; out < width; ++out) {
      for (int channel = 0; channel < 3; ++channel) {
        double sum = 0, weights = 0;
        for (int x = 0; x < image.width; ++x) {
          const double weight = cubic((x + 0.5 - (out + 0.5) * scale) / stretch);
          sum += weight * image.row(y)[3 * x + channel];
          weights += weight;
        }
        result.pixels.push_back(static_cast<std::uint8_t>(std::clamp(std::round(sum / weights), 0.0, 255.0)));
      }
    }
  }
  return result;
}

TEST(ResizeBicubic, FollowsTheDefinition) {
  struct Case {
    int from_width, from_height, to_width, to_height;
  };
  for (const Case& c : {Case{60, 80, 24, 24}, Case{7, 5, 23, 31}, Case{33, 9, 8, 40}, Case{1, 1, 6, 4},
                        Case{50, 50, 1, 1}, Case{2, 300, 3, 7}, Case{16, 16, 16, 5}, Case{16, 16, 5, 16}}) {
    const Image image = noise(c.from_width, c.from_height);
    const Image resized = resize_bicubic(image, c.to_width, c.to_height);
    const Image expected = transpose(naive_width(transpose(naive_width(image, c.to_width)), c.to_height));
    ASSERT_EQ(resized.width, c.to_width);
    ASSERT_EQ(resized.height, c.to_height);
    ASSERT_EQ(resized.pixels.size(), expected.pixels.size());
    int worst = 0;
    for (std::size_t i = 0; i < expected.pixels.size(); ++i) {
      worst = std::max(worst, std::abs(resized.pixels[i] - expected.pixels[i]));
    }
    EXPECT_LE(worst, 1) << c.from_width << " x " << c.from_height << " to " << c.to_width << " x " << c.to_height;
  }
}

TEST(ResizeBicubic, LeavesTheSameSizeUntouched) {
  const Image image = noise(13, 7);
  EXPECT_EQ(resize_bicubic(image, 13, 7), image);
}

TEST(ResizeBicubic, KeepsAPlainColour) {
  const Image image{.width = 40, .height = 30, .pixels = std::vector<std::uint8_t>(3 * 40 * 30, 255)};
  for (const int size : {1, 17, 90}) {
    EXPECT_EQ(std::ranges::count(resize_bicubic(image, size, size).pixels, 255), 3 * size * size) << size;
  }
}

TEST(ResizeBicubic, RefusesASideWithoutPixels) {
  EXPECT_THROW(resize_bicubic(noise(4, 4), 0, 4), base::Error);
  EXPECT_THROW(resize_bicubic(noise(4, 4), 4, -1), base::Error);
  EXPECT_THROW(resize_bicubic(Image{}, 4, 4), base::Error);
}

}  // namespace
}  // namespace hangtag::image
