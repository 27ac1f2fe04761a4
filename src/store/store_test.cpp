#include "store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <mutex>
#include <set>
#include <thread>

#include "base/hash.h"
#include "base/random.h"
#include "store/connection.h"
#include "store/migrations.h"
#include "store/testing.h"

namespace hangtag::store {
namespace {

using base::ErrorCode;
using base::OrderedJson;
using namespace testing;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

template <typename Database>
class StoreTest : public OverDatabases<Database> {
 protected:
  void SetUp() override {
    OverDatabases<Database>::SetUp();
    if (this->IsSkipped()) return;
    // 2026-11-25 10:00:00 UTC, and a second later at each look.
    this->options_.now = [this] { return std::chrono::system_clock::from_time_t(1795600800 + ticks_++); };
    store_ = std::make_unique<Store>(this->options_);
  }

  std::unique_ptr<Connection> connection() const {
    return std::is_same_v<Database, Sqlite> ? connect_sqlite(this->folder_.path() / "store.db")
                                            : connect_postgres(this->options_.url);
  }

  // With one prediction: Fabric is Cotton, 0.8.
  void add_shirt(const std::string& id, double confidence = 0.8) {
    store_->put_product({id, "Shirts", "Shirt " + id});
    store_->add_predictions(kRun, std::vector{Prediction{id, "Fabric", "Cotton", confidence, {{"Wool", 0.1}}}});
  }

  std::int64_t version(const std::string& id) const { return store_->find_product(id)->version; }

  std::int64_t decide(const std::string& id, const std::string& user, Decision decision) {
    return store_->decide({.product = id, .version = version(id), .user = user, .decisions = {std::move(decision)}});
  }

  Attribute fabric(const std::string& id) const { return store_->find_product(id)->attributes.at(0); }

  std::vector<std::string> ids(const Filter& filter) const {
    std::vector<std::string> found;
    for (const ProductSummary& product : store_->list(filter)) found.push_back(product.id);
    return found;
  }

