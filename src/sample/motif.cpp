#include <cmath>
#include <numbers>

#include "sample/svg.h"

namespace hangtag::sample {
namespace {

std::string star(int points, double outer, double inner) {
  std::string path;
  for (int i = 0; i < 2 * points; ++i) {
    const double radius = i % 2 == 0 ? outer : inner;
    const double angle = std::numbers::pi * i / points;
    add(path, "{}{:.1f},{:.1f}", i == 0 ? 'M' : 'L', radius * std::sin(angle), -radius * std::cos(angle));
  }
  return path + "z";
}

}  // namespace

void add_motif(std::string& svg, const Colour& ink_colour, const Colour& second_colour, base::Random& random) {
  const std::string ink = hex(ink_colour), second = hex(second_colour);
  switch (random.below(9)) {
    case 0:  // sun over waves
      add(svg, "<circle cy='-8' r='26' fill='{}'/>", second);
      for (int i = 0; i < 3; ++i) {
        add(svg,
            "<path d='M-42,{0}q10.5,-11 21,0t21,0t21,0t21,0' fill='none' stroke='{1}' stroke-width='6' "
            "stroke-linecap='round'/>",
            8 + 13 * i, ink);
      }
      break;
    case 1:  // mountains in a disc
      add(svg,
          "<circle r='40' fill='{0}'/><path d='M-35,20L-10,-18L4,2L14,-10L35,20A40,40 0 0 1 -35,20' fill='{1}'/>"
          "<path d='M-10,-18L-18,-5L-11,-8L-6,-4L-2,-7z' fill='#ffffff'/><circle cx='20' cy='-20' r='6' fill='{1}'/>",
          second, ink);
      break;
    case 2:
      add(svg, "<path d='{}' fill='{}'/><path d='{}' fill='{}'/>", star(5, 44, 18), ink, star(5, 25, 10), second);
      break;
    case 3:  // heart
      add(svg,
          "<path d='M0,38C-52,4 -44,-36 -20,-36C-8,-36 0,-27 0,-20C0,-27 8,-36 20,-36C44,-36 52,4 0,38z' fill='{}'/>"
          "<path d='M-24,-24q-8,6 -5,18' fill='none' stroke='{}' stroke-width='5' stroke-linecap='round'/>",
          ink, second);
      break;
    case 4:  // lightning in a ring
      add(svg,
          "<circle r='38' fill='none' stroke='{}' stroke-width='6'/><path d='M8,-46L-22,8H-2L-10,46L24,-10H4z' "
          "fill='{}'/>",
          second, ink);
      break;
    case 5:  // cat
      add(svg,
          "<path d='M-34,-40L-14,-24H14L34,-40L36,4A36,32 0 0 1 -36,4z' fill='{0}'/><circle cx='-14' cy='0' r='6' "
          "fill='{1}'/><circle cx='14' cy='0' r='6' fill='{1}'/><path d='M-5,13h10l-5,6z' fill='{1}'/>"
          "<path d='M-46,10l22,4M-46,24l22,-4M46,10l-22,4M46,24l-22,-4' stroke='{1}' stroke-width='2.5'/>",
          ink, second);
      break;
    case 6:  // sailing boat
      add(svg,
          "<path d='M-4,-44V14H-38z' fill='{0}'/><path d='M4,-34V14H34z' fill='{1}'/><path d='M-42,20H42L28,38H-28z' "
          "fill='{0}'/>",
          ink, second);
      break;
    case 7:  // cactus in a pot
      add(svg,
          "<path d='M-9,16V-34a9,9 0 0 1 18,0V-6h10V-20a6,6 0 0 1 12,0V6H9V16M-9,6H-28V-12a6,6 0 0 1 12,0V-6H-9' "
          "fill='{0}'/><path d='M-22,16H22L16,44H-16z' fill='{1}'/>",
          ink, second);
      break;
    default:  // sunflower
      for (int i = 0; i < 12; ++i) {
        add(svg, "<ellipse cy='-29' rx='7.5' ry='15' fill='{}' transform='rotate({})'/>", ink, i * 30);
      }
      add(svg, "<circle r='17' fill='{}'/>", second);
  }
}

}  // namespace hangtag::sample
