#include "safetensors/file.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

#include "base/json.h"

namespace hangtag::safetensors {
namespace {

using base::ErrorCode;
using base::fail;
using base::Json;

static_assert(std::endian::native == std::endian::little, "the format is little endian, and so are the mapped tensors");

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the reference implementation's cap
constexpr int kMaxDepth = 3;                            // {"name": {"shape": [2]}}

// A JSON parser keeps the last of two equal keys and says nothing: here that would hide a tensor. Depth is bounded
// because a hundred megabytes of "[" would take gigabytes to hold.
Json parse_header(std::string_view text, const std::string& file) {
  if (text.find('\0') != text.npos) {  // which the parser would take for the end
    fail(ErrorCode::kInvalid, "{}: the header is not valid JSON: it holds a zero byte", file);
  }
  std::vector<std::set<std::string>> open_objects;
  const auto check = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kMaxDepth) fail(ErrorCode::kInvalid, "{}: the header is nested deeper than the format allows", file);
    switch (event) {
      case Json::parse_event_t::object_start:
        open_objects.emplace_back();
        break;
      case Json::parse_event_t::key:
        if (!open_objects.back().insert(parsed.get<std::string>()).second) {
          fail(ErrorCode::kInvalid, "{}: the header names \"{}\" twice", file, parsed.get<std::string>());
        }
        break;
      case Json::parse_event_t::object_end:
        open_objects.pop_back();
        break;
      default:
        break;
    }
    return true;
  };
  Json header;
  try {
    header = Json::parse(text, check);
  } catch (const Json::exception& error) {
    fail(ErrorCode::kInvalid, "{}: the header is not valid JSON: {}", file, error.what());
  }
  if (!header.is_object()) {
    fail(ErrorCode::kInvalid, "{}: the header should be a JSON object, found {}", file, header.type_name());
  }
  return header;
}

std::vector<std::uint64_t> get_naturals(const Json& entry, const char* key, const std::string& where) {
  const auto found = entry.find(key);
  if (found == entry.end()) fail(ErrorCode::kInvalid, "{}: \"{}\" is missing", where, key);
  const auto is_natural = [](const Json& value) {
    return value.is_number_unsigned() && std::in_range<std::int64_t>(value.get<std::uint64_t>());
  };
  if (!found->is_array() || !std::all_of(found->begin(), found->end(), is_natural)) {
    fail(ErrorCode::kInvalid, "{}: \"{}\" should be a list of natural numbers, found {}", where, key, found->dump());
  }
  return found->get<std::vector<std::uint64_t>>();
}

TensorInfo parse_tensor(const Json& entry, std::uint64_t data_bytes, const std::string& where) {
  const auto dtype_name = base::get<std::string>(entry, "dtype", where);
  const auto dtype = parse_dtype(dtype_name);
  if (!dtype) fail(ErrorCode::kUnsupported, "{}: dtype \"{}\" is not one that hangtag reads", where, dtype_name);

  const auto shape = get_naturals(entry, "shape", where);
  std::uint64_t expected_bytes = size_of(*dtype);
  for (const auto size : shape) {
    if (__builtin_mul_overflow(expected_bytes, size, &expected_bytes)) {
      fail(ErrorCode::kInvalid, "{}: the shape {} has more elements than 64 bits can count", where,
           entry["shape"].dump());
    }
  }

  const auto offsets = get_naturals(entry, "data_offsets", where);
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > data_bytes) {
    fail(ErrorCode::kInvalid, "{}: data_offsets {} should be a begin and an end within the {} bytes of data", where,
         entry["data_offsets"].dump(), data_bytes);
  }
  if (offsets[1] - offsets[0] != expected_bytes) {
    fail(ErrorCode::kInvalid, "{}: {} of shape {} takes {} bytes, but data_offsets span {}", where, dtype_name,
         entry["shape"].dump(), expected_bytes, offsets[1] - offsets[0]);
  }
  return {.dtype = *dtype, .shape = {shape.begin(), shape.end()}, .begin = offsets[0], .end = offsets[1]};
}

Metadata parse_metadata(const Json& entry, const std::string& file) {
  if (!entry.is_object() || !std::all_of(entry.begin(), entry.end(), [](const Json& v) { return v.is_string(); })) {
    fail(ErrorCode::kInvalid, "{}: \"__metadata__\" should map names to strings", file);
  }
  return entry.get<Metadata>();
}

// Each byte of the data belongs to exactly one tensor.
void check_coverage(const TensorMap& tensors, std::uint64_t data_bytes, const std::string& file) {
  std::vector<const TensorMap::value_type*> in_order;
  for (const auto& tensor : tensors) in_order.push_back(&tensor);
  std::sort(in_order.begin(), in_order.end(), [](const auto* a, const auto* b) {
    return std::pair(a->second.begin, a->second.end) < std::pair(b->second.begin, b->second.end);
  });
  std::uint64_t covered = 0;
  for (const auto* tensor : in_order) {
    const auto& [name, info] = *tensor;
    if (info.begin != covered) {
      fail(ErrorCode::kInvalid, "{}: tensor \"{}\" begins at byte {} of the data, where {} was expected: {}", file,
           name, info.begin, covered, info.begin < covered ? "it overlaps another" : "a hole lies before it");
    }
    covered = info.end;
  }
  if (covered != data_bytes) {
    fail(ErrorCode::kInvalid, "{}: the tensors end at byte {} of the data, but the file holds {}", file, covered,
         data_bytes);
  }
}

}  // namespace

File::File(std::filesystem::path path) : path_(std::move(path)), mapped_(path_) {
  const auto file = path_.string();
  const auto all = mapped_.bytes();
  if (all.size() < kLengthBytes) {
    fail(ErrorCode::kInvalid, "{}: {} bytes are too few for a .safetensors file; it may be truncated", file,
         all.size());
  }
  std::uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, all.data(), kLengthBytes);
  if (header_bytes > kMaxHeaderBytes) {
    fail(ErrorCode::kLimit, "{}: a header of {} bytes, where the format allows {}; is this a .safetensors file?", file,
         header_bytes, kMaxHeaderBytes);
  }
  if (header_bytes > all.size() - kLengthBytes) {
    fail(ErrorCode::kInvalid, "{}: a header of {} bytes does not fit a file of {}; it may be truncated", file,
         header_bytes, all.size());
  }
  data_ = all.subspan(kLengthBytes + header_bytes);

  const auto* text = reinterpret_cast<const char*>(all.data() + kLengthBytes);
  const auto header = parse_header({text, header_bytes}, file);
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      metadata_ = parse_metadata(entry, file);
    } else {
      tensors_.emplace(name, parse_tensor(entry, data_.size(), fmt::format("{}: tensor \"{}\"", file, name)));
    }
  }
  check_coverage(tensors_, data_.size(), file);
}

std::span<const std::byte> File::bytes(std::string_view name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) fail(ErrorCode::kNotFound, "{}: no tensor \"{}\"", path_.string(), name);
  return data_.subspan(found->second.begin, found->second.end - found->second.begin);
}

}  // namespace hangtag::safetensors