  const Run kRun{"run-1", "hangtag-small", "shop", "3"};
  std::atomic<int> ticks_ = 0;
  std::unique_ptr<Store> store_;
};
TYPED_TEST_SUITE(StoreTest, Databases, DatabaseName);

Decision accept() { return {.item = {"Fabric"}, .verdict = Verdict::kAccept}; }
Decision reject() { return {.item = {"Fabric"}, .verdict = Verdict::kReject}; }
Decision not_visible() { return {.item = {"Fabric"}, .verdict = Verdict::kNotVisible}; }
Decision change(const std::string& value) {
  return {.item = {"Fabric"}, .verdict = Verdict::kChange, .value = value};
}

TYPED_TEST(StoreTest, ProductsAreAddedAndRenamed) {
  Store& store = *this->store_;
  EXPECT_EQ(store.put_product({"1163", "Shirts", "Oxford"}), 1);
  EXPECT_EQ(store.put_product({"1163", "Shirts", "Oxford"}), 1);
  EXPECT_EQ(store.last_event(), 1);
  EXPECT_EQ(store.put_product({"1163", "Shirts", "Oxford No. 5"}), 2);
  const auto product = store.find_product("1163");
  EXPECT_EQ(product->name, "Oxford No. 5");
  EXPECT_EQ(product->version, 2);
  EXPECT_EQ(product->created, Time(std::chrono::seconds(1795600801)));  // the opening looked once
  EXPECT_FALSE(store.find_product("1164").has_value());
  EXPECT_EQ(code_of([&] { store.audit("1164"); }), ErrorCode::kNotFound);
}

TYPED_TEST(StoreTest, PhotosAreKeptOnce) {
  Store& store = *this->store_;
  store.put_product({"p", "Shirts", "One"});
  const std::string front = "front", back = "back";
  const auto hash = store.add_photo("p", "front.jpg", std::as_bytes(std::span(front)));
  store.add_photo("p", "back.jpg", std::as_bytes(std::span(back)));
  EXPECT_EQ(store.add_photo("p", "again.jpg", std::as_bytes(std::span(front))), hash);
  const auto product = store.find_product("p");
  ASSERT_EQ(product->photos.size(), 2u);
  EXPECT_EQ(product->photos[0].file_name, "front.jpg");
  EXPECT_EQ(product->photos[0].bytes, 5);
  EXPECT_EQ(product->version, 3);
  EXPECT_EQ(store.read_photo(hash), "front");
  const std::string stray = "stray";
  EXPECT_EQ(code_of([&] { store.add_photo("q", "q.jpg", std::as_bytes(std::span(stray))); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { store.read_photo(base::hash_hex(stray)); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { store.add_photo("p", "empty.jpg", {}); }), ErrorCode::kInvalid);
}

TYPED_TEST(StoreTest, PredictionsComeInBatches) {
  Store& store = *this->store_;
  store.put_product({"a", "Shirts", "A"});
  store.put_product({"b", "Shirts", "B"});
  store.add_predictions(this->kRun, std::vector<Prediction>{{"a", "Fit", "Slim", 0.1 + 0.2, {{"Regular", 1e-7}}},
                                                            {"b", "Fit", "Regular", 1},
                                                            {"a", "Fabric", "Cotton", 0}});
  const auto product = store.find_product("a");
  EXPECT_EQ(product->version, 2);
  ASSERT_EQ(product->attributes.size(), 2u);
  const Attribute& fit = product->attributes[1];
  EXPECT_EQ(fit.name, "Fit");
  EXPECT_EQ(fit.value, "Slim");
  EXPECT_EQ(fit.confidence, 0.1 + 0.2);  // to the last bit
  ASSERT_EQ(fit.alternatives.size(), 1u);
  EXPECT_EQ(fit.alternatives[0].confidence, 1e-7);
  EXPECT_FALSE(fit.decision.has_value());

  // All or nothing.
  const std::int64_t last = store.last_event();
  EXPECT_EQ(code_of([&] {
              store.add_predictions(this->kRun,
                                    std::vector<Prediction>{{"a", "Fit", "Wide", 1}, {"no", "Fit", "Wide", 1}});
            }),
            ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] {
              store.add_predictions(this->kRun,
                                    std::vector<Prediction>{{"a", "Fit", "Wide", 1}, {"a", "Fit", "Slim", 1}});
            }),
            ErrorCode::kInvalid);
  EXPECT_EQ(store.last_event(), last);
  EXPECT_EQ(store.find_product("a")->version, 2);
}

TYPED_TEST(StoreTest, EachVerdict) {
  struct Case {
    const char* id;
    Decision decision;
    std::optional<std::string> value;
    Verdict kept;
  };
  const Case cases[] = {{"accept", accept(), "Cotton", Verdict::kAccept},
                        {"change", change("Wool"), "Wool", Verdict::kChange},
                        {"same", change("Cotton"), "Cotton", Verdict::kAccept},
                        {"not_visible", not_visible(), std::nullopt, Verdict::kNotVisible},
                        {"reject", reject(), std::nullopt, Verdict::kReject}};
  for (const auto& [id, decision, value, kept] : cases) {
    SCOPED_TRACE(id);
    this->add_shirt(id);
    EXPECT_EQ(this->decide(id, "anna", decision), 3);
    const Attribute fabric = this->fabric(id);
    EXPECT_EQ(fabric.value, value);
    EXPECT_EQ(fabric.predicted, "Cotton");
    EXPECT_EQ(fabric.confidence, 0.8);
    ASSERT_TRUE(fabric.decision.has_value());
    EXPECT_EQ(fabric.decision->verdict, kept);
    EXPECT_EQ(fabric.decision->user, "anna");
    // Later predictions do not touch it.
    this->store_->add_predictions(this->kRun, std::vector{Prediction{id, "Fabric", "Silk", 0.99}});
    EXPECT_EQ(this->fabric(id).value, value);
    EXPECT_EQ(this->fabric(id).predicted, "Silk");
  }
}

TYPED_TEST(StoreTest, WhatCannotBeDecided) {
  Store& store = *this->store_;
  this->add_shirt("p");
  store.add_description("p", "en", {{"title", "A shirt"}, {"claims", {1, 2}}});
  const std::int64_t last = store.last_event();
  struct Case {
    const char* name;
    std::vector<Decision> decisions;
    ErrorCode code;
  };
  const Case cases[] = {
      {"nothing", {}, ErrorCode::kInvalid},
      {"twice", {accept(), reject()}, ErrorCode::kInvalid},
      {"a value", {{.item = {"Fabric"}, .verdict = Verdict::kAccept, .value = "Wool"}}, ErrorCode::kInvalid},
      {"change without", {change("")}, ErrorCode::kInvalid},
      {"undo", {{.item = {"Fabric"}, .verdict = Verdict::kUndo}}, ErrorCode::kInvalid},
      {"accept of nothing", {accept(), {.item = {"Fit"}, .verdict = Verdict::kAccept}}, ErrorCode::kInvalid},
      {"reject of nothing", {accept(), {.item = {"Fit"}, .verdict = Verdict::kReject}}, ErrorCode::kInvalid},
      {"no name", {{.item = {""}, .verdict = Verdict::kReject}}, ErrorCode::kInvalid},
      {"seconds", {{.item = {"Fabric"}, .verdict = Verdict::kAccept, .seconds = -1.0}}, ErrorCode::kInvalid},
      {"seconds", {{.item = {"Fabric"}, .verdict = Verdict::kAccept, .seconds = NAN}}, ErrorCode::kInvalid},
      {"part not visible", {{.item = {"title", "en"}, .verdict = Verdict::kNotVisible}}, ErrorCode::kInvalid},
      {"no such part", {{.item = {"subtitle", "en"}, .verdict = Verdict::kAccept}}, ErrorCode::kNotFound},
      {"not text", {{.item = {"claims", "en"}, .verdict = Verdict::kAccept}}, ErrorCode::kNotFound},
      {"no such locale", {{.item = {"title", "de"}, .verdict = Verdict::kAccept}}, ErrorCode::kNotFound}};
  for (const auto& [name, decisions, code] : cases) {
    SCOPED_TRACE(name);
    const Review review{.product = "p", .version = 3, .user = "anna", .decisions = decisions};
    EXPECT_EQ(code_of([&] { store.decide(review); }), code);
  }
  EXPECT_EQ(code_of([&] { store.decide({.product = "no", .version = 1, .user = "anna", .decisions = {accept()}}); }),
            ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { store.decide({.product = "p", .version = 3, .user = "", .decisions = {accept()}}); }),
            ErrorCode::kInvalid);
  EXPECT_EQ(store.last_event(), last);
  EXPECT_EQ(this->version("p"), 3);
}

TYPED_TEST(StoreTest, AConflictNamesWhoDidWhat) {
  this->add_shirt("p");
  const std::int64_t seen = this->version("p");
  this->decide("p", "anna", change("Wool"));
  this->store_->add_predictions(this->kRun, std::vector{Prediction{"p", "Fit", "Slim", 0.9}});
  const auto error = error_of([&] {
    this->store_->decide({.product = "p", .version = seen, .user = "ben", .decisions = {accept()}});
  });
  EXPECT_EQ(error.code(), ErrorCode::kMismatch);
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr("product \"p\" is at version 4, the review is of version 2"),
                    HasSubstr("anna at 2026-11-25 10:00:03 UTC: Fabric from \"Cotton\" to \"Wool\" (change)"),
                    HasSubstr("new predictions"), HasSubstr("load the product again")));
  EXPECT_EQ(this->fabric("p").value, "Wool");
  EXPECT_EQ(code_of([&] {
              this->store_->decide({.product = "p", .version = 99, .user = "ben", .decisions = {accept()}});
            }),
            ErrorCode::kMismatch);
}

