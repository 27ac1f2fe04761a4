// Activation functions by the names that config.json uses.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace hangtag::nn {

enum class Activation { kNone, kGelu, kGeluTanh, kRelu, kSilu };

// "gelu" (exact), "gelu_new" and "gelu_pytorch_tanh" (tanh form), "relu", "silu". Throws kUnsupported for another name.
Activation parse_activation(const std::string& name);

at::Tensor apply(Activation activation, const at::Tensor& x);

}  // namespace hangtag::nn
