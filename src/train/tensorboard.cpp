#include "train/tensorboard.h"

#include <array>
#include <bit>
#include <chrono>
#include <string>

#include "base/error.h"

namespace hangtag::train {
namespace {

static_assert(std::endian::native == std::endian::little, "records and protocol buffers are little-endian");

// CRC-32C (Castagnoli's polynomial, reflected), rotated and moved as the record format wants it.
std::uint32_t masked_crc(std::string_view bytes) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> all{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      all[i] = i;
      for (int bit = 0; bit < 8; ++bit) all[i] = (all[i] >> 1) ^ (all[i] & 1 ? 0x82F63B78U : 0);
    }
    return all;
  }();
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) crc = table[(crc ^ static_cast<unsigned char>(c)) & 0xFF] ^ (crc >> 8);
  return std::rotr(~crc, 15) + 0xA282EAD8U;
}

template <typename T>
std::string bytes_of(T value) {
  const auto bytes = std::bit_cast<std::array<char, sizeof(T)>>(value);
  return {bytes.begin(), bytes.end()};
}

// Fields of a protocol buffer: a key that tells number and wire type, then the value.
enum Wire { kVarint = 0, kDouble = 1, kBytes = 2, kFloat = 5 };

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

std::string key(int number, Wire wire) { return varint(static_cast<std::uint64_t>(number << 3 | wire)); }

std::string field(int number, std::string_view bytes) { return key(number, kBytes) + varint(bytes.size()) + std::string(bytes); }

double now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

std::string wall_time() { return key(1, kDouble) + bytes_of(now()); }

}  // namespace

EventFile::EventFile(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  path_ = folder / fmt::format("events.out.tfevents.{:.6f}.hangtag", now());
  file_.open(path_, std::ios::binary);
  write(wall_time() + field(3, "brain.Event:2"));  // file_version
}

void EventFile::restart_at(std::int64_t step) {
  if (path_.empty()) return;
  const auto session_start = key(1, kVarint) + varint(1);
  write(wall_time() + key(2, kVarint) + varint(static_cast<std::uint64_t>(step + 1)) + field(7, session_start));
}

void EventFile::scalar(std::string_view tag, std::int64_t step, double value) {
  if (path_.empty()) return;
  const auto summary_value = field(1, tag) + key(2, kFloat) + bytes_of(static_cast<float>(value));
  write(wall_time() + key(2, kVarint) + varint(static_cast<std::uint64_t>(step)) + field(5, field(1, summary_value)));
}

void EventFile::write(std::string_view event) {
  const auto length = bytes_of(static_cast<std::uint64_t>(event.size()));
  file_ << length << bytes_of(masked_crc(length)) << event << bytes_of(masked_crc(event)) << std::flush;
  if (!file_) base::fail(base::ErrorCode::kIo, "{}: cannot write", path_.string());
}

}  // namespace hangtag::train
