// Private to sample/: bits that the drawings share. Coordinates are those of a sheet of 300 x 400.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "base/random.h"
#include "sample/garment.h"

namespace hangtag::sample {

inline std::string hex(const Colour& colour) {
  return fmt::format("#{:02x}{:02x}{:02x}", colour.red, colour.green, colour.blue);
}

// `share` of b, the rest a.
inline Colour mix(const Colour& a, const Colour& b, double share) {
  const auto blend = [share](int x, int y) { return static_cast<int>(x + (y - x) * share + 0.5); };
  return {blend(a.red, b.red), blend(a.green, b.green), blend(a.blue, b.blue)};
}

inline Colour darker(const Colour& colour, double share) {
  return mix(colour, {0, 0, 0}, share);
}
inline Colour lighter(const Colour& colour, double share) {
  return mix(colour, {255, 255, 255}, share);
}

inline double luminance(const Colour& colour) {
  return 0.299 * colour.red + 0.587 * colour.green + 0.114 * colour.blue;
}

// The colour moved by up to `amount` levels: all channels alike, and each a little on its own.
inline Colour jitter(const Colour& colour, double amount, base::Random& random) {
  const double common = random.uniform(-amount, amount);
  const auto move = [&](int value) {
    return std::clamp(static_cast<int>(value + common + random.uniform(-amount, amount) / 3), 0, 255);
  };
  const int red = move(colour.red), green = move(colour.green), blue = move(colour.blue);
  return {red, green, blue};
}

template <typename... Args>
void add(std::string& svg, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(svg), format, std::forward<Args>(args)...);
}

// One of the items of a braced or named array.
template <typename T, std::size_t N>
const T& one_of(const T (&items)[N], base::Random& random) {
  return items[random.below(N)];
}

// What lies behind the garment: gradient, planks, tiles, bricks, lights out of focus, or paper shapes.
void add_background(std::string& svg, base::Random& random);

// A motif of about 80 x 80 around (0, 0), for the chest.
void add_motif(std::string& svg, const Colour& ink, const Colour& second, base::Random& random);

}  // namespace hangtag::sample
