// Descriptions kept on disk, by the hash of all that went into them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace hangtag::describe {

// One file a record, written beside and renamed: a crash leaves whole records only. Several processes may share a
// folder.
class Cache {
 public:
  explicit Cache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // `key` is of hexadecimal digits. A file that is not readable as JSON counts as absent.
  std::optional<std::string> find(const std::string& key) const;
  void put(const std::string& key, std::string_view record) const;  // throws kIo

 private:
  std::filesystem::path path_of(const std::string& key) const;

  std::filesystem::path folder_;
};

}  // namespace hangtag::describe
