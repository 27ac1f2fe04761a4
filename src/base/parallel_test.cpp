#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace hangtag::base {
namespace {

TEST(ForEachIndex, VisitsEachOnce) {
  for (const std::size_t threads : {1, 3, 8}) {
    std::vector<std::atomic<int>> visits(1000);
    for_each_index(visits.size(), [&](std::size_t i) { ++visits[i]; }, threads);
    for (const auto& count : visits) EXPECT_EQ(count, 1);
  }
}

TEST(ForEachIndex, ThrowsWhatTheWorkThrewAndStartsNoMore) {
  std::atomic<int> started = 0;
  EXPECT_THROW(for_each_index(1'000'000, [&](std::size_t i) { ++started; if (i == 10) throw std::runtime_error("ten"); }, 2),
               std::runtime_error);
  EXPECT_LT(started, 1'000'000);
}

}  // namespace
}  // namespace hangtag::base
