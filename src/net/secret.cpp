#include "net/secret.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/file.h"

namespace hangtag::net {

Secret::Secret(std::string value, std::string_view source) : value_(std::move(value)) {
  value_.erase(value_.find_last_not_of("\r\n") + 1);
  if (value_.empty()) {
    base::fail(base::ErrorCode::kInvalid, "{}: there is no key in it; expected the key alone", source);
  }
  if (std::ranges::any_of(value_, [](unsigned char c) { return c < 0x20 || c == 0x7F; })) {
    base::fail(base::ErrorCode::kInvalid, "{}: holds a line break or another control character; expected the key alone",
               source);
  }
}

Secret Secret::read(const std::filesystem::path& path) {
  return {base::read_file(path, 64 << 10), path.string()};
}

std::string Secret::redacted(std::string text) const {
  constexpr std::string_view kMark = "***";
  for (std::size_t at = 0; (at = text.find(value_, at)) != std::string::npos; at += kMark.size()) {
    text.replace(at, value_.size(), kMark);
  }
  return text;
}

}  // namespace hangtag::net
