// A garment as an SVG drawing: a body with shaded folds, sleeves, neckline, pattern, and what it lies on.
#pragma once

#include <string>

#include "base/random.h"
#include "sample/garment.h"

namespace hangtag::sample {

struct Picture {
  int width;  // pixels
  int height;
  bool busy;  // a wall, planks, tiles, … behind the garment; else white
};

// Everything that the garment leaves open (pose, shades, motif, background) is drawn from `random`.
std::string draw(const Garment& garment, const Picture& picture, base::Random random);

}  // namespace hangtag::sample
