#include "sample/drawing.h"

#include <cmath>
#include <numbers>

#include "sample/svg.h"

namespace hangtag::sample {
namespace {

constexpr double kMiddle = 150;
constexpr double kNeckTop = 66;

// The measures of a garment on the sheet; horizontal ones from the middle outwards.
struct Cut {
  double neck, shoulder, chest, waist, hem;
  double shoulder_y, armpit_y, waist_y, hem_y;
  double tail;           // how much higher a shirt's hem is at its sides
  double opening;        // how deep the neck opening is
  bool pointed_opening;  // a V, else round
};

struct Shades {
  Colour base;
  Colour second;  // of stripes, checks, prints and blocks
  Colour detail;  // seams, stitches and edges: darker than the base, or lighter on a black garment
  Colour rib;
  Colour button;
};

struct Point {
  double x, y;
};

Cut cut_of(const Garment& garment, base::Random& random) {
  const bool slim = garment.fit == Fit::kSlim;
  const bool sleeveless = garment.sleeve == Sleeve::kSleeveless;
  Cut cut{};
  cut.neck = random.uniform(29, 32);  // wide enough to be told apart in a small photo
  cut.shoulder = (slim ? 62 : 70) + random.uniform(-2, 2);
  cut.chest = (slim ? 56 : 71) + random.uniform(-1.5, 1.5);
  cut.waist = (slim ? 46 : 72) + random.uniform(-1.5, 1.5);
  cut.hem = (slim ? 53 : 76) + random.uniform(-1.5, 1.5);
  if (sleeveless) cut.shoulder -= 15;
  cut.shoulder_y = kNeckTop + (sleeveless ? 12 : 19);
  cut.armpit_y = (sleeveless ? 148 : 140) + random.uniform(-3, 3);
  cut.waist_y = 214;
  cut.hem_y = random.uniform(292, 306);
  cut.tail = garment.shirt ? random.uniform(14, 24) : 0;
  cut.pointed_opening = garment.neckline == Neckline::kVNeck || garment.neckline == Neckline::kCuban;
  switch (garment.neckline) {
    case Neckline::kVNeck:
      cut.opening = random.uniform(76, 86);
      break;
    case Neckline::kCuban:
      cut.opening = random.uniform(78, 86);
      break;
    case Neckline::kMandarin:
      cut.opening = 20;
      break;
    default:
      cut.opening = random.uniform(30, 34);
  }
  return cut;
}

Shades shades_of(const Garment& garment, base::Random& random) {
  constexpr Colour kLightSeconds[] = {{246, 244, 238}, {246, 244, 238}, {250, 226, 150}, {206, 226, 240}};
  constexpr Colour kDarkSeconds[] = {{34, 40, 72}, {40, 40, 44}, {170, 46, 50}, {40, 96, 76}};
  constexpr Colour kButtons[] = {{244, 240, 230}, {60, 54, 52}, {206, 180, 140}};
  Shades shades{};
  shades.base = jitter(garment.colour.colour, 11, random);
  const double light = luminance(shades.base);
  shades.second = light > 135 ? one_of(kDarkSeconds, random) : one_of(kLightSeconds, random);
  shades.detail = light < 60 ? lighter(shades.base, 0.3) : darker(shades.base, light > 220 ? 0.3 : 0.42);
  shades.rib = light < 60 ? lighter(shades.base, 0.2) : darker(shades.base, 0.2);
  shades.button = light > 200 ? kButtons[1 + random.below(2)] : kButtons[0];
  return shades;
}

// The front of the neck opening, from the right shoulder to the left, as what follows after a path's point.
std::string front_neck(const Cut& cut) {
  const double bottom = kNeckTop + cut.opening;
  std::string path;
  if (cut.pointed_opening) {
    add(path, "Q{:.1f},{:.1f} 150,{:.1f}", kMiddle + cut.neck * 0.62, kNeckTop + cut.opening * 0.42, bottom);
    add(path, "Q{:.1f},{:.1f} {:.1f},66", kMiddle - cut.neck * 0.62, kNeckTop + cut.opening * 0.42, kMiddle - cut.neck);
  } else {
    add(path, "C{:.1f},{:.1f} {:.1f},{:.1f} 150,{:.1f}", kMiddle + cut.neck - 1, kNeckTop + cut.opening * 0.7,
        kMiddle + cut.neck * 0.55, bottom, bottom);
    add(path, "C{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},66", kMiddle - cut.neck * 0.55, bottom, kMiddle - cut.neck + 1,
        kNeckTop + cut.opening * 0.7, kMiddle - cut.neck);
  }
  return path;
}

std::string hem_line(const Cut& cut, double up) {
  std::string path;
  const double side_y = cut.hem_y - cut.tail - up, low = cut.hem_y + 7 - up;
  if (cut.tail > 0) {
    add(path, "C{:.1f},{:.1f} {:.1f},{:.1f} 150,{:.1f}C{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}",
        kMiddle - cut.hem + 16, low - 4, kMiddle - 34, low, low, kMiddle + 34, low, kMiddle + cut.hem - 16, low - 4,
        kMiddle + cut.hem, side_y);
  } else {
    add(path, "Q150,{:.1f} {:.1f},{:.1f}", low + 3, kMiddle + cut.hem, side_y);
  }
  return path;
}

std::string body_path(const Cut& cut) {
  std::string path;
  const auto side = [&](double x) { return kMiddle - x; };
  add(path, "M{:.1f},66Q{:.1f},{:.1f} {:.1f},{:.1f}", side(cut.neck), side(cut.neck + 16), kNeckTop + 5,
      side(cut.shoulder), cut.shoulder_y);
  add(path, "C{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}", side(cut.shoulder - 7), cut.shoulder_y + 22,
      side(cut.shoulder - 8), cut.armpit_y - 16, side(cut.chest), cut.armpit_y);
  add(path, "C{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}", side(cut.chest), cut.armpit_y + 32, side(cut.waist),
      cut.waist_y - 34, side(cut.waist), cut.waist_y);
  add(path, "C{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}", side(cut.waist), cut.waist_y + 32, side(cut.hem),
      cut.hem_y - 50, side(cut.hem), cut.hem_y - cut.tail);
  path += hem_line(cut, 0);
  const auto other = [&](double x) { return kMiddle + x; };
  add(path, "C{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}", other(cut.hem), cut.hem_y - 50, other(cut.waist),
      cut.waist_y + 32, other(cut.waist), cut.waist_y);
  add(path, "C{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}", other(cut.waist), cut.waist_y - 34, other(cut.chest),
      cut.armpit_y + 32, other(cut.chest), cut.armpit_y);
  add(path, "C{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}", other(cut.shoulder - 8), cut.armpit_y - 16,
      other(cut.shoulder - 7), cut.shoulder_y + 22, other(cut.shoulder), cut.shoulder_y);
  add(path, "Q{:.1f},{:.1f} {:.1f},66{}z", other(cut.neck + 16), kNeckTop + 5, other(cut.neck), front_neck(cut));
  return path;
}

// A sleeve hangs from the shoulder along `direction`; `across` points from its outer edge to the body.
struct SleeveShape {
  Point shoulder, armpit, outer, inner;
  Point direction, across;
  double length;
  double width;  // at the cuff
  double angle;  // degrees that the cloth is turned by, for stripes that follow the sleeve
};

SleeveShape sleeve_shape(const Garment& garment, const Cut& cut, int side, base::Random& random) {
  const bool slim = garment.fit == Fit::kSlim;
  SleeveShape shape{};
  double angle = 0;  // from the horizontal
  switch (garment.sleeve) {
    case Sleeve::kShort:
      angle = random.uniform(46, 54);
      shape.length = random.uniform(62, 72);
      shape.width = slim ? 40 : 46;
      break;
    case Sleeve::kThreeQuarter:
      angle = random.uniform(60, 65);
      shape.length = random.uniform(122, 132);
      shape.width = slim ? 28 : 34;
      break;
    default:
      angle = random.uniform(69, 74);
      shape.length = random.uniform(194, 206);
      shape.width = slim ? 23 : 27;
  }
  const double radians = angle * std::numbers::pi / 180;
  shape.direction = {side * std::cos(radians), std::sin(radians)};
  shape.across = {-side * std::sin(radians), std::cos(radians)};
  shape.angle = side * (angle - 90);
  shape.shoulder = {kMiddle + side * cut.shoulder, cut.shoulder_y};
  shape.armpit = {kMiddle + side * cut.chest, cut.armpit_y};
  shape.outer = {shape.shoulder.x + shape.direction.x * shape.length,
                 shape.shoulder.y + shape.direction.y * shape.length};
  shape.inner = {shape.outer.x + shape.across.x * shape.width, shape.outer.y + shape.across.y * shape.width};
  return shape;
}

// The point `along` the cuff (0 outer edge, 1 inner) and `up` the sleeve from it.
Point on_cuff(const SleeveShape& s, double along, double up) {
  return {s.outer.x + s.across.x * s.width * along - s.direction.x * up,
          s.outer.y + s.across.y * s.width * along - s.direction.y * up};
}

std::string sleeve_path(const SleeveShape& s, int side) {
  std::string path;
  const Point bulge = {s.shoulder.x + s.direction.x * s.length * 0.3 + side * 7,
                       s.shoulder.y + s.direction.y * s.length * 0.3 - 5};
  // Starts inside the body, which lies over it.
  add(path, "M{:.1f},{:.1f}L{:.1f},{:.1f}Q{:.1f},{:.1f} {:.1f},{:.1f}L{:.1f},{:.1f}", s.shoulder.x - side * 14,
      s.shoulder.y + 2, s.shoulder.x, s.shoulder.y, bulge.x, bulge.y, s.outer.x, s.outer.y, s.inner.x, s.inner.y);
  add(path, "Q{:.1f},{:.1f} {:.1f},{:.1f}L{:.1f},{:.1f}z", s.armpit.x + (s.inner.x - s.armpit.x) * 0.3 + side * 2,
      s.armpit.y + (s.inner.y - s.armpit.y) * 0.3 + 2, s.armpit.x, s.armpit.y + 3, s.armpit.x - side * 14,
      s.armpit.y - 6);
  return path;
}

// Defines the cloth of the body and of each sleeve as SVG patterns "cloth0" (body), "cloth1", "cloth2"; a sleeve's is
// turned to hang along it.
void add_cloth(std::string& svg, const Garment& garment, const Shades& shades, const double (&angles)[3],
               base::Random& random) {
  const std::string base = hex(shades.base), second = hex(shades.second);
  std::string tile;
  double size = 40;
  double turn = 0;
  switch (garment.pattern) {
    case Pattern::kStriped: {
      size = random.uniform(20, 36);
      const double share = random.uniform(0.28, 0.45);
      turn = random.chance(garment.shirt ? 0.7 : 0.2) ? 90 : 0;
      add(tile, "<rect width='{0:.1f}' height='{1:.1f}' fill='{2}'/>", size, size * share, second);
      if (random.chance(0.35)) {
        add(tile, "<rect y='{1:.1f}' width='{0:.1f}' height='{2:.1f}' fill='{3}'/>", size, size * (share + 0.12),
            size * 0.08, second);
      }
      break;
    }
    case Pattern::kChecked: {
      size = random.uniform(24, 40);
      const double band = size * random.uniform(0.28, 0.38);
      add(tile,
          "<rect width='{0:.1f}' height='{1:.1f}' fill='{2}' fill-opacity='.5'/><rect width='{1:.1f}' "
          "height='{0:.1f}' fill='{2}' fill-opacity='.5'/>",
          size, band, second);
      if (random.chance(0.4)) {
        const Colour line = luminance(shades.base) > 135 ? Colour{198, 60, 54} : Colour{240, 200, 90};
        add(tile, "<path d='M0,{0:.1f}H{1:.1f}M{0:.1f},0V{1:.1f}' stroke='{2}' stroke-width='2'/>", (size + band) / 2,
            size, hex(line));
      }
      break;
    }
    case Pattern::kPrinted: {
      size = random.uniform(30, 42);
      turn = random.uniform(-30, 30);
      const double radius = size * random.uniform(0.13, 0.17);
      const std::size_t kind = random.below(4);
      for (const Point at : {Point{0.25, 0.25}, Point{0.75, 0.75}}) {
        add(tile, "<g transform='translate({:.1f} {:.1f})' fill='{}'>", at.x * size, at.y * size, second);
        switch (kind) {
          case 0:
            add(tile, "<circle r='{:.1f}'/>", radius);
            break;
          case 1:  // leaf
            add(tile,
                "<path d='M0,{0:.1f}C{1:.1f},{2:.1f} {1:.1f},-{2:.1f} 0,-{0:.1f}C-{1:.1f},-{2:.1f} -{1:.1f},{2:.1f} "
                "0,{0:.1f}' transform='rotate({3})'/>",
                radius * 1.7, radius * 1.4, radius * 0.6, at.x < 0.5 ? 40 : -40);
            break;
          case 2:  // flower
            for (int petal = 0; petal < 5; ++petal) {
              add(tile, "<circle cy='-{:.1f}' r='{:.1f}' transform='rotate({})'/>", radius * 0.9, radius * 0.68,
                  petal * 72);
            }
            add(tile, "<circle r='{:.1f}' fill='{}'/>", radius * 0.6, hex(mix(shades.second, {240, 190, 60}, 0.7)));
            break;
          default:
            add(tile, "<path d='M0,-{0:.1f}L{0:.1f},{1:.1f}H-{0:.1f}z'/>", radius * 1.35, radius);
        }
        tile += "</g>";
      }
      break;
    }
    default:
      break;
  }
  for (int i = 0; i < 3; ++i) {
    add(svg,
        "<pattern id='cloth{0}' width='{1:.1f}' height='{1:.1f}' patternUnits='userSpaceOnUse' "
        "patternTransform='rotate({2:.1f} 150 66)'><rect width='{1:.1f}' height='{1:.1f}' fill='{3}'/>{4}</pattern>",
        i, size, angles[i] + turn, base, tile);
  }
}

// Dark and light folds, to be blurred, inside the clip of the body.
void add_folds(std::string& svg, const Cut& cut, base::Random& random) {
  const auto fold = [&](Point from, Point bend, Point to, double width, bool dark, double strength) {
    add(svg,
        "<path d='M{:.1f},{:.1f}Q{:.1f},{:.1f} {:.1f},{:.1f}' stroke='{}' stroke-width='{:.1f}' "
        "stroke-opacity='{:.2f}'/>",
        from.x, from.y, bend.x, bend.y, to.x, to.y, dark ? "#000" : "#fff", width, strength);
  };
  for (const int side : {-1, 1}) {
    const Point armpit = {kMiddle + side * cut.chest, cut.armpit_y};
    for (int i = 0; i < 3; ++i) {  // drawn from the armpit towards the middle
      const double drop = random.uniform(12, 70);
      const Point to = {kMiddle + side * random.uniform(8, 34), cut.armpit_y + drop};
      const Point bend = {(armpit.x + to.x) / 2, armpit.y + drop * 0.25};
      fold(armpit, bend, to, random.uniform(3, 7), true, random.uniform(0.1, 0.22));
      fold({armpit.x, armpit.y + 6}, {bend.x, bend.y + 7}, {to.x, to.y + 7}, 4, false, random.uniform(0.1, 0.2));
    }
    for (int i = 0; i < 3; ++i) {  // hanging from chest to hem
      const double x = kMiddle + side * random.uniform(10, cut.waist - 6);
      const double top = random.uniform(180, 235), sway = random.uniform(-12, 12);
      fold({x, top}, {x + sway, (top + cut.hem_y) / 2}, {x + sway * 0.6 + side * 5, cut.hem_y + 10},
           random.uniform(4, 9), true, random.uniform(0.08, 0.2));
      fold({x + 8, top + 8}, {x + 8 + sway, (top + cut.hem_y) / 2}, {x + 8 + sway * 0.6 + side * 5, cut.hem_y + 10}, 5,
           false, random.uniform(0.06, 0.16));
    }
    // creases at the waist
    const double y = cut.waist_y + random.uniform(-16, 16);
    fold({kMiddle + side * cut.waist, y}, {kMiddle + side * (cut.waist - 22), y + 7}, {kMiddle + side * 16, y + 2}, 4,
         true, random.uniform(0.08, 0.18));
  }
}

void add_sleeve(std::string& svg, const Garment& garment, const Shades& shades, const SleeveShape& s, int side,
                base::Random& random) {
  const int index = side < 0 ? 1 : 2;
  const std::string path = sleeve_path(s, side);
  const bool blocked = garment.pattern == Pattern::kColourblocked;
  const std::string detail = hex(shades.detail);
  add(svg,
      "<clipPath id='sleeve{0}'><path d='{1}'/></clipPath><path d='{1}' fill='{2}' stroke='{3}' stroke-width='1'/>"
      "<g clip-path='url(#sleeve{0})'>",
      index, path, blocked ? hex(shades.second) : fmt::format("url(#cloth{})", index), detail);
  // Round: dark towards the body and at the far edge.
  add(svg,
      "<g filter='url(#soft)' fill='none'><path d='M{:.1f},{:.1f}L{:.1f},{:.1f}' stroke='#000' stroke-opacity='.32' "
      "stroke-width='14'/>",
      s.armpit.x, s.armpit.y, s.inner.x, s.inner.y);
  add(svg, "<path d='M{:.1f},{:.1f}L{:.1f},{:.1f}' stroke='#000' stroke-opacity='.16' stroke-width='7'/>", s.shoulder.x,
      s.shoulder.y, s.outer.x, s.outer.y);
  const int creases = garment.sleeve == Sleeve::kShort ? 2 : 5;
  for (int i = 0; i < creases; ++i) {
    const double up = s.length * random.uniform(0.12, 0.75);
    const Point from = on_cuff(s, 1.2, up), to = on_cuff(s, random.uniform(0.1, 0.5), up + random.uniform(-14, 22));
    add(svg, "<path d='M{:.1f},{:.1f}L{:.1f},{:.1f}' stroke='{}' stroke-opacity='{:.2f}' stroke-width='4'/>", from.x,
        from.y, to.x, to.y, i % 2 == 0 ? "#000" : "#fff", random.uniform(0.12, 0.24));
  }
  svg += "</g>";
  const auto band = [&](double depth, const Colour& fill, double opacity) {
    const Point a = on_cuff(s, -0.3, depth), b = on_cuff(s, 1.4, depth), c = on_cuff(s, 1.4, -3),
                d = on_cuff(s, -0.3, -3);
    add(svg,
        "<path d='M{:.1f},{:.1f}L{:.1f},{:.1f}L{:.1f},{:.1f}L{:.1f},{:.1f}z' fill='{}' fill-opacity='{}' stroke='{}' "
        "stroke-width='1.2'/>",
        a.x, a.y, b.x, b.y, c.x, c.y, d.x, d.y, hex(fill), opacity, detail);
  };
  if (garment.sleeve == Sleeve::kThreeQuarter) {
    band(13, garment.shirt ? lighter(shades.base, 0.16) : shades.rib, 1);
  } else if (garment.sleeve == Sleeve::kLong) {
    band(garment.shirt ? 20 : 11, garment.shirt ? shades.base : shades.rib, garment.shirt ? 0.55 : 1);
    if (garment.shirt) {
      const Point button = on_cuff(s, 0.3, 10);
      add(svg, "<circle cx='{:.1f}' cy='{:.1f}' r='2.4' fill='{}'/>", button.x, button.y, hex(shades.button));
    }
  } else {
    const Point a = on_cuff(s, -0.2, 7), b = on_cuff(s, 1.3, 7);
    add(svg, "<path d='M{:.1f},{:.1f}L{:.1f},{:.1f}' stroke='{}' stroke-width='1.1' stroke-dasharray='3 1.6'/>", a.x,
        a.y, b.x, b.y, detail);
  }
  svg += "</g>";
}

// A strip with buttons down the middle, from `top` to `bottom`.
void add_placket(std::string& svg, const Shades& shades, double top, double bottom, double spacing) {
  const bool dark = luminance(shades.base) < 60;
  add(svg,
      "<path d='M143.5,{0:.1f}V{1:.1f}H156.5V{0:.1f}z' fill='{2}' fill-opacity='.22'/><path d='M143.5,{0:.1f}V{1:.1f}"
      "M156.5,{0:.1f}V{1:.1f}' stroke='{3}' stroke-width='1.3' fill='none'/>",
      top, bottom, dark ? "#fff" : "#000", hex(shades.detail));
  for (double y = top + spacing * 0.55; y < bottom - 4; y += spacing) {
    add(svg,
        "<circle cx='150' cy='{0:.1f}' r='3.4' fill='#000' fill-opacity='.35'/><circle cx='149.6' cy='{1:.1f}' r='3' "
        "fill='{2}'/><circle cx='149.6' cy='{1:.1f}' r='.8' fill='#000' fill-opacity='.4'/>",
        y + 0.7, y, hex(shades.button));
  }
}

// The two leaves of a collar, mirrored: corners from the meeting point in the middle, round the tip, to the neck.
void add_leaves(std::string& svg, const Cut& cut, const std::string& fill, const Colour& edge, double meeting,
                std::initializer_list<Point> corners) {
  for (const int side : {-1, 1}) {
    std::string path;
    add(path, "M{:.1f},{:.1f}Q{:.1f},{:.1f} {:.1f},{:.1f}", kMiddle + side * 1.0, kNeckTop + meeting,
        kMiddle + side * (cut.neck - 8), kNeckTop + meeting * 0.55, kMiddle + side * (cut.neck - 2), kNeckTop - 5);
    add(path, "L{:.1f},{:.1f}", kMiddle + side * (cut.neck + 5), kNeckTop - 2);
    for (const Point& corner : corners) add(path, "L{:.1f},{:.1f}", kMiddle + side * corner.x, kNeckTop + corner.y);
    path += "z";
    add(svg,
        "<path d='{0}' fill='#000' fill-opacity='.3' transform='translate({1} 3.5)' filter='url(#shade)'/>"
        "<path d='{0}' fill='{2}' stroke='{3}' stroke-width='2' stroke-linejoin='round'/>",
        path, side, fill, hex(edge));
  }
}

void add_neckline(std::string& svg, const Garment& garment, const Cut& cut, const Shades& shades) {
  const Colour edge = shades.detail;
  const std::string rib = hex(shades.rib);
  const std::string cloth = "url(#cloth0)";
  std::string line;
  add(line, "M{:.1f},66{}", kMiddle + cut.neck, front_neck(cut));
  const auto band = [&](double width, const std::string& colour) {
    add(svg,
        "<path d='{0}' fill='none' stroke='{1}' stroke-width='{2:.1f}' stroke-linejoin='round'/><path d='{0}' "
        "fill='none' stroke='{3}' stroke-width='{4:.1f}' stroke-linejoin='round'/>",
        line, hex(edge), width + 2, colour, width);
  };
  const double bottom = kNeckTop + cut.opening;
  switch (garment.neckline) {
    case Neckline::kRound:
    case Neckline::kVNeck:
      band(8, rib);
      break;
    case Neckline::kHenley:
      add_placket(svg, shades, bottom, bottom + 80, 25);
      add(svg, "<path d='M143.5,{0:.1f}H156.5' stroke='{1}' stroke-width='2.4'/>", bottom + 80, hex(edge));
      band(8, rib);
      break;
    case Neckline::kPolo:
      add_placket(svg, shades, bottom, bottom + 50, 19);
      add(svg, "<path d='M143.5,{0:.1f}H156.5' stroke='{1}' stroke-width='2'/>", bottom + 50, hex(edge));
      add_leaves(svg, cut, rib, edge, cut.opening + 1, {{cut.neck + 15, 16}, {44, 56}, {37, 59}});
      break;
    case Neckline::kSpread:
      add_leaves(svg, cut, cloth, edge, cut.opening - 1, {{cut.neck + 17, 12}, {62, 44}, {55, 51}});
      break;
    case Neckline::kButtonDown:
      add_leaves(svg, cut, cloth, edge, cut.opening - 1, {{cut.neck + 13, 16}, {33, 82}, {25, 82}});
      for (const int side : {-1, 1}) {
        add(svg,
            "<circle cx='{0:.1f}' cy='{1:.1f}' r='3.4' fill='#000' fill-opacity='.35'/><circle cx='{0:.1f}' "
            "cy='{2:.1f}' r='3' fill='{3}'/>",
            kMiddle + side * 28, kNeckTop + 75.8, kNeckTop + 75.0, hex(shades.button));
      }
      break;
    case Neckline::kMandarin:
      band(15, hex(mix(shades.base, shades.rib, 0.5)));
      add(svg, "<path d='M150,{:.1f}V{:.1f}' stroke='{}' stroke-width='2.6'/>", bottom - 9, bottom + 9, hex(edge));
      break;
    case Neckline::kCuban:
      add_leaves(svg, cut, cloth, edge, cut.opening,
                 {{cut.neck + 15, 12}, {66, 42}, {56, 48}, {48, 44}, {55, 62}, {46, 70}});
      break;
  }
}

// The inside of the back, seen through the neck opening, with its label.
void add_inside(std::string& svg, const Garment& garment, const Cut& cut, const Shades& shades) {
  const bool collared = garment.shirt || garment.neckline == Neckline::kPolo;
  const double left = kMiddle - cut.neck, right = kMiddle + cut.neck;
  const double rise = collared ? 15 : 4;  // a collar stands up behind the neck
  std::string path;
  add(path, "M{:.1f},66Q150,{:.1f} {:.1f},66{}z", left, kNeckTop - rise, right, front_neck(cut));
  add(svg, "<path d='{}' fill='{}'/>", path, hex(darker(shades.base, luminance(shades.base) > 200 ? 0.36 : 0.52)));
  add(svg,
      "<path d='M{0:.1f},66Q150,{1:.1f} {2:.1f},66' fill='none' stroke='{3}' stroke-width='{4}' stroke-opacity='.9'/>",
      left, collared ? kNeckTop - 9 : kNeckTop + 5, right, hex(shades.rib), collared ? 9 : 6);
  add(svg,
      "<rect x='143' y='{0:.1f}' width='14' height='8' rx='1' fill='#f6f2e8'/><path d='M146,{1:.1f}h8' stroke='#888' "
      "stroke-width='1'/>",
      kNeckTop + 5, kNeckTop + 9);
}

// A card on a string, at the side.
void add_card(std::string& svg, const Cut& cut, base::Random& random) {
  const double x = kMiddle + cut.chest * 0.62, y = cut.armpit_y + random.uniform(14, 30);
  add(svg,
      "<path d='M{0:.1f},{1:.1f}q-4,-16 2,-26' fill='none' stroke='#6b5a48' stroke-width='1'/><g transform='translate("
      "{0:.1f} {1:.1f}) rotate({2:.0f})'><path d='M-9,6L-4,0H4L9,6V32H-9z' fill='#000' fill-opacity='.25' "
      "transform='translate(1.5 2)'/><path d='M-9,6L-4,0H4L9,6V32H-9z' fill='#d9b98c' stroke='#a98a5e' "
      "stroke-width='.8'/>"
      "<circle cy='5' r='1.8' fill='#7a6244'/><path d='M-5,14h10M-5,19h10M-5,24h6' stroke='#7a6244' "
      "stroke-width='1.2'/></g>",
      x, y, random.uniform(-14, 14));
}

void add_body(std::string& svg, const Garment& garment, const Cut& cut, const Shades& shades, base::Random& random) {
  const std::string detail = hex(shades.detail);
  const double bottom = kNeckTop + cut.opening;
  svg += "<g clip-path='url(#body)'>";
  svg += "<rect width='300' height='400' fill='url(#cloth0)'/>";
  if (garment.pattern == Pattern::kColourblocked) {
    const double y = random.uniform(158, 174);
    if (random.chance(0.5)) {
      add(svg, "<rect width='300' height='{:.1f}' fill='{}'/>", y - 32, hex(shades.second));
    } else {
      add(svg, "<rect y='{:.1f}' width='300' height='44' fill='{}'/>", y, hex(shades.second));
    }
  }
  if (garment.sleeve == Sleeve::kSleeveless) {
    for (const int side : {-1, 1}) {  // bound armholes
      add(svg,
          "<path d='M{:.1f},{:.1f}C{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}' fill='none' stroke='{}' "
          "stroke-width='9'/>",
          kMiddle + side * cut.shoulder, cut.shoulder_y, kMiddle + side * (cut.shoulder - 7), cut.shoulder_y + 22,
          kMiddle + side * (cut.shoulder - 8), cut.armpit_y - 16, kMiddle + side * cut.chest, cut.armpit_y,
          hex(shades.rib));
    }
  }
  if (garment.shirt) {
    add_placket(svg, shades, bottom + (garment.neckline == Neckline::kMandarin ? 8 : 2), cut.hem_y + 20,
                random.uniform(30, 36));
    if (random.chance(0.5)) {
      const double x = kMiddle + 20, y = cut.armpit_y + 4;
      add(svg,
          "<path d='M{:.1f},{:.1f}h28v28l-14,7l-14,-7z' fill='{}' fill-opacity='.3' stroke='{}' stroke-width='1.1'/>",
          x, y, hex(shades.base), detail);
    }
  }
  add(svg, "<path d='M{:.1f},{:.1f}{}' fill='none' stroke='{}' stroke-width='1.1' stroke-dasharray='3 1.6'/>",
      kMiddle - cut.hem, cut.hem_y - cut.tail - 8, hem_line(cut, 8), detail);
  svg +=
      "<rect width='300' height='400' fill='url(#round)'/><g filter='url(#soft)' fill='none' stroke-linecap='round'>";
  add_folds(svg, cut, random);
  svg += "</g></g>";
  add(svg, "<use href='#outline' fill='none' stroke='{}' stroke-width='1.2' stroke-opacity='.8'/>", detail);
}

}  // namespace

std::string draw(const Garment& garment, const Picture& picture, base::Random random) {
  const Cut cut = cut_of(garment, random);
  const Shades shades = shades_of(garment, random);
  const SleeveShape left = sleeve_shape(garment, cut, -1, random);
  const SleeveShape right = sleeve_shape(garment, cut, 1, random);
  const bool sleeves = garment.sleeve != Sleeve::kSleeveless;
  // T-shirts carry most prints on the chest.
  const bool motif = garment.pattern == Pattern::kPrinted && !garment.shirt && random.chance(0.6);
  Garment cloth = garment;
  if (motif) cloth.pattern = Pattern::kSolid;

  std::string svg;
  add(svg,
      "<svg xmlns='http://www.w3.org/2000/svg' width='{}' height='{}' viewBox='0 0 300 400' "
      "preserveAspectRatio='xMidYMid slice'><defs>",
      picture.width, picture.height);
  add_cloth(svg, cloth, shades, {0, left.angle, right.angle}, random);
  add(svg, "<path id='outline' d='{0}'/><clipPath id='body'><use href='#outline'/></clipPath>", body_path(cut));
  svg +=
      "<filter id='soft'><feGaussianBlur "
      "stdDeviation='2.6'/></filter><filter id='shade' filterUnits='userSpaceOnUse' x='60' y='40' width='180' "
      "height='120'><feGaussianBlur stdDeviation='2'/></filter><filter id='cast' filterUnits='userSpaceOnUse' x='-20' "
      "y='0' width='340' height='420'><feGaussianBlur stdDeviation='6'/></filter>";
  add(svg,
      "<linearGradient id='round' gradientUnits='userSpaceOnUse' x1='{:.1f}' x2='{:.1f}' y1='150' y2='170'>"
      "<stop offset='0' stop-opacity='.34'/><stop offset='.2' stop-opacity='.07'/><stop offset='.38' stop-color='#fff' "
      "stop-opacity='.14'/><stop offset='.62' stop-opacity='.02'/><stop offset='.84' stop-opacity='.12'/><stop "
      "offset='1' "
      "stop-opacity='.38'/></linearGradient>",
      kMiddle - cut.chest - 4, kMiddle + cut.chest + 4);
  svg += "</defs>";

  if (picture.busy) {
    add_background(svg, random);
  } else {
    add(svg, "<rect width='300' height='400' fill='{}'/>", random.chance(0.6) ? "#ffffff" : "#f7f6f4");
  }

  const double scale = random.uniform(0.98, 1.12);
  add(svg, "<g transform='translate({:.1f} {:.1f}) rotate({:.2f}) scale({:.3f} {:.3f}) translate(-150 -182)'>",
      150 + random.uniform(-7, 7), 200 + random.uniform(-9, 9), random.uniform(-4, 4), scale,
      scale * random.uniform(0.97, 1.03));
  // What the garment casts on its ground; on white, only a breath of it.
  add(svg, "<g filter='url(#cast)' fill-opacity='{}' transform='translate({:.1f} {:.1f})'><use href='#outline'/>",
      picture.busy ? 0.5 : 0.26, random.uniform(-5, 5), random.uniform(4, 9));
  if (sleeves) add(svg, "<path d='{}'/><path d='{}'/>", sleeve_path(left, -1), sleeve_path(right, 1));
  svg += "</g>";
  if (random.chance(picture.busy ? 0.5 : 0.2)) {  // a hanger
    add(svg,
        "<path d='M150,52V38q0,-7 8,-9q9,-4 6,-13q-4,-9 -13,-5' fill='none' stroke='#8a8d92' stroke-width='3' "
        "stroke-linecap='round'/><path d='M150,48L{:.1f},{:.1f}H{:.1f}z' fill='none' stroke='#a9764a' stroke-width='8' "
        "stroke-linejoin='round'/>",
        kMiddle + cut.shoulder - 10, cut.shoulder_y + 4, kMiddle - cut.shoulder + 10);
  }
  add_inside(svg, garment, cut, shades);
  if (sleeves) {
    add_sleeve(svg, garment, shades, left, -1, random);
    add_sleeve(svg, garment, shades, right, 1, random);
  }
  add_body(svg, garment, cut, shades, random);
  add_neckline(svg, garment, cut, shades);
  if (motif) {
    const Colour second = luminance(shades.base) > 135 ? Colour{226, 120, 70} : Colour{240, 190, 80};
    const bool placket = garment.neckline == Neckline::kHenley || garment.neckline == Neckline::kPolo;
    add(svg, "<g transform='translate(150 {:.1f}) scale({:.2f})'>", placket ? 206.0 : 184.0, random.uniform(0.9, 1.15));
    add_motif(svg, shades.second, jitter(second, 20, random), random);
    svg += "</g>";
  }
  if (random.chance(0.12)) add_card(svg, cut, random);
  svg += "</g>";

  // Light from one side.
  const double from = random.chance(0.5) ? 0 : 1;
  add(svg,
      "<defs><linearGradient id='light' x1='{0}' x2='{1}' y1='0' y2='1'><stop offset='0' stop-color='#fff' "
      "stop-opacity='{2:.2f}'/><stop offset='.5' stop-color='#fff' stop-opacity='0'/><stop offset='1' "
      "stop-color='#000' "
      "stop-opacity='{3:.2f}'/></linearGradient></defs><rect width='300' height='400' fill='url(#light)'/></svg>",
      from, 1 - from, random.uniform(0.02, 0.14), picture.busy ? random.uniform(0.05, 0.22) : 0.02);
  return svg;
}

}  // namespace hangtag::sample
