#pragma once

#include <string>

namespace hangtag::base {

// "hangtag 0.1.0 (commit 1a2b3c4, Release, g++ 12.2.0)"
std::string version();

std::string version_number();  // "0.1.0"

}  // namespace hangtag::base
