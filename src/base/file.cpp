#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace hangtag::base {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail_with_errno(const char* what, const fs::path& path) {
  const int reason = errno;
  fail(reason == ENOENT || reason == ENOTDIR ? ErrorCode::kNotFound : ErrorCode::kIo, "{}: cannot {}: {}",
       path.string(), what, std::strerror(reason));
}

// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

struct OpenFile {
  Descriptor descriptor;
  std::uint64_t size;
};

OpenFile open_for_reading(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail_with_errno("open", path);
  struct stat status{};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd);
    fail(ErrorCode::kInvalid, "{}: not a regular file", path.string());
  }
  return {Descriptor(fd), static_cast<std::uint64_t>(status.st_size)};
}

void make_parent_folders(const fs::path& path) {
  if (!path.has_parent_path()) return;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) fail(ErrorCode::kIo, "{}: cannot make the folder: {}", path.parent_path().string(), error.message());
}

// Beside `path`, so that the rename stays on one file system; the process id keeps two writers apart.
fs::path temporary_beside(const fs::path& path) {
  auto name = path.has_filename() ? path : path.parent_path();
  name += fmt::format(".writing-{}", ::getpid());
  return name;
}

void sync_folder(const fs::path& folder) {
  const Descriptor descriptor(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() >= 0) ::fsync(descriptor.get());
}

}  // namespace

std::string read_file(const fs::path& path, std::uint64_t max_bytes) {
  const OpenFile file = open_for_reading(path);
  if (file.size > max_bytes) {
    fail(ErrorCode::kLimit, "{}: {} bytes, more than the limit of {}", path.string(), file.size, max_bytes);
  }
  std::string text(file.size, '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = ::read(file.descriptor.get(), text.data() + done, text.size() - done);
    if (count < 0) fail_with_errno("read", path);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  text.resize(done);
  return text;
}

MappedFile::MappedFile(const fs::path& path) {
  const OpenFile file = open_for_reading(path);
  size_ = file.size;
  if (size_ == 0) return;
  void* address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.descriptor.get(), 0);
  if (address == MAP_FAILED) fail_with_errno("map", path);
  data_ = static_cast<const std::byte*>(address);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)), temporary_(temporary_beside(path_)) {
  make_parent_folders(path_);
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail_with_errno("write", path_);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_with_errno("write", path_);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void AtomicFile::write(std::string_view text) { write(std::as_bytes(std::span(text))); }

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) fail_with_errno("flush", path_);
  // A full disk or a network file system may report its failure only here.
  const int closed = ::close(std::exchange(descriptor_, -1));
  if (closed != 0 || ::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int reason = errno;
    ::unlink(temporary_.c_str());
    errno = reason;
    fail_with_errno("write", path_);
  }
  sync_folder(path_.parent_path());
}

void write_file_atomically(const fs::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

AtomicFolder::AtomicFolder(fs::path path)
    : path_(path.has_filename() ? std::move(path) : path.parent_path()), temporary_(temporary_beside(path_)) {
  make_parent_folders(path_);
  std::error_code error;
  fs::remove_all(temporary_, error);
  if (!fs::create_directory(temporary_, error)) {
    fail(ErrorCode::kIo, "{}: cannot make the folder: {}", temporary_.string(), error.message());
  }
}

AtomicFolder::~AtomicFolder() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

void AtomicFolder::commit() {
  // rename() replaces only an empty folder: step the old one aside first, and bring it back should the rename fail.
  const fs::path old = temporary_.string() + "-old";
  std::error_code error;
  const bool replaces = fs::exists(path_, error);
  if (replaces) fs::rename(path_, old, error);
  if (!error) fs::rename(temporary_, path_, error);
  if (error) {
    std::error_code ignored;
    if (replaces && !fs::exists(path_, ignored)) fs::rename(old, path_, ignored);
    fail(ErrorCode::kIo, "{}: cannot write: {}", path_.string(), error.message());
  }
  temporary_.clear();
  sync_folder(path_.parent_path());
  if (replaces) fs::remove_all(old, error);
}

}  // namespace hangtag::base