// Two people, each with a store of their own on the same database, and two threads on each.
TYPED_TEST(StoreTest, NoUpdateIsLost) {
  this->add_shirt("p");
  Store other(this->options_);
  constexpr int kEach = 15;
  std::atomic<int> conflicts = 0;
  std::mutex mutex;
  std::set<std::int64_t> acknowledged;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, thread] {
        Store& store = thread % 2 == 0 ? *this->store_ : other;
        for (int done = 0; done < kEach;) {
          const std::int64_t seen = store.find_product("p")->version;
          try {
            const auto version = store.decide({.product = "p", .version = seen, .user = fmt::format("user {}", thread),
                                               .decisions = {change(fmt::format("{}.{}", thread, done))}});
            EXPECT_EQ(version, seen + 1);
            const std::lock_guard lock(mutex);
            EXPECT_TRUE(acknowledged.insert(version).second);
            ++done;
          } catch (const base::Error& error) {
            ASSERT_EQ(error.code(), ErrorCode::kMismatch) << error.what();
            ++conflicts;
          }
        }
      });
    }
  }
  EXPECT_EQ(acknowledged.size(), 4u * kEach);
  const auto story = this->store_->audit("p");
  ASSERT_EQ(story.size(), 2 + acknowledged.size());
  OrderedJson value = "Cotton";
  for (std::size_t i = 2; i < story.size(); ++i) {
    EXPECT_EQ(story[i].detail["decisions"][0]["from"], value);  // each saw what the one before left
    value = story[i].detail["decisions"][0]["to"];
    EXPECT_TRUE(acknowledged.contains(story[i].version));
  }
  EXPECT_EQ(this->fabric("p").value, value.get<std::string>());
  EXPECT_GT(conflicts, 0);
}

TYPED_TEST(StoreTest, UndoStepsBack) {
  Store& store = *this->store_;
  this->add_shirt("p");
  EXPECT_FALSE(store.undo("anna").has_value());
  this->decide("p", "anna", change("Wool"));
  this->decide("p", "anna", change("Silk"));
  this->decide("p", "anna", {.item = {"Fit"}, .verdict = Verdict::kChange, .value = "Slim"});  // nobody predicted it
  EXPECT_EQ(store.find_product("p")->attributes.size(), 2u);

  EXPECT_THAT(store.undo("anna")->products, ElementsAre("p"));
  EXPECT_EQ(store.find_product("p")->attributes.size(), 1u);
  store.undo("anna");
  EXPECT_EQ(this->fabric("p").value, "Wool");
  EXPECT_EQ(this->fabric("p").decision->verdict, Verdict::kChange);
  store.undo("anna");
  EXPECT_EQ(this->fabric("p").value, "Cotton");
  EXPECT_FALSE(this->fabric("p").decision.has_value());
  EXPECT_FALSE(store.undo("anna").has_value());
  EXPECT_FALSE(store.undo("ben").has_value());

  const auto story = store.audit("p");
  ASSERT_EQ(story.size(), 8u);  // both the decisions and the undos
  EXPECT_EQ(story[6].kind, "undo");
  EXPECT_EQ(story[6].detail["reverts"], story[3].id);
  EXPECT_EQ(story[6].detail["decisions"][0]["from"], "Silk");
  EXPECT_EQ(story[6].detail["decisions"][0]["to"], "Wool");
}

