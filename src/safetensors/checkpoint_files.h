// The .safetensors files of a checkpoint, seen as one set of tensors.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "safetensors/file.h"

namespace hangtag::safetensors {

inline constexpr const char* kSingleFile = "model.safetensors";
inline constexpr const char* kIndexFile = "model.safetensors.index.json";

// A tensor of a checkpoint. Nothing is copied: `bytes` points into `file`'s mapping, so whoever keeps `bytes` keeps
// `file` too.
struct TensorView {
  TensorInfo info;
  std::span<const std::byte> bytes;
  std::shared_ptr<const File> file;
};

// Immutable, so any number of threads may read it. What at() gave stays valid after the CheckpointFiles is gone.
class CheckpointFiles {
 public:
  // `path` is a .safetensors file, or a folder with model.safetensors or else with model.safetensors.index.json and the
  // shards that it names. Throws as File does; kNotFound when files are missing; kMismatch when the index and its
  // shards do not hold the same tensors; kInvalid when the index names a file outside the folder.
  explicit CheckpointFiles(const std::filesystem::path& path);

  bool contains(std::string_view name) const { return tensors_.contains(name); }
  TensorView at(std::string_view name) const;  // throws kNotFound
  std::vector<std::string> names() const;      // sorted

  const std::filesystem::path& path() const { return path_; }
  const std::vector<std::shared_ptr<const File>>& files() const { return files_; }

 private:
  void add(std::shared_ptr<const File> file);
  void read_index(const std::filesystem::path& index);

  std::filesystem::path path_;
  std::vector<std::shared_ptr<const File>> files_;
  std::map<std::string, std::shared_ptr<const File>, std::less<>> tensors_;
};

}  // namespace hangtag::safetensors
