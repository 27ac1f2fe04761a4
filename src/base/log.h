// Log lines for people, on stderr. Libraries call these; the application chooses the level.
#pragma once

#include <spdlog/spdlog.h>

namespace hangtag::base {

enum class LogLevel { kQuiet, kNormal, kVerbose };

// Sends spdlog's default logger to stderr. Call once, at the start of the application.
void start_log(LogLevel level);

}  // namespace hangtag::base