TYPED_TEST(StoreTest, UndoLeavesWhatOthersDecided) {
  this->add_shirt("p");
  this->decide("p", "anna", change("Wool"));
  this->decide("p", "ben", change("Silk"));
  const auto error = error_of([&] { this->store_->undo("anna"); });
  EXPECT_EQ(error.code(), ErrorCode::kMismatch);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("ben"), HasSubstr("\"Silk\"")));
  EXPECT_EQ(this->fabric("p").value, "Silk");
  this->store_->undo("ben");
  EXPECT_EQ(this->fabric("p").value, "Wool");
  EXPECT_EQ(this->fabric("p").decision->user, "anna");
  this->store_->undo("anna");
  EXPECT_EQ(this->fabric("p").value, "Cotton");
}

TYPED_TEST(StoreTest, OneDecisionAboutMany) {
  Store& store = *this->store_;
  for (const char* id : {"a", "b", "c", "decided"}) this->add_shirt(id);
  this->add_shirt("unsure", 0.3);
  store.put_product({"trousers", "Trousers", "T"});
  store.put_product({"wool", "Shirts", "W"});
  store.add_predictions(this->kRun, std::vector<Prediction>{{"trousers", "Fabric", "Cotton", 0.9},
                                                            {"wool", "Fabric", "Wool", 0.9},
                                                            {"c", "Fabric", "Cotton", 0.9}});
  this->decide("decided", "ben", accept());
  const std::int64_t seen = store.last_event();
  this->add_shirt("late");
  const BulkReview review{.attribute = "Fabric", .predicted = "Cotton", .verdict = Verdict::kChange,
                          .value = "Organic Cotton", .user = "anna", .type = "Shirts", .min_confidence = 0.5,
                          .as_of = seen};
  EXPECT_THAT(store.decide_all(review), ElementsAre("a", "b", "c"));
  EXPECT_THAT(store.decide_all(review), IsEmpty());
  EXPECT_EQ(this->fabric("b").value, "Organic Cotton");
  EXPECT_EQ(this->fabric("late").value, "Cotton");

  this->decide("b", "ben", change("Linen"));
  const auto undone = store.undo("anna");
  EXPECT_THAT(undone->products, ElementsAre("a", "c"));
  EXPECT_THAT(undone->kept, ElementsAre("b"));
  EXPECT_EQ(this->fabric("a").value, "Cotton");
  EXPECT_EQ(this->fabric("b").value, "Linen");
  EXPECT_FALSE(store.undo("anna").has_value());
}

TYPED_TEST(StoreTest, Filters) {
  Store& store = *this->store_;
  this->add_shirt("sure", 0.95);
  this->add_shirt("unsure", 0.5);
  this->add_shirt("done", 0.5);
  this->decide("done", "anna", change("Wool"));
  store.add_predictions(this->kRun, std::vector<Prediction>{{"sure", "Fit", "Slim", 0.9}});
  store.put_product({"bare", "Hats", "No predictions"});
  const std::int64_t last = store.last_event();
  store.set_lanes(std::vector<Lane>{{"sure", "auto"}, {"unsure", "review"}});
  EXPECT_EQ(store.last_event(), last);

  struct Case {
    const char* name;
    Filter filter;
    std::vector<std::string> ids;
  };
  const Case cases[] = {
      {"all", {}, {"bare", "done", "sure", "unsure"}},
      {"lane", {.lane = "review"}, {"unsure"}},
      {"no lane", {.lane = ""}, {"bare", "done"}},
      {"type", {.type = "Hats"}, {"bare"}},
      {"value predicted", {.attributes = {{.attribute = "Fabric", .value = "Cotton"}}}, {"sure", "unsure"}},
      {"value decided", {.attributes = {{.attribute = "Fabric", .value = "Wool"}}}, {"done"}},
      {"confidence", {.attributes = {{.attribute = "Fabric", .min_confidence = 0.9}}}, {"sure"}},
      {"below", {.attributes = {{.attribute = "Fabric", .below_confidence = 0.9}}}, {"done", "unsure"}},
      {"decided", {.attributes = {{.attribute = "Fabric", .decided = true}}}, {"done"}},
      {"undecided", {.attributes = {{.attribute = "Fabric", .decided = false}}}, {"sure", "unsure"}},
      {"two", {.attributes = {{.attribute = "Fabric"}, {.attribute = "Fit", .value = "Slim"}}}, {"sure"}},
      {"all at least", {.all_at_least = 0.9}, {"done", "sure"}},
      {"all at least", {.all_at_least = 0.91}, {"done"}},
      {"any below", {.any_below = 0.91}, {"sure", "unsure"}},
      {"reviewed", {.reviewed = true}, {"done"}},
      {"not reviewed", {.reviewed = false}, {"sure", "unsure"}},
      {"together", {.type = "Shirts", .all_at_least = 0.2, .reviewed = false, .limit = 1}, {"sure"}}};
  for (const auto& [name, filter, expected] : cases) {
    SCOPED_TRACE(name);
    EXPECT_EQ(this->ids(filter), expected);
  }
  EXPECT_EQ(code_of([&] { store.set_lanes(std::vector<Lane>{{"sure", "x"}, {"no", "x"}}); }), ErrorCode::kNotFound);
  EXPECT_EQ(store.find_product("sure")->lane, "auto");
}

