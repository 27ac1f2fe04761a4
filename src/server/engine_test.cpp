#include "server/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "base/error.h"
#include "model/testing.h"
#include "predict/predictor.h"

namespace hangtag::server {
namespace {

catalog::Taxonomy taxonomy() {
  catalog::Taxonomy all;
  const auto add = [&](const char* type, const char* attribute, const char* value) {
    all.add({.id = "1", .type = type, .name = "", .photo = "", .attributes = {{attribute, value}}, .texts = {}});
  };
  add("Shirts", "Fabric", "Cotton");
  add("Shirts", "Fabric", "Linen");
  add("Tshirts", "Fabric", "Cotton Linen");
  add("Tshirts", "Sleeve Length", "Long Sleeves");
  add("Tshirts", "Sleeve Length", "Sleeveless");
  return all;
}

image::Image photo(int level) {
  image::Image image{.width = 20, .height = 30, .pixels = {}};
  for (int i = 0; i < 20 * 30 * 3; ++i)
    image.pixels.push_back(static_cast<std::uint8_t>((i * 7 + level * i / 50) % 256));
  return image;
}

class EngineTest : public testing::Test {
 protected:
  std::unique_ptr<Engine> engine(EngineOptions options = {}) {
    return std::make_unique<Engine>(std::make_unique<predict::Predictor>(model::testing::tiny_checkpoint(), taxonomy()),
                                    options);
  }
  static std::future<Outcome> submit(Engine& engine, Work work) {
    auto promise = std::make_shared<std::promise<Outcome>>();
    auto future = promise->get_future();
    EXPECT_TRUE(engine.try_submit(work, [promise](Outcome outcome) { promise->set_value(std::move(outcome)); }));
    return future;
  }
  static Work of_photo(Engine& engine, int level) {
    return {.photos = {{.pixels = engine.fit(photo(level)),
                        .type = level % 3 == 0   ? "Shirts"
                                : level % 3 == 1 ? "Tshirts"
                                                 : ""}},
            .attributes = level % 4 == 0 ? std::vector<std::string>{"Fabric"} : std::vector<std::string>{}};
  }
};

TEST_F(EngineTest, ABatchAnswersAsEachAlone) {
  constexpr int kPhotos = 20;
  predict::Predictor alone(model::testing::tiny_checkpoint(), taxonomy());
  const auto together = engine({.batch_photos = 8, .max_wait = std::chrono::milliseconds(50)});
  std::vector<std::future<Outcome>> futures;
  for (int i = 0; i < kPhotos; ++i) futures.push_back(submit(*together, of_photo(*together, i)));
  for (int i = 0; i < kPhotos; ++i) {
    const auto work = of_photo(*together, i);
    const auto expected = alone.predict(alone.image_features({photo(i)}),
                                        {{.photo = 0, .type = work.photos[0].type, .attributes = work.attributes}});
    const auto outcome = futures[static_cast<std::size_t>(i)].get();
    ASSERT_FALSE(outcome.fault);
    ASSERT_EQ(outcome.predictions.size(), 1);
    ASSERT_EQ(outcome.predictions[0].size(), expected[0].size()) << i;
    for (std::size_t a = 0; a < expected[0].size(); ++a) {
      const auto& [attribute, values] = outcome.predictions[0][a];
      EXPECT_EQ(attribute, expected[0][a].attribute);
      ASSERT_EQ(values.size(), expected[0][a].values.size());
      for (std::size_t v = 0; v < values.size(); ++v) {
        EXPECT_EQ(values[v].value, expected[0][a].values[v].value) << i;
        EXPECT_NEAR(values[v].probability, expected[0][a].values[v].probability, 1e-5) << i;
      }
    }
  }
}

TEST_F(EngineTest, PromptsOfABatchAnswerAsEachAlone) {
  predict::Predictor alone(model::testing::tiny_checkpoint(), taxonomy());
  const auto together = engine({.batch_photos = 16, .max_wait = std::chrono::milliseconds(50)});
  std::vector<std::future<Outcome>> futures;
  const auto prompt = [](int i) {
    return Prompt{.text = i % 2 == 0 ? "Question: What is the fabric? Answer: " : "Answer: ",
                  .max_new_tokens = 6 + i % 2,
                  .num_beams = 1 + i % 3};
  };
  for (int i = 0; i < 9; ++i) {
    auto work = of_photo(*together, i);
    work.prompt = prompt(i);
    futures.push_back(submit(*together, std::move(work)));
  }
  for (int i = 0; i < 9; ++i) {
    const auto wanted = prompt(i);
    EXPECT_EQ(
        futures[static_cast<std::size_t>(i)].get().answer,
        alone.ask(photo(i), wanted.text, {.max_new_tokens = wanted.max_new_tokens, .num_beams = wanted.num_beams}))
        << i;
  }
}

TEST_F(EngineTest, OneFaultSpoilsNoOther) {
  const auto all = engine({.batch_photos = 16, .max_wait = std::chrono::milliseconds(50)});
  auto bad = of_photo(*all, 1);
  bad.prompt = Prompt{.text = "?", .num_beams = 1000};
  auto good = submit(*all, of_photo(*all, 2));
  auto spoilt = submit(*all, std::move(bad));
  EXPECT_FALSE(good.get().fault);
  const auto outcome = spoilt.get();
  ASSERT_TRUE(outcome.fault);
  EXPECT_THROW(std::rethrow_exception(outcome.fault), base::Error);
}

TEST_F(EngineTest, DropsWhatIsCancelledAndRefusesWhatDoesNotFit) {
  const auto one = engine({.batch_photos = 1, .max_wait = std::chrono::milliseconds(0), .max_waiting = 2});
  // Holds the engine's thread until the queue is full.
  std::promise<void> entered, release;
  auto first = of_photo(*one, 0);
  ASSERT_TRUE(one->try_submit(first, [&](const Outcome&) {
    entered.set_value();
    release.get_future().wait();
  }));
  entered.get_future().wait();
  auto cancelled = of_photo(*one, 1);
  const auto cancellation = cancelled.cancellation;
  bool called = false;
  ASSERT_TRUE(one->try_submit(cancelled, [&](const Outcome&) { called = true; }));
  auto last = submit(*one, of_photo(*one, 2));
  EXPECT_EQ(one->waiting(), 2);
  auto refused = of_photo(*one, 3);
  EXPECT_FALSE(one->try_submit(refused, [](const Outcome&) {}));
  EXPECT_EQ(refused.photos.size(), 1);
  cancellation.cancel();
  release.set_value();
  EXPECT_FALSE(last.get().fault);
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace hangtag::server
