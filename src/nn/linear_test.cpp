#include "nn/linear.h"

#include <gtest/gtest.h>

namespace hangtag::nn {
namespace {

Linear make(std::uint64_t seed, const LinearOptions& options = {}) {
  RandomWeights source(seed);
  return Linear(Weights(source) / "q", 6, 4, options);
}

TEST(Linear, WeightsDependOnSeedAndNameAlone) {
  EXPECT_TRUE(make(1)->weight().equal(make(1)->weight()));
  EXPECT_FALSE(make(1)->weight().equal(make(2)->weight()));
}

TEST(Linear, MergedLoraEqualsLora) {
  auto linear = make(1);
  linear->eval();
  const auto x = at::rand({3, 6});
  const auto base = linear->forward(x);
  linear->set_lora({.a = at::rand({2, 6}), .b = at::rand({4, 2}), .scaling = 4, .dropout = 0.5});
  const auto adapted = linear->forward(x);
  EXPECT_FALSE(adapted.allclose(base));
  linear->merge_lora();
  EXPECT_FALSE(linear->lora());
  EXPECT_TRUE(linear->forward(x).allclose(adapted, 1e-5, 1e-5));
}

TEST(Linear, LoraDropsOutInTrainingOnly) {
  auto linear = make(1);
  linear->set_lora({.a = at::ones({2, 6}), .b = at::ones({4, 2}), .scaling = 1, .dropout = 0.5});
  const auto x = at::ones({64, 6});
  linear->eval();
  EXPECT_TRUE(linear->forward(x).equal(linear->forward(x)));
  linear->train();
  EXPECT_FALSE(linear->forward(x).equal(linear->forward(x)));
}

}  // namespace
}  // namespace hangtag::nn
