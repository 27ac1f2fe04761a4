// SHA-256 (FIPS 180-4). For tokens, which are long and random: no password is hashed with it.
#pragma once

#include <string>
#include <string_view>

namespace hangtag::http {

std::string sha256_hex(std::string_view bytes);  // 64 digits, a to f in lower case

}  // namespace hangtag::http
