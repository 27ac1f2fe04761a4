#include "evaluate/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"

namespace hangtag::evaluate {
namespace {

using testing::HasSubstr;

// Judgements of one attribute from two lists; photos are numbered.
std::vector<Judgement> judge(const std::vector<std::string>& truths, const std::vector<std::string>& predictions) {
  std::vector<Judgement> judgements;
  for (std::size_t i = 0; i < truths.size(); ++i) {
    judgements.push_back({std::to_string(i), "Fabric", truths[i], predictions[i], 0.5});
  }
  return judgements;
}

const std::vector<std::string> kTruths = {"Cotton", "Cotton", "Cotton", "Cotton", "Cotton",
                                          "Cotton", "Linen",  "Linen",  "Silk",   "Silk"};
const std::vector<std::string> kPredictions = {"Cotton", "Cotton", "Cotton", "Cotton", "Linen",
                                               "Cotton", "Linen",  "Cotton", "",       "Wool"};

std::string message_of(const std::vector<Judgement>& judgements) {
  try {
    evaluate(judgements);
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::ErrorCode::kInvalid);
    return error.what();
  }
  return "no error";
}

// centre = (p + z²/2n) / (1 + z²/n), half = z √(p(1-p)/n + z²/4n²) / (1 + z²/n) with z = 1.959964, worked out apart.
TEST(Metrics, WilsonInterval) {
  struct Case {
    const char* name;
    std::size_t right, n;
    double low, high;
  };
  for (const Case& c : {Case{"8 of 10", 8, 10, 0.4901624715, 0.9433178485}, Case{"none", 0, 10, 0, 0.2775327999},
                        Case{"all", 10, 10, 0.7224672001, 1}, Case{"many", 748, 845, 0.8619486510, 0.9049790164}}) {
    const Interval interval = wilson_interval(c.right, c.n);
    EXPECT_NEAR(interval.low, c.low, 1e-9) << c.name;
    EXPECT_NEAR(interval.high, c.high, 1e-9) << c.name;
  }
}

// With half an example more in each cell: d = (w - l) / (n + 2), half = z √(w + l - (w - l)²/(n + 2)) / (n + 2), where
// w and l are the raised counts; worked out apart.
TEST(Metrics, PairedInterval) {
  struct Case {
    const char* name;
    std::size_t wins, losses, n;
    double low, high;
  };
  for (const Case& c : {Case{"the same answers are not a certain zero", 0, 0, 10, -0.1633303320, 0.1633303320},
                        Case{"a clear gain", 12, 2, 50, 0.0560071663, 0.3286082183},
                        Case{"within chance", 30, 27, 845, -0.0140794258, 0.0211632511}}) {
    const Interval interval = paired_interval(c.wins, c.losses, c.n);
    EXPECT_NEAR(interval.low, c.low, 1e-9) << c.name;
    EXPECT_NEAR(interval.high, c.high, 1e-9) << c.name;
  }
}

TEST(Metrics, AgainstAHandComputedCase) {
  const Evaluation evaluation = evaluate(judge(kTruths, kPredictions), {{"Fabric", {{"Cotton", 90}, {"Linen", 10}}}});
  ASSERT_EQ(evaluation.attributes.size(), 1u);
  const AttributeEvaluation& a = evaluation.attributes[0];
  EXPECT_EQ(a.n, 10u);
  EXPECT_EQ(a.right, 6u);
  EXPECT_EQ(a.empty, 1u);
  EXPECT_DOUBLE_EQ(a.accuracy, 0.6);
  // Cotton: 2·5 / (6 + 6), Linen: 2·1 / (2 + 2), Silk and the never-true Wool: 0.
  EXPECT_DOUBLE_EQ(a.macro_f1, (10.0 / 12 + 2.0 / 4 + 0 + 0) / 4);
  EXPECT_EQ(a.majority_value, "Cotton");
  EXPECT_TRUE(a.majority_from_train);
  EXPECT_DOUBLE_EQ(a.majority_accuracy, 0.6);
  // Cotton for all: 2·6 / (6 + 10), and 0 for the two others.
  EXPECT_DOUBLE_EQ(a.majority_macro_f1, 0.75 / 3);
  EXPECT_DOUBLE_EQ(a.gain, 0);
  EXPECT_FALSE(a.clearly_beats_majority());
  EXPECT_FALSE(a.clearly_below_majority());
  EXPECT_DOUBLE_EQ(a.mean_confidence, 0.5);
  EXPECT_EQ(a.right_by_confidence[5], 6u);
  EXPECT_EQ(a.wrong_by_confidence[5], 3u);  // no answer is in no bin
  EXPECT_EQ(a.mistakes.size(), 4u);

  std::vector<std::string> cells, values;
  for (const auto& [truth, predicted, count] : a.confusion) {
    cells.push_back(truth + ">" + predicted + ":" + std::to_string(count));
  }
  EXPECT_THAT(cells, testing::ElementsAre("Cotton>Cotton:5", "Cotton>Linen:1", "Linen>Cotton:1", "Linen>Linen:1",
                                          "Silk>:1", "Silk>Wool:1"));
  for (const ValueScore& score : a.values) values.push_back(score.value);
  EXPECT_THAT(values, testing::ElementsAre("Cotton", "Linen", "Silk", "Wool"));
}

TEST(Metrics, MajorityOfTrainMayBeWrongEverywhere) {
  const AttributeEvaluation a =
      evaluate(judge(kTruths, kTruths), {{"Fabric", {{"Tweed", 3}, {"Cotton", 2}}}}).attributes[0];
  EXPECT_EQ(a.majority_value, "Tweed");
  EXPECT_EQ(a.majority_accuracy, 0);
  EXPECT_EQ(a.majority_macro_f1, 0);
  EXPECT_TRUE(a.clearly_beats_majority());
  EXPECT_DOUBLE_EQ(a.macro_f1, 1);
}

TEST(Metrics, MajorityFallsBackToTheTestSet) {
  for (const ValueCounts& train : {ValueCounts{}, ValueCounts{{"Fabric", {}}}, ValueCounts{{"Fit", {{"Slim", 1}}}}}) {
    const AttributeEvaluation a = evaluate(judge({"b", "a", "a", "b"}, {"b", "b", "b", "b"}), train).attributes[0];
    EXPECT_FALSE(a.majority_from_train);
    EXPECT_EQ(a.majority_value, "a");  // the first in the alphabet among equals
  }
}

TEST(Metrics, ClearlyBelowTheBaselineIsSaid) {
  const AttributeEvaluation a = evaluate(judge(kTruths, std::vector<std::string>(10))).attributes[0];
  EXPECT_EQ(a.accuracy, 0);
  EXPECT_EQ(a.macro_f1, 0);
  EXPECT_EQ(a.mean_confidence, 0);
  EXPECT_TRUE(a.clearly_below_majority());
}

TEST(Metrics, MeansCountEachAttributeTheSameAndKeepTheirOrder) {
  std::vector<Judgement> judgements = judge({"a", "a", "a", "b"}, {"a", "a", "a", "a"});
  judgements.push_back({"0", "Colour", "Blue", "Red", 0.9});
  const Evaluation evaluation = evaluate(judgements);
  EXPECT_EQ(evaluation.attributes[0].attribute, "Fabric");
  EXPECT_EQ(evaluation.attributes[1].attribute, "Colour");
  EXPECT_EQ(evaluation.photos, 4u);
  EXPECT_EQ(evaluation.judgements, 5u);
  EXPECT_DOUBLE_EQ(evaluation.accuracy, (0.75 + 0) / 2);
  EXPECT_DOUBLE_EQ(evaluation.majority_accuracy, (0.75 + 1) / 2);
}

TEST(Metrics, ConfidenceOneIsInTheLastBin) {
  const AttributeEvaluation a =
      evaluate(std::vector<Judgement>{{"1", "F", "a", "a", 1.0}, {"2", "F", "a", "b", 1.00001}}).attributes[0];
  EXPECT_EQ(a.right_by_confidence[9], 1u);
  EXPECT_EQ(a.wrong_by_confidence[9], 1u);
}

TEST(Metrics, UnusableJudgementsAreRefused) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(message_of({}), HasSubstr("nothing to evaluate"));
  EXPECT_THAT(message_of({{"7", "Fit", "", "Slim", 0.5}}), HasSubstr("7, Fit: the true value is empty"));
  EXPECT_THAT(message_of({{"7", "Fit", "Slim", "Slim", nan}}), HasSubstr("the confidence is nan"));
  EXPECT_THAT(message_of({{"7", "Fit", "Slim", "Slim", 1.5}}), HasSubstr("the confidence is 1.5"));
  EXPECT_THAT(message_of({{"7", "Fit", "Slim", "Slim", 1}, {"7", "Fit", "Slim", "Loose", 1}}), HasSubstr("twice"));
}

}  // namespace
}  // namespace hangtag::evaluate
