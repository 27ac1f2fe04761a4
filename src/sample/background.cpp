#include "sample/svg.h"

namespace hangtag::sample {
namespace {

// Calm tones, so that the garment stays the subject.
constexpr Colour kWalls[] = {{214, 204, 190}, {188, 200, 206}, {222, 198, 186}, {190, 202, 184},
                             {205, 196, 214}, {168, 178, 190}, {226, 216, 178}, {150, 160, 158}};
constexpr Colour kWoods[] = {{186, 146, 104}, {150, 112, 78}, {206, 176, 136}, {120, 96, 80}, {196, 186, 172}};

void add_gradient(std::string& svg, base::Random& random) {
  const Colour wall = jitter(one_of(kWalls, random), 14, random);
  add(svg,
      "<defs><radialGradient id='wall' cx='{:.2f}' cy='{:.2f}' r='0.9'><stop offset='0' stop-color='{}'/>"
      "<stop offset='1' stop-color='{}'/></radialGradient></defs><rect width='300' height='400' fill='url(#wall)'/>",
      random.uniform(0.25, 0.75), random.uniform(0.15, 0.5), hex(lighter(wall, 0.35)), hex(darker(wall, 0.28)));
}

void add_planks(std::string& svg, base::Random& random) {
  const Colour wood = jitter(one_of(kWoods, random), 12, random);
  const bool upright = random.chance(0.6);
  add(svg, "<g transform='{}'>", upright ? "" : "translate(0 400) rotate(-90)");
  const double plank = random.uniform(38, 66);
  for (double x = -random.uniform(0, plank); x < 400; x += plank) {
    const Colour tone = jitter(wood, 13, random);
    add(svg, "<rect x='{:.1f}' y='0' width='{:.1f}' height='400' fill='{}'/>", x, plank, hex(tone));
    for (int grain = 0; grain < 5; ++grain) {
      const double at = x + random.uniform(3, plank - 3);
      const double sway = random.uniform(-7, 7);
      add(svg,
          "<path d='M{:.1f},0C{:.1f},130 {:.1f},260 {:.1f},400' fill='none' stroke='{}' stroke-width='{:.1f}' "
          "stroke-opacity='0.35'/>",
          at, at + sway, at - sway, at, hex(darker(tone, 0.3)), random.uniform(0.6, 2.2));
    }
    add(svg, "<path d='M{:.1f},0V400' stroke='{}' stroke-width='1.6'/>", x, hex(darker(wood, 0.55)));
  }
  svg += "</g>";
}

void add_tiles(std::string& svg, base::Random& random) {
  const Colour tile = jitter(one_of(kWalls, random), 10, random);
  const double size = random.uniform(40, 64);
  const bool diagonal = random.chance(0.35);
  const bool two_tones = random.chance(0.4);
  add(svg, "<rect width='300' height='400' fill='{}'/><g transform='rotate({} 150 200)'>", hex(darker(tile, 0.22)),
      diagonal ? 45 : 0);
  int row = 0;
  for (double y = -120; y < 520; y += size, ++row) {
    int column = 0;
    for (double x = -140; x < 440; x += size, ++column) {
      const Colour base = two_tones && (row + column) % 2 == 0 ? darker(tile, 0.2) : tile;
      add(svg, "<rect x='{:.1f}' y='{:.1f}' width='{:.1f}' height='{:.1f}' rx='2' fill='{}'/>", x, y, size - 2.5,
          size - 2.5, hex(jitter(base, 7, random)));
    }
  }
  svg += "</g>";
}

void add_bricks(std::string& svg, base::Random& random) {
  constexpr Colour kBricks[] = {{172, 104, 84}, {204, 194, 184}, {140, 116, 108}, {186, 140, 112}};
  const Colour brick = one_of(kBricks, random);
  add(svg, "<rect width='300' height='400' fill='{}'/>", hex(lighter(darker(brick, 0.35), 0.25)));
  const double height = random.uniform(17, 24);
  int row = 0;
  for (double y = -4; y < 400; y += height, ++row) {
    for (double x = row % 2 == 0 ? -20 : -20 - height * 1.25; x < 300; x += height * 2.5) {
      add(svg, "<rect x='{:.1f}' y='{:.1f}' width='{:.1f}' height='{:.1f}' rx='1.5' fill='{}'/>", x, y,
          height * 2.5 - 3, height - 3, hex(jitter(brick, 14, random)));
    }
  }
}

// Lights out of focus in a dim room.
void add_lights(std::string& svg, base::Random& random) {
  constexpr Colour kRooms[] = {{70, 74, 92}, {92, 78, 70}, {64, 88, 84}, {110, 100, 112}, {132, 124, 110}};
  constexpr Colour kLights[] = {{255, 214, 150}, {255, 236, 210}, {170, 210, 240}, {250, 170, 140}, {200, 230, 190}};
  const Colour room = one_of(kRooms, random);
  add(svg,
      "<defs><linearGradient id='room' x2='0' y2='1'><stop offset='0' stop-color='{}'/><stop offset='1' "
      "stop-color='{}'/></linearGradient>",
      hex(lighter(room, 0.25)), hex(darker(room, 0.25)));
  for (std::size_t i = 0; i < std::size(kLights); ++i) {
    add(svg,
        "<radialGradient id='light{0}'><stop offset='0' stop-color='{1}' stop-opacity='0.6'/><stop offset='0.8' "
        "stop-color='{1}' stop-opacity='0.45'/><stop offset='1' stop-color='{1}' stop-opacity='0'/></radialGradient>",
        i, hex(kLights[i]));
  }
  svg += "</defs><rect width='300' height='400' fill='url(#room)'/>";
  for (int i = 0; i < 26; ++i) {
    add(svg, "<circle cx='{:.1f}' cy='{:.1f}' r='{:.1f}' fill='url(#light{})'/>", random.uniform(-10, 310),
        random.uniform(-10, 410), random.uniform(8, 40), random.below(std::size(kLights)));
  }
}

// Cut paper in two or three tones.
void add_shapes(std::string& svg, base::Random& random) {
  const Colour ground = jitter(one_of(kWalls, random), 10, random);
  add(svg, "<rect width='300' height='400' fill='{}'/>", hex(ground));
  for (int i = 0; i < 7; ++i) {
    const Colour paper = mix(ground, jitter(one_of(kWalls, random), 30, random), 0.8);
    const double x = random.uniform(0, 300), y = random.uniform(0, 400), size = random.uniform(40, 120);
    switch (random.below(3)) {
      case 0:
        add(svg, "<circle cx='{:.1f}' cy='{:.1f}' r='{:.1f}' fill='{}'/>", x, y, size * 0.7, hex(paper));
        break;
      case 1:
        add(svg,
            "<rect x='{:.1f}' y='{:.1f}' width='{:.1f}' height='{:.1f}' rx='8' fill='{}' "
            "transform='rotate({:.0f} {:.1f} {:.1f})'/>",
            x - size / 2, y - size / 2, size * 1.3, size, hex(paper), random.uniform(0, 90), x, y);
        break;
      default:
        add(svg, "<path d='M{:.1f},{:.1f}q{:.1f},{:.1f} {:.1f},0t{:.1f},0V420H{:.1f}z' fill='{}'/>", x - 250, y,
            size / 2, -size, size * 2, size * 2, x - 250, hex(paper));
    }
  }
}

// A room: wall, skirting, floor, a plant or a lamp at the side.
void add_room(std::string& svg, base::Random& random) {
  const Colour wall = jitter(one_of(kWalls, random), 12, random);
  const Colour floor = jitter(one_of(kWoods, random), 12, random);
  const double floor_y = random.uniform(300, 345);
  add(svg,
      "<rect width='300' height='400' fill='{}'/><rect y='{:.1f}' width='300' height='120' fill='{}'/>"
      "<rect y='{:.1f}' width='300' height='9' fill='{}'/>",
      hex(wall), floor_y, hex(floor), floor_y - 9, hex(lighter(wall, 0.5)));
  const double x = random.chance(0.5) ? random.uniform(8, 40) : random.uniform(260, 292);
  if (random.chance(0.6)) {
    for (int leaf = 0; leaf < 9; ++leaf) {
      add(svg,
          "<path d='M0,0C22,-30 22,-90 0,-{:.0f}C-22,-90 -22,-30 0,0' fill='{}' "
          "transform='translate({:.1f} {:.1f}) rotate({})'/>",
          random.uniform(110, 150), hex(jitter({78, 124, 86}, 22, random)), x, floor_y + 8, -64 + leaf * 16);
    }
    add(svg, "<path d='M{:.1f},{:.1f}h52l-8,50h-36z' fill='{}'/>", x - 26, floor_y,
        hex(jitter({196, 120, 88}, 14, random)));
  } else {
    add(svg,
        "<rect x='{:.1f}' y='120' width='5' height='{:.1f}' fill='#4a4440'/><path d='M{:.1f},70h44l18,56h-80z' "
        "fill='{}'/>",
        x - 2, floor_y - 90, x - 22, hex(jitter({244, 226, 180}, 8, random)));
  }
  add(svg, "<rect x='{:.1f}' y='{:.1f}' width='{:.1f}' height='{:.1f}' fill='{}' stroke='{}' stroke-width='5'/>",
      random.uniform(30, 190), random.uniform(-20, 40), random.uniform(60, 110), random.uniform(50, 110),
      hex(jitter({230, 224, 214}, 16, random)), hex(darker(wall, 0.4)));
}

}  // namespace

void add_background(std::string& svg, base::Random& random) {
  using Painter = void (*)(std::string&, base::Random&);
  constexpr Painter kPainters[] = {add_gradient, add_planks, add_tiles, add_bricks, add_lights, add_shapes, add_room};
  one_of(kPainters, random)(svg, random);
}

}  // namespace hangtag::sample
