// Features of photos on disk: FOLDER/<model>/<first two digits>/<photo>.safetensors, one tensor "features" (Q, D) each.
// <photo> is the hash of the file's bytes, <model> that of everything between them and the features: another photo under
// an old name, or another vision tower, is simply not found.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "model/checkpoint.h"

namespace hangtag::features {

// Hash of the processor, the vision tower, the Q-Former and the projection, adapters on them included. Reads all of their
// weights: a fraction of a second at full size.
std::string model_hash(const model::Checkpoint& checkpoint);

// Several processes may share a folder. Thread-safe.
class Cache {
 public:
  Cache(const std::filesystem::path& folder, const model::Checkpoint& checkpoint);

  // Nothing where it is absent, or damaged: then it is to be computed and put again.
  std::optional<at::Tensor> get(const std::string& photo_hash) const;
  void put(const std::string& photo_hash, const at::Tensor& features) const;  // throws kIo

 private:
  std::filesystem::path path(const std::string& photo_hash) const;

  std::filesystem::path folder_;  // of the model
  std::vector<std::int64_t> shape_;
};

}  // namespace hangtag::features
