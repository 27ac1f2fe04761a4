// One .safetensors file, mapped into memory and checked before anything in it is believed.
//
// The format: 8 bytes with the header's length N (little endian), N bytes of JSON, then the tensors' bytes. The JSON
// maps each tensor's name to {"dtype", "shape", "data_offsets": [begin, end]}, and "__metadata__" to strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "safetensors/dtype.h"

namespace hangtag::safetensors {

struct TensorInfo {
  Dtype dtype;
  std::vector<std::int64_t> shape;  // empty for a scalar
  std::uint64_t begin;              // bytes from the start of the data, which follows the header
  std::uint64_t end;                // one past the last
};

using Metadata = std::map<std::string, std::string>;
using TensorMap = std::map<std::string, TensorInfo, std::less<>>;

// Immutable, so any number of threads may read it. Spans live as long as the File.
class File {
 public:
  // Throws kNotFound, kIo; kInvalid when header and file do not agree in every point; kUnsupported for a dtype that is
  // not in Dtype; kLimit for a header of more than 100 MB. After this every name, shape and span can be trusted.
  explicit File(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  const TensorMap& tensors() const { return tensors_; }
  const Metadata& metadata() const { return metadata_; }

  // The tensor's elements: little endian, row-major. Aligned to the element's size in files of every usual writer,
  // though the format does not promise it. Throws kNotFound.
  std::span<const std::byte> bytes(std::string_view name) const;

 private:
  std::filesystem::path path_;
  base::MappedFile mapped_;
  std::span<const std::byte> data_;  // what follows the header
  TensorMap tensors_;
  Metadata metadata_;
};

}  // namespace hangtag::safetensors
