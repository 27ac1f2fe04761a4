#include "evaluate/calibration.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/random.h"

namespace hangtag::evaluate {
namespace {

// Mean of -log softmax(log_probabilities / T) at the truth.
double loss_at(std::span<const ScoredAnswer> answers, double temperature) {
  double sum = 0;
  for (const auto& [scores, truth] : answers) {
    const double highest = *std::max_element(scores.begin(), scores.end());
    double total = 0;
    for (const double score : scores) total += std::exp((score - highest) / temperature);
    sum += std::log(total) - (scores[truth] - highest) / temperature;
  }
  return sum / static_cast<double>(answers.size());
}

struct Answer {
  double confidence;
  bool right;
};

std::vector<Answer> most_confident_first(std::span<const Judgement> judgements) {
  std::vector<Answer> answers;
  for (const auto& judgement : judgements) {
    if (!judgement.predicted.empty()) answers.push_back({judgement.confidence, judgement.predicted == judgement.truth});
  }
  std::sort(answers.begin(), answers.end(), [](const auto& a, const auto& b) { return a.confidence > b.confidence; });
  return answers;
}

// How many of the most confident answers can be taken, all of equal confidence or none.
std::size_t count_at(const std::vector<Answer>& sorted, double precision) {
  std::size_t right = 0, count = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    right += sorted[i].right;
    const bool last_of_its_confidence = i + 1 == sorted.size() || sorted[i + 1].confidence < sorted[i].confidence;
    if (last_of_its_confidence && static_cast<double>(right) >= precision * static_cast<double>(i + 1)) count = i + 1;
  }
  return count;
}

}  // namespace

double fit_temperature(std::span<const ScoredAnswer> answers) {
  if (answers.empty()) return 1;
  // The loss has one valley over 1 / T, so over log T too: golden section.
  constexpr double kGolden = 0.6180339887498949;
  double low = std::log(0.1), high = std::log(10.0);
  double a = high - kGolden * (high - low), b = low + kGolden * (high - low);
  double loss_a = loss_at(answers, std::exp(a)), loss_b = loss_at(answers, std::exp(b));
  while (high - low > 1e-4) {
    if (loss_a < loss_b) {
      high = b;
      b = a;
      loss_b = loss_a;
      a = high - kGolden * (high - low);
      loss_a = loss_at(answers, std::exp(a));
    } else {
      low = a;
      a = b;
      loss_a = loss_b;
      b = low + kGolden * (high - low);
      loss_b = loss_at(answers, std::exp(b));
    }
  }
  return std::exp((low + high) / 2);
}

double expected_calibration_error(std::span<const Judgement> judgements) {
  constexpr std::size_t kBins = 15;
  std::array<double, kBins> gap{};  // right answers minus confidences
  std::size_t answers = 0;
  for (const auto& judgement : judgements) {
    if (judgement.predicted.empty()) continue;
    const auto bin = std::min(static_cast<std::size_t>(judgement.confidence * kBins), kBins - 1);
    gap[bin] += (judgement.predicted == judgement.truth ? 1.0 : 0.0) - judgement.confidence;
    ++answers;
  }
  double sum = 0;
  for (const double one : gap) sum += std::abs(one);
  return answers == 0 ? 0 : sum / static_cast<double>(answers);
}

std::optional<Coverage> coverage_at(std::span<const Judgement> judgements, double precision) {
  const auto sorted = most_confident_first(judgements);
  const auto count = count_at(sorted, precision);
  if (count == 0) return std::nullopt;
  return Coverage{.threshold = sorted[count - 1].confidence,
                  .share = static_cast<double>(count) / static_cast<double>(judgements.size())};
}

Interval coverage_interval(std::span<const Judgement> judgements, double precision, int rounds, std::uint64_t seed) {
  const auto sorted = most_confident_first(judgements);
  if (sorted.empty()) return {};
  base::Random random(seed, "coverage");
  std::vector<double> shares;
  std::vector<std::size_t> picks(sorted.size());
  std::vector<Answer> sample(sorted.size());
  for (int round = 0; round < rounds; ++round) {
    for (auto& pick : picks) pick = random.below(sorted.size());
    std::sort(picks.begin(), picks.end());  // in the order of confidence again
    std::transform(picks.begin(), picks.end(), sample.begin(), [&](std::size_t i) { return sorted[i]; });
    shares.push_back(static_cast<double>(count_at(sample, precision)) / static_cast<double>(judgements.size()));
  }
  std::sort(shares.begin(), shares.end());
  const auto at = [&](double quantile) { return shares[static_cast<std::size_t>(quantile * static_cast<double>(shares.size() - 1) + 0.5)]; };
  return {.low = at(0.025), .high = at(0.975)};
}

}  // namespace hangtag::evaluate
