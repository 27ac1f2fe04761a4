#include "evaluate/text.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>

#include "base/html.h"

namespace hangtag::evaluate {

namespace {

bool starts_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

// The code point that starts at text[i]; of malformed UTF-8, some number that is no worse than another.
std::uint32_t code_point(std::string_view text, std::size_t i) {
  const auto first = static_cast<unsigned char>(text[i]);
  if (first < 0xC0) return first;
  std::uint32_t result = first & (first < 0xE0 ? 0x1F : first < 0xF0 ? 0x0F : 0x07);
  while (++i < text.size() && !starts_character(text[i])) {
    result = result << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
  }
  return result;
}

// The blocks that matter in product data, of Unicode's EastAsianWidth.txt (W and F) and of its combining marks.
std::size_t width(std::uint32_t c) {
  const bool combining = (c >= 0x0300 && c <= 0x036F) || (c >= 0x200B && c <= 0x200F) || (c >= 0xFE00 && c <= 0xFE0F);
  const bool wide = (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
                    (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFF00 && c <= 0xFF60) || (c >= 0x1F300 && c <= 0x1FAFF);
  return combining ? 0 : wide ? 2 : 1;
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t result = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (starts_character(text[i])) result += width(code_point(text, i));
  }
  return result;
}

std::string printable(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool c1_control = c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c1_control) ++i;
    result += c < 0x20 || c == 0x7F || c1_control ? ' ' : text[i];
  }
  return result;
}

std::string escape_html(std::string_view text) {
  return base::escape_html(printable(text));
}

std::string escape_markdown(std::string_view text) {
  constexpr std::string_view kSpecial = "\\`*_[]<>|#!";
  std::string result;
  for (const char c : printable(text)) {
    if (kSpecial.find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string shorten(std::string_view text, std::size_t length) {
  std::size_t characters = 0, last_start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!starts_character(text[i])) continue;
    if (++characters == length) last_start = i;
    if (characters > length) return std::string(text.substr(0, last_start)) + "…";
  }
  return std::string(text);
}

std::string percent(double share) {
  return fmt::format("{:.1f}%", 100 * share);
}

std::string points(double difference) {
  const double rounded = std::round(1000 * difference) / 10;
  if (rounded == 0) return "0.0";
  return fmt::format("{}{:.1f}", rounded < 0 ? "−" : "+", std::abs(rounded));
}

}  // namespace hangtag::evaluate
