#include "evaluate/calibration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace hangtag::evaluate {
namespace {

Judgement judged(bool right, double confidence) {
  return {.id = "1", .attribute = "Fit", .truth = "Slim", .predicted = right ? "Slim" : "Regular", .confidence = confidence};
}

// Truths drawn from a known distribution; the scores that are shown are `sharpness` times too sure.
std::vector<ScoredAnswer> drawn(double sharpness) {
  base::Random random(7);
  std::vector<ScoredAnswer> answers;
  for (int i = 0; i < 20000; ++i) {
    std::vector<double> scores;
    double total = 0;
    for (int v = 0; v < 4; ++v) total += std::exp(scores.emplace_back(random.uniform(-2, 2)));
    double left = random.uniform() * total;
    std::size_t truth = 0;
    while (truth + 1 < scores.size() && (left -= std::exp(scores[truth])) > 0) ++truth;
    for (double& score : scores) score *= sharpness;
    answers.push_back({.log_probabilities = std::move(scores), .truth = truth});
  }
  return answers;
}

TEST(Temperature, IsHowMuchTooSureTheScoresAre) {
  for (const double sharpness : {0.5, 1.0, 3.0}) EXPECT_NEAR(fit_temperature(drawn(sharpness)), sharpness, 0.05 * sharpness);
  EXPECT_EQ(fit_temperature({}), 1);
}

TEST(CalibrationError, IsTheGapBetweenConfidenceAndAccuracy) {
  std::vector<Judgement> judgements;
  for (int i = 0; i < 100; ++i) judgements.push_back(judged(i < 80, 0.9));
  EXPECT_NEAR(expected_calibration_error(judgements), 0.1, 1e-9);
  for (int i = 0; i < 100; ++i) judgements.push_back(judged(i < 50, 0.5));
  EXPECT_NEAR(expected_calibration_error(judgements), 0.05, 1e-9);
  EXPECT_EQ(expected_calibration_error({}), 0);
}

TEST(Coverage, TakesAsManyAnswersAsThePrecisionAllows) {
  std::vector<Judgement> judgements;
  for (const bool right : {true, true, true, false, true, false}) {
    judgements.push_back(judged(right, 0.9 - 0.1 * static_cast<double>(judgements.size())));
  }
  EXPECT_NEAR(coverage_at(judgements, 1.0)->share, 3.0 / 6, 1e-12);
  EXPECT_NEAR(coverage_at(judgements, 1.0)->threshold, 0.7, 1e-12);
  EXPECT_NEAR(coverage_at(judgements, 0.8)->share, 5.0 / 6, 1e-12);
  EXPECT_NEAR(coverage_at(judgements, 0.5)->share, 1.0, 1e-12);
  std::vector<Judgement> wrong = {judged(false, 0.9), judged(false, 0.5)};
  EXPECT_FALSE(coverage_at(wrong, 0.9));
}

TEST(Coverage, AnswersOfEqualConfidenceStandTogether) {
  const std::vector<Judgement> judgements = {judged(true, 0.9), judged(true, 0.8), judged(false, 0.8)};
  EXPECT_NEAR(coverage_at(judgements, 0.9)->share, 1.0 / 3, 1e-12);
}

TEST(Coverage, IntervalHoldsTheShare) {
  base::Random random(3);
  std::vector<Judgement> judgements;
  for (int i = 0; i < 500; ++i) {
    const double confidence = random.uniform(0.3, 1);
    judgements.push_back(judged(random.chance(confidence), confidence));
  }
  const auto share = coverage_at(judgements, 0.8)->share;
  const auto interval = coverage_interval(judgements, 0.8);
  EXPECT_LT(interval.low, share);
  EXPECT_GT(interval.high, share);
  EXPECT_LT(interval.high - interval.low, 0.6);
}

}  // namespace
}  // namespace hangtag::evaluate
