#include "http/target.h"

#include <algorithm>

#include "http/text.h"

namespace hangtag::http {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

enum class Plus { kPlus, kSpace };

// Nothing for a malformed escape and for a NUL.
std::optional<std::string> decode(std::string_view text, Plus plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      if (c == '\0') return std::nullopt;
      i += 2;
    } else if (c == '+' && plus == Plus::kSpace) {
      c = ' ';
    }
    decoded.push_back(c);
  }
  return decoded;
}

// A backslash counts as a slash here, in case a handler makes a file's name of a path after all.
bool climbs(std::string path) {
  std::ranges::replace(path, '\\', '/');
  return std::ranges::any_of(split(path, '/'), [](std::string_view part) { return part == "." || part == ".."; });
}

}  // namespace

std::optional<Target> parse_target(std::string_view text) {
  if (std::ranges::any_of(text, [](unsigned char c) { return c <= 0x20 || c >= 0x7F || c == '#'; })) {
    return std::nullopt;
  }
  std::string with_path;
  constexpr std::string_view kScheme = "http://";
  if (same_name(text.substr(0, kScheme.size()), kScheme)) {
    text.remove_prefix(kScheme.size());
    const auto host_end = std::min(text.find_first_of("/?"), text.size());
    if (host_end == 0) return std::nullopt;
    text.remove_prefix(host_end);
    if (!text.starts_with('/')) text = with_path = '/' + std::string(text);
  }
  if (!text.starts_with('/')) return std::nullopt;

  const auto question = text.find('?');
  Target target;
  for (const auto segment : split(text.substr(1, question == std::string_view::npos ? question : question - 1), '/')) {
    auto decoded = decode(segment, Plus::kPlus);
    if (!decoded || std::ranges::any_of(*decoded, is_control)) return std::nullopt;
    target.path += '/' + *decoded;
    target.segments.push_back(*std::move(decoded));
  }
  if (climbs(target.path)) return std::nullopt;
  if (question == std::string_view::npos) return target;

  for (const auto part : split(text.substr(question + 1), '&')) {
    if (part.empty()) continue;
    const auto equals = std::min(part.find('='), part.size());
    auto name = decode(part.substr(0, equals), Plus::kSpace);
    auto value = decode(part.substr(std::min(equals + 1, part.size())), Plus::kSpace);
    if (!name || !value) return std::nullopt;
    target.query.push_back({*std::move(name), *std::move(value)});
  }
  return target;
}

}  // namespace hangtag::http
