// Independent pieces of work on several threads.
#pragma once

#include <cstddef>
#include <functional>

namespace hangtag::base {

// Calls work(i) once for each i below count, from `threads` threads (0: one a core), in no order. When calls throw, no
// further ones start, and the exception of one of them is thrown here.
void for_each_index(std::size_t count, const std::function<void(std::size_t)>& work, std::size_t threads = 0);

}  // namespace hangtag::base
