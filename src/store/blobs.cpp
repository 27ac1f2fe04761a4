#include "store/blobs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"

namespace hangtag::store {

namespace {

using base::ErrorCode;
namespace fs = std::filesystem;

[[noreturn]] void fail_with_errno(const char* what, const fs::path& path) {
  const int reason = errno;
  base::fail(ErrorCode::kIo, "{}: cannot {}: {}", path.string(), what, std::strerror(reason));
}

void sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) fail_with_errno("open", folder);
  const bool synced = ::fsync(descriptor) == 0;
  ::close(descriptor);
  if (!synced) fail_with_errno("flush", folder);
}

// Makes the folder with its parents, each of them on the disk.
void make_folder(const fs::path& folder) {
  std::error_code ignored;  // what is wrong shows in what follows
  if (fs::is_directory(folder, ignored)) return;
  const fs::path parent = folder.has_parent_path() ? folder.parent_path() : fs::path(".");
  make_folder(parent);
  if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) fail_with_errno("make the folder", folder);
  sync_folder(parent);
}

// base::AtomicFile tells writers apart by process id. Here threads may add the same photo, and servers in containers,
// which share process ids, may share the folder: each writer has a file that nobody else has.
class WritingFile {
 public:
  explicit WritingFile(const fs::path& path) : path_(path), temporary_(path.string() + ".writing-XXXXXX") {
    descriptor_ = ::mkostemp(temporary_.data(), O_CLOEXEC);
    if (descriptor_ < 0) fail_with_errno("write", path_);
  }
  ~WritingFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!renamed_) ::unlink(temporary_.c_str());
  }
  WritingFile(const WritingFile&) = delete;
  WritingFile& operator=(const WritingFile&) = delete;

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail_with_errno("write", path_);
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }

  void commit() {
    if (::fchmod(descriptor_, 0644) != 0 || ::fsync(descriptor_) != 0) fail_with_errno("flush", path_);
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail_with_errno("write", path_);
    renamed_ = true;
    sync_folder(path_.parent_path());
  }

 private:
  fs::path path_;
  std::string temporary_;
  int descriptor_ = -1;
  bool renamed_ = false;
};

}  // namespace

fs::path Blobs::path(const std::string& hash) const {
  if (hash.size() != 32 || hash.find_first_not_of("0123456789abcdef") != std::string::npos) {
    base::fail(ErrorCode::kInvalid, "\"{}\" is not a photo's hash; expected 32 hexadecimal digits", hash);
  }
  return folder_ / hash.substr(0, 2) / hash;
}

std::string Blobs::put(std::span<const std::byte> bytes) const {
  const std::string hash = base::hash_hex(bytes);
  const fs::path file = path(hash);
  std::error_code ignored;
  if (fs::exists(file, ignored)) {
    const std::string there = base::read_file(file);
    if (std::ranges::equal(std::as_bytes(std::span(there)), bytes)) {
      sync_folder(file.parent_path());  // who wrote it may have crashed before
      return hash;
    }
    if (base::hash_hex(there) == hash) {
      base::fail(ErrorCode::kMismatch, "{}: holds another photo with the same hash; change a byte of the new one, its "
                 "metadata say", file.string());
    }
  }
  make_folder(file.parent_path());
  WritingFile writing(file);
  writing.write(bytes);
  writing.commit();
  return hash;
}

std::string Blobs::read(const std::string& hash) const {
  const fs::path file = path(hash);
  std::string bytes = base::read_file(file);
  if (base::hash_hex(bytes) != hash) {
    base::fail(ErrorCode::kInvalid, "{}: damaged: its bytes no longer have the hash that is its name; add the photo "
               "again, or restore a backup", file.string());
  }
  return bytes;
}

}  // namespace hangtag::store
