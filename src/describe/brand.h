// What a shop says of itself to whoever writes for it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"

namespace hangtag::describe {

// All may be empty.
struct Brand {
  std::string name;
  std::string tone;                   // "warm and brief; speaks to you"
  std::vector<std::string> facts;     // whole sentences that may be said of every product: "Returns within 30 days."
  std::vector<std::string> banned;    // words and phrases that no text may hold
  std::vector<std::string> examples;  // texts in the voice that is wanted; never a source of facts
};

// {"name", "tone", "facts": […], "banned": […], "examples": […]}: docs/formats/brand.md. Throws kInvalid for unknown
// keys, other types, and facts that could not be printed (links, markup, hidden characters).
Brand parse_brand(const base::Json& json, std::string_view name);
Brand read_brand(const std::filesystem::path& path);

}  // namespace hangtag::describe
