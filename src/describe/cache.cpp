#include "describe/cache.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

namespace hangtag::describe {

std::filesystem::path Cache::path_of(const std::string& key) const {
  return folder_ / key.substr(0, 2) / (key + ".json");
}

std::optional<std::string> Cache::find(const std::string& key) const {
  const auto path = path_of(key);
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  try {
    auto record = base::read_file(path);
    if (base::Json::accept(record)) return record;
  } catch (const base::Error&) {
  }
  return std::nullopt;
}

void Cache::put(const std::string& key, std::string_view record) const {
  base::write_file_atomically(path_of(key), record);
}

}  // namespace hangtag::describe
