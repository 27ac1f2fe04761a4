#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace hangtag::base {
namespace {

TEST(Random, IsTheSameOnEveryMachine) {
  Random random(0);  // reference values of SplitMix64 from seed 0
  EXPECT_EQ(random.next(), 0xE220A8397B1DCDAFu);
  EXPECT_EQ(random.next(), 0x6E789E6AA1B965F4u);
}

TEST(Random, PurposesAreIndependentStreams) {
  EXPECT_NE(Random(1, "colours").next(), Random(1, "shapes").next());
  EXPECT_EQ(Random(1, "colours").next(), Random(1, "colours").next());
}

TEST(Random, ContinuesFromItsState) {
  Random random(3);
  random.next();
  Random again(random.state());
  EXPECT_EQ(random.next(), again.next());
}

TEST(Random, ShuffleKeepsEveryItem) {
  std::array<int, 5> items{1, 2, 3, 4, 5};
  Random(4).shuffle(items);
  std::sort(items.begin(), items.end());
  EXPECT_EQ(items, (std::array<int, 5>{1, 2, 3, 4, 5}));
}

}  // namespace
}  // namespace hangtag::base
