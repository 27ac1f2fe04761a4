// Where products, photos, predictions, descriptions and people's decisions are kept: SQLite, or PostgreSQL by URL.
// docs/formats/store.md describes the tables.
//
// Whatever happens to a product is an event. Events are numbered in the order in which they were committed, and are
// never changed or removed; each raises its product's version by one. What people decided stays in force whatever
// predictions and descriptions come later, until somebody decides again or undoes it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace hangtag::store {

struct Options {
  std::string url;                // "sqlite:PATH", a path, or "postgresql://…"
  std::filesystem::path blobs{};  // the folder of photos' bytes; empty: "blobs" beside SQLite's file
  std::size_t connections = 4;    // at most, at a time; further callers wait
  std::function<std::chrono::system_clock::time_point()> now = std::chrono::system_clock::now;
};

// ---- What goes in ----

struct Product {
  std::string id;  // catalog::is_valid_id() holds
  std::string type;
  std::string name;
};

struct Run {  // what made predictions
  std::string id;
  std::string model;
  std::string adapter;
  std::string version;
};

struct Alternative {
  std::string value;
  double confidence;  // 0 to 1
};

struct Prediction {
  std::string product;
  std::string attribute;
  std::string value;
  double confidence;  // 0 to 1
  std::vector<Alternative> alternatives{};
};

struct Lane {
  std::string product;
  std::string lane;
};

enum class Verdict {
  kAccept,      // the value in force is right
  kChange,      // another value is; a change to the value in force is kept as kAccept
  kNotVisible,  // of an attribute: the photo does not show it
  kReject,      // the value is wrong, and no other is given
  kUndo,        // in histories only: made by undo()
};

std::string_view to_string(Verdict verdict);  // "accept", "change", "not_visible", "reject", "undo"

struct Item {
  std::string name;      // of the attribute, or the key of the description's part: "title"
  std::string locale{};  // empty: an attribute
  bool operator==(const Item&) const = default;
};

struct Decision {
  Item item;
  Verdict verdict;
  std::string value{};              // with kChange only
  std::optional<double> seconds{};  // that the person took
};

struct Review {
  std::string product;
  std::int64_t version;  // of the product, as the person saw it
  std::string user;
  std::vector<Decision> decisions;  // one at most of each item
};

// One decision about all products of which `attribute` was predicted as `predicted` and nobody decided it yet.
struct BulkReview {
  std::string attribute;
  std::string predicted;
  Verdict verdict;
  std::string value{};  // with kChange only
  std::string user;
  std::optional<std::string> type{};    // products of this type only
  double min_confidence = 0;
  std::optional<std::int64_t> as_of{};  // predictions of later events, which the person has not seen, are left alone
};

// ---- What comes out. Times are in UTC. ----

using Time = std::chrono::sys_time<std::chrono::milliseconds>;

struct Photo {
  std::string hash;  // of its bytes, base::hash_hex()
  std::string file_name;
  std::int64_t bytes;
};

struct DecisionInForce {
  std::int64_t event;
  Verdict verdict;
  std::string user;
  Time time;
};

struct Attribute {
  std::string name;
  std::optional<std::string> value;         // in force: decided, else predicted; none: not visible, or rejected
  std::optional<DecisionInForce> decision;  // none: the value is predicted
  // The latest prediction, whether or not something else was decided; none where a person added the attribute.
  std::optional<std::string> predicted;
  double confidence = 0;
  std::vector<Alternative> alternatives;
};

struct DescriptionPart {
  std::string name;
  std::optional<std::string> value;
  DecisionInForce decision;
};

struct Description {
  std::string locale;
  base::OrderedJson record;            // the latest, as it was added
  std::vector<DescriptionPart> parts;  // those that people decided about
  Time time;                           // of the record
};

struct ProductSummary {
  std::string id;
  std::string type;
  std::string name;
  std::string lane;  // empty: none was set
  Time created;
  std::int64_t version;
};

struct ProductState : ProductSummary {
  std::vector<Photo> photos;              // in the order in which they were added
  std::vector<Attribute> attributes;      // by name
  std::vector<Description> descriptions;  // by locale
};

struct AttributeFilter {
  std::string attribute;
  std::optional<std::string> value{};        // in force
  std::optional<double> min_confidence{};    // of the latest prediction: at least this
  std::optional<double> below_confidence{};  // less than this
  std::optional<bool> decided{};
};

struct Filter {  // all that is given must hold
  std::optional<std::string> lane{};
  std::optional<std::string> type{};
  std::vector<AttributeFilter> attributes{};
  std::optional<double> all_at_least{};  // something was predicted, and no undecided prediction is less sure than this
  std::optional<double> any_below{};     // some undecided prediction is less sure than this
  std::optional<bool> reviewed{};        // something was predicted, and all of it is decided; false: some of it is not
  std::string after{};                   // ids beyond this one: the last of the page before
  std::size_t limit = 100;
};

