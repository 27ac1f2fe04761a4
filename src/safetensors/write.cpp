#include "safetensors/write.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/file.h"
#include "base/json.h"
#include "safetensors/checkpoint_files.h"

namespace hangtag::safetensors {
namespace {

using base::ErrorCode;
using base::fail;

std::uint64_t byte_size(const TensorSource& tensor) {
  std::uint64_t bytes = size_of(tensor.dtype);
  for (const auto size : tensor.shape) {
    if (size < 0 || __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(size), &bytes)) {
      fail(ErrorCode::kInvalid, "tensor \"{}\": {} is not a possible size of a dimension", tensor.name, size);
    }
  }
  return bytes;
}

void check_names(const std::vector<TensorSource>& tensors) {
  std::set<std::string> names;
  for (const auto& tensor : tensors) {
    if (!names.insert(tensor.name).second) fail(ErrorCode::kInvalid, "tensor \"{}\" is given twice", tensor.name);
    if (tensor.name == "__metadata__") fail(ErrorCode::kInvalid, "a tensor may not be called \"__metadata__\"");
  }
}

std::string make_header(const std::vector<const TensorSource*>& tensors, const Metadata& metadata) {
  base::OrderedJson header = base::OrderedJson::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t begin = 0;
  for (const auto* tensor : tensors) {
    const auto end = begin + byte_size(*tensor);
    header[tensor->name] = {
        {"dtype", to_string(tensor->dtype)}, {"shape", tensor->shape}, {"data_offsets", {begin, end}}};
    begin = end;
  }
  auto text = base::to_line(header);
  text.append((8 - text.size() % 8) % 8, ' ');  // the data begins aligned
  return text;
}

std::vector<std::vector<TensorSource>> split(const std::vector<TensorSource>& tensors, std::uint64_t max_shard_bytes) {
  std::vector<std::vector<TensorSource>> shards(1);
  std::uint64_t shard_bytes = 0;
  for (const auto& tensor : tensors) {
    const auto bytes = byte_size(tensor);
    if (!shards.back().empty() && shard_bytes + bytes > max_shard_bytes) {
      shards.emplace_back();
      shard_bytes = 0;
    }
    shards.back().push_back(tensor);
    shard_bytes += bytes;
  }
  return shards;
}

}  // namespace

void write_file(const std::filesystem::path& path, const std::vector<TensorSource>& tensors, const Metadata& metadata) {
  check_names(tensors);
  std::vector<const TensorSource*> in_order;
  for (const auto& tensor : tensors) in_order.push_back(&tensor);
  std::sort(in_order.begin(), in_order.end(),
            [](const auto* a, const auto* b) { return std::tie(a->dtype, a->name) < std::tie(b->dtype, b->name); });

  base::AtomicFile file(path);
  const auto header = make_header(in_order, metadata);
  const std::uint64_t header_bytes = header.size();
  file.write(std::as_bytes(std::span(&header_bytes, 1)));
  file.write(header);
  for (const auto* tensor : in_order) {
    const auto bytes = tensor->bytes();
    if (bytes.size() != byte_size(*tensor)) {
      fail(ErrorCode::kInvalid, "{}: tensor \"{}\" gave {} bytes, where its dtype and shape take {}", path.string(),
           tensor->name, bytes.size(), byte_size(*tensor));
    }
    file.write(bytes);
  }
  file.commit();
}

void write_sharded(const std::filesystem::path& folder, const std::vector<TensorSource>& tensors,
                   std::uint64_t max_shard_bytes) {
  check_names(tensors);
  const auto shards = split(tensors, max_shard_bytes);
  if (shards.size() == 1) {
    write_file(folder / kSingleFile, tensors);
    std::filesystem::remove(folder / kIndexFile);
    return;
  }
  std::uint64_t total_bytes = 0;
  base::OrderedJson weight_map = base::OrderedJson::object();
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const auto name = fmt::format("model-{:05}-of-{:05}.safetensors", i + 1, shards.size());
    for (const auto& tensor : shards[i]) {
      weight_map[tensor.name] = name;
      total_bytes += byte_size(tensor);
    }
    write_file(folder / name, shards[i]);
  }
  base::write_json(folder / kIndexFile, {{"metadata", {{"total_size", total_bytes}}}, {"weight_map", weight_map}});
  std::filesystem::remove(folder / kSingleFile);  // readers would prefer it to the index
}

}  // namespace hangtag::safetensors
