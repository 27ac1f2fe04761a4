// How good the answers are: per attribute, against the baseline that always gives the most frequent value.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace hangtag::evaluate {

// A question about a photo of the test set, its true value, and the answer that was given.
struct Judgement {
  std::string id;         // the photo; a photo has one judgement per attribute
  std::string attribute;  // "Fabric"
  std::string truth;      // never empty
  std::string predicted;  // empty: no answer, which counts as wrong
  double confidence = 0;  // of the answer, in [0, 1]
};

// How often each value stands in the training set: attribute → value → examples.
using ValueCounts = std::map<std::string, std::map<std::string, std::size_t>>;

struct Interval {
  double low = 0;
  double high = 0;
};

// Wilson's score interval at 95 % for `right` successes of `n` (E. B. Wilson, JASA 22, 1927). `n` is at least 1.
Interval wilson_interval(std::size_t right, std::size_t n);

// The 95 % interval of the difference between two accuracies on the same `n` examples, where `wins` examples were right
// only with the first and `losses` only with the second: Wald's with half an example added to each of the four cells,
// which keeps its promise on small samples too (A. Agresti, Y. Min, Statistics in Medicine 24, 2005).
Interval paired_interval(std::size_t wins, std::size_t losses, std::size_t n);

struct ValueScore {
  std::string value;
  std::size_t truths = 0;       // examples whose truth it is
  std::size_t predictions = 0;  // examples answered with it
  std::size_t right = 0;        // both
  double f1() const { return 2.0 * static_cast<double>(right) / static_cast<double>(truths + predictions); }
};

struct Confusion {
  std::string truth;
  std::string predicted;  // empty: no answer
  std::size_t count = 0;
};

// How much can be published unseen: of the answers at or above `threshold`, at least `precision` were right.
struct PrecisionCoverage {
  double precision;
  double threshold = 0;  // meaningless where share is 0: not even the most confident answers were so precise
  double share = 0;      // of all judgements
  Interval interval{};   // of the share, 95 %, bootstrap
};

struct AttributeEvaluation {
  std::string attribute;
  std::size_t n = 0;
  std::size_t right = 0;
  std::size_t empty = 0;  // without an answer

  double accuracy = 0;
  Interval accuracy_interval{};
  // The mean of F1 over the values present in truth or prediction, as scikit-learn's f1_score(average="macro"). No
  // answer is not a value: it costs its true value recall, and adds no class of its own.
  double macro_f1 = 0;

  // The baseline: every example answered with the most frequent value of the training set. Where its counts are not
  // known, the most frequent truth of the test set itself, which flatters the baseline.
  std::string majority_value{};
  bool majority_from_train = false;
  double majority_accuracy = 0;
  double majority_macro_f1 = 0;
  double gain = 0;  // accuracy - majority_accuracy
  Interval gain_interval{};
  bool clearly_beats_majority() const { return gain_interval.low > 0; }
  bool clearly_below_majority() const { return gain_interval.high < 0; }

  double mean_confidence = 0;    // over the answers given
  double calibration_error = 0;  // ECE, see calibration.h
  std::vector<PrecisionCoverage> coverage{};  // at 90, 95 and 99 % precision
  static constexpr std::size_t kBins = 10;
  std::array<std::size_t, kBins> right_by_confidence{};  // bin i: confidence in [i / 10, (i + 1) / 10), the last closed
  std::array<std::size_t, kBins> wrong_by_confidence{};  // answers given; no answer is in neither

  std::vector<ValueScore> values{};    // most frequent truth first
  std::vector<Confusion> confusion{};  // the cells that are not zero, right answers among them, largest first
  std::vector<Judgement> mistakes{};   // most confident first
};

struct Evaluation {
  std::size_t photos = 0;
  std::size_t judgements = 0;
  std::size_t empty = 0;
  std::vector<AttributeEvaluation> attributes{};  // in the order of their first judgement
  // Means over the attributes, each counting the same.
  double accuracy = 0;
  double macro_f1 = 0;
  double majority_accuracy = 0;
  double majority_macro_f1 = 0;
  double calibration_error = 0;  // ECE over all judgements together
};

// Throws kInvalid on no judgement at all, an empty truth, a confidence outside [0, 1], or a photo judged twice for the
// same attribute.
Evaluation evaluate(std::span<const Judgement> judgements, const ValueCounts& train = {});

}  // namespace hangtag::evaluate
