// The target of a request line, taken apart and decoded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hangtag::http {

struct Field {
  std::string name;
  std::string value;
};

// Nothing here holds a NUL; the path holds no control character and no "." or ".." between slashes, either way round.
struct Target {
  std::string path{};                   // decoded, from "/" on
  std::vector<std::string> segments{};  // what is between its slashes; one may hold a slash that was written %2F
  std::vector<Field> query{};           // in order; "+" is a space
};

// Of "/path?query", or of "http://host/path?query" as proxies write it. Nothing for any other form or scheme, for %
// without two hexadecimal digits, and for what Target promises not to hold.
std::optional<Target> parse_target(std::string_view text);

}  // namespace hangtag::http
