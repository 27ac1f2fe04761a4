// What is asked of the store.
#include <algorithm>

#include "base/error.h"
#include "store/check.h"
#include "store/database.h"
#include "store/history.h"
#include "store/store.h"

namespace hangtag::store {

namespace {

using base::OrderedJson;

constexpr const char* kSummary = "SELECT id, type, name, lane, created, version FROM product ";

ProductSummary summary(const Row& row) {
  return {.id = row[0].text(), .type = row[1].text(), .name = row[2].text(), .lane = row[3].text(),
          .created = time_from(row[4]), .version = row[5].integer()};
}

Verdict verdict(const Value& value) {
  if (const auto known = verdict_from(value.text())) return *known;
  base::fail(base::ErrorCode::kInvalid, "the store holds an unknown verdict \"{}\"; was it changed by hand?",
             value.text());
}

// A filter's conditions, and the parameters they take.
class Conditions {
 public:
  void add(const std::string& condition) { sql_ += (sql_.empty() ? "WHERE " : " AND ") + condition; }
  std::string parameter(Value value) {
    parameters_.push_back(std::move(value));
    return fmt::format("${}", parameters_.size());
  }
  const std::string& sql() const { return sql_; }
  const std::vector<Value>& parameters() const { return parameters_; }

 private:
  std::string sql_;
  std::vector<Value> parameters_;
};

Conditions conditions(const Filter& filter) {
  Conditions all;
  const std::string items = "SELECT 1 FROM item i WHERE i.product = product.id AND i.locale = '' ";
  const std::string open = items + "AND i.predicted IS NOT NULL AND i.decision IS NULL";
  all.add("id > " + all.parameter(filter.after));
  if (filter.lane) all.add("lane = " + all.parameter(*filter.lane));
  if (filter.type) all.add("type = " + all.parameter(*filter.type));
  for (const AttributeFilter& attribute : filter.attributes) {
    std::string item = items + "AND i.part = " + all.parameter(attribute.attribute);
    if (attribute.value) item += " AND i.value = " + all.parameter(*attribute.value);
    if (attribute.min_confidence) item += " AND i.confidence >= " + all.parameter(*attribute.min_confidence);
    if (attribute.below_confidence) item += " AND i.confidence < " + all.parameter(*attribute.below_confidence);
    if (attribute.decided) item += *attribute.decided ? " AND i.decision IS NOT NULL" : " AND i.decision IS NULL";
    all.add("EXISTS (" + item + ")");
  }
  const std::string predicted = "EXISTS (" + items + "AND i.predicted IS NOT NULL)";
  if (filter.all_at_least) {
    all.add(predicted);
    all.add("NOT EXISTS (" + open + " AND i.confidence < " + all.parameter(*filter.all_at_least) + ")");
  }
  if (filter.any_below) all.add("EXISTS (" + open + " AND i.confidence < " + all.parameter(*filter.any_below) + ")");
  if (filter.reviewed) {
    if (*filter.reviewed) all.add(predicted);
    all.add((*filter.reviewed ? "NOT EXISTS (" : "EXISTS (") + open + ")");
  }
  return all;
}

std::vector<Alternative> alternatives_from(const std::string& json) {
  std::vector<Alternative> alternatives;
  for (const auto& alternative : OrderedJson::parse(json)) {
    alternatives.push_back({alternative.at("value"), alternative.at("confidence")});
  }
  return alternatives;
}

// Fills in what the summaries, sorted by id and not empty, do not say.
std::vector<ProductState> load(Connection& connection, const std::vector<Row>& summaries) {
  std::vector<ProductState> states;
  for (const Row& row : summaries) states.push_back({summary(row), {}, {}, {}});
  // Rows come in the order of the products, so both advance together.
  const auto for_each = [&](const std::string& sql, const auto& fill) {
    auto state = states.begin();
    for (const Row& row : connection.run(sql, {states.front().id, states.back().id})) {
      while (state->id != row[0].text()) ++state;
      fill(*state, row);
    }
  };
  for_each("SELECT product, hash, file_name, bytes FROM photo WHERE product BETWEEN $1 AND $2 ORDER BY product, event",
           [](ProductState& state, const Row& row) {
             state.photos.push_back({row[1].text(), row[2].text(), row[3].integer()});
           });
  for_each("SELECT s.product, s.locale, d.record, e.time FROM state s JOIN description d ON d.event = s.proposal "
           "JOIN event e ON e.id = d.event WHERE s.product BETWEEN $1 AND $2 AND s.locale <> '' AND s.part = '' "
           "ORDER BY s.product, s.locale",
           [](ProductState& state, const Row& row) {
             state.descriptions.push_back({row[1].text(), OrderedJson::parse(row[2].text()), {}, time_from(row[3])});
           });
  for_each("SELECT i.product, i.locale, i.part, i.value, i.predicted, i.confidence, i.alternatives, i.decision, "
           "i.verdict, e.actor, e.time FROM item i LEFT JOIN event e ON e.id = i.decision "
           "WHERE i.product BETWEEN $1 AND $2 AND i.part <> '' ORDER BY i.product, i.locale, i.part",
           [](ProductState& state, const Row& row) {
             std::optional<DecisionInForce> decision;
             if (!row[7].is_null()) decision = {row[7].integer(), verdict(row[8]), row[9].text(), time_from(row[10])};
             if (!row[1].text().empty()) {
               const auto description =
                   std::ranges::find(state.descriptions, row[1].text(), &Description::locale);
               if (decision && description != state.descriptions.end()) {
                 description->parts.push_back({row[2].text(), row[3].optional_text(), *decision});
               }
               return;
             }
             Attribute attribute{.name = row[2].text(), .value = row[3].optional_text(), .decision = decision,
                                 .predicted = row[4].optional_text(), .alternatives = {}};
             if (attribute.predicted) {
               attribute.confidence = row[5].real();
               attribute.alternatives = alternatives_from(row[6].text());
             } else if (!decision) {
               return;  // a person added it, and took it back
             }
             state.attributes.push_back(std::move(attribute));
           });
  return states;
}

}  // namespace

std::optional<ProductState> Store::find_product(const std::string& id) const {
  check_id(id);
  return database_->read([&](Connection& connection) -> std::optional<ProductState> {
    const auto rows = connection.run(kSummary + std::string("WHERE id = $1"), {id});
    if (rows.empty()) return std::nullopt;
    return load(connection, rows).front();
  });
}

std::vector<ProductSummary> Store::list(const Filter& filter) const {
  check_text(filter.after, "id to list after");
  if (filter.lane) check_text(*filter.lane, "lane");
  if (filter.type) check_text(*filter.type, "type");
  for (const AttributeFilter& attribute : filter.attributes) {
    check_name(attribute.attribute, "attribute");
    if (attribute.value) check_text(*attribute.value, attribute.attribute);
  }
  Conditions all = conditions(filter);
  const std::string limit = all.parameter(static_cast<std::int64_t>(filter.limit));
  return database_->read([&](Connection& connection) {
    std::vector<ProductSummary> found;
    for (const Row& row : connection.run(kSummary + all.sql() + " ORDER BY id LIMIT " + limit, all.parameters())) {
      found.push_back(summary(row));
    }
    return found;
  });
}

void Store::for_each_product(const std::function<void(const ProductState&)>& visit) const {
  constexpr std::int64_t kPage = 200;
  std::string after;
  while (true) {
    const auto page = database_->read([&](Connection& connection) {
      const auto rows = connection.run(kSummary + std::string("WHERE id > $1 ORDER BY id LIMIT $2"), {after, kPage});
      return rows.empty() ? std::vector<ProductState>() : load(connection, rows);
    });
    if (page.empty()) return;
    // Outside the transaction: the caller may take long, and may use the store.
    for (const ProductState& product : page) visit(product);
    after = page.back().id;
  }
}

std::int64_t Store::for_each_correction(std::int64_t since,
                                        const std::function<void(const Correction&)>& visit) const {
  std::int64_t end = 0;
  const auto corrections = database_->read([&](Connection& connection) {
    end = connection.run("SELECT coalesce(max(id), 0) FROM event").at(0).at(0).integer();
    std::vector<Correction> found;
    for (const Row& row : connection.run(
             "SELECT i.changed, i.product, (SELECT p.hash FROM photo p WHERE p.product = i.product ORDER BY p.event "
             "LIMIT 1), i.part, i.verdict, i.value FROM item i WHERE i.changed > $1 AND i.locale = '' "
             "ORDER BY i.changed, i.part",
             {since})) {
      const Verdict decided = row[4].is_null() ? Verdict::kUndo : verdict(row[4]);
      found.push_back({.event = row[0].integer(), .product = row[1].text(), .photo = row[2].optional_text(),
                       .attribute = row[3].text(), .verdict = decided,
                       .value = decided == Verdict::kUndo ? std::nullopt : row[5].optional_text()});
    }
    return found;
  });
  for (const Correction& correction : corrections) visit(correction);
  return std::max(since, end);
}

std::vector<Event> Store::audit(const std::string& product) const {
  check_id(product);
  return database_->read([&](Connection& connection) {
    std::vector<Event> events = story(connection, product, 0);
    if (events.empty()) fail_without_product(product);
    return events;
  });
}

std::int64_t Store::last_event() const {
  return database_->read([](Connection& connection) {
    return connection.run("SELECT coalesce(max(id), 0) FROM event").at(0).at(0).integer();
  });
}

Counts Store::counts() const {
  return database_->read([](Connection& connection) {
    Counts counts;
    for (const Row& row : connection.run("SELECT lane, count(*) FROM product GROUP BY lane")) {
      counts.products += row[1].integer();
      if (!row[0].text().empty()) counts.lanes[row[0].text()] = row[1].integer();
    }
    counts.photos = connection.run("SELECT count(*) FROM photo").at(0).at(0).integer();
    // Beside the prediction that the person saw: a later one may have learned from the decision. Where there was none,
    // nothing is said about predictions.
    for (const Row& row : connection.run(
             "SELECT part, count(*), count(predicted_then), "
             "count(CASE WHEN value = predicted_then THEN 1 END) "
             "FROM item WHERE locale = '' AND predicted IS NOT NULL GROUP BY part")) {
      counts.attributes[row[0].text()] = {row[1].integer(), row[2].integer(), row[3].integer()};
    }
    const Value median = connection.run(
        "SELECT avg(seconds) FROM (SELECT seconds, row_number() OVER (ORDER BY seconds) AS place, "
        "count(*) OVER () AS total FROM decision WHERE seconds IS NOT NULL) AS ranked "
        "WHERE place IN ((total + 1) / 2, (total + 2) / 2)").at(0).at(0);
    if (!median.is_null()) counts.median_seconds = median.real();
    return counts;
  });
}

}  // namespace hangtag::store
