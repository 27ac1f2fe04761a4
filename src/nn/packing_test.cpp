#include "nn/packing.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace hangtag::nn {
namespace {

TEST(Packing, KeepsEveryTokenAndNoPadding) {
  const auto mask = at::tensor({1, 1, 0, 1, 0, 0, 1, 1, 1}, at::kLong).view({3, 3}).to(at::kBool);
  const auto padded = at::arange(18, at::kFloat).view({3, 3, 2});
  const Packing packing(mask);
  const auto packed = packing.pack(padded);
  EXPECT_TRUE(packed.equal(padded.flatten(0, 1).index_select(0, at::tensor({0, 1, 3, 6, 7, 8}, at::kLong))));
  const auto back = packing.unpack(packed);
  EXPECT_EQ(back.sizes(), padded.sizes());
  EXPECT_TRUE(back.masked_select(mask.unsqueeze(-1)).equal(padded.masked_select(mask.unsqueeze(-1))));
}

TEST(Packing, WithoutPaddingIsAView) {
  const auto padded = at::rand({2, 3, 4});
  const Packing packing(at::ones({2, 3}, at::kBool));
  EXPECT_EQ(packing.pack(padded).const_data_ptr(), padded.const_data_ptr());
  EXPECT_TRUE(packing.unpack(packing.pack(padded)).equal(padded));
}

}  // namespace
}  // namespace hangtag::nn