// An attribute of which the decision changed, as it stands now. A value, or verdict kNotVisible, is something to learn
// from; kReject and kUndo take back what an earlier call may have given.
struct Correction {
  std::int64_t event;  // that changed it last
  std::string product;
  std::optional<std::string> photo;  // hash of the product's first one
  std::string attribute;
  Verdict verdict;
  std::optional<std::string> value;
};

struct Event {
  std::int64_t id;
  std::int64_t version;  // of the product, by this event; a decision was based on the version before
  Time time;
  std::string kind;          // "product", "photo", "prediction", "description", "decision", "undo"
  std::string user;          // of decisions and undos
  base::OrderedJson detail;  // docs/formats/store.md
};

struct Undone {
  std::vector<std::string> products;  // whose decisions were taken back
  std::vector<std::string> kept;      // of a bulk review: decided again since, and left as they are
};

struct Counts {
  struct OfAttribute {
    std::int64_t predicted = 0;  // products with a prediction
    std::int64_t reviewed = 0;   // products with a prediction that somebody decided about, having seen one
    std::int64_t accepted = 0;   // of these: decided as predicted. accepted / reviewed: accuracy on what was reviewed
  };
  std::int64_t products = 0;
  std::int64_t photos = 0;
  std::map<std::string, std::int64_t> lanes;  // products
  std::map<std::string, OfAttribute> attributes;
  std::optional<double> median_seconds;  // of all decisions that came with seconds
};

// May be used by several threads at once, and by several processes on one database. What returned is on the disk; what
// threw changed nothing, but for a connection to PostgreSQL that is lost while it commits. Every member throws
//   - kInvalid for text that is not UTF-8, holds NUL, or for a value out of range; kLimit for text above 1 MiB;
//   - kNotFound for products that are not there, where a member says nothing else;
//   - kIo, with the reason, for a full or read-only disk, and a server that cannot be reached.
class Store {
 public:
  // Makes the database, or brings its tables up to date. Throws kUsage for a URL that cannot be used, kUnsupported for
  // a database that a newer program wrote.
  explicit Store(const Options& options);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Adds the product, or changes its type and name. Equal ones change nothing. Returns its version.
  std::int64_t put_product(const Product& product);

  // Returns the hash. A photo that the product has already changes nothing.
  std::string add_photo(const std::string& product, const std::string& file_name, std::span<const std::byte> bytes);
  // Throws kNotFound, and kInvalid where the bytes are no longer those that were added.
  std::string read_photo(const std::string& hash) const;

  // All or nothing; one event a product. Throws kInvalid for two predictions of one attribute of a product.
  void add_predictions(const Run& run, std::span<const Prediction> predictions);

  // An object; its members that are text are the parts that can be decided about.
  void add_description(const std::string& product, const std::string& locale, const base::OrderedJson& record);

  // All or nothing. Lanes are the caller's, computed from confidences, and no part of the history.
  void set_lanes(std::span<const Lane> lanes);

  // Returns the new version. All or nothing. Throws
  //   - kMismatch where the product is no longer at the version that was seen, naming who did what since;
  //   - kNotFound for a part that the description does not have;
  //   - kInvalid for an accept or a reject of nothing, a description's part as not visible, no decision at all.
  std::int64_t decide(const Review& review);

  // Returns the products, by id. All or nothing; one event a product.
  std::vector<std::string> decide_all(const BulkReview& review);

  // Takes back what the user decided last and did not undo yet: one review, or a whole bulk review. Items have again
  // what was in force before. Nothing where there is none. Throws kMismatch, naming who did what since, where every
  // product was decided again.
  std::optional<Undone> undo(const std::string& user);

  std::optional<ProductState> find_product(const std::string& id) const;
  std::vector<ProductSummary> list(const Filter& filter) const;  // by id

  // Calls visit with every product by id. Each is consistent; products that change meanwhile come as they were or are.
  void for_each_product(const std::function<void(const ProductState&)>& visit) const;

  // Calls visit with the corrections of events beyond `since`, by event. Returns the event to go on from.
  std::int64_t for_each_correction(std::int64_t since, const std::function<void(const Correction&)>& visit) const;

  std::vector<Event> audit(const std::string& product) const;  // the whole story, in order
  std::int64_t last_event() const;                             // 0: none yet
  Counts counts() const;

 private:
  class Database;
  std::unique_ptr<Database> database_;
};

}  // namespace hangtag::store
