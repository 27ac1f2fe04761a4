// Writes tensors to .safetensors files, one at a time, each file whole or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "safetensors/dtype.h"
#include "safetensors/file.h"

namespace hangtag::safetensors {

struct TensorSource {
  std::string name;
  Dtype dtype;
  std::vector<std::int64_t> shape;
  // The elements: little endian, row-major. Called once, when the tensor's turn has come, so that tensors can be
  // fetched or converted one by one; the span has to live until the function is called for the next tensor or
  // destroyed.
  std::function<std::span<const std::byte>()> bytes;
};

inline const Metadata kDefaultMetadata = {{"format", "pt"}};  // transformers refuses files without it

// Lays the tensors out as the reference implementation does: by Dtype, then by name. Throws kInvalid for a name given
// twice, a negative size, or bytes that are not as many as dtype and shape say; kIo as base::AtomicFile.
void write_file(const std::filesystem::path& path, const std::vector<TensorSource>& tensors,
                const Metadata& metadata = kDefaultMetadata);

// Writes `folder`/model.safetensors when the tensors take at most max_shard_bytes; otherwise, in the order given,
// shards model-00001-of-0000M.safetensors of at most so many bytes (a larger tensor gets its own) and
// model.safetensors.index.json. A checkpoint of the other kind that was in the folder is replaced. Throws as
// write_file.
void write_sharded(const std::filesystem::path& folder, const std::vector<TensorSource>& tensors,
                   std::uint64_t max_shard_bytes);

}  // namespace hangtag::safetensors
