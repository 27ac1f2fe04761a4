#include "safetensors/dtype.h"

#include <array>

namespace hangtag::safetensors {
namespace {

struct Row {
  const char* name;
  std::size_t size;
};

// One row for each Dtype, in its order.
constexpr std::array<Row, 10> kRows = {{{"I64", 8},
                                        {"F64", 8},
                                        {"F32", 4},
                                        {"I32", 4},
                                        {"BF16", 2},
                                        {"F16", 2},
                                        {"I16", 2},
                                        {"I8", 1},
                                        {"U8", 1},
                                        {"BOOL", 1}}};

}  // namespace

std::size_t size_of(Dtype dtype) {
  return kRows[static_cast<std::size_t>(dtype)].size;
}

const char* to_string(Dtype dtype) {
  return kRows[static_cast<std::size_t>(dtype)].name;
}

std::optional<Dtype> parse_dtype(std::string_view name) {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].name == name) return static_cast<Dtype>(i);
  }
  return std::nullopt;
}

}  // namespace hangtag::safetensors
