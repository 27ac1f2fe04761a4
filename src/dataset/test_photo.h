// For tests: photos that look enough like garments to be told apart.
#pragma once

#include <array>
#include <cstdint>

#include "base/random.h"
#include "image/image.h"

namespace hangtag::dataset {

using Colour = std::array<std::uint8_t, 3>;

// A garment of one colour on white, 60x80, with a print of blocks that the seed draws. Contrast 0 has no print.
inline image::Image draw_garment(Colour colour, std::uint64_t seed, int contrast = 60) {
  constexpr int kWidth = 60;
  constexpr int kHeight = 80;
  constexpr int kBlock = 6;
  image::Image photo{
      .width = kWidth, .height = kHeight, .pixels = std::vector<std::uint8_t>(3 * kWidth * kHeight, 255)};
  base::Random random(seed);
  for (int top = 12; top < 68; top += kBlock) {
    for (int left = 12; left < 48; left += kBlock) {
      const int shade = random.chance(0.5) ? contrast : 0;
      for (int y = top; y < top + kBlock; ++y) {
        for (int x = left; x < left + kBlock; ++x) {
          for (int c = 0; c < 3; ++c) {
            photo.row(y)[3 * x + c] =
                static_cast<std::uint8_t>(colour[c] > 127 ? colour[c] - shade : colour[c] + shade);
          }
        }
      }
    }
  }
  return photo;
}

inline constexpr Colour kRed = {200, 30, 40};
inline constexpr Colour kBlue = {40, 60, 190};
inline constexpr Colour kWhite = {244, 244, 246};

}  // namespace hangtag::dataset
