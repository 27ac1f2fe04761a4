#include "safetensors/checkpoint_files.h"

#include <set>
#include <utility>

#include "base/json.h"

namespace hangtag::safetensors {

using base::ErrorCode;
using base::fail;

CheckpointFiles::CheckpointFiles(const std::filesystem::path& path) : path_(path) {
  if (!std::filesystem::is_directory(path)) {
    add(std::make_shared<const File>(path));
  } else if (std::filesystem::exists(path / kSingleFile)) {
    add(std::make_shared<const File>(path / kSingleFile));
  } else if (std::filesystem::exists(path / kIndexFile)) {
    read_index(path / kIndexFile);
  } else {
    fail(ErrorCode::kNotFound, "{}: neither {} nor {} is in this folder", path.string(), kSingleFile, kIndexFile);
  }
}

void CheckpointFiles::add(std::shared_ptr<const File> file) {
  for (const auto& [name, info] : file->tensors()) {
    const auto [place, added] = tensors_.emplace(name, file);
    if (!added) {
      fail(ErrorCode::kMismatch, "tensor \"{}\" is both in {} and in {}", name, place->second->path().string(),
           file->path().string());
    }
  }
  files_.push_back(std::move(file));
}

void CheckpointFiles::read_index(const std::filesystem::path& index) {
  using WeightMap = std::map<std::string, std::string>;
  const auto weight_map = base::get<WeightMap>(base::read_json(index), "weight_map", index.string());

  std::set<std::string> shards;
  for (const auto& [name, shard] : weight_map) shards.insert(shard);
  for (const auto& shard : shards) {
    // A bare file name cannot leave the folder.
    if (shard.empty() || shard == "." || shard == ".." || shard.find_first_of("/\\") != std::string::npos) {
      fail(ErrorCode::kInvalid, "{}: the shard \"{}\" should be the name of a file in the same folder", index.string(),
           shard);
    }
    if (!std::filesystem::exists(index.parent_path() / shard)) {
      fail(ErrorCode::kNotFound, "{}: the shard \"{}\" is missing; the checkpoint may be incompletely copied",
           index.string(), shard);
    }
    add(std::make_shared<const File>(index.parent_path() / shard));
  }

  for (const auto& [name, shard] : weight_map) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end() || found->second->path().filename() != shard) {
      fail(ErrorCode::kMismatch, "{}: tensor \"{}\" should be in {}, which does not hold it", index.string(), name,
           shard);
    }
  }
  for (const auto& [name, file] : tensors_) {
    if (!weight_map.contains(name)) {
      fail(ErrorCode::kMismatch, "{}: tensor \"{}\" of {} is not listed", index.string(), name,
           file->path().filename().string());
    }
  }
}

TensorView CheckpointFiles::at(std::string_view name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) fail(ErrorCode::kNotFound, "{}: no tensor \"{}\"", path_.string(), name);
  const auto& file = found->second;
  return {.info = file->tensors().find(name)->second, .bytes = file->bytes(name), .file = file};
}

std::vector<std::string> CheckpointFiles::names() const {
  std::vector<std::string> names;
  for (const auto& [name, file] : tensors_) names.push_back(name);
  return names;
}

}  // namespace hangtag::safetensors
