#include "store/store.h"

#include <set>

#include "base/error.h"
#include "store/check.h"
#include "store/database.h"
#include "store/history.h"

namespace hangtag::store {

namespace {

using base::ErrorCode;
using base::OrderedJson;

void set_proposal(Connection& connection, const std::string& product, const Item& item, std::int64_t event) {
  connection.run(
      "INSERT INTO state (product, locale, part, proposal) VALUES ($1, $2, $3, $4) "
      "ON CONFLICT (product, locale, part) DO UPDATE SET proposal = excluded.proposal",
      {product, item.locale, item.name, event});
}

std::string to_json(const std::vector<Alternative>& alternatives) {
  OrderedJson json = OrderedJson::array();
  for (const auto& [value, confidence] : alternatives) json.push_back({{"value", value}, {"confidence", confidence}});
  return base::to_line(json);
}

void check(const Prediction& prediction) {
  check_id(prediction.product);
  check_name(prediction.attribute, "attribute");
  check_name(prediction.value, prediction.attribute);
  check_confidence(prediction.confidence, prediction.attribute);
  for (const auto& [value, confidence] : prediction.alternatives) {
    check_name(value, prediction.attribute);
    check_confidence(confidence, prediction.attribute);
  }
}

}  // namespace

Store::Store(const Options& options) : database_(std::make_unique<Database>(options)) {}

Store::~Store() = default;

std::int64_t Store::put_product(const Product& product) {
  check_id(product.id);
  check_text(product.type, "type");
  check_text(product.name, "name");
  return database_->write([&](Connection& connection) {
    const std::int64_t now = database_->now_ms();
    const auto known = connection.run("SELECT type, name, version FROM product WHERE id = $1", {product.id});
    if (known.empty()) {
      connection.run("INSERT INTO product (id, type, name, created, version, lane) VALUES ($1, $2, $3, $4, 0, '')",
                     {product.id, product.type, product.name, now});
    } else if (known[0][0].text() == product.type && known[0][1].text() == product.name) {
      return known[0][2].integer();
    } else {
      connection.run("UPDATE product SET type = $2, name = $3 WHERE id = $1", {product.id, product.type, product.name});
    }
    const EventNumber event = append_event(connection, {.product = product.id, .kind = "product", .time = now});
    connection.run("INSERT INTO naming (event, type, name) VALUES ($1, $2, $3)",
                   {event.id, product.type, product.name});
    return event.version;
  });
}

std::string Store::add_photo(const std::string& product, const std::string& file_name,
                             std::span<const std::byte> bytes) {
  check_id(product);
  check_text(file_name, "file name");
  if (bytes.empty()) base::fail(ErrorCode::kInvalid, "photo of product \"{}\": no bytes", product);
  database_->read([&](Connection& connection) {
    if (connection.run("SELECT 1 FROM product WHERE id = $1", {product}).empty()) fail_without_product(product);
  });
  // Before the event: a photo that the database names is always there. One that it does not name does no harm.
  const std::string hash = database_->blobs().put(bytes);
  database_->write([&](Connection& connection) {
    if (!connection.run("SELECT 1 FROM photo WHERE product = $1 AND hash = $2", {product, hash}).empty()) return;
    const EventNumber event =
        append_event(connection, {.product = product, .kind = "photo", .time = database_->now_ms()});
    connection.run("INSERT INTO photo (event, product, hash, file_name, bytes) VALUES ($1, $2, $3, $4, $5)",
                   {event.id, product, hash, file_name, static_cast<std::int64_t>(bytes.size())});
  });
  return hash;
}

std::string Store::read_photo(const std::string& hash) const {
  return database_->blobs().read(hash);
}

void Store::add_predictions(const Run& run, std::span<const Prediction> predictions) {
  check_text(run.id, "run");
  check_text(run.model, "model");
  check_text(run.adapter, "adapter");
  check_text(run.version, "version of the model");
  std::set<std::pair<std::string, std::string>> seen;
  for (const Prediction& prediction : predictions) {
    check(prediction);
    if (!seen.emplace(prediction.product, prediction.attribute).second) {
      base::fail(ErrorCode::kInvalid, "product \"{}\": two predictions of \"{}\" at once; expected one",
                 prediction.product, prediction.attribute);
    }
  }
  if (predictions.empty()) return;
  database_->write([&](Connection& connection) {
    const std::int64_t now = database_->now_ms();
    std::map<std::string, std::int64_t> events;  // by product
    for (const Prediction& prediction : predictions) {
      const auto [event, is_new] = events.try_emplace(prediction.product);
      if (is_new) {
        event->second =
            append_event(connection, {.product = prediction.product, .kind = "prediction", .time = now}).id;
      }
      connection.run(
          "INSERT INTO prediction (event, attribute, value, confidence, alternatives, run, model, adapter, "
          "model_version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
          {event->second, prediction.attribute, prediction.value, prediction.confidence,
           to_json(prediction.alternatives), run.id, run.model, run.adapter, run.version});
      set_proposal(connection, prediction.product, {prediction.attribute}, event->second);
    }
  });
}

void Store::add_description(const std::string& product, const std::string& locale, const OrderedJson& record) {
  check_id(product);
  check_name(locale, "locale");
  if (!record.is_object()) {
    base::fail(ErrorCode::kInvalid, "description of product \"{}\": expected an object, found {}", product,
               record.type_name());
  }
  std::string text;
  try {
    text = record.dump();
  } catch (const OrderedJson::exception&) {
    base::fail(ErrorCode::kInvalid, "description of product \"{}\": holds text that is not valid UTF-8", product);
  }
  check_text(text, "description");
  database_->write([&](Connection& connection) {
    const EventNumber event =
        append_event(connection, {.product = product, .kind = "description", .time = database_->now_ms()});
    connection.run("INSERT INTO description (event, locale, record) VALUES ($1, $2, $3)", {event.id, locale, text});
    set_proposal(connection, product, {.name = "", .locale = locale}, event.id);
  });
}

void Store::set_lanes(std::span<const Lane> lanes) {
  for (const Lane& lane : lanes) check_text(lane.lane, "lane");
  database_->write([&](Connection& connection) {
    for (const auto& [product, lane] : lanes) {
      check_id(product);
      if (connection.run("UPDATE product SET lane = $2 WHERE id = $1 RETURNING 1", {product, lane}).empty()) {
        fail_without_product(product);
      }
    }
  });
}

}  // namespace hangtag::store
