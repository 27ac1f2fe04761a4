#include "store/migrations.h"

#include <vector>

#include "base/error.h"

namespace hangtag::store {

namespace {

using Step = std::vector<const char*>;

// A step that was published never changes: what comes later is another step.
const std::vector<Step>& steps() {
  static const std::vector<Step> kSteps = {{
      R"(CREATE TABLE product (
           id TEXT PRIMARY KEY,
           type TEXT NOT NULL,
           name TEXT NOT NULL,
           created INTEGER NOT NULL,
           version INTEGER NOT NULL,
           lane TEXT NOT NULL))",
      "CREATE INDEX product_by_lane ON product (lane, id)",
      "CREATE INDEX product_by_type ON product (type, id)",
      R"(CREATE TABLE event (
           id INTEGER PRIMARY KEY,
           product TEXT NOT NULL REFERENCES product,
           version INTEGER NOT NULL,
           kind TEXT NOT NULL,
           actor TEXT NOT NULL,
           time INTEGER NOT NULL,
           batch INTEGER NOT NULL,
           reverts INTEGER,
           UNIQUE (product, version)))",
      "CREATE INDEX event_by_actor ON event (actor, kind, batch)",
      "CREATE INDEX event_by_batch ON event (batch)",
      "CREATE INDEX event_by_reverts ON event (reverts)",
      R"(CREATE TABLE naming (
           event INTEGER PRIMARY KEY REFERENCES event,
           type TEXT NOT NULL,
           name TEXT NOT NULL))",
      R"(CREATE TABLE photo (
           event INTEGER PRIMARY KEY REFERENCES event,
           product TEXT NOT NULL REFERENCES product,
           hash TEXT NOT NULL,
           file_name TEXT NOT NULL,
           bytes INTEGER NOT NULL,
           UNIQUE (product, hash)))",
      R"(CREATE TABLE prediction (
           event INTEGER NOT NULL REFERENCES event,
           attribute TEXT NOT NULL,
           value TEXT NOT NULL,
           confidence REAL NOT NULL,
           alternatives TEXT NOT NULL,
           run TEXT NOT NULL,
           model TEXT NOT NULL,
           adapter TEXT NOT NULL,
           model_version TEXT NOT NULL,
           PRIMARY KEY (event, attribute)))",
      "CREATE INDEX prediction_by_value ON prediction (attribute, value)",
      R"(CREATE TABLE description (
           event INTEGER PRIMARY KEY REFERENCES event,
           locale TEXT NOT NULL,
           record TEXT NOT NULL))",
      R"(CREATE TABLE decision (
           event INTEGER NOT NULL REFERENCES event,
           locale TEXT NOT NULL,
           part TEXT NOT NULL,
           verdict TEXT NOT NULL,
           predicted TEXT,
           old_value TEXT,
           new_value TEXT,
           seconds REAL,
           replaces INTEGER REFERENCES event,
           PRIMARY KEY (event, locale, part)))",
      // What is in force: the latest prediction or description, and the decision, if any. Follows from the history.
      R"(CREATE TABLE state (
           product TEXT NOT NULL REFERENCES product,
           locale TEXT NOT NULL,
           part TEXT NOT NULL,
           proposal INTEGER REFERENCES event,
           decision INTEGER REFERENCES event,
           changed INTEGER REFERENCES event,
           PRIMARY KEY (product, locale, part)))",
      "CREATE INDEX state_by_changed ON state (changed)",
      R"(CREATE VIEW item AS
           SELECT s.product, s.locale, s.part, s.proposal, s.decision, s.changed,
                  p.value AS predicted, p.confidence, p.alternatives, d.verdict, d.predicted AS predicted_then,
                  CASE WHEN s.decision IS NULL THEN p.value ELSE d.new_value END AS value
           FROM state s
           LEFT JOIN prediction p ON s.locale = '' AND p.event = s.proposal AND p.attribute = s.part
           LEFT JOIN decision d ON d.event = s.decision AND d.locale = s.locale AND d.part = s.part)",
  }};
  return kSteps;
}

}  // namespace

std::int64_t newest_schema() {
  return static_cast<std::int64_t>(steps().size());
}

void migrate(Connection& connection, std::int64_t now_ms) {
  while (true) {
    Transaction transaction(connection, Connection::Access::kWrite);
    connection.define(
        "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, applied INTEGER NOT NULL)");
    const std::int64_t version =
        connection.run("SELECT coalesce(max(version), 0) FROM schema_version").at(0).at(0).integer();
    if (version > newest_schema()) {
      base::fail(base::ErrorCode::kUnsupported,
                 "the database was written by a newer hangtag: its tables are of version {}, this program knows "
                 "versions up to {}; use the newer program",
                 version, newest_schema());
    }
    if (version < newest_schema()) {
      for (const char* sql : steps()[static_cast<std::size_t>(version)]) connection.define(sql);
      connection.run("INSERT INTO schema_version (version, applied) VALUES ($1, $2)", {version + 1, now_ms});
    }
    transaction.commit();
    if (version + 1 >= newest_schema()) return;
  }
}

}  // namespace hangtag::store
