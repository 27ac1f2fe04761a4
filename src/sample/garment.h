// What a drawn garment is: the truth behind a drawing, in the words of the Kaggle catalogue.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"

namespace hangtag::sample {

enum class Sleeve { kSleeveless, kShort, kThreeQuarter, kLong };
enum class Neckline {
  kRound,
  kVNeck,
  kPolo,
  kHenley,  // of T-shirts: attribute "Neck"
  kSpread,
  kButtonDown,
  kMandarin,
  kCuban  // of shirts: attribute "Collar"
};
enum class Pattern { kSolid, kStriped, kChecked, kPrinted, kColourblocked };
enum class Fit { kRegular, kSlim };

struct Colour {
  int red, green, blue;
};

struct NamedColour {
  std::string_view name;
  std::string_view family;
  Colour colour;
};

struct Garment {
  bool shirt;  // else a T-shirt
  Sleeve sleeve;
  Neckline neckline;
  Pattern pattern;
  Fit fit;
  NamedColour colour;
};

// Draws lots, with every value common enough to be learned from some hundred garments.
Garment pick_garment(base::Random& random);

// "Sleeve Length" → "Long Sleeves" and so on, all of them visible in the drawing; "Colour Family" is a grouping of its own
// that a shop might keep. The base colour and the season are apart, as in the catalogue.
std::vector<std::pair<std::string_view, std::string_view>> attributes_of(const Garment& garment);

// When it is worn, by its sleeves.
std::string_view season_of(const Garment& garment);

}  // namespace hangtag::sample
