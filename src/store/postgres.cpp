#include <fmt/format.h>
#include <libpq-fe.h>

#include <charconv>
#include <string_view>

#include "base/error.h"
#include "store/connection.h"

namespace hangtag::store {

namespace {

using base::ErrorCode;

// Of src/include/catalog/pg_type.dat, where they never change.
constexpr Oid kInt8 = 20, kInt4 = 23, kText = 25, kFloat8 = 701;

// Any number, as long as every program that writes takes the same one: "hangtag" in ASCII.
constexpr std::int64_t kWriterLock = 0x68616e67746167;

// By the class of the SQLSTATE (PostgreSQL's manual, appendix A).
ErrorCode error_code(std::string_view state) {
  if (state == "25006" || state == "42501") return ErrorCode::kIo;  // read-only; not allowed
  const std::string_view kind = state.substr(0, 2);
  // 0A: a standby refuses to write by "feature not supported"; our SQL has no such features otherwise.
  for (const std::string_view io : {"", "08", "0A", "28", "3D", "40", "53", "55", "57", "58"}) {
    if (kind == io) return ErrorCode::kIo;
  }
  if (kind == "XX") return ErrorCode::kInvalid;  // damaged
  if (kind == "54") return ErrorCode::kLimit;
  return ErrorCode::kInternal;
}

std::string one_line(std::string_view message) {
  std::string line;
  for (const char c : message) line += c == '\n' ? ' ' : c;
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};

// How libpq takes a parameter: as text, or a null pointer.
struct Parameter {
  std::string text;
  Oid type = 0;  // NULL takes the type of its place

  explicit Parameter(const Value& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value.variant())) {
      text = std::to_string(*integer);
      type = kInt8;
    } else if (const auto* real = std::get_if<double>(&value.variant())) {
      text = fmt::format("{}", *real);  // the shortest that reads back as the same number
      type = kFloat8;
    } else if (const auto* string = std::get_if<std::string>(&value.variant())) {
      text = *string;
      type = kText;
    }
  }
};

class PostgresConnection final : public Connection {
 public:
  explicit PostgresConnection(const std::string& url) {
    const char* keywords[] = {"dbname", "client_encoding", "fallback_application_name", nullptr};
    const char* values[] = {url.c_str(), "UTF8", "hangtag", nullptr};
    connection_.reset(PQconnectdbParams(keywords, values, 1));
    if (!is_usable()) {
      base::fail(ErrorCode::kIo, "PostgreSQL: cannot connect: {}", one_line(PQerrorMessage(connection_.get())));
    }
    PQsetNoticeProcessor(connection_.get(), [](void*, const char*) {}, nullptr);  // libpq would print
    if (const char* encoding = PQparameterStatus(connection_.get(), "server_encoding");
        encoding == nullptr || std::string_view(encoding) != "UTF8") {
      base::fail(ErrorCode::kUnsupported, "PostgreSQL: the database's encoding is {}, expected UTF8; make it with "
                 "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0", encoding == nullptr ? "not known" : encoding);
    }
  }

  using Connection::run;
  std::vector<Row> run(const std::string& sql, std::span<const Value> parameters) override {
    const std::vector<Parameter> given(parameters.begin(), parameters.end());
    std::vector<const char*> values;
    std::vector<Oid> types;
    for (const Parameter& parameter : given) {
      values.push_back(parameter.type == 0 ? nullptr : parameter.text.c_str());
      types.push_back(parameter.type);
    }
    const std::unique_ptr<PGresult, Clear> result(PQexecParams(connection_.get(), sql.c_str(),
                                                               static_cast<int>(given.size()), types.data(),
                                                               values.data(), nullptr, nullptr, 0));
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
      const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
      base::fail(error_code(state == nullptr ? "" : state), "PostgreSQL: {}",
                 one_line(PQerrorMessage(connection_.get())));
    }
    std::vector<Row> rows(static_cast<std::size_t>(PQntuples(result.get())));
    for (std::size_t r = 0; r < rows.size(); ++r) {
      for (int c = 0; c < PQnfields(result.get()); ++c) {
        rows[r].push_back(field(result.get(), static_cast<int>(r), c));
      }
    }
    return rows;
  }

  // Ids sort by their bytes, as in SQLite, whatever the database's language.
  void define(const std::string& sql) override {
    std::string translated = sql;
    for (const auto& [from, to] : {std::pair{" INTEGER", " BIGINT"}, std::pair{" REAL", " DOUBLE PRECISION"},
                                   std::pair{" TEXT", " TEXT COLLATE \"C\""}}) {
      const std::string_view word = from;
      const std::string_view ours = to;
      for (auto at = translated.find(word); at != std::string::npos; at = translated.find(word, at + ours.size())) {
        translated.replace(at, word.size(), ours);
      }
    }
    run(translated);
  }

  // One writer at a time, as in SQLite: versions are checked against what is committed, and events get their numbers in
  // the order of their commits, so that who reads on from the last one misses none.
  void begin(Access access) override {
    if (access == Access::kRead) {
      run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      return;
    }
    run("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
    try {
      run("SELECT pg_advisory_xact_lock($1)", {kWriterLock});
    } catch (...) {
      PQclear(PQexec(connection_.get(), "ROLLBACK"));
      throw;
    }
  }

  bool is_usable() const override { return PQstatus(connection_.get()) == CONNECTION_OK; }

 private:
  static Value field(const PGresult* result, int row, int column) {
    if (PQgetisnull(result, row, column)) return {};
    const char* begin = PQgetvalue(result, row, column);
    const std::string_view text(begin, static_cast<std::size_t>(PQgetlength(result, row, column)));
    switch (PQftype(result, column)) {
      case kInt8:
      case kInt4: return number<std::int64_t>(text);
      case kFloat8: return number<double>(text);
      default: return std::string(text);
    }
  }

  template <typename T>
  static T number(std::string_view text) {
    T value{};
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }

  std::unique_ptr<PGconn, Finish> connection_;
};

}  // namespace

std::unique_ptr<Connection> connect_postgres(const std::string& url) {
  return std::make_unique<PostgresConnection>(url);
}

}  // namespace hangtag::store
