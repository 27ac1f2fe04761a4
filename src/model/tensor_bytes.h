// Between libtorch's tensors and the bytes of a .safetensors file.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <span>

#include "safetensors/checkpoint_files.h"
#include "safetensors/write.h"

namespace hangtag::model {

safetensors::Dtype to_safetensors(at::ScalarType dtype);

// Over the file's own bytes, which it keeps alive; copied only where they are not aligned. Not to be written to.
at::Tensor to_tensor(safetensors::TensorView view);

// The bytes of a contiguous tensor in main memory; they live as long as it does.
std::span<const std::byte> bytes_of(const at::Tensor& tensor);

// The tensor, from wherever it lies, on its way into a file; it is kept alive until then.
safetensors::TensorSource to_source(const std::string& name, const at::Tensor& tensor);

}  // namespace hangtag::model
