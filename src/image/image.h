// A photo in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hangtag::image {

// sRGB, 8 bits a channel, rows from the top, (height, width, 3).
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;

  std::uint8_t* row(int y) { return pixels.data() + std::size_t{3} * width * y; }
  const std::uint8_t* row(int y) const { return pixels.data() + std::size_t{3} * width * y; }

  bool operator==(const Image&) const = default;
};

}  // namespace hangtag::image
