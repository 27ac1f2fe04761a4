// What people decide.
#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "store/check.h"
#include "store/database.h"
#include "store/history.h"
#include "store/store.h"

namespace hangtag::store {

namespace {

using base::ErrorCode;
using base::OrderedJson;

// What stands in the store about an item before it is decided.
struct Before {
  std::optional<std::string> proposed;
  std::optional<std::string> value;      // in force
  std::optional<std::int64_t> decision;  // in force
};

std::string named(const Item& item) {
  return item.locale.empty() ? fmt::format("\"{}\"", item.name)
                             : fmt::format("\"{}\" of the description in {}", item.name, item.locale);
}

std::optional<std::string> proposed_text(Connection& connection, const std::string& product, const Item& item) {
  const auto rows = connection.run(
      "SELECT d.record FROM state s JOIN description d ON d.event = s.proposal "
      "WHERE s.product = $1 AND s.locale = $2 AND s.part = ''",
      {product, item.locale});
  if (rows.empty()) return std::nullopt;
  const auto record = OrderedJson::parse(rows[0][0].text());
  const auto found = record.find(item.name);
  if (found == record.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

Before before(Connection& connection, const std::string& product, const Item& item) {
  Before found;
  const auto rows = connection.run(
      "SELECT predicted, value, decision FROM item WHERE product = $1 AND locale = $2 AND part = $3",
      {product, item.locale, item.name});
  if (!rows.empty()) {
    found.proposed = rows[0][0].optional_text();
    found.value = rows[0][1].optional_text();
    if (!rows[0][2].is_null()) found.decision = rows[0][2].integer();
  }
  if (!item.locale.empty()) {
    found.proposed = proposed_text(connection, product, item);
    if (!found.decision) found.value = found.proposed;
  }
  return found;
}

void check(const Decision& decision) {
  const Item& item = decision.item;
  check_name(item.name, "name of what is decided");
  check_text(item.locale, "locale");
  check_text(decision.value, item.name);
  if (decision.verdict == Verdict::kUndo || (decision.verdict == Verdict::kChange) == decision.value.empty()) {
    base::fail(ErrorCode::kInvalid, "{}: verdict {} with the value \"{}\"; expected a value with change, none with "
               "accept, not_visible and reject", named(item), to_string(decision.verdict), decision.value);
  }
  if (decision.verdict == Verdict::kNotVisible && !item.locale.empty()) {
    base::fail(ErrorCode::kInvalid, "{}: cannot be not_visible; accept, change or reject it", named(item));
  }
  if (decision.seconds && !(std::isfinite(*decision.seconds) && *decision.seconds >= 0)) {
    base::fail(ErrorCode::kInvalid, "{}: took {} s, expected 0 or more", named(item), *decision.seconds);
  }
}

struct DecisionRow {
  std::string product;
  std::int64_t event;
  Item item;
  Verdict verdict;
  Before before;
  std::optional<std::string> value;  // in force from now on
  std::optional<double> seconds;
  std::optional<std::int64_t> replaces;  // in force so far: of an undo, the decision taken back
  std::optional<std::int64_t> decision;  // in force from now on
};

void insert(Connection& connection, const DecisionRow& row) {
  connection.run(
      "INSERT INTO decision (event, locale, part, verdict, predicted, old_value, new_value, seconds, replaces) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      {row.event, row.item.locale, row.item.name, std::string(to_string(row.verdict)), row.before.proposed,
       row.before.value, row.value, row.seconds, row.replaces});
  connection.run(
      "INSERT INTO state (product, locale, part, decision, changed) VALUES ($1, $2, $3, $4, $5) "
      "ON CONFLICT (product, locale, part) DO UPDATE SET decision = excluded.decision, changed = excluded.changed",
      {row.product, row.item.locale, row.item.name, row.decision, row.event});
}

void decide_item(Connection& connection, const std::string& product, std::int64_t event, const Decision& decision) {
  const Item& item = decision.item;
  DecisionRow row{.product = product, .event = event, .item = item, .verdict = decision.verdict,
                  .before = before(connection, product, item), .value = std::nullopt, .seconds = decision.seconds,
                  .replaces = std::nullopt, .decision = event};
  row.replaces = row.before.decision;
  if (!item.locale.empty() && !row.before.proposed && !row.before.decision) {
    base::fail(ErrorCode::kNotFound, "product \"{}\" has no {}", product, named(item));
  }
  const bool needs_value = decision.verdict == Verdict::kAccept || decision.verdict == Verdict::kReject;
  if (needs_value && !row.before.value) {
    base::fail(ErrorCode::kInvalid, "product \"{}\": {} has no value to {}; change it, or call it not_visible", product,
               named(item), to_string(decision.verdict));
  }
  if (decision.verdict == Verdict::kAccept) row.value = row.before.value;
  if (decision.verdict == Verdict::kChange) {
    row.value = decision.value;
    if (row.value == row.before.value) row.verdict = Verdict::kAccept;
  }
  insert(connection, row);
}

}  // namespace

std::int64_t Store::decide(const Review& review) {
  check_id(review.product);
  check_name(review.user, "user");
  if (review.decisions.empty()) base::fail(ErrorCode::kInvalid, "product \"{}\": nothing decided", review.product);
  std::set<std::pair<std::string, std::string>> seen;
  for (const Decision& decision : review.decisions) {
    check(decision);
    if (!seen.emplace(decision.item.locale, decision.item.name).second) {
      base::fail(ErrorCode::kInvalid, "product \"{}\": {} decided twice at once", review.product, named(decision.item));
    }
  }
  return database_->write([&](Connection& connection) {
    const auto versions = connection.run("SELECT version FROM product WHERE id = $1", {review.product});
    if (versions.empty()) fail_without_product(review.product);
    const std::int64_t version = versions[0][0].integer();
    if (review.version > version) {
      base::fail(ErrorCode::kMismatch, "product \"{}\" is at version {}, the review is of version {}, which the store "
                 "never had: was it restored from a backup? Load the product again", review.product, version,
                 review.version);
    }
    if (review.version < version) {
      fail_with_changes(connection, fmt::format("product \"{}\" is at version {}, the review is of version {}",
                                                review.product, version, review.version),
                        review.product, review.version);
    }
    const EventNumber event = append_event(
        connection,
        {.product = review.product, .kind = "decision", .time = database_->now_ms(), .actor = review.user});
    for (const Decision& decision : review.decisions) decide_item(connection, review.product, event.id, decision);
    return event.version;
  });
}

std::vector<std::string> Store::decide_all(const BulkReview& review) {
  const Decision decision{.item = {review.attribute}, .verdict = review.verdict, .value = review.value};
  check(decision);
  check_text(review.predicted, review.attribute);
  check_name(review.user, "user");
  check_confidence(review.min_confidence, review.attribute);
  if (review.type) check_text(*review.type, "type");
  return database_->write([&](Connection& connection) {
    std::vector<Value> parameters{review.attribute, review.predicted, review.min_confidence};
    std::string sql =
        "SELECT s.product FROM prediction p JOIN event e ON e.id = p.event "
        "JOIN state s ON s.product = e.product AND s.locale = '' AND s.part = p.attribute AND s.proposal = p.event "
        "JOIN product ON product.id = s.product "
        "WHERE p.attribute = $1 AND p.value = $2 AND p.confidence >= $3 AND s.decision IS NULL";
    if (review.type) {
      parameters.emplace_back(*review.type);
      sql += fmt::format(" AND product.type = ${}", parameters.size());
    }
    if (review.as_of) {
      parameters.emplace_back(*review.as_of);
      sql += fmt::format(" AND p.event <= ${}", parameters.size());
    }
    const std::int64_t now = database_->now_ms();
    std::vector<std::string> products;
    std::optional<std::int64_t> batch;
    for (const Row& row : connection.run(sql + " ORDER BY s.product", parameters)) {
      const std::string& product = products.emplace_back(row[0].text());
      const EventNumber event = append_event(
          connection, {.product = product, .kind = "decision", .time = now, .actor = review.user, .batch = batch});
      if (!batch) batch = event.id;
      decide_item(connection, product, event.id, decision);
    }
    return products;
  });
}

std::optional<Undone> Store::undo(const std::string& user) {
  check_name(user, "user");
  return database_->write([&](Connection& connection) -> std::optional<Undone> {
    const auto last = connection.run(
        "SELECT batch FROM event e WHERE actor = $1 AND kind = 'decision' "
        "AND NOT EXISTS (SELECT 1 FROM event u WHERE u.reverts = e.batch) ORDER BY batch DESC LIMIT 1",
        {user});
    if (last.empty()) return std::nullopt;
    const std::int64_t batch = last[0][0].integer();
    const std::int64_t now = database_->now_ms();
    Undone undone;
    for (const Row& row : connection.run(
             "SELECT id, product FROM event WHERE batch = $1 AND kind = 'decision' ORDER BY id", {batch})) {
      const std::int64_t decided = row[0].integer();
      const std::string& product = row[1].text();
      const auto items = connection.run(
          "SELECT d.locale, d.part, d.replaces, s.decision, earlier.new_value "
          "FROM decision d JOIN state s ON s.product = $2 AND s.locale = d.locale AND s.part = d.part "
          "LEFT JOIN decision earlier ON earlier.event = d.replaces AND earlier.locale = d.locale "
          "AND earlier.part = d.part WHERE d.event = $1 ORDER BY d.locale, d.part",
          {decided, product});
      const auto in_force = [&](const Row& item) { return !item[3].is_null() && item[3].integer() == decided; };
      if (!std::ranges::all_of(items, in_force)) {
        undone.kept.push_back(product);
        continue;
      }
      const EventNumber event = append_event(
          connection, {.product = product, .kind = "undo", .time = now, .actor = user, .reverts = batch});
      for (const Row& found : items) {
        const Item item{.name = found[1].text(), .locale = found[0].text()};
        DecisionRow undoing{.product = product, .event = event.id, .item = item, .verdict = Verdict::kUndo,
                            .before = before(connection, product, item), .value = found[4].optional_text(),
                            .seconds = std::nullopt, .replaces = decided, .decision = std::nullopt};
        if (found[2].is_null()) {
          undoing.value = undoing.before.proposed;
        } else {
          undoing.decision = found[2].integer();
        }
        insert(connection, undoing);
      }
      undone.products.push_back(product);
    }
    if (undone.products.empty()) {
      const std::string& product = undone.kept.front();
      const auto version = connection.run("SELECT version FROM event WHERE batch = $1 AND product = $2 "
                                          "AND kind = 'decision'", {batch, product}).at(0).at(0).integer();
      fail_with_changes(connection, fmt::format("{} decided about product \"{}\" last at its version {}", user, product,
                                                version), product, version);
    }
    return undone;
  });
}

}  // namespace hangtag::store
