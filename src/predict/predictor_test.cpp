#include "predict/predictor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "dataset/questions.h"
#include "model/testing.h"

namespace hangtag::predict {
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

image::Image photo(std::uint8_t level) {
  image::Image image{.width = 20, .height = 30, .pixels = {}};
  for (int i = 0; i < 20 * 30 * 3; ++i) image.pixels.push_back(static_cast<std::uint8_t>((i * 7 + level * i / 50) % 256));
  return image;
}

class PredictorTest : public testing::Test {
 protected:
  Predictor predictor_{model::testing::tiny_checkpoint(), taxonomy()};
};

TEST_F(PredictorTest, ATemperatureSoftensConfidencesAndKeepsTheOrder) {
  const auto path = std::filesystem::path(testing::TempDir()) / kCalibrationFile;
  write_calibration(path, {.precision = 0.9, .attributes = {{"Fabric", {.temperature = 4, .publish_threshold = 0.75, .examples = 12}}}});
  const auto read = read_calibration(path);
  std::filesystem::remove(path);
  EXPECT_EQ(read.precision, 0.9);
  EXPECT_EQ(read.attributes.at("Fabric").publish_threshold, 0.75);
  EXPECT_EQ(read.attributes.at("Fabric").examples, 12);

  const auto features = predictor_.image_features({photo(1)});
  const auto before = predictor_.predict(features, {{.photo = 0, .type = "Shirts", .attributes = {}}});
  predictor_.set_calibration(read);
  const auto after = predictor_.predict(features, {{.photo = 0, .type = "Shirts", .attributes = {}}});
  const auto &sharp = before[0][0].values, &soft = after[0][0].values;
  EXPECT_EQ(sharp[0].value, soft[0].value);
  EXPECT_NEAR(std::log(soft[0].probability / soft[1].probability), std::log(sharp[0].probability / sharp[1].probability) / 4, 1e-6);
}

TEST_F(PredictorTest, AnswersStayInTheTaxonomyOfTheType) {
  const auto features = predictor_.image_features({photo(1), photo(90)});
  const auto answers = predictor_.predict(features, {{.photo = 0, .type = "Shirts", .attributes = {}},
                                                     {.photo = 1, .type = "Tshirts", .attributes = {}},
                                                     {.photo = 1, .type = "", .attributes = {"Fabric"}},
                                                     {.photo = 1, .type = "Shirts", .attributes = {"Sleeve Length"}}});
  ASSERT_EQ(answers.size(), 4u);
  ASSERT_EQ(answers[0].size(), 1u);
  EXPECT_EQ(answers[0][0].values.size(), 2u);
  ASSERT_EQ(answers[1].size(), 2u);
  EXPECT_EQ(answers[1][0].values.size(), 1u);
  EXPECT_EQ(answers[1][0].values[0].value, "Cotton Linen");
  EXPECT_DOUBLE_EQ(answers[1][0].values[0].probability, 1.0);
  ASSERT_EQ(answers[2].size(), 1u);
  EXPECT_EQ(answers[2][0].values.size(), 3u) << "an unknown type has the values of all types";
  EXPECT_TRUE(answers[3].empty()) << "shirts have no sleeve length in this taxonomy";
  for (const auto& product : answers) {
    for (const auto& attribute : product) {
      double sum = 0;
      for (const auto& value : attribute.values) sum += value.probability;
      EXPECT_NEAR(sum, 1, 1e-9);
      EXPECT_TRUE(std::is_sorted(attribute.values.begin(), attribute.values.end(),
                                 [](const auto& a, const auto& b) { return a.probability > b.probability; }));
    }
  }
}

TEST(PredictorTypeTest, AnUnknownTypeIsAskedFirstAndDecidesAboutTheRest) {
  auto all = taxonomy();
  for (const char* type : {"Shirts", "Tshirts"}) {
    all.add({.id = "1", .type = type, .name = "", .photo = "", .attributes = {{catalog::kTypeAttribute, type}}, .texts = {}});
  }
  Predictor predictor{model::testing::tiny_checkpoint(), all};
  const auto features = predictor.image_features({photo(1)});
  const auto answers = predictor.predict(features, {{.photo = 0, .type = "", .attributes = {}},
                                                    {.photo = 0, .type = "", .attributes = {"Fabric"}},
                                                    {.photo = 0, .type = "Shirts", .attributes = {catalog::kTypeAttribute}}});
  const auto& type = answers[0].front();
  EXPECT_EQ(type.attribute, catalog::kTypeAttribute);
  const auto known = predictor.predict(features, {{.photo = 0, .type = type.values.front().value, .attributes = {}}}).front();
  ASSERT_EQ(answers[0].size(), known.size());
  for (const auto& prediction : answers[0]) {
    EXPECT_TRUE(std::any_of(known.begin(), known.end(), [&](const auto& other) {
      return other.attribute == prediction.attribute && other.values.size() == prediction.values.size();
    })) << prediction.attribute;
  }
  ASSERT_EQ(answers[1].size(), 1u);
  EXPECT_EQ(answers[1][0].values.size(), all.values("Fabric", type.values.front().value).size());
  EXPECT_EQ(answers[2][0].values.size(), 2u) << "the type is chosen among all, though it is known";
}

TEST_F(PredictorTest, ManyRequestsEqualOneByOne) {
  const auto features = predictor_.image_features({photo(1), photo(90)});
  std::vector<Predictor::Request> requests;
  for (int i = 0; i < 70; ++i) requests.push_back({.photo = i % 2, .type = i % 3 ? "Tshirts" : "Shirts", .attributes = {}});
  const auto all = predictor_.predict(features, requests);
  for (const std::size_t i : {0u, 1u, 68u, 69u}) {
    const auto one = predictor_.predict(features, {requests[i]}).front();
    ASSERT_EQ(one.size(), all[i].size());
    for (std::size_t a = 0; a < one.size(); ++a) {
      EXPECT_EQ(one[a].values.front().value, all[i][a].values.front().value);
      EXPECT_NEAR(one[a].values.front().probability, all[i][a].values.front().probability, 1e-5);
    }
  }
}

TEST_F(PredictorTest, AsksFreely) {
  const auto prompt = dataset::prompt(dataset::question("Fabric"));
  const auto answer = predictor_.ask(photo(1), prompt, {.max_new_tokens = 4});
  EXPECT_EQ(answer, predictor_.ask(photo(1), prompt, {.max_new_tokens = 4}));
}

}  // namespace
}  // namespace hangtag::predict
