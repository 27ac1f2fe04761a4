#include "nn/dropout.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace hangtag::nn {
namespace {

TEST(Dropout, DropsAsManyAsItShouldAndKeepsTheMean) {
  at::manual_seed(1);
  const auto x = at::ones({300, 500});
  for (const double rate : {0.05, 0.1, 0.5}) {
    const auto y = nn::dropout(x, rate, true);
    EXPECT_NEAR(y.eq(0).to(at::kFloat).mean().item<double>(), rate, 0.005);
    EXPECT_NEAR(y.mean().item<double>(), 1, 0.01);
    EXPECT_NEAR(y.max().item<double>(), 1 / (1 - rate), 1e-5);
    // Neighbours, in both directions, are dropped independently of each other.
    const auto dropped = y.eq(0).to(at::kFloat);
    for (const int dim : {0, 1}) {
      const auto both = dropped.narrow(dim, 1, y.size(dim) - 1) * dropped.narrow(dim, 0, y.size(dim) - 1);
      EXPECT_NEAR(both.mean().item<double>(), rate * rate, 0.004);
    }
  }
}

TEST(Dropout, FollowsFromTheSeedAndDiffersFromCallToCall) {
  const auto x = at::ones({1000});
  at::manual_seed(3);
  const auto first = nn::dropout(x, 0.3, true), second = nn::dropout(x, 0.3, true);
  at::manual_seed(3);
  EXPECT_TRUE(nn::dropout(x, 0.3, true).equal(first));
  EXPECT_FALSE(first.equal(second));
}

TEST(Dropout, LeavesEvaluationAlone) {
  const auto x = at::rand({10});
  EXPECT_TRUE(nn::dropout(x, 0.5, false).is_same(x));
  EXPECT_TRUE(nn::dropout(x, 0, true).is_same(x));
}

TEST(Dropout, GradientIsTheMask) {
  auto x = at::ones({1000}).requires_grad_();
  const auto y = nn::dropout(x, 0.4, true);
  y.sum().backward();
  EXPECT_TRUE(x.grad().equal(y.detach()));
}

}  // namespace
}  // namespace hangtag::nn
