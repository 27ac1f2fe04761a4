// Photos' bytes, in files named by their content: FOLDER/ab/abcd….
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace hangtag::store {

// May be used by several threads, processes and machines at once.
class Blobs {
 public:
  explicit Blobs(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Returns the hash. The file is whole and on the disk then; a crash leaves at most a file ….writing-… beside it.
  // A damaged file is written anew. Throws kIo, and kMismatch where other bytes have the same hash.
  std::string put(std::span<const std::byte> bytes) const;

  // Throws kNotFound, kIo, and kInvalid where the bytes do not have this hash.
  std::string read(const std::string& hash) const;

 private:
  std::filesystem::path path(const std::string& hash) const;

  std::filesystem::path folder_;
};

}  // namespace hangtag::store
