#include "describe/description.h"

#include <fmt/format.h>

#include <algorithm>

namespace hangtag::describe {

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::vector<claims::Field> fields_of(const Description& description) {
  std::vector<claims::Field> fields = {{kTitle, description.title, false}, {kText, description.text, true}};
  for (std::size_t i = 0; i < description.bullets.size(); ++i) {
    fields.push_back({fmt::format("{}[{}]", kBullets, i), description.bullets[i], true});
  }
  fields.push_back({kSeoTitle, description.seo_title, false});
  fields.push_back({kSeoDescription, description.seo_description, false});
  fields.push_back({kAltText, description.alt_text, false});
  return fields;
}

std::vector<std::string> faults_of(const Description& description, const Limits& limits) {
  std::vector<std::string> faults;
  const auto require = [&](const std::string& name, const std::string& text, std::size_t longest) {
    const std::size_t length = characters(text);
    if (text.find_first_not_of(" \n") == std::string::npos) faults.push_back(fmt::format("the {} is empty", name));
    if (length > longest)
      faults.push_back(fmt::format("the {} has {} characters; at most {} are allowed", name, length, longest));
  };
  require(kTitle, description.title, limits.title);
  require(kText, description.text, limits.text);
  for (std::size_t i = 0; i < description.bullets.size(); ++i) {
    require(fmt::format("{}[{}]", kBullets, i), description.bullets[i], limits.bullet);
  }
  if (description.bullets.size() > limits.bullets) {
    faults.push_back(
        fmt::format("there are {} {}; at most {} are allowed", description.bullets.size(), kBullets, limits.bullets));
  }
  require(kSeoTitle, description.seo_title, limits.seo_title);
  require(kSeoDescription, description.seo_description, limits.seo_description);
  require(kAltText, description.alt_text, limits.alt_text);
  return faults;
}

std::string shortened(const std::string& text, std::size_t longest) {
  if (characters(text) <= longest) return text;
  std::size_t end = 0, count = 0;  // of what fits
  while (end < text.size() && count <= longest) {
    count += (text[end] & 0xC0) != 0x80;
    if (count <= longest) ++end;
  }
  const std::string_view room(text.data(), end);
  for (const std::string_view stop : {". ", "。", ", ", "、", " "}) {
    const bool sentence = stop == ". " || stop == "。";
    // One more character than fits may tell that a sentence ends right there.
    const auto at =
        sentence ? std::string_view(text).substr(0, std::min(end + 1, text.size())).rfind(stop) : room.rfind(stop);
    if (at == std::string_view::npos || at == 0) continue;
    return text.substr(0, at + (stop == "。" ? stop.size() : sentence ? 1 : 0));
  }
  return std::string(room);
}

}  // namespace hangtag::describe
