#include "nn/int8.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "nn/kernels.h"

namespace hangtag::nn {
namespace {

// Rows that are multiplied at once: their products, in int32, should not leave the last-level cache before they are read.
constexpr std::int64_t kRowsPerProduct = 512;
constexpr std::int64_t kRowsPerTask = 8;

const float* data_or_null(const at::Tensor& tensor) { return tensor.defined() ? tensor.const_data_ptr<float>() : nullptr; }

at::Tensor as_rows(const at::Tensor& x) {  // (…, n) → (rows, n) fp32
  return x.defined() ? x.reshape({-1, x.size(-1)}).to(at::kFloat).contiguous() : x;
}

// Grows as needed and stays: fresh memory for every product would cost page faults.
at::Tensor scratch(at::ScalarType type, std::int64_t rows, std::int64_t columns) {
  thread_local at::Tensor bytes, integers;
  auto& buffer = type == at::kChar ? bytes : integers;
  if (!buffer.defined() || buffer.numel() < rows * columns) buffer = at::empty({rows * columns}, type);
  return buffer.narrow(0, 0, rows * columns).view({rows, columns});
}

// y (rows, n) = epilogue(x (rows, k) · matrix (k, n))
void multiply(const at::Tensor& x, const at::Tensor& matrix, const RowEpilogue& first_row, at::Tensor& y) {
  const auto rows = x.size(0), k = x.size(1), n = matrix.size(1);
  const auto* in = x.const_data_ptr<float>();
  auto* out = y.mutable_data_ptr<float>();
  std::vector<float> scales(static_cast<std::size_t>(std::min(rows, kRowsPerProduct)));
  for (std::int64_t begin = 0; begin < rows; begin += kRowsPerProduct) {
    const auto count = std::min(kRowsPerProduct, rows - begin);
    auto quantized = scratch(at::kChar, count, k);
    auto* q = quantized.mutable_data_ptr<std::int8_t>();
    at::parallel_for(0, count, kRowsPerTask, [&](std::int64_t from, std::int64_t to) {
      for (auto i = from; i < to; ++i) scales[static_cast<std::size_t>(i)] = quantize_row(in + (begin + i) * k, k, q + i * k);
    });
    auto product = scratch(at::kInt, count, n);
    at::_int_mm_out(product, quantized, matrix);
    const auto* p = product.const_data_ptr<std::int32_t>();
    at::parallel_for(0, count, kRowsPerTask, [&](std::int64_t from, std::int64_t to) {
      for (auto i = from; i < to; ++i) {
        const auto offset = (begin + i) * n;
        auto epilogue = first_row;
        for (auto* part : {&epilogue.addend, &epilogue.factor, &epilogue.residual}) {
          if (*part != nullptr) *part += offset;
        }
        finish_row(p + i * n, n, scales[static_cast<std::size_t>(i)], epilogue, out + offset);
      }
    });
  }
}

at::Tensor forward(const at::Tensor& x, const Int8Weight& weight, const at::Tensor& bias, const After& after) {
  auto rows = as_rows(x);
  at::Tensor addend;
  if (weight.outlier_columns.defined()) {
    addend = at::linear(rows.index_select(1, weight.outlier_columns), weight.outlier_weight);
    rows = rows.index_fill(1, weight.outlier_columns, 0);
  }
  const auto factor = as_rows(after.factor), residual = as_rows(after.residual);
  auto shape = x.sizes().vec();
  shape.back() = weight.values.size(0);
  auto y = at::empty(shape, at::kFloat);
  multiply(rows, weight.values.t(),
           {.channel_scale = weight.scales.const_data_ptr<float>(),
            .bias = data_or_null(bias),
            .addend = data_or_null(addend),
            .function = static_cast<RowEpilogue::Function>(after.activation),
            .factor = data_or_null(factor),
            .residual = data_or_null(residual)},
           y);
  return y;
}

// dx = dy · diag(s_w) · q_w: the scales join dy, whose rows are then quantised like those of any activation.
at::Tensor backward(const at::Tensor& dy, const Int8Weight& weight) {
  const auto scaled = as_rows(dy) * weight.scales;
  const auto in = weight.values.size(1);
  const auto ones = at::ones({in}, at::kFloat);
  auto dx = at::empty({scaled.size(0), in}, at::kFloat);
  multiply(scaled, weight.values, {.channel_scale = ones.const_data_ptr<float>()}, dx);
  if (weight.outlier_columns.defined()) {
    dx.index_add_(1, weight.outlier_columns, at::matmul(as_rows(dy), weight.outlier_weight));
  }
  auto shape = dy.sizes().vec();
  shape.back() = in;
  return dx.view(shape);
}

struct Int8Product : torch::autograd::Function<Int8Product> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x, const Int8Weight& weight,
                            const std::optional<at::Tensor>& bias) {
    context->saved_data["values"] = weight.values;
    context->saved_data["scales"] = weight.scales;
    context->saved_data["columns"] = weight.outlier_columns;
    context->saved_data["outliers"] = weight.outlier_weight;
    return nn::forward(x, weight, bias.value_or(at::Tensor()), {});
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = [&](const char* name) { return context->saved_data[name].toTensor(); };
    return {nn::backward(gradients[0], {.values = saved("values"),
                                        .scales = saved("scales"),
                                        .outlier_columns = saved("columns"),
                                        .outlier_weight = saved("outliers")}),
            {}, {}};
  }
};

}  // namespace

