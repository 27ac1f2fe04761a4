#include "base/version.h"

#include <fmt/format.h>

namespace hangtag::base {

std::string version() {
  return fmt::format("hangtag {} (commit {}, {}, g++ {}.{}.{})", HANGTAG_VERSION,
                     *HANGTAG_COMMIT ? HANGTAG_COMMIT : "unknown", HANGTAG_BUILD_TYPE, __GNUC__, __GNUC_MINOR__,
                     __GNUC_PATCHLEVEL__);
}

std::string version_number() {
  return HANGTAG_VERSION;
}

}  // namespace hangtag::base
