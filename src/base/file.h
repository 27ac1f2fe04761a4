// Files read whole or mapped, and files written so that a crash or a full disk leaves the old file or the new one,
// never half of either.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace hangtag::base {

// The whole file. Throws kNotFound, kIo, or kLimit when it is larger than max_bytes.
std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes = std::uint64_t{1} << 32);

// A file mapped read-only into memory. Movable; unmaps when destroyed. An empty file has an empty span.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);  // throws kNotFound, kIo
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// Writes beside `path` and renames on commit(). Without commit() the destructor removes what was written.
// Every member throws kIo with the operating system's reason ("No space left on device").
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);  // makes the parent folders
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  void commit();  // flush to the disk, then rename over `path`

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

void write_file_atomically(const std::filesystem::path& path, std::string_view text);

// A folder filled beside `path` and renamed on commit(), which replaces a folder that was there before.
// Without commit() the destructor removes what was written.
class AtomicFolder {
 public:
  explicit AtomicFolder(std::filesystem::path path);  // throws kIo
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;

  const std::filesystem::path& path() const { return temporary_; }  // write here
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
};

}  // namespace hangtag::base
