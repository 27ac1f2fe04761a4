// Connections taken in turns, and transactions on them.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <type_traits>
#include <vector>

#include "store/blobs.h"
#include "store/connection.h"
#include "store/store.h"

namespace hangtag::store {

class Store::Database {
 public:
  explicit Database(const Options& options);

  // Calls work(connection) in a transaction, and commits it unless work throws.
  template <typename Work>
  auto read(const Work& work) {
    return transact(Connection::Access::kRead, work);
  }
  template <typename Work>
  auto write(const Work& work) {
    // Writers of this process queue here, so that none of them starves while SQLite's try by turns.
    const std::lock_guard lock(writing_);
    return transact(Connection::Access::kWrite, work);
  }

  const Blobs& blobs() const { return blobs_; }
  std::int64_t now_ms() const;

 private:
  // Goes back to the others when destroyed, or away where it can no longer be used.
  class Lease {
   public:
    explicit Lease(Database& database) : database_(database), connection_(database.take()) {}
    ~Lease() { database_.give_back(std::move(connection_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Connection& operator*() const { return *connection_; }

   private:
    Database& database_;
    std::unique_ptr<Connection> connection_;
  };

  template <typename Work>
  auto transact(Connection::Access access, const Work& work) {
    const Lease connection(*this);
    Transaction transaction(*connection, access);
    if constexpr (std::is_void_v<decltype(work(*connection))>) {
      work(*connection);
      transaction.commit();
    } else {
      auto result = work(*connection);
      transaction.commit();
      return result;
    }
  }

  std::unique_ptr<Connection> connect() const;
  std::unique_ptr<Connection> take();
  void give_back(std::unique_ptr<Connection> connection);

  const Options options_;
  const bool postgres_;
  const std::filesystem::path path_;  // of SQLite's file
  const Blobs blobs_;
  std::mutex writing_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::size_t taken_ = 0;
};

}  // namespace hangtag::store
