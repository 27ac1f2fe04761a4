#include "store/history.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <map>

#include "base/error.h"

namespace hangtag::store {

namespace {

using base::ErrorCode;
using base::OrderedJson;

constexpr std::array<std::pair<Verdict, std::string_view>, 5> kVerdicts = {{{Verdict::kAccept, "accept"},
                                                                            {Verdict::kChange, "change"},
                                                                            {Verdict::kNotVisible, "not_visible"},
                                                                            {Verdict::kReject, "reject"},
                                                                            {Verdict::kUndo, "undo"}}};

OrderedJson json_or_null(const Value& value) {
  return value.is_null() ? OrderedJson(nullptr) : OrderedJson(value.text());
}

std::string shown(const OrderedJson& value) {
  return value.is_null() ? "nothing" : fmt::format("\"{}\"", value.get_ref<const std::string&>());
}

// "anna at 2026-11-25 10:00:07: Fabric from "Cotton" to "Wool" (change)"
std::string sentence(const Event& event) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(event.time);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char when[32];
  std::strftime(when, sizeof when, "%F %T", &utc);
  std::string what;
  if (event.detail.contains("decisions")) {
    for (const OrderedJson& decision : event.detail["decisions"]) {
      what += fmt::format("{}{} from {} to {} ({})", what.empty() ? "" : ", ", decision["part"].get<std::string>(),
                          shown(decision["from"]), shown(decision["to"]), decision["verdict"].get<std::string>());
    }
  } else {
    what = event.kind == "prediction" ? "new predictions" : "new " + event.kind;
  }
  return fmt::format("{} at {} UTC: {}", event.user.empty() ? "hangtag" : event.user, when, what);
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  return std::ranges::find(kVerdicts, verdict, &std::pair<Verdict, std::string_view>::first)->second;
}

std::optional<Verdict> verdict_from(std::string_view name) {
  const auto found = std::ranges::find(kVerdicts, name, &std::pair<Verdict, std::string_view>::second);
  if (found == kVerdicts.end()) return std::nullopt;
  return found->first;
}

Time time_from(const Value& milliseconds) {
  return Time(std::chrono::milliseconds(milliseconds.integer()));
}

void fail_without_product(const std::string& id) {
  base::fail(ErrorCode::kNotFound, "product \"{}\" is not in the store; add it first", id);
}

EventNumber append_event(Connection& connection, const NewEvent& event) {
  const auto versions = connection.run("UPDATE product SET version = version + 1 WHERE id = $1 RETURNING version",
                                       {event.product});
  if (versions.empty()) fail_without_product(event.product);
  const std::int64_t version = versions[0][0].integer();
  const std::int64_t id = connection.run("SELECT coalesce(max(id), 0) + 1 FROM event").at(0).at(0).integer();
  connection.run(
      "INSERT INTO event (id, product, version, kind, actor, time, batch, reverts) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
      {id, event.product, version, event.kind, event.actor, event.time, event.batch.value_or(id), event.reverts});
  return {id, version};
}

std::vector<Event> story(Connection& connection, const std::string& product, std::int64_t after_version) {
  std::vector<Event> events;
  std::map<std::int64_t, std::size_t> places;
  const auto run = [&](const std::string& columns, const std::string& join) {
    return connection.run("SELECT e.id, " + columns + " FROM event e " + join +
                          " WHERE e.product = $1 AND e.version > $2 ORDER BY e.id", {product, after_version});
  };
  for (const Row& row : run("e.version, e.time, e.kind, e.actor, e.reverts", "")) {
    places.emplace(row[0].integer(), events.size());
    Event event{.id = row[0].integer(), .version = row[1].integer(), .time = time_from(row[2]), .kind = row[3].text(),
                .user = row[4].text(), .detail = OrderedJson::object()};
    if (!row[5].is_null()) event.detail["reverts"] = row[5].integer();
    events.push_back(std::move(event));
  }
  const auto detail = [&](const Row& row) -> OrderedJson& { return events[places.at(row[0].integer())].detail; };
  for (const Row& row : run("n.type, n.name", "JOIN naming n ON n.event = e.id")) {
    detail(row) = {{"type", row[1].text()}, {"name", row[2].text()}};
  }
  for (const Row& row : run("p.hash, p.file_name, p.bytes", "JOIN photo p ON p.event = e.id")) {
    detail(row) = {{"hash", row[1].text()}, {"file_name", row[2].text()}, {"bytes", row[3].integer()}};
  }
  for (const Row& row : run("p.run, p.model, p.adapter, p.model_version, p.attribute, p.value, p.confidence, "
                            "p.alternatives", "JOIN prediction p ON p.event = e.id")) {
    OrderedJson& json = detail(row);
    json["run"] = row[1].text();
    json["model"] = row[2].text();
    json["adapter"] = row[3].text();
    json["version"] = row[4].text();
    json["attributes"][row[5].text()] = {{"value", row[6].text()}, {"confidence", row[7].real()},
                                         {"alternatives", OrderedJson::parse(row[8].text())}};
  }
  for (const Row& row : run("d.locale, d.record", "JOIN description d ON d.event = e.id")) {
    detail(row) = {{"locale", row[1].text()}, {"record", OrderedJson::parse(row[2].text())}};
  }
  for (const Row& row : run("d.part, d.locale, d.verdict, d.old_value, d.new_value, d.seconds",
                            "JOIN decision d ON d.event = e.id")) {
    OrderedJson decision{{"part", row[1].text()}};
    if (!row[2].text().empty()) decision["locale"] = row[2].text();
    decision["verdict"] = row[3].text();
    decision["from"] = json_or_null(row[4]);
    decision["to"] = json_or_null(row[5]);
    if (!row[6].is_null()) decision["seconds"] = row[6].real();
    detail(row)["decisions"].push_back(std::move(decision));
  }
  return events;
}

void fail_with_changes(Connection& connection, const std::string& what, const std::string& product,
                       std::int64_t after_version) {
  constexpr std::size_t kShown = 5;
  const std::vector<Event> events = story(connection, product, after_version);
  std::string changes;
  for (std::size_t i = 0; i < std::min(events.size(), kShown); ++i) {
    changes += (i == 0 ? "" : "; ") + sentence(events[i]);
  }
  if (events.size() > kShown) changes += fmt::format("; and {} more", events.size() - kShown);
  base::fail(ErrorCode::kMismatch, "{}; since then: {}; load the product again and decide anew", what, changes);
}

}  // namespace hangtag::store
