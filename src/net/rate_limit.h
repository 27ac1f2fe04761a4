// Requests spread evenly over time.
#pragma once

#include <chrono>
#include <mutex>

#include "net/waiter.h"

namespace hangtag::net {

// May be used by several threads at once.
class RateLimit {
 public:
  explicit RateLimit(double per_minute, Waiter waiter = {});  // 0: no limit; throws kUsage below 0

  // Returns when the caller's turn has come: the first at once, each further one 60 s / per_minute after the one
  // before, or at once where that is past. Turns that nobody took are not made up for.
  void wait();

 private:
  std::chrono::nanoseconds apart_{0};
  Waiter waiter_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace hangtag::net
