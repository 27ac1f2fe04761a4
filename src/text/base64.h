// Base64 with padding (RFC 4648), as tokenizer.json carries binary data.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hangtag::text {

std::string encode_base64(std::string_view bytes);
std::optional<std::string> decode_base64(std::string_view text);  // nothing when it is not base64

}  // namespace hangtag::text
