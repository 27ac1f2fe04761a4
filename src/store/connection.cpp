#include "store/connection.h"

#include "base/error.h"

namespace hangtag::store {

namespace {

[[noreturn]] void fail_with_type(const char* expected) {
  base::fail(base::ErrorCode::kInternal, "the database answered with another type than {}", expected);
}

}  // namespace

std::int64_t Value::integer() const {
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return *value;
  fail_with_type("an integer");
}

double Value::real() const {
  if (const auto* value = std::get_if<double>(&value_)) return *value;
  return static_cast<double>(integer());
}

const std::string& Value::text() const {
  if (const auto* value = std::get_if<std::string>(&value_)) return *value;
  fail_with_type("text");
}

std::optional<std::string> Value::optional_text() const {
  if (is_null()) return std::nullopt;
  return text();
}

Transaction::~Transaction() {
  if (committed_) return;
  try {
    connection_.run("ROLLBACK");
  } catch (const base::Error&) {
    // The database has rolled back by itself, or is gone.
  }
}

void Transaction::commit() {
  connection_.run("COMMIT");
  committed_ = true;
}

}  // namespace hangtag::store
