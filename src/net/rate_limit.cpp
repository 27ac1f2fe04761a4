#include "net/rate_limit.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace hangtag::net {

RateLimit::RateLimit(double per_minute, Waiter waiter) : waiter_(std::move(waiter)) {
  constexpr double kLeast = 1e-3;  // one in 17 hours: less is a slip, and the interval has to fit its type
  if (per_minute != 0 && !(per_minute >= kLeast)) {
    base::fail(base::ErrorCode::kUsage, "{} requests a minute; expected 0 for no limit, or at least {}", per_minute,
               kLeast);
  }
  if (per_minute > 0) {
    apart_ = std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(60 / per_minute));
  }
}

void RateLimit::wait() {
  if (apart_.count() == 0) return;
  std::chrono::nanoseconds left;
  {
    const std::lock_guard lock(mutex_);
    const auto now = waiter_.now();
    const auto turn = std::max(now, next_);
    next_ = turn + apart_;
    left = turn - now;
  }
  if (left.count() > 0) waiter_.sleep(left);
}

}  // namespace hangtag::net
