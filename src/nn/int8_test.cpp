#include "nn/int8.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "nn/kernels.h"
#include "nn/linear.h"

namespace hangtag::nn {
namespace {

// The slow twin: what the fused walk stands for, in the order in which it is documented.
at::Tensor slow_linear(const at::Tensor& x, const Int8Weight& weight, const at::Tensor& bias, const After& after) {
  auto inner = x.clone();
  if (weight.outlier_columns.defined()) inner.index_fill_(1, weight.outlier_columns, 0);
  const auto scale = std::get<0>(inner.abs().max(1, true)) / 127;
  const auto q = at::where(scale > 0, at::round(inner / scale), at::zeros_like(inner));
  auto y = at::matmul(q.to(at::kDouble), weight.values.to(at::kDouble).t()) * scale * weight.scales;
  if (bias.defined()) y = y + bias;
  if (weight.outlier_columns.defined()) y = y + at::matmul(x.index_select(1, weight.outlier_columns), weight.outlier_weight.t());
  y = apply(after.activation, y);
  if (after.factor.defined()) y = y * after.factor;
  if (after.residual.defined()) y = y + after.residual;
  return y.to(at::kFloat);
}

double relative_error(const at::Tensor& got, const at::Tensor& expected) {
  return ((got - expected).norm() / expected.norm()).item<double>();
}

TEST(Int8Kernels, QuantizeRowRoundsToNearestAndKeepsTheLargest) {
  const std::vector<float> x = {0.5F, -2.0F, 1.0F, 0.0F, 0.0079F};  // step 2 / 127 = 0.01575
  std::vector<std::int8_t> q(x.size());
  EXPECT_FLOAT_EQ(quantize_row(x.data(), 5, q.data()), 2.0F / 127);
  EXPECT_EQ(q, (std::vector<std::int8_t>{32, -127, 64, 0, 1}));
}

TEST(Int8Kernels, ZerosAndWhatIsNotFinite) {
  std::vector<std::int8_t> q(3, 9);
  EXPECT_EQ(quantize_row(std::vector<float>{0, -0.0F, 0}.data(), 3, q.data()), 0);
  EXPECT_EQ(q, (std::vector<std::int8_t>{0, 0, 0}));
  for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    EXPECT_TRUE(std::isnan(quantize_row(std::vector<float>{1, bad, 2}.data(), 3, q.data())));
  }
}

TEST(Int8Linear, EqualsItsSlowTwin) {
  struct Case {
    const char* name;
    std::int64_t rows, in, out;
    bool bias, outliers, factor, residual;
    Activation activation;
  };
  for (const Case& c : {Case{"plain", 3, 40, 24, false, false, false, false, Activation::kNone},
                        Case{"bias", 1, 64, 8, true, false, false, false, Activation::kNone},
                        Case{"gelu", 9, 33, 70, true, false, false, false, Activation::kGelu},
                        Case{"gated", 17, 48, 600, false, false, true, false, Activation::kGeluTanh},
                        Case{"residual", 5, 16, 16, true, false, false, true, Activation::kNone},
                        Case{"relu", 5, 16, 16, true, false, false, false, Activation::kRelu},
                        Case{"silu", 5, 16, 1030, true, false, true, true, Activation::kSilu},
                        Case{"outliers", 6, 32, 20, true, true, false, true, Activation::kGelu},
                        Case{"more rows than one product takes", 1100, 8, 16, true, false, false, true, Activation::kGelu}}) {
    SCOPED_TRACE(c.name);
    at::manual_seed(1);
    const auto x = at::randn({c.rows, c.in}) * 3;
    const auto weight = quantize(at::randn({c.out, c.in}), c.outliers ? at::tensor({3, 7}, at::kLong) : at::Tensor());
    const auto bias = c.bias ? at::randn({c.out}) : at::Tensor();
    const After after{.activation = c.activation,
                      .factor = c.factor ? at::randn({c.rows, c.out}) : at::Tensor(),
                      .residual = c.residual ? at::randn({c.rows, c.out}) : at::Tensor()};
    EXPECT_TRUE(int8_linear(x, weight, bias, after).allclose(slow_linear(x, weight, bias, after), 2e-5, 2e-5));
  }
}

TEST(Int8Linear, IsNearTheDenseLayer) {
  at::manual_seed(2);
  const auto x = at::randn({32, 256}), w = at::randn({64, 256});
  EXPECT_LT(relative_error(int8_linear(x, quantize(w), {}), at::matmul(x, w.t())), 0.015);
}

TEST(Int8Linear, KeepsOutlierColumnsApart) {
  at::manual_seed(3);
  auto x = at::randn({32, 256});
  const auto w = at::randn({64, 256});
  x.select(1, 100).mul_(60);
  const auto columns = at::tensor({100}, at::kLong);
  const auto exact = at::matmul(x, w.t());
  const double together = relative_error(int8_linear(x, quantize(w), {}), exact);
  const double apart = relative_error(int8_linear(x, quantize(w, columns), {}), exact);
  EXPECT_LT(apart, together / 5);
}

TEST(Int8Linear, ARowDependsOnItselfAlone) {
  at::manual_seed(4);
  const auto x = at::randn({700, 48});
  const auto weight = quantize(at::randn({40, 48}));
  const auto all = int8_linear(x, weight, {}, {.activation = Activation::kGelu});
  for (const std::int64_t row : {0, 1, 350, 699}) {
    EXPECT_TRUE(int8_linear(x.narrow(0, row, 1), weight, {}, {.activation = Activation::kGelu}).equal(all.narrow(0, row, 1)));
  }
}

TEST(Int8Linear, GradientIsNearThatOfTheWeightInFullWidth) {
  at::manual_seed(5);
  for (const bool outliers : {false, true}) {
    const auto weight = quantize(at::randn({64, 96}), outliers ? at::tensor({5, 90}, at::kLong) : at::Tensor());
    const auto direction = at::randn({20, 64});
    auto x = at::randn({20, 96}).requires_grad_();
    int8_linear(x, weight, {}).mul(direction).sum().backward();
    EXPECT_LT(relative_error(x.grad(), at::matmul(direction, dequantize(weight))), 0.015);
  }
}

TEST(Int8Weight, IsWithinHalfAStep) {
  at::manual_seed(6);
  const auto w = at::randn({30, 50});
  const auto weight = quantize(w);
  EXPECT_TRUE(((dequantize(weight) - w).abs() <= weight.scales.unsqueeze(1) * 0.5001).all().item<bool>());
}

// A source of random weights that wants them in 8 bits.
struct Int8Random : RandomWeights {
  using RandomWeights::RandomWeights;
  bool int8() const override { return true; }
};

TEST(Linear, HoldsEightBitsWhereTheSourceSaysSo) {
  Int8Random source(1);
  RandomWeights dense_source(1);
  Linear linear(Weights(source) / "q", 64, 32), dense(Weights(dense_source) / "q", 64, 32);
  EXPECT_EQ(linear->weight().scalar_type(), at::kChar);
  EXPECT_EQ(linear->named_parameters().size(), 3u);  // weight, weight_scale, bias
  const auto x = at::randn({4, 64});
  const After after{.activation = Activation::kGelu, .factor = {}, .residual = at::randn({4, 32})};
  EXPECT_LT(relative_error(linear(x, after), dense(x, after)), 0.02);
  linear->set_lora({.a = at::rand({2, 64}), .b = at::rand({32, 2})});
  dense->set_lora(*linear->lora());
  linear->eval();
  dense->eval();
  EXPECT_LT(relative_error(linear(x, after), dense(x, after)), 0.02);
  EXPECT_ANY_THROW(linear->merge_lora());
}

}  // namespace
}  // namespace hangtag::nn
