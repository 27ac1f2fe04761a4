#include "nn/activation.h"

#include <ATen/ops/gelu.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/silu.h>

#include "base/error.h"

namespace hangtag::nn {

Activation activation(const std::string& name) {
  if (name == "gelu") return [](const at::Tensor& x) { return at::gelu(x); };
  if (name == "gelu_new" || name == "gelu_pytorch_tanh") return [](const at::Tensor& x) { return at::gelu(x, "tanh"); };
  if (name == "relu") return [](const at::Tensor& x) { return at::relu(x); };
  if (name == "silu") return [](const at::Tensor& x) { return at::silu(x); };
  base::fail(base::ErrorCode::kUnsupported,
             "config.json: activation \"{}\" is not supported (gelu, gelu_new, gelu_pytorch_tanh, relu, silu are)", name);
}

}  // namespace hangtag::nn