TYPED_TEST(StoreTest, PagesAreInTheOrderOfBytes) {
  std::vector<std::string> expected;
  for (const char* id : {"-1", "10", "9", "A", "B_", "Z", "_", "a", "aB", "ab", "z"}) expected.push_back(id);
  for (auto id = expected.rbegin(); id != expected.rend(); ++id) this->store_->put_product({*id, "", ""});
  std::vector<std::string> found;
  Filter filter{.limit = 3};
  while (true) {
    const auto page = this->ids(filter);
    if (page.empty()) break;
    EXPECT_LE(page.size(), 3u);
    found.insert(found.end(), page.begin(), page.end());
    filter.after = page.back();
    this->store_->put_product({fmt::format("0{}", found.size()), "", ""});  // comes before, and moves nothing
  }
  EXPECT_EQ(found, expected);
}

TYPED_TEST(StoreTest, DescriptionsAreDecidedByPart) {
  Store& store = *this->store_;
  store.put_product({"p", "Shirts", "One"});
  store.add_description("p", "en", {{"title", "A shirt"}, {"text", "Made of cotton."}, {"writer", "template"}});
  store.add_description("p", "de", {{"title", "Ein Hemd"}});
  this->decide("p", "anna", {.item = {"title", "en"}, .verdict = Verdict::kAccept});
  this->decide("p", "anna", {.item = {"text", "en"}, .verdict = Verdict::kChange, .value = "Made of pure cotton."});
  store.add_description("p", "en", {{"title", "Another shirt"}});
  const auto product = store.find_product("p");
  EXPECT_THAT(product->attributes, IsEmpty());
  ASSERT_EQ(product->descriptions.size(), 2u);
  EXPECT_EQ(product->descriptions[0].locale, "de");
  const Description& english = product->descriptions[1];
  EXPECT_EQ(english.record["title"], "Another shirt");
  ASSERT_EQ(english.parts.size(), 2u);
  EXPECT_EQ(english.parts[0].name, "text");
  EXPECT_EQ(english.parts[0].value, "Made of pure cotton.");
  EXPECT_EQ(english.parts[1].value, "A shirt");  // as it was accepted
  store.undo("anna");
  EXPECT_EQ(store.find_product("p")->descriptions[1].parts.size(), 1u);
  EXPECT_EQ(code_of([&] { store.add_description("p", "en", OrderedJson::array()); }), ErrorCode::kInvalid);
  EXPECT_EQ(code_of([&] { store.add_description("p", "en", {{"title", "\xff"}}); }), ErrorCode::kInvalid);
  EXPECT_EQ(code_of([&] { store.add_description("no", "en", {{"title", "x"}}); }), ErrorCode::kNotFound);
}

TYPED_TEST(StoreTest, ExportVisitsEveryProduct) {
  Store& store = *this->store_;
  for (int i = 0; i < 230; ++i) store.put_product({fmt::format("p{:03}", i), "Shirts", ""});
  store.add_predictions(this->kRun, std::vector<Prediction>{{"p000", "Fit", "Slim", 0.5}, {"p199", "Fit", "Slim", 0.5},
                                                            {"p229", "Fit", "Wide", 0.5}});
  std::vector<std::string> visited, with_fit;
  store.for_each_product([&](const ProductState& product) {
    visited.push_back(product.id);
    if (!product.attributes.empty()) with_fit.push_back(product.id);
    EXPECT_TRUE(store.find_product(product.id).has_value());  // the store may be used meanwhile
  });
  EXPECT_EQ(visited.size(), 230u);
  EXPECT_TRUE(std::ranges::is_sorted(visited));
  EXPECT_THAT(with_fit, ElementsAre("p000", "p199", "p229"));
}

