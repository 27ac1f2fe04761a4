// UTF-8 as code points.
#pragma once

#include <utf8proc.h>

#include <algorithm>
#include <string_view>

namespace hangtag::facts {

// Calls use(code_point, bytes) for every character; a malformed byte is given as code point -1.
template <typename Use>
void each_character(std::string_view text, Use use) {
  for (std::size_t i = 0; i < text.size();) {
    utf8proc_int32_t code_point = -1;
    const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data() + i);
    const auto length = std::max<utf8proc_ssize_t>(
        1, utf8proc_iterate(at, static_cast<utf8proc_ssize_t>(text.size() - i), &code_point));
    use(code_point, text.substr(i, static_cast<std::size_t>(length)));
    i += static_cast<std::size_t>(length);
  }
}

}  // namespace hangtag::facts
