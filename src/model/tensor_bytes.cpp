#include "model/tensor_bytes.h"

#include <ATen/ops/from_blob.h>

#include <memory>

#include "base/error.h"

namespace hangtag::model {
namespace {

using safetensors::Dtype;

at::ScalarType to_torch(Dtype dtype) {
  switch (dtype) {
    case Dtype::kF64: return at::kDouble;
    case Dtype::kF32: return at::kFloat;
    case Dtype::kF16: return at::kHalf;
    case Dtype::kBF16: return at::kBFloat16;
    case Dtype::kI64: return at::kLong;
    case Dtype::kI32: return at::kInt;
    case Dtype::kI16: return at::kShort;
    case Dtype::kI8: return at::kChar;
    case Dtype::kU8: return at::kByte;
    case Dtype::kBool: return at::kBool;
  }
  base::fail(base::ErrorCode::kInternal, "unknown safetensors dtype");
}

}  // namespace

Dtype to_safetensors(at::ScalarType dtype) {
  switch (dtype) {
    case at::kDouble: return Dtype::kF64;
    case at::kFloat: return Dtype::kF32;
    case at::kHalf: return Dtype::kF16;
    case at::kBFloat16: return Dtype::kBF16;
    case at::kLong: return Dtype::kI64;
    case at::kInt: return Dtype::kI32;
    case at::kShort: return Dtype::kI16;
    case at::kChar: return Dtype::kI8;
    case at::kByte: return Dtype::kU8;
    case at::kBool: return Dtype::kBool;
    default: base::fail(base::ErrorCode::kUnsupported, "{} has no safetensors dtype", c10::toString(dtype));
  }
}

at::Tensor to_tensor(safetensors::TensorView view) {
  const auto dtype = to_torch(view.info.dtype);
  auto* data = const_cast<std::byte*>(view.bytes.data());
  const auto shape = view.info.shape;
  const auto tensor = at::from_blob(data, shape, [file = std::move(view.file)](void*) {}, dtype);
  const bool aligned = reinterpret_cast<std::uintptr_t>(data) % c10::elementSize(dtype) == 0;
  return aligned ? tensor : tensor.clone();
}

std::span<const std::byte> bytes_of(const at::Tensor& tensor) {
  return {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()};
}

safetensors::TensorSource to_source(const std::string& name, const at::Tensor& tensor) {
  const auto stored = tensor.detach().to(at::kCPU).contiguous();
  return {.name = name,
          .dtype = to_safetensors(stored.scalar_type()),
          .shape = stored.sizes().vec(),
          .bytes = [stored] { return bytes_of(stored); }};
}

}  // namespace hangtag::model
