// For tests: a folder that goes away, a PostgreSQL server of our own, and the two databases a test runs over.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "store/store.h"

namespace hangtag::store::testing {

namespace fs = std::filesystem;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "hangtag-store-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder in " + name);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// Listens on a socket in a temporary folder only, and ends with the program. It refuses to run as root, so root runs it
// as the user that Debian's package makes.
class PostgresServer {
 public:
  // Nothing where there are no binaries, or no user to run them as.
  static PostgresServer* shared() {
    static const std::unique_ptr<PostgresServer> kServer = start();
    return kServer.get();
  }

  ~PostgresServer() {
    ::kill(process_, SIGINT);  // a fast shutdown
    ::waitpid(process_, nullptr, 0);
  }

  // Of a schema that did not exist before.
  std::string url_of_new_schema() {
    const std::string name = fmt::format("test{}", ++schemas_);
    execute("CREATE SCHEMA " + name);
    return url() + "&options=-csearch_path%3D" + name;
  }

  std::string url() const {
    std::string host;
    for (const char c : folder_.path().string()) host += c == '/' ? "%2F" : fmt::format("{}", c);
    return "postgresql://postgres@/postgres?host=" + host;
  }

  void execute(const std::string& sql) const {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url().c_str()), PQfinish);
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()), PQclear);
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
      throw std::runtime_error(PQerrorMessage(connection.get()));
    }
  }

 private:
  static std::unique_ptr<PostgresServer> start() {
    std::error_code error;
    for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", error)) {
      const fs::path binaries = version.path() / "bin";
      if (!fs::exists(binaries / "initdb") || !fs::exists(binaries / "postgres")) continue;
      if (::geteuid() == 0 && ::getpwnam("postgres") == nullptr) return nullptr;
      return std::unique_ptr<PostgresServer>(new PostgresServer(binaries));
    }
    return nullptr;
  }

  explicit PostgresServer(const fs::path& binaries) {
    if (::geteuid() == 0) user_ = ::getpwnam("postgres");
    if (user_ != nullptr && ::chown(folder_.path().c_str(), user_->pw_uid, user_->pw_gid) != 0) {
      throw std::runtime_error("cannot give the folder to postgres");
    }
    const std::string data = folder_.path() / "data";
    int status = 0;
    ::waitpid(launch({binaries / "initdb", "--no-sync", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                      "--locale=C.UTF-8"}), &status, 0);
    if (status != 0) throw std::runtime_error("initdb failed");
    process_ = launch({binaries / "postgres", "-D", data, "-c", "listen_addresses=", "-c", "fsync=off", "-c",
                       "unix_socket_directories=" + folder_.path().string(), "-c", "shared_buffers=16MB"});
    for (int i = 0; PQping(url().c_str()) != PQPING_OK; ++i) {
      if (i == 1000) throw std::runtime_error("the server did not start within 20 s");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  pid_t launch(const std::vector<std::string>& command) const {
    std::vector<char*> arguments;
    for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    const pid_t process = ::fork();
    if (process != 0) return process;
    const int nowhere = ::open("/dev/null", O_RDWR);
    for (const int descriptor : {0, 1, 2}) ::dup2(nowhere, descriptor);
    if (user_ != nullptr && (::setgid(user_->pw_gid) != 0 || ::setuid(user_->pw_uid) != 0)) ::_exit(1);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (::chdir("/") == 0) ::execv(arguments[0], arguments.data());
    ::_exit(1);
  }

  TemporaryFolder folder_;
  const passwd* user_ = nullptr;
  pid_t process_ = -1;
  int schemas_ = 0;
};

struct Sqlite {
  static constexpr const char* kName = "SQLite";
  static std::optional<std::string> new_url(const fs::path& folder) {
    return "sqlite:" + (folder / "store.db").string();
  }
};

struct Postgres {
  static constexpr const char* kName = "PostgreSQL";
  static std::optional<std::string> new_url(const fs::path&) {
    if (PostgresServer* server = PostgresServer::shared()) return server->url_of_new_schema();
    return std::nullopt;
  }
};

using Databases = ::testing::Types<Sqlite, Postgres>;

struct DatabaseName {
  template <typename Database>
  static std::string GetName(int) {
    return Database::kName;
  }
};

// Each test has an empty database of its own.
template <typename Database>
class OverDatabases : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto url = Database::new_url(folder_.path());
    if (!url) GTEST_SKIP() << "no PostgreSQL server here: apt-get install postgresql";
    options_ = {.url = *url, .blobs = folder_.path() / "blobs"};
  }

  TemporaryFolder folder_;
  Options options_;
};

// The error that `call` throws.
template <typename Call>
base::Error error_of(const Call& call) {
  try {
    call();
  } catch (const base::Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return {base::ErrorCode::kInternal, "no error"};
}

template <typename Call>
base::ErrorCode code_of(const Call& call) {
  return error_of(call).code();
}

// Runs `work` in a process of its own, which says nothing; returns its id. It exits 0 if work returns, 1 if it throws.
template <typename Work>
pid_t fork_to(const Work& work) {
  const pid_t process = ::fork();
  if (process != 0) return process;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  int status = 0;
  try {
    work();
  } catch (...) {
    status = 1;
  }
  ::_exit(status);
}

}  // namespace hangtag::store::testing
