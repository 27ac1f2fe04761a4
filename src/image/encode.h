// Images to bytes, and drawings to images. Thread-safe.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "image/image.h"

namespace hangtag::image {

// Baseline JPEG; quality 1 to 100 (throws kUsage outside).
std::vector<std::uint8_t> encode_jpeg(const Image& image, int quality);

std::vector<std::uint8_t> encode_png(const Image& image);

// Draws an SVG whose own width and height are in the same proportion as `width` and `height`, on white.
// For text that hangtag made: never pass what came from outside, which decode() refuses.
// Throws kInvalid when the text is no SVG or has other proportions.
Image render_svg(std::string_view svg, int width, int height);

}  // namespace hangtag::image
