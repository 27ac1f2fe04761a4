// The element types of a .safetensors file that hangtag reads and writes.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace hangtag::safetensors {

// In the order in which the reference implementation lays out a file's tensors: the widest types first, so that each
// tensor starts at a multiple of its own element size.
enum class Dtype { kI64, kF64, kF32, kI32, kBF16, kF16, kI16, kI8, kU8, kBool };

std::size_t size_of(Dtype dtype);  // bytes of one element

const char* to_string(Dtype dtype);  // the name in the file: "BF16"
std::optional<Dtype> parse_dtype(std::string_view name);

}  // namespace hangtag::safetensors
