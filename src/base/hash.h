// Content hashes: 128 bits of XXH3, as 32 hexadecimal digits. For caches and duplicate files, not against adversaries.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace hangtag::base {

std::string hash_hex(std::span<const std::byte> bytes);
std::string hash_hex(std::string_view text);

}  // namespace hangtag::base