at::Tensor apply(const After& after, const at::Tensor& y) {
  auto result = apply(after.activation, y);
  if (after.factor.defined()) result = result * after.factor;
  return after.residual.defined() ? after.residual + result : result;
}

Int8Weight quantize(const at::Tensor& weight, const at::Tensor& outlier_columns) {
  const at::NoGradGuard no_grad;
  auto rows = weight.to(at::kFloat).contiguous();
  Int8Weight result{.values = at::empty(rows.sizes(), at::kChar), .scales = at::empty({rows.size(0)}, at::kFloat),
                    .outlier_columns = {}, .outlier_weight = {}};
  if (outlier_columns.defined() && outlier_columns.numel() > 0) {
    result.outlier_columns = outlier_columns;
    result.outlier_weight = rows.index_select(1, outlier_columns).contiguous();
    rows = rows.index_fill(1, outlier_columns, 0);
  }
  const auto in = rows.size(1);
  const auto* from = rows.const_data_ptr<float>();
  auto* values = result.values.mutable_data_ptr<std::int8_t>();
  auto* scales = result.scales.mutable_data_ptr<float>();
  at::parallel_for(0, rows.size(0), kRowsPerTask, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = begin; i < end; ++i) scales[i] = quantize_row(from + i * in, in, values + i * in);
  });
  return result;
}

at::Tensor dequantize(const Int8Weight& weight) {
  auto dense = weight.values.to(at::kFloat) * weight.scales.unsqueeze(1);
  if (weight.outlier_columns.defined()) dense.index_copy_(1, weight.outlier_columns, weight.outlier_weight);
  return dense;
}

at::Tensor int8_linear(const at::Tensor& x, const Int8Weight& weight, const at::Tensor& bias, const After& after) {
  const auto needs_gradient = [](const at::Tensor& tensor) { return tensor.defined() && tensor.requires_grad(); };
  if (!at::GradMode::is_enabled() || !(needs_gradient(x) || needs_gradient(after.factor) || needs_gradient(after.residual))) {
    return forward(x, weight, bias, after);
  }
  // An undefined tensor is no argument of a Function; an optional one may be.
  return apply(after, needs_gradient(x) ? Int8Product::apply(x, weight, std::optional(bias)) : forward(x, weight, bias, {}));
}

#if defined(__x86_64__)
bool has_fast_int8() { return __builtin_cpu_supports("avx512vnni") || __builtin_cpu_supports("avxvnni"); }
bool has_fast_bfloat16() { return __builtin_cpu_supports("avx512bf16"); }  // AMX machines have it too
#else
bool has_fast_int8() { return false; }
bool has_fast_bfloat16() { return false; }
#endif

}  // namespace hangtag::nn
