#include "store/database.h"

#include "base/error.h"
#include "store/migrations.h"

namespace hangtag::store {

namespace {

using base::ErrorCode;
namespace fs = std::filesystem;

bool is_postgres(const std::string& url) {
  return url.starts_with("postgresql://") || url.starts_with("postgres://");
}

fs::path sqlite_path(const std::string& url) {
  if (is_postgres(url)) return {};
  constexpr std::string_view kScheme = "sqlite:";
  const std::string path = url.starts_with(kScheme) ? url.substr(kScheme.size()) : url;
  if (path.empty() || path.starts_with("//") || path.find("://") != std::string::npos || path.starts_with(":")) {
    base::fail(ErrorCode::kUsage, "store: the URL is neither \"sqlite:PATH\", nor a path, nor \"postgresql://…\"");
  }
  return path;
}

fs::path blobs_folder(const Options& options) {
  if (!options.blobs.empty()) return options.blobs;
  if (is_postgres(options.url)) {
    base::fail(ErrorCode::kUsage, "store: PostgreSQL needs a folder for photos beside it; name one");
  }
  return sqlite_path(options.url).parent_path() / "blobs";
}

}  // namespace

Store::Database::Database(const Options& options)
    : options_(options),
      postgres_(is_postgres(options.url)),
      path_(sqlite_path(options.url)),
      blobs_(blobs_folder(options)) {
  if (options_.connections == 0) base::fail(ErrorCode::kUsage, "store: 0 connections, expected 1 or more");
  const Lease connection(*this);
  migrate(*connection, now_ms());
}

std::int64_t Store::Database::now_ms() const {
  return std::chrono::floor<std::chrono::milliseconds>(options_.now()).time_since_epoch().count();
}

std::unique_ptr<Connection> Store::Database::connect() const {
  return postgres_ ? connect_postgres(options_.url) : connect_sqlite(path_);
}

std::unique_ptr<Connection> Store::Database::take() {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [&] { return taken_ < options_.connections; });
  ++taken_;
  if (!idle_.empty()) {
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }
  lock.unlock();
  try {
    return connect();
  } catch (...) {
    give_back(nullptr);
    throw;
  }
}

void Store::Database::give_back(std::unique_ptr<Connection> connection) {
  {
    const std::lock_guard lock(mutex_);
    --taken_;
    if (connection && connection->is_usable()) {
      idle_.push_back(std::move(connection));
    } else {
      idle_.clear();  // a server that is gone has left them all
    }
  }
  returned_.notify_one();
}

}  // namespace hangtag::store
