// Events: appended, and told.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/connection.h"
#include "store/store.h"

namespace hangtag::store {

struct NewEvent {
  std::string product;
  const char* kind;
  std::int64_t time;
  std::string actor{};                    // of decisions and undos: the user
  std::optional<std::int64_t> batch{};    // first event of the same action; none: this one is
  std::optional<std::int64_t> reverts{};  // the batch that an undo takes back
};

struct EventNumber {
  std::int64_t id;
  std::int64_t version;
};

// In a write transaction. Throws kNotFound where the product is not there.
EventNumber append_event(Connection& connection, const NewEvent& event);

// The product's events beyond a version, in order.
std::vector<Event> story(Connection& connection, const std::string& product, std::int64_t after_version);

// Throws kMismatch: `what`, and who did what beyond the version.
[[noreturn]] void fail_with_changes(Connection& connection, const std::string& what, const std::string& product,
                                    std::int64_t after_version);

std::optional<Verdict> verdict_from(std::string_view name);
Time time_from(const Value& milliseconds);

[[noreturn]] void fail_without_product(const std::string& id);

}  // namespace hangtag::store
