// Resizing as Pillow does it, bit for bit: models saw their training photos through it.
#pragma once

#include "image/image.h"

namespace hangtag::image {

// Bicubic (a = -0.5) with antialiasing: when shrinking, the filter widens with the scale. The sides scale on their own.
// The horizontal pass comes first and rounds to 8 bits; weights are fixed-point with 22 bits of fraction. torchvision
// and Pillow up to 12 keep that order always; Pillow 13 begins with the height where that shrinks much more than the
// width, which changes hard edges by a few levels.
// Throws kUsage when a side is below 1.
Image resize_bicubic(const Image& image, int width, int height);

}  // namespace hangtag::image
