#include "net/rate_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.h"

namespace hangtag::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

// A clock that goes on only when somebody sleeps or says so.
struct Clock {
  std::chrono::steady_clock::time_point time{};
  std::vector<int> waits_ms{};

  Waiter waiter() {
    return {.now = [this] { return time; },
            .sleep =
                [this](std::chrono::nanoseconds wait) {
                  time += wait;
                  waits_ms.push_back(static_cast<int>(wait / 1ms));
                }};
  }
};

TEST(RateLimit, SpreadsEvenly) {
  Clock clock{.time = std::chrono::steady_clock::time_point(1h)};
  RateLimit limit(120, clock.waiter());
  limit.wait();
  EXPECT_THAT(clock.waits_ms, IsEmpty()) << "the first goes at once";
  limit.wait();
  limit.wait();
  clock.time += 200ms;
  limit.wait();
  EXPECT_THAT(clock.waits_ms, ElementsAre(500, 500, 300));
  clock.time += 1h;
  limit.wait();
  limit.wait();
  EXPECT_THAT(clock.waits_ms, ElementsAre(500, 500, 300, 500)) << "an idle hour is not made up for";
}

TEST(RateLimit, ZeroIsNone) {
  Clock clock;
  RateLimit limit(0, clock.waiter());
  for (int i = 0; i < 1000; ++i) limit.wait();
  EXPECT_THAT(clock.waits_ms, IsEmpty());
}

TEST(RateLimit, RefusesWhatIsNoRate) {
  for (const double rate : {-1.0, 1e-300, std::nan("")}) EXPECT_THROW(RateLimit{rate}, base::Error) << rate;
}

TEST(RateLimit, GivesEveryThreadItsOwnTurn) {
  std::mutex mutex;
  std::vector<std::chrono::nanoseconds> waits;
  RateLimit limit(60, {.now = [] { return std::chrono::steady_clock::time_point(1h); },
                       .sleep =
                           [&](std::chrono::nanoseconds wait) {
                             const std::lock_guard lock(mutex);
                             waits.push_back(wait);
                           }});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 50; ++j) limit.wait();
      });
    }
  }
  std::ranges::sort(waits);
  ASSERT_EQ(waits.size(), 399u);
  for (std::size_t i = 0; i < waits.size(); ++i) EXPECT_EQ(waits[i], (i + 1) * 1s);
}

}  // namespace
}  // namespace hangtag::net