TYPED_TEST(StoreTest, Counts) {
  Store& store = *this->store_;
  const Counts none = store.counts();
  EXPECT_EQ(none.products, 0);
  EXPECT_FALSE(none.median_seconds.has_value());
  for (const char* id : {"a", "b", "c", "d", "e"}) this->add_shirt(id);
  store.set_lanes(std::vector<Lane>{{"a", "auto"}, {"b", "review"}, {"c", "review"}});
  auto timed = [](Decision decision, double seconds) {
    decision.seconds = seconds;
    return decision;
  };
  this->decide("a", "anna", timed(accept(), 4));
  this->decide("b", "anna", timed(change("Wool"), 1));
  this->decide("b", "ben", timed(accept(), 2));  // of anna's value: the prediction was wrong
  this->decide("c", "anna", timed(not_visible(), 9));
  this->decide("d", "anna", accept());
  store.add_predictions(this->kRun, std::vector{Prediction{"d", "Fabric", "Silk", 0.9}});  // anna did not see this one
  this->decide("e", "anna", {.item = {"Fit"}, .verdict = Verdict::kChange, .value = "Slim"});
  const std::string photo = "photo";
  store.add_photo("a", "a.jpg", std::as_bytes(std::span(photo)));
  const Counts counts = store.counts();
  EXPECT_EQ(counts.products, 5);
  EXPECT_EQ(counts.photos, 1);
  EXPECT_EQ(counts.lanes, (std::map<std::string, std::int64_t>{{"auto", 1}, {"review", 2}}));
  ASSERT_EQ(counts.attributes.size(), 1u);
  EXPECT_EQ(counts.attributes.at("Fabric").predicted, 5);
  EXPECT_EQ(counts.attributes.at("Fabric").reviewed, 4);
  EXPECT_EQ(counts.attributes.at("Fabric").accepted, 2);
  EXPECT_EQ(counts.median_seconds, 3);
}

TYPED_TEST(StoreTest, CorrectionsGoOnFromWhereTheyEnded) {
  Store& store = *this->store_;
  for (const char* id : {"a", "b", "c"}) this->add_shirt(id);
  const std::string photo = "photo";
  const std::string hash = store.add_photo("a", "a.jpg", std::as_bytes(std::span(photo)));
  std::vector<std::string> seen;
  const auto read = [&](std::int64_t since) {
    seen.clear();
    return store.for_each_correction(since, [&](const Correction& correction) {
      EXPECT_EQ(correction.photo, correction.product == "a" ? std::optional(hash) : std::nullopt);
      seen.push_back(fmt::format("{} {} {} {}", correction.product, correction.attribute, to_string(correction.verdict),
                                 correction.value.value_or("-")));
    });
  };
  this->decide("b", "ben", not_visible());
  this->decide("a", "anna", change("Wool"));
  this->decide("a", "anna", change("Silk"));
  const auto first = read(0);
  EXPECT_THAT(seen, ElementsAre("b Fabric not_visible -", "a Fabric change Silk"));
  EXPECT_EQ(read(first), first);
  EXPECT_THAT(seen, IsEmpty());
  store.undo("anna");
  this->decide("c", "ben", reject());
  const auto second = read(first);
  EXPECT_THAT(seen, ElementsAre("a Fabric change Wool", "c Fabric reject -"));
  store.undo("anna");
  read(second);
  EXPECT_THAT(seen, ElementsAre("a Fabric undo -"));
}

TYPED_TEST(StoreTest, TheWholeStory) {
  Store& store = *this->store_;
  this->add_shirt("p");
  const std::string photo = "photo";
  const std::string hash = store.add_photo("p", "p.jpg", std::as_bytes(std::span(photo)));
  store.add_description("p", "en", {{"title", "A shirt"}});
  this->decide("p", "anna", {.item = {"Fabric"}, .verdict = Verdict::kNotVisible, .seconds = 2.5});
  store.undo("anna");
  this->add_shirt("other");
  std::vector<std::string> told;
  for (const Event& event : store.audit("p")) {
    told.push_back(fmt::format("{} {} {} {}", event.version, event.kind, event.user, base::to_line(event.detail)));
  }
  EXPECT_THAT(
      told,
      ElementsAre(
          R"(1 product  {"type":"Shirts","name":"Shirt p"})",
          R"(2 prediction  {"run":"run-1","model":"hangtag-small","adapter":"shop","version":"3","attributes":)"
          R"({"Fabric":{"value":"Cotton","confidence":0.8,"alternatives":[{"value":"Wool","confidence":0.1}]}}})",
          fmt::format(R"(3 photo  {{"hash":"{}","file_name":"p.jpg","bytes":5}})", hash),
          R"(4 description  {"locale":"en","record":{"title":"A shirt"}})",
          R"(5 decision anna {"decisions":[{"part":"Fabric","verdict":"not_visible","from":"Cotton","to":null,)"
          R"("seconds":2.5}]})",
          R"(6 undo anna {"reverts":5,"decisions":[{"part":"Fabric","verdict":"undo","from":null,"to":"Cotton"}]})"));
}

