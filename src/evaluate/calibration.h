// Confidences that mean what they say: how far off they are, how to set them right, and from which one on answers can be
// published unseen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "evaluate/metrics.h"

namespace hangtag::evaluate {

// A question with the log-probability of every value that could have been the answer.
struct ScoredAnswer {
  std::vector<double> log_probabilities;  // not empty; need not be normalised
  std::size_t truth;                      // index of the true value
};

// The temperature T in [0.1, 10] for which softmax(log_probabilities / T) gives the true values the highest mean
// log-probability (Guo et al., arXiv:1706.04599). 1 where there is nothing to fit.
double fit_temperature(std::span<const ScoredAnswer> answers);

// |share of right answers − mean confidence|, over 15 bins of equal width weighted by how many answers they hold
// (Guo et al.). Judgements without an answer are left out; 0 where none is left.
double expected_calibration_error(std::span<const Judgement> judgements);

// The lowest confidence such that of the answers at or above it at least `precision` are right, and the share of all
// judgements that these are. Nothing where not even the most confident ones are.
struct Coverage {
  double threshold;
  double share;
};
std::optional<Coverage> coverage_at(std::span<const Judgement> judgements, double precision);

// Of the share, 95 %, by the percentiles of `rounds` bootstrap samples; the same for the same seed.
Interval coverage_interval(std::span<const Judgement> judgements, double precision, int rounds = 500, std::uint64_t seed = 0);

}  // namespace hangtag::evaluate
