// The tables, made and brought up to date.
#pragma once

#include <cstdint>

#include "store/connection.h"

namespace hangtag::store {

std::int64_t newest_schema();

// Applies what is missing, each step in a transaction of its own. Programs that open a new database at the same time
// wait for each other. Throws kUnsupported for a database of a newer program.
void migrate(Connection& connection, std::int64_t now_ms);

}  // namespace hangtag::store