TYPED_TEST(StoreTest, TextComesBackAsItWas) {
  const std::vector<std::string> texts = {
      "'; DROP TABLE product; --", "\"quoted\" and \\back\\slashed\\", "$1 ?1 :a @b %s {}", "NULL", "%_*",
      "Größe 42 · 綿 · 🧥 · e\u0301 · \u202e", "line\nline\ttab\r\x01"};
  Store& store = *this->store_;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    SCOPED_TRACE(texts[i]);
    const std::string id = fmt::format("p{}", i);
    const std::string& text = texts[i];
    store.put_product({id, text, text});
    store.add_predictions({text, text, text, text}, std::vector<Prediction>{{id, text, text, 0.5, {{text, 0.5}}}});
    store.add_description(id, text, {{text, text}});
    store.set_lanes(std::vector<Lane>{{id, text}});
    store.decide({.product = id, .version = 3, .user = text,
                  .decisions = {{.item = {text}, .verdict = Verdict::kChange, .value = text + text},
                                {.item = {text, text}, .verdict = Verdict::kAccept}}});
    const auto product = store.find_product(id);
    EXPECT_EQ(product->name, text);
    EXPECT_EQ(product->attributes.at(0).name, text);
    EXPECT_EQ(product->attributes.at(0).value, text + text);
    EXPECT_EQ(product->attributes.at(0).predicted, text);
    EXPECT_EQ(product->attributes.at(0).alternatives.at(0).value, text);
    EXPECT_EQ(product->attributes.at(0).decision->user, text);
    EXPECT_EQ(product->descriptions.at(0).record[text], text);
    EXPECT_EQ(product->descriptions.at(0).parts.at(0).value, text);
    EXPECT_THAT(this->ids({.lane = text, .type = text, .attributes = {{.attribute = text, .value = text + text}}}),
                ElementsAre(id));
  }
  EXPECT_EQ(store.counts().products, static_cast<std::int64_t>(texts.size()));
}

TYPED_TEST(StoreTest, BadTextStaysOut) {
  Store& store = *this->store_;
  this->add_shirt("p");
  const std::int64_t last = store.last_event();
  const std::pair<std::string, ErrorCode> bad[] = {
      {std::string("a\0b", 3), ErrorCode::kInvalid}, {"\xff", ErrorCode::kInvalid}, {"\xc0\xaf", ErrorCode::kInvalid},
      {"\xed\xa0\x80", ErrorCode::kInvalid}, {"cut \xe2\x82", ErrorCode::kInvalid},
      {std::string((1 << 20) + 1, 'x'), ErrorCode::kLimit}};
  for (const auto& [text, code] : bad) {
    SCOPED_TRACE(text.substr(0, 10));
    const std::vector<std::function<void()>> calls = {
        [&] { store.put_product({"p", text, ""}); },
        [&] { store.put_product({"p", "", text}); },
        [&] { store.add_photo("p", text, std::vector<std::byte>(1)); },
        [&] { store.add_predictions({text, "", "", ""}, {}); },
        [&] { store.add_predictions(this->kRun, std::vector<Prediction>{{"p", text, "v", 1}}); },
        [&] { store.add_predictions(this->kRun, std::vector<Prediction>{{"p", "a", text, 1}}); },
        [&] { store.add_predictions(this->kRun, std::vector<Prediction>{{"p", "a", "v", 1, {{text, 0}}}}); },
        [&] { store.add_description("p", text, {{"title", "x"}}); },
        [&] { store.set_lanes(std::vector<Lane>{{"p", text}}); },
        [&] { store.decide({.product = "p", .version = 2, .user = text, .decisions = {accept()}}); },
        [&] { store.decide({.product = "p", .version = 2, .user = "anna", .decisions = {change(text)}}); },
        [&] { store.undo(text); },
        [&] { store.list({.lane = text}); },
        [&] { store.list({.attributes = {{.attribute = "a", .value = text}}}); }};
    for (std::size_t i = 0; i < calls.size(); ++i) EXPECT_EQ(code_of(calls[i]), code) << "call " << i;
    EXPECT_EQ(code_of([&] { store.put_product({text, "", ""}); }), ErrorCode::kInvalid);
  }
  for (const double confidence : {-0.1, 1.1, static_cast<double>(NAN)}) {
    EXPECT_EQ(code_of([&] {
                store.add_predictions(this->kRun, std::vector<Prediction>{{"p", "a", "v", confidence}});
              }),
              ErrorCode::kInvalid);
  }
  EXPECT_EQ(store.last_event(), last);
}

TYPED_TEST(StoreTest, OpenedAgainNothingChanges) {
  this->add_shirt("p");
  this->decide("p", "anna", change("Wool"));
  this->store_.reset();
  const Store again(this->options_);
  EXPECT_EQ(again.find_product("p")->attributes.at(0).value, "Wool");
  const auto rows = this->connection()->run("SELECT version FROM schema_version");
  EXPECT_EQ(rows.size(), static_cast<std::size_t>(newest_schema()));
}

TYPED_TEST(StoreTest, ANewerDatabaseIsRefused) {
  this->connection()->run("INSERT INTO schema_version (version, applied) VALUES ($1, 0)", {newest_schema() + 1});
  const auto error = error_of([&] { const Store store(this->options_); });
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(error.what(), HasSubstr("newer"));
}

