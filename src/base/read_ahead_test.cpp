#include "base/read_ahead.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>

namespace hangtag::base {
namespace {

TEST(ReadAhead, GivesEveryItemInOrder) {
  for (const std::size_t threads : {1, 4}) {
    for (const std::size_t ahead : {1, 3, 500}) {
      ReadAhead<int> items(200, [](std::size_t i) { return static_cast<int>(i * i); }, threads, ahead);
      for (int i = 0; i < 200; ++i) ASSERT_EQ(items.next(), i * i);
    }
  }
}

TEST(ReadAhead, NeverRunsFurtherAheadThanAllowed) {
  std::atomic<int> made = 0;
  ReadAhead<int> items(100, [&](std::size_t) { return ++made, 0; }, 4, 5);
  for (int taken = 0; taken < 100; ++taken) {
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    ASSERT_LE(made, taken + 5);
    items.next();
  }
}

TEST(ReadAhead, ThrowsWhereTheItemWouldStandAndGoesOn) {
  ReadAhead<int> items(3, [](std::size_t i) { return i == 1 ? throw std::runtime_error("one") : static_cast<int>(i); }, 2, 2);
  EXPECT_EQ(items.next(), 0);
  EXPECT_THROW(items.next(), std::runtime_error);
  EXPECT_EQ(items.next(), 2);
}

TEST(ReadAhead, MayBeLeftEarly) {
  ReadAhead<int> items(1'000'000, [](std::size_t i) { return static_cast<int>(i); }, 3, 10);
  EXPECT_EQ(items.next(), 0);
}

}  // namespace
}  // namespace hangtag::base
