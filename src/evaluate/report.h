// An evaluation written for programs (metrics.json) and for people (report.html).
//
// metrics.json is one object with these keys; they keep their names and meaning while "format" is 1:
//   format, hangtag (version), date, model, adapter (null without one), data, split
//   photos, answers          how many photos and judgements were evaluated
//   accuracy, macro_f1, majority_accuracy, majority_macro_f1        means over the attributes
//   calibration_error        ECE over all judgements, 15 bins of equal width
//   empty_rate               the share of judgements without an answer
//   attributes               object: name → {
//     n, accuracy, accuracy_interval [low, high] (95 %, Wilson), macro_f1,
//     majority {value, from "train" | "test", accuracy, macro_f1},
//     gain, gain_interval [low, high] (95 %, paired), clearly_beats_majority,
//     empty_rate, mean_confidence, calibration_error,
//     coverage [{precision, threshold, share, interval [low, high] (95 %, bootstrap)}]   threshold null where share is 0
//     confidence_histogram {right [10], wrong [10]}     ten equal bins from 0 to 1
//     values [{value, truths, predictions, right, f1}]  most frequent truth first
//     confusion [{truth, predicted, count}]             cells that are not zero; predicted "" is no answer }
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/json.h"
#include "evaluate/metrics.h"

namespace hangtag::evaluate {

// Where the evaluation comes from. Every string is shown as it is given.
struct ReportContext {
  std::string model{};
  std::string adapter{};  // empty: none
  std::string data{};     // the data set's folder
  std::string split{};    // "test"
  std::string date{};     // "2025-01-31", or empty
  // Pictures for the examples of mistakes: photo id → "data:image/…" or a URL relative to the report. Optional.
  std::map<std::string, std::string> pictures{};
};

base::OrderedJson metrics_json(const Evaluation& evaluation, const ReportContext& context);

// One page that needs nothing else: no script, no request, light and dark, from phone to desk. Only `pictures` are
// loaded; throws kInvalid for one that is neither a data URI of an image nor a relative URL.
std::string report_html(const Evaluation& evaluation, const ReportContext& context);

// Writes metrics.json and report.html into `folder`, which is made where absent. Throws kIo, kInvalid.
void write_reports(const std::filesystem::path& folder, const Evaluation& evaluation, const ReportContext& context);

}  // namespace hangtag::evaluate