// The state, which writes keep up to date, beside what the history says.
TYPED_TEST(StoreTest, StateFollowsFromTheHistory) {
  Store& store = *this->store_;
  base::Random random(3);
  const std::vector<std::string> products = {"a", "b", "c"}, users = {"anna", "ben"};
  const std::vector<std::string> values = {"Cotton", "Wool", "Silk"};
  const auto any = [&](const std::vector<std::string>& of) { return of[random.below(of.size())]; };
  for (const std::string& id : products) this->add_shirt(id);
  for (int i = 0; i < 150; ++i) {
    try {
      switch (random.below(6)) {
        case 0:
          store.add_predictions(this->kRun, std::vector{Prediction{any(products), "Fabric", any(values), 0.5}});
          break;
        case 1: this->decide(any(products), any(users), accept()); break;
        case 2: this->decide(any(products), any(users), random.chance(0.5) ? reject() : not_visible()); break;
        case 3: this->decide(any(products), any(users), change(any(values))); break;
        case 4:
          store.decide_all(
              {.attribute = "Fabric", .predicted = any(values), .verdict = Verdict::kAccept, .user = any(users)});
          break;
        case 5: store.undo(any(users)); break;
      }
    } catch (const base::Error& error) {  // nothing to accept; others decided since
      ASSERT_TRUE(error.code() == ErrorCode::kInvalid || error.code() == ErrorCode::kMismatch) << error.what();
    }
  }
  for (const std::string& id : products) {
    OrderedJson predicted, value;
    bool decided = false;
    std::vector<std::pair<OrderedJson, bool>> before;  // value and decided, under each decision in force
    for (const Event& event : store.audit(id)) {
      if (event.kind == "prediction") predicted = event.detail["attributes"]["Fabric"]["value"];
      if (event.kind == "decision") {
        before.emplace_back(value, decided);
        EXPECT_EQ(event.detail["decisions"][0]["from"], decided ? value : predicted);
        value = event.detail["decisions"][0]["to"];
        decided = true;
      }
      if (event.kind == "undo") {
        ASSERT_FALSE(before.empty());
        EXPECT_EQ(event.detail["decisions"][0]["from"], value);
        std::tie(value, decided) = before.back();
        before.pop_back();
        EXPECT_EQ(event.detail["decisions"][0]["to"], decided ? value : predicted);
      }
    }
    const Attribute fabric = this->fabric(id);
    EXPECT_EQ(fabric.value ? OrderedJson(*fabric.value) : OrderedJson(), decided ? value : predicted);
    EXPECT_EQ(fabric.decision.has_value(), decided);
  }
}

template <typename Database>
class Opening : public OverDatabases<Database> {};
TYPED_TEST_SUITE(Opening, Databases, DatabaseName);

TYPED_TEST(Opening, ManyAtOnce) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&, i] {
      Store store(this->options_);
      store.put_product({fmt::format("p{}", i), "Shirts", ""});
    });
  }
  threads.clear();
  EXPECT_EQ(Store(this->options_).counts().products, 6);
}

TEST(Server, ALostConnectionIsAnErrorOnce) {
  PostgresServer* server = PostgresServer::shared();
  if (server == nullptr) GTEST_SKIP() << "no PostgreSQL server here: apt-get install postgresql";
  const TemporaryFolder folder;
  Store store({.url = server->url_of_new_schema(), .blobs = folder.path()});
  store.put_product({"p", "Shirts", "One"});
  server->execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hangtag'");
  EXPECT_EQ(code_of([&] { store.put_product({"q", "Shirts", "Two"}); }), ErrorCode::kIo);
  store.put_product({"q", "Shirts", "Two"});
  EXPECT_EQ(store.counts().products, 2);
}

TEST(Url, WhatCannotBeUsed) {
  for (const char* url : {"", "sqlite:", "mysql://host/db", "sqlite://host/db", ":memory:", "sqlite::memory:"}) {
    EXPECT_EQ(code_of([&] { const Store store({.url = url}); }), ErrorCode::kUsage) << url;
  }
  EXPECT_EQ(code_of([] { const Store store({.url = "postgresql://host/db"}); }), ErrorCode::kUsage);  // no blobs
  const TemporaryFolder folder;
  EXPECT_EQ(code_of([&] { const Store store({.url = folder.path() / "x.db", .connections = 0}); }), ErrorCode::kUsage);
  const auto unreachable = error_of([&] {
    const Store store({.url = "postgresql://anna:secret@127.0.0.1:1/db", .blobs = folder.path()});
  });
  EXPECT_EQ(unreachable.code(), ErrorCode::kIo);
  EXPECT_THAT(unreachable.what(), ::testing::Not(HasSubstr("secret")));
  EXPECT_EQ(code_of([&] { const Store store({.url = "/proc/no/store.db"}); }), ErrorCode::kIo);
}

}  // namespace
}  // namespace hangtag::store
