// One connection to a database, SQLite or PostgreSQL: the seam under the store. SQL is the same for both, with
// parameters $1, $2 …, and types in SQLite's words.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace hangtag::store {

class Value {
 public:
  Value() = default;  // NULL
  Value(std::int64_t value) : value_(value) {}
  Value(double value) : value_(value) {}
  Value(std::string value) : value_(std::move(value)) {}
  Value(const char* value) : value_(std::string(value)) {}
  template <typename T>
  Value(const std::optional<T>& value) {
    if (value) *this = Value(*value);
  }

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  // Throw kInternal where the column is of another type.
  std::int64_t integer() const;
  double real() const;
  const std::string& text() const;
  std::optional<std::string> optional_text() const;

  const auto& variant() const { return value_; }

 private:
  std::variant<std::monostate, std::int64_t, double, std::string> value_;
};

using Row = std::vector<Value>;

// Not thread-safe. Errors are kIo for what the system or the server refuses, kInvalid for a damaged database,
// kInternal for a fault in our SQL.
class Connection {
 public:
  enum class Access { kRead, kWrite };

  virtual ~Connection() = default;

  // One statement, and all of its rows.
  virtual std::vector<Row> run(const std::string& sql, std::span<const Value> parameters) = 0;
  std::vector<Row> run(const std::string& sql, std::initializer_list<Value> parameters = {}) {
    return run(sql, std::span(parameters.begin(), parameters.size()));
  }

  // A statement that defines a table, an index or a view.
  virtual void define(const std::string& sql) { run(sql); }

  // A read transaction sees one state of the database. A write transaction waits until no other one is under way.
  virtual void begin(Access access) = 0;

  virtual bool is_usable() const { return true; }  // false: the server is gone
};

std::unique_ptr<Connection> connect_sqlite(const std::filesystem::path& path);  // makes the file and its folder
std::unique_ptr<Connection> connect_postgres(const std::string& url);

// Rolls back unless commit() returned.
class Transaction {
 public:
  Transaction(Connection& connection, Connection::Access access) : connection_(connection) { connection.begin(access); }
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Connection& connection_;
  bool committed_ = false;
};

}  // namespace hangtag::store
