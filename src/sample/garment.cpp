#include "sample/garment.h"

#include <array>

namespace hangtag::sample {
namespace {

constexpr std::array<NamedColour, 11> kColours = {{{"White", "Neutral", {240, 240, 236}},
                                                   {"Black", "Neutral", {38, 38, 42}},
                                                   {"Grey", "Neutral", {146, 149, 154}},
                                                   {"Navy Blue", "Cool", {32, 42, 86}},
                                                   {"Blue", "Cool", {66, 128, 205}},
                                                   {"Red", "Warm", {198, 44, 50}},
                                                   {"Green", "Cool", {48, 140, 84}},
                                                   {"Yellow", "Warm", {242, 198, 62}},
                                                   {"Pink", "Warm", {240, 150, 182}},
                                                   {"Purple", "Cool", {118, 72, 160}},
                                                   {"Brown", "Warm", {122, 80, 52}}}};

// One of the choices, by weight.
template <typename T, std::size_t N>
T pick(base::Random& random, const std::array<std::pair<T, double>, N>& choices) {
  double left = random.uniform();
  for (const auto& [choice, weight] : choices) {
    if ((left -= weight) < 0) return choice;
  }
  return choices.front().first;
}

std::string_view to_string(Sleeve sleeve) {
  constexpr std::array<std::string_view, 4> names = {"Sleeveless", "Short Sleeves", "Three-Quarter Sleeves",
                                                     "Long Sleeves"};
  return names[static_cast<std::size_t>(sleeve)];
}

std::string_view to_string(Neckline neckline) {
  constexpr std::array<std::string_view, 8> names = {"Round Neck",      "V-Neck",        "Polo Collar",
                                                     "Henley Neck",     "Spread Collar", "Button-Down Collar",
                                                     "Mandarin Collar", "Cuban Collar"};
  return names[static_cast<std::size_t>(neckline)];
}

std::string_view to_string(Pattern pattern) {
  constexpr std::array<std::string_view, 5> names = {"Solid", "Striped", "Checked", "Printed", "Colourblocked"};
  return names[static_cast<std::size_t>(pattern)];
}

std::string_view to_string(Fit fit) {
  return fit == Fit::kSlim ? "Slim Fit" : "Regular Fit";
}

}  // namespace

Garment pick_garment(base::Random& random) {
  using enum Sleeve;
  using enum Neckline;
  using enum Pattern;
  Garment garment{};
  garment.shirt = random.chance(0.5);
  if (garment.shirt) {
    garment.sleeve = pick<Sleeve, 3>(random, {{{kLong, 0.5}, {kShort, 0.32}, {kThreeQuarter, 0.18}}});
    garment.neckline =
        pick<Neckline, 4>(random, {{{kSpread, 0.4}, {kButtonDown, 0.22}, {kMandarin, 0.2}, {kCuban, 0.18}}});
    garment.pattern = pick<Pattern, 5>(
        random, {{{kSolid, 0.3}, {kChecked, 0.3}, {kStriped, 0.2}, {kPrinted, 0.15}, {kColourblocked, 0.05}}});
  } else {
    garment.sleeve =
        pick<Sleeve, 4>(random, {{{kShort, 0.45}, {kLong, 0.22}, {kSleeveless, 0.18}, {kThreeQuarter, 0.15}}});
    garment.neckline = pick<Neckline, 4>(random, {{{kRound, 0.4}, {kVNeck, 0.22}, {kPolo, 0.22}, {kHenley, 0.16}}});
    garment.pattern = pick<Pattern, 5>(
        random, {{{kPrinted, 0.35}, {kSolid, 0.28}, {kStriped, 0.22}, {kColourblocked, 0.1}, {kChecked, 0.05}}});
  }
  garment.fit = random.chance(0.6) ? Fit::kRegular : Fit::kSlim;
  garment.colour = kColours[random.below(kColours.size())];
  return garment;
}

std::vector<std::pair<std::string_view, std::string_view>> attributes_of(const Garment& garment) {
  return {{"Fit", to_string(garment.fit)},
          {"Pattern", to_string(garment.pattern)},
          {"Sleeve Length", to_string(garment.sleeve)},
          {garment.shirt ? "Collar" : "Neck", to_string(garment.neckline)},
          {"Colour Family", garment.colour.family}};
}

std::string_view season_of(const Garment& garment) {
  switch (garment.sleeve) {
    case Sleeve::kSleeveless:
    case Sleeve::kShort: return "Summer";
    case Sleeve::kThreeQuarter: return "Fall";
    case Sleeve::kLong: return "Winter";
  }
  return "Summer";
}

}  // namespace hangtag::sample
