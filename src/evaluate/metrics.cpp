#include "evaluate/metrics.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "evaluate/calibration.h"

namespace hangtag::evaluate {

namespace {

constexpr double kZ = 1.959963984540054;  // the normal distribution's quantile at 0.975

double ratio(std::size_t part, std::size_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

void check(const Judgement& judgement) {
  if (judgement.truth.empty()) {
    base::fail(base::ErrorCode::kInvalid, "{}, {}: the true value is empty; leave unlabelled examples out",
               judgement.id, judgement.attribute);
  }
  constexpr double kRounding = 1e-4;  // a softmax in float sums to 1 only about so well
  if (!(judgement.confidence >= 0 && judgement.confidence <= 1 + kRounding)) {
    base::fail(base::ErrorCode::kInvalid, "{}, {}: the confidence is {}, expected 0 to 1", judgement.id,
               judgement.attribute, judgement.confidence);
  }
}

// The most frequent value, the first in the alphabet among equals.
std::string most_frequent(const std::map<std::string, std::size_t>& counts) {
  return std::max_element(counts.begin(), counts.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

std::vector<ValueScore> score_values(const std::vector<Confusion>& confusion) {
  std::map<std::string, ValueScore> scores;
  for (const auto& [truth, predicted, count] : confusion) {
    scores[truth].truths += count;
    if (!predicted.empty()) scores[predicted].predictions += count;
    if (truth == predicted) scores[truth].right += count;
  }
  std::vector<ValueScore> sorted;
  for (auto& [value, score] : scores) {
    score.value = value;
    sorted.push_back(std::move(score));
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return std::tie(a.truths, a.predictions) > std::tie(b.truths, b.predictions);
  });
  return sorted;
}

double macro_f1(const std::vector<ValueScore>& values) {
  double sum = 0;
  for (const ValueScore& value : values) sum += value.f1();
  return sum / static_cast<double>(values.size());
}

// Answers every example with `value`: all F1 are 0 but its own.
double constant_macro_f1(const std::map<std::string, std::size_t>& truths, const std::string& value, std::size_t n) {
  const auto found = truths.find(value);
  if (found == truths.end()) return 0;
  return 2.0 * ratio(found->second, found->second + n) / static_cast<double>(truths.size());
}

AttributeEvaluation evaluate_attribute(const std::string& attribute, const std::vector<const Judgement*>& judgements,
                                       const ValueCounts& train) {
  AttributeEvaluation result{.attribute = attribute, .n = judgements.size()};

  std::map<std::string, std::size_t> truths;
  for (const Judgement* judgement : judgements) ++truths[judgement->truth];
  const auto counts = train.find(attribute);
  result.majority_from_train = counts != train.end() && !counts->second.empty();
  result.majority_value = most_frequent(result.majority_from_train ? counts->second : truths);

  std::map<std::pair<std::string, std::string>, std::size_t> cells;
  std::size_t wins = 0, losses = 0, majority_right = 0;
  double confidence_sum = 0;
  for (const Judgement* judgement : judgements) {
    const bool right = judgement->predicted == judgement->truth;
    const bool baseline_right = judgement->truth == result.majority_value;
    ++cells[{judgement->truth, judgement->predicted}];
    result.right += right;
    majority_right += baseline_right;
    wins += right && !baseline_right;
    losses += !right && baseline_right;
    if (!right) result.mistakes.push_back(*judgement);
    if (judgement->predicted.empty()) {
      ++result.empty;
      continue;
    }
    confidence_sum += judgement->confidence;
    const auto bin = std::min(static_cast<std::size_t>(judgement->confidence * result.kBins), result.kBins - 1);
    ++(right ? result.right_by_confidence : result.wrong_by_confidence)[bin];
  }

  for (const auto& [pair, count] : cells) result.confusion.push_back({pair.first, pair.second, count});
  std::stable_sort(result.confusion.begin(), result.confusion.end(),
                   [](const Confusion& a, const Confusion& b) { return a.count > b.count; });
  std::stable_sort(result.mistakes.begin(), result.mistakes.end(),
                   [](const Judgement& a, const Judgement& b) { return a.confidence > b.confidence; });
  result.values = score_values(result.confusion);

  result.accuracy = ratio(result.right, result.n);
  result.accuracy_interval = wilson_interval(result.right, result.n);
  result.macro_f1 = macro_f1(result.values);
  result.majority_accuracy = ratio(majority_right, result.n);
  result.majority_macro_f1 = constant_macro_f1(truths, result.majority_value, result.n);
  result.gain = result.accuracy - result.majority_accuracy;
  result.gain_interval = paired_interval(wins, losses, result.n);
  std::vector<Judgement> all;
  for (const Judgement* judgement : judgements) all.push_back(*judgement);
  result.calibration_error = expected_calibration_error(all);
  for (const double precision : {0.90, 0.95, 0.99}) {
    auto& coverage = result.coverage.emplace_back(PrecisionCoverage{.precision = precision});
    const auto found = coverage_at(all, precision);
    if (found) coverage.threshold = found->threshold, coverage.share = found->share;
    coverage.interval = coverage_interval(all, precision);
  }
  if (result.empty < result.n) result.mean_confidence = confidence_sum / static_cast<double>(result.n - result.empty);
  return result;
}

}  // namespace

Interval wilson_interval(std::size_t right, std::size_t n) {
  const double p = ratio(right, n), count = static_cast<double>(n);
  const double scale = 1 + kZ * kZ / count;
  const double centre = (p + kZ * kZ / (2 * count)) / scale;
  const double half = kZ * std::sqrt(p * (1 - p) / count + kZ * kZ / (4 * count * count)) / scale;
  // At 0 and 1 an end is exact; rounding would put it a hair outside.
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

Interval paired_interval(std::size_t wins, std::size_t losses, std::size_t n) {
  const double win = static_cast<double>(wins) + 0.5, loss = static_cast<double>(losses) + 0.5;
  const double count = static_cast<double>(n) + 2;
  const double difference = (win - loss) / count;
  const double half = kZ * std::sqrt((win + loss) / count - difference * difference) / std::sqrt(count);
  return {std::max(-1.0, difference - half), std::min(1.0, difference + half)};
}

Evaluation evaluate(std::span<const Judgement> judgements, const ValueCounts& train) {
  if (judgements.empty()) {
    base::fail(base::ErrorCode::kInvalid, "there is nothing to evaluate: no example has a true value");
  }
  std::vector<std::string> order;
  std::map<std::string, std::vector<const Judgement*>> by_attribute;
  std::set<std::string_view> photos;
  std::set<std::pair<std::string_view, std::string_view>> seen;
  Evaluation result{.judgements = judgements.size()};
  for (const Judgement& judgement : judgements) {
    check(judgement);
    if (!seen.emplace(judgement.id, judgement.attribute).second) {
      base::fail(base::ErrorCode::kInvalid, "{}, {}: judged twice; expected one judgement for a photo and attribute",
                 judgement.id, judgement.attribute);
    }
    photos.insert(judgement.id);
    auto& group = by_attribute[judgement.attribute];
    if (group.empty()) order.push_back(judgement.attribute);
    group.push_back(&judgement);
  }
  result.photos = photos.size();
  result.calibration_error = expected_calibration_error(judgements);

  const double share = 1.0 / static_cast<double>(order.size());
  for (const std::string& name : order) {
    const AttributeEvaluation& attribute =
        result.attributes.emplace_back(evaluate_attribute(name, by_attribute[name], train));
    result.empty += attribute.empty;
    result.accuracy += share * attribute.accuracy;
    result.macro_f1 += share * attribute.macro_f1;
    result.majority_accuracy += share * attribute.majority_accuracy;
    result.majority_macro_f1 += share * attribute.majority_macro_f1;
  }
  return result;
}

}  // namespace hangtag::evaluate
