#include <sqlite3.h>

#include <chrono>
#include <cstring>
#include <thread>
#include <unordered_map>

#include "base/error.h"
#include "store/connection.h"

namespace hangtag::store {

namespace {

using base::ErrorCode;

constexpr std::chrono::milliseconds kBusyTimeout{20'000};
constexpr std::size_t kMaxCachedStatements = 100;

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

ErrorCode error_code(int result) {
  switch (result & 0xff) {  // without the extended part
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT: return ErrorCode::kInvalid;
    case SQLITE_TOOBIG: return ErrorCode::kLimit;
    case SQLITE_FULL:
    case SQLITE_READONLY:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_NOMEM:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: return ErrorCode::kIo;
    default: return ErrorCode::kInternal;
  }
}

const char* advice(int result) {
  switch (result & 0xff) {
    case SQLITE_FULL: return "; make room and try again";
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN: return "; the file and its folder must be writable";
    case SQLITE_BUSY: return "; another program has been writing to it for too long";
    case SQLITE_NOTADB: return "; name another file";
    case SQLITE_CORRUPT: return "; restore a backup";
    default: return "";
  }
}

class SqliteConnection final : public Connection {
 public:
  explicit SqliteConnection(const std::filesystem::path& path) : path_(path.string()) {
    if (path.has_parent_path()) {
      std::error_code error;
      std::filesystem::create_directories(path.parent_path(), error);
      if (error) base::fail(ErrorCode::kIo, "{}: cannot make its folder: {}", path_, error.message());
    }
    sqlite3* database = nullptr;
    constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    const int result = sqlite3_open_v2(path.c_str(), &database, kFlags, nullptr);
    database_.reset(database);
    check(result);
    sqlite3_extended_result_codes(database, 1);
    sqlite3_busy_timeout(database, static_cast<int>(kBusyTimeout.count()));
    sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    use_write_ahead_log();
    run("PRAGMA synchronous = FULL");
    run("PRAGMA foreign_keys = ON");
    run("PRAGMA trusted_schema = OFF");
  }

  using Connection::run;
  std::vector<Row> run(const std::string& sql, std::span<const Value> parameters) override {
    sqlite3_stmt* statement = prepared(sql);
    struct Reset {
      sqlite3_stmt* statement;
      ~Reset() {
        sqlite3_reset(statement);
        sqlite3_clear_bindings(statement);
      }
    } const reset{statement};
    for (std::size_t i = 0; i < parameters.size(); ++i) bind(statement, i + 1, parameters[i]);
    std::vector<Row> rows;
    while (true) {
      const int result = sqlite3_step(statement);
      if (result == SQLITE_DONE) return rows;
      if (result != SQLITE_ROW) check(result);
      Row& row = rows.emplace_back();
      for (int i = 0; i < sqlite3_column_count(statement); ++i) row.push_back(column(statement, i));
    }
  }

  void begin(Access access) override { run(access == Access::kWrite ? "BEGIN IMMEDIATE" : "BEGIN"); }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  void check(int result) const {
    if (result == SQLITE_OK) return;
    sqlite3* database = database_.get();
    const char* message = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(result);
    const int system = database != nullptr ? sqlite3_system_errno(database) : 0;
    const bool by_system = (result & 0xff) == SQLITE_CANTOPEN || (result & 0xff) == SQLITE_IOERR;
    base::fail(error_code(result), "{}: {}{}{}{}", path_, message, by_system && system != 0 ? ": " : "",
               by_system && system != 0 ? std::strerror(system) : "", advice(result));
  }

  // The change to write-ahead logging does not wait as statements do where others open the file too.
  void use_write_ahead_log() {
    const auto end = std::chrono::steady_clock::now() + kBusyTimeout;
    while (true) {
      const int result = sqlite3_exec(database_.get(), "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr);
      const int kind = result & 0xff;
      const bool is_busy = kind == SQLITE_BUSY || kind == SQLITE_LOCKED;
      if (!is_busy || std::chrono::steady_clock::now() > end) return check(result);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  sqlite3_stmt* prepared(const std::string& sql) {
    if (const auto found = statements_.find(sql); found != statements_.end()) return found->second.get();
    if (statements_.size() >= kMaxCachedStatements) statements_.clear();
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v2(database_.get(), sql.c_str(), static_cast<int>(sql.size()), &statement, nullptr));
    statements_.emplace(sql, statement);
    return statement;
  }

  void bind(sqlite3_stmt* statement, std::size_t number, const Value& value) const {
    const std::string name = fmt::format("${}", number);
    const int index = sqlite3_bind_parameter_index(statement, name.c_str());
    check(std::visit(
        Overloaded{[&](std::monostate) { return sqlite3_bind_null(statement, index); },
                   [&](std::int64_t number_value) { return sqlite3_bind_int64(statement, index, number_value); },
                   [&](double number_value) { return sqlite3_bind_double(statement, index, number_value); },
                   [&](const std::string& text) {
                     return sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
                   }},
        value.variant()));
  }

  static Value column(sqlite3_stmt* statement, int i) {
    switch (sqlite3_column_type(statement, i)) {
      case SQLITE_NULL: return {};
      case SQLITE_INTEGER: return static_cast<std::int64_t>(sqlite3_column_int64(statement, i));
      case SQLITE_FLOAT: return sqlite3_column_double(statement, i);
      default: {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
        if (text == nullptr) return "";
        return std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, i)));
      }
    }
  }

  std::string path_;
  std::unique_ptr<sqlite3, Close> database_;
  std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;
};

}  // namespace

std::unique_ptr<Connection> connect_sqlite(const std::filesystem::path& path) {
  return std::make_unique<SqliteConnection>(path);
}

}  // namespace hangtag::store
