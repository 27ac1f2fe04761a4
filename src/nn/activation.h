// Activation functions by the names that config.json uses.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace hangtag::nn {

using Activation = at::Tensor (*)(const at::Tensor&);

// "gelu" (exact), "gelu_new" and "gelu_pytorch_tanh" (tanh form), "relu", "silu". Throws kUnsupported for another name.
Activation activation(const std::string& name);

}  // namespace hangtag::nn
